"""``dealgate waterfall``: how the open pipeline came from one date to another."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ...model.diagnostics import WrongUsage, error
from ..options import as_of, output, pairs, past_source, span_of

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command(
    short_help="How the pipeline came from one date to another",
    epilog="""\b
Examples:
  dealgate waterfall --from 2026-09-30 --to 2026-10-31
  dealgate waterfall deals.csv --from 2026-09-30 --period 2026-Q4
  dealgate waterfall --from 2026-09-30 --only segment=enterprise --deals
""",
)
@past_source
@click.option("--from", "start", type=_DAY, metavar="DATE", required=True, help="The end of this day is the beginning.")
@click.option("--to", "end", type=_DAY, metavar="DATE", help="The end of this day is the end. Default: --as-of.")
@click.option("--period", metavar="PERIOD", help="Only what is dated in it: 2026, 2026-Q4 or 2026-11.")
@click.option("--only", multiple=True, metavar="FIELD=VALUE", help="Only deals of which this is so.")
@click.option("--deals", "with_deals", is_flag=True, help="Also the deals behind each line.")
@as_of
@output("waterfall", "table")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file instead of the terminal.")
def command(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None, start: datetime,
    end: datetime | None, period: str | None, only: tuple[str, ...], with_deals: bool, as_of: date | datetime,
    output: str, out: Path | None,
) -> None:  # fmt: skip
    """Follow the pipeline between two dates: what came, what went, what changed, by its cause. It balances to the cent,
    in number and in value."""
    from importlib import import_module

    from ...metrics.waterfall import waterfall
    from ..aims import aims
    from ..past import past
    from ..render.write import say

    found = past(source, mapping, process, as_of, known_at)
    days = span_of(period).days(found.playbook.process.calendar) if period else None
    last: date | datetime = end.date() if end else found.history.as_of
    first = start.date()
    if (end and end.date() < first) or (end is None and found.history.as_of.date() < first):
        raise WrongUsage(error("DG902", "The end lies before the beginning.", suggestion="change --from or --to"))
    rates = aims((), found.playbook.process).rates
    made = waterfall(
        found.history, first, last, days, scope=pairs(only, "field and its value", "FIELD=VALUE") or None, rates=rates
    )
    made.check()
    renderer = import_module(f"{__package__.rpartition('.')[0]}.render.waterfall.{output}")
    renderer.render(made, found, out, with_deals)
    if out is not None:
        say(f"Written to {out}.", err=True)
