"""``dealgate gate``: one move's decision."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ..options import as_of, output, source


@click.command(
    short_help="May this deal move to that stage, and why not?",
    epilog="""\b
Examples:
  dealgate gate deals.csv --deal 0064600 --to proposal
  dealgate gate deals.csv --deal 0064600 --to won --output json
  dealgate gate leads.csv --lead L-17 --to opportunity --by "Dana Reyes"
Exits with 1 if the move is blocked, needs approval or cannot be judged.
""",
)
@source
@click.option("--deal", "--lead", "deal", required=True, metavar="ID", help="The deal (or lead), by id or name.")
@click.option("--to", required=True, metavar="STAGE", help="A stage, won, lost or cancelled; for a lead, opportunity.")
@click.option("--reason", default="", help="Why it moves, where the process asks for a reason.")
@click.option("--by", default="", help="Who accepts the lead.")
@as_of
@output("gate", "text")
def command(
    source: Path, mapping: str | None, process: str | None, deal: str, to: str, reason: str, by: str,
    as_of: date | datetime, output: str,
) -> None:  # fmt: skip
    """Decide one move of one deal: allowed, allowed with warnings, needs approval, or blocked; and why."""
    from importlib import import_module

    from ...model.verdict import Outcome
    from ..options import playbook_of
    from ..reading import read_deal
    from ..render.explain import unrouted
    from ..render.width import width
    from ..render.write import say

    found, one, several = read_deal(source, mapping, process, deal, as_of)
    if several is not None:
        say(unrouted(one, several.why(), width()), err=True)
        raise SystemExit(1)
    playbook = found.playbook
    if to in ("opportunity", "recycled") and playbook.process.lead is None:
        playbook = playbook_of(None)  # the rule stands in the process that opportunities enter
    decision = playbook.gate(one, to, as_of=as_of, reason=reason, by=by)
    renderer = import_module(f"{__package__.rpartition('.')[0]}.render.gate.{output}")
    say(renderer.render(decision, playbook, playbook.judge.moment(as_of).as_of))
    if decision.outcome in (Outcome.BLOCK, Outcome.NEEDS_APPROVAL):
        raise SystemExit(1)
