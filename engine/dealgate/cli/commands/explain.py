"""``dealgate explain``: one deal, its gaps and what to do; or the whole trace."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ..options import as_of, source


@click.command(
    short_help="One deal: how it stands, its gaps, what to do",
    epilog="""\b
Examples:
  dealgate explain deals.csv --deal 0064600
  dealgate explain deals.csv --deal "Northwind renewal" --full
""",
)
@source
@click.option("--deal", required=True, metavar="ID", help="The deal, by id or name.")
@click.option("--full", is_flag=True, help="Every criterion: the condition in words, values seen, file and line.")
@as_of
def command(
    source: Path, mapping: str | None, process: str | None, deal: str, full: bool, as_of: date | datetime
) -> None:
    """Explain one deal: how it stands, each gap with the value seen, and what to do next."""
    from ..reading import read_deal
    from ..render import explain
    from ..render.width import width
    from ..render.write import say

    found, one, unrouted = read_deal(source, mapping, process, deal, as_of)
    playbook = found.playbook
    standing = playbook.standing(one, as_of=as_of)
    moment = playbook.judge.moment(as_of)
    if unrouted is not None:
        say(explain.unrouted(one, unrouted.why(), width()))
    elif full:
        say("\n".join([*explain.heading(standing, playbook.process, moment, width()), ""]))
        say(explain.full(standing.verdicts, playbook.process, width()))
    else:
        say(explain.short(standing, playbook.process, moment, width()))
