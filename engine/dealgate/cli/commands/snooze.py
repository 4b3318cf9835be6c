"""``dealgate snooze``: silences a finding, with a reason and up to a day."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ...model.diagnostics import WrongUsage, error
from ..options import as_of, now


@click.command(
    short_help="Silence a finding, with a reason and a date",
    epilog="""\b
Examples:
  dealgate snooze ageing --deal 006A --reason "In May" --until 2027-01-15
  dealgate snooze pushed --owner "Rita Lind" --reason New --until 2026-12-18
""",
)
@click.argument("rule", metavar="RULE")
@click.argument("source", metavar="[SOURCE]", type=click.Path(path_type=Path), default="store")
@click.option("--deal", metavar="ID", help="The deal that it was found on, by id.")
@click.option("--owner", metavar="NAME", help="The owner that it was found on.")
@click.option("--team", metavar="NAME", help="The team that it was found on.")
@click.option("--pipeline", is_flag=True, help="It was found on the pipeline.")
@click.option("--reason", required=True, metavar="WORDS", help="Why, in words.")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The last silent day.")
@click.option("--by", metavar="NAME", envvar="DEALGATE_BY", help="Who does it; left out: DEALGATE_BY.")
@click.option("--process", metavar="ID|FILE", help="The process to judge by, where it does not follow.")
@as_of
def command(
    rule: str, source: Path, deal: str | None, owner: str | None, team: str | None, pipeline: bool, reason: str,
    until: datetime, by: str | None, process: str | None, as_of: date | datetime,
) -> None:  # fmt: skip
    """Silence one finding up to and with a day, 90 days on at most. It comes back by itself; one that goes and returns
    is a new one. Who did it, and why, is kept in the audit chain."""
    from ..inspecting import snooze
    from ..overriding import someone
    from ..render.write import say

    named = {"deal": deal, "owner": owner, "team": team, "pipeline": "" if pipeline else None}
    given = [(scope, name) for scope, name in named.items() if name is not None]
    if len(given) != 1:
        hint = "give one of --deal, --owner, --team and --pipeline"
        raise WrongUsage(error("DG902", "A finding is on one deal, owner or team, or the pipeline.", suggestion=hint))
    scope, subject = given[0]
    said = snooze(source, process, (rule, scope, subject), reason, until.date(), someone(by), as_of, now())
    on = f"the {scope}" if not subject else f"{scope} {subject}"
    say(f"{rule} on {on} is silent until {said.until}, and comes back the day after.")
