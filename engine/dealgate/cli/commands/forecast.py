"""``dealgate forecast``: ranges, categories, evidence, accuracy."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ..defaulting import DefaultGroup
from ..options import as_of, output, past_source

_OUT = click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file instead of the terminal."
)
_BASIS = click.option(
    "--basis", type=click.Choice(("amount", "list_amount", "count")), default="amount", show_default=True,
    help="What a deal is worth.",
)  # fmt: skip
_WEIGHTS = click.option(
    "--weights", type=click.Choice(("process", "crm", "history")), default="process", show_default=True,
    help="Whose probabilities weigh stages.",
)  # fmt: skip
_METHOD = click.option("--method", "methods", multiple=True, metavar="ID", help="One method, or several; else all.")
_SEED = click.option("--seed", type=int, default=1, show_default=True, help="Of what is drawn at random.")


@click.group(
    cls=DefaultGroup,
    short_help="What the period will bring, and how sure that is",
    epilog="""\b
Examples:
  dealgate forecast
  dealgate forecast deals.csv --period 2026-Q4 --by owner
  dealgate forecast backtest
""",
)
def command() -> None:
    """Forecast by evidence: every method on the same frozen snapshot, what is called beside what is proven, and how far
    each method was right before. Nothing here changes what a rep calls."""


@command.command(
    short_help="The forecast of a period, by every method",
    epilog="""\b
Examples:
  dealgate forecast show
  dealgate forecast deals.csv --by team --method historical
  dealgate forecast deals.csv --target 500000
  dealgate forecast deals.csv --period all --weights crm
""",
)
@past_source
@click.option("--period", metavar="PERIOD", help="2026-Q4, 2026-11, 2026 or all. Default: the quarter of --as-of.")
@_METHOD
@click.option(
    "--by", type=click.Choice(("owner", "team", "region", "segment", "category", "stage")), help="The parts it has."
)
@click.option("--target", metavar="AMOUNT", help="What is to be reached: what it takes, and which deals are closest.")
@_WEIGHTS
@_BASIS
@_SEED
@as_of
@output("forecast", "table")
@_OUT
def show(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None, period: str | None,
    methods: tuple[str, ...], by: str | None, target: str | None, weights: str, basis: str, seed: int,
    as_of: date | datetime, output: str, out: Path | None,
) -> None:  # fmt: skip
    """Show what a period will bring: by every method, with the range; what is called and what of it is proven."""
    from ...forecast.methods import Asked
    from ..forecasting import shown, snapshot_of

    found, snapshot, words = snapshot_of(source, mapping, process, as_of, known_at, period, basis)
    made = shown(found, snapshot, words, methods, Asked(weights, seed), by, target)
    _put("forecast", output, out, made)


@command.command(
    short_help="How far each method was right before",
    epilog="""\b
Examples:
  dealgate forecast backtest
  dealgate forecast backtest deals.csv --periods 4 --at day1
  dealgate forecast backtest deals.csv --basis count --output json
""",
)
@past_source
@click.option("--periods", type=click.IntRange(1, 120), default=8, show_default=True, help="How many of the latest.")
@click.option(
    "--every", type=click.Choice(("month", "quarter", "half", "year")), default="quarter", show_default=True,
    help="How long a period is.",
)  # fmt: skip
@click.option("--at", default="day1,mid,-14d", show_default=True, metavar="MOMENTS", help="When it is forecast.")
@_METHOD
@_WEIGHTS
@_BASIS
@_SEED
@as_of
@output("backtest", "table")
@_OUT
def backtest(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None, periods: int, every: str,
    at: str, methods: tuple[str, ...], weights: str, basis: str, seed: int, as_of: date | datetime, output: str,
    out: Path | None,
) -> None:  # fmt: skip
    """Replay past periods as they were known then, through every method: how far each was off, which way, how good its
    chances and its range were, and whether it beat the naive baseline."""
    from ...forecast.methods import Asked
    from ..forecasting import snapshot_of, tested

    found, snapshot, _ = snapshot_of(source, mapping, process, as_of, known_at, "all", basis)
    lags = [word.strip() for word in at.split(",") if word.strip()]
    made = tested(snapshot, every, periods, lags, methods, Asked(weights, seed))
    _put("backtest", output, out, made, found, snapshot)


def _put(kind: str, output: str, out: Path | None, *made: object) -> None:
    from importlib import import_module

    from ..render.write import put, say

    told = import_module(f"{__package__.rpartition('.')[0]}.render.{kind}.{output}").render(*made)
    put(told, out, exact=output != "table")
    if out is not None:
        say(f"Written to {out}.", err=True)
