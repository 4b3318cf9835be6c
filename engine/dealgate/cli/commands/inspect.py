"""``dealgate inspect``: what the inspection rules find."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ...model.finding import SEVERITIES
from ..options import as_of, output, past_source


@click.command(
    short_help="Which deals, people and stages need a look, and why",
    epilog="""\b
Examples:
  dealgate inspect
  dealgate inspect deals.csv --severity high
  dealgate inspect --owner "Rita Lind" --rule ageing
  dealgate inspect --output csv --out findings.csv
  dealgate inspect --fail-on high
  dealgate inspect --agenda weekly --for "Max Berg"
  dealgate inspect --agenda weekly --output ics --out weekly.ics
""",
)
@past_source
@click.option("--inspection", "references", multiple=True, metavar="ID|FILE", help="Which rules; else those in use.")
@click.option("--rule", "rules", multiple=True, metavar="ID", help="Show only findings of this rule, or of several.")
@click.option("--owner", "owners", multiple=True, metavar="NAME", help="Show only this owner's, or several.")
@click.option("--team", "teams", multiple=True, metavar="NAME", help="Show only this team's, or several.")
@click.option("--severity", type=click.Choice(SEVERITIES), default=SEVERITIES[0], help="Show only what is as grave.")
@click.option("--fail-on", type=click.Choice(SEVERITIES), help="Exit with 1 where anything shown is as grave.")
@click.option("--dry-run", is_flag=True, help="Do not have the store remember what is found.")
@as_of
@click.option("--agenda", metavar="ID", help="The agenda of this review instead: weekly, or another one.")
@click.option("--for", "for_whom", metavar="NAME", help="Of an agenda: whose deals; a manager, a team or an owner.")
@output("inspect", "text", "agenda")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file instead of the terminal.")
def command(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None,
    references: tuple[str, ...], rules: tuple[str, ...], owners: tuple[str, ...], teams: tuple[str, ...],
    severity: str, fail_on: str | None, dry_run: bool, agenda: str | None, for_whom: str | None,
    as_of: date | datetime, output: str, out: Path | None,
) -> None:  # fmt: skip
    """Inspect deals, owners, teams and the pipeline. Each finding says why, what to ask and what to do. Of the store,
    findings are remembered: what is new, what is there still and since when, what is gone."""
    from importlib import import_module

    from ..agendas import agenda_for, checked_format
    from ..inspecting import Wish, grave, inspected
    from ..render.write import put, say

    kind = checked_format(output, agenda, for_whom)
    wish = Wish(rules, owners, teams, severity)
    shown = inspected(source, mapping, process, as_of, known_at, references, wish, keep=not dry_run)
    renderer = import_module(f"{__package__.rpartition('.')[0]}.render.{kind}.{output}")
    made = renderer.render(agenda_for(shown, agenda, for_whom, source) if agenda is not None else shown)
    put(made, out, exact=output != "text")
    if out is not None:
        say(f"Written to {out}.", err=True)
    if fail_on is not None and grave(shown, fail_on):
        raise click.exceptions.Exit(1)
