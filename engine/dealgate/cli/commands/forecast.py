"""``dealgate forecast``: ranges, categories, evidence, accuracy."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ...model.calendar import PERIODS
from ...model.call import LAYERS, MOMENTS
from ...model.forecast import BASES, PARTS, RATES, WEIGHTS
from ..defaulting import DefaultGroup
from ..options import Moment, as_of, output, past_source

_OUT = click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file instead of the terminal."
)
_BASIS = click.option(
    "--basis", type=click.Choice(BASES), default="amount", show_default=True,
    help="What a deal is worth.",
)  # fmt: skip
_WEIGHTS = click.option(
    "--weights", type=click.Choice(WEIGHTS), default="process", show_default=True,
    help="Whose probabilities weigh stages.",
)  # fmt: skip
_RATED = click.option(
    "--rates", "rated", type=click.Choice(RATES), default=RATES[0], show_default=True,
    help="Which day's exchange rates count.",
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
  dealgate forecast deals.csv --by team --by owner --method historical
  dealgate forecast deals.csv --target 500000
  dealgate forecast deals.csv --period all --weights crm
""",
)
@past_source
@click.option("--period", metavar="PERIOD", help="2026-Q4, 2026-11, 2026 or all. Default: the quarter of --as-of.")
@_METHOD
@click.option(
    "--by", type=click.Choice(PARTS), multiple=True, help="The parts it has; given again: parts within each part."
)
@click.option(
    "--scenario", metavar="NAME", help="without-largest, slip-month, best-quarter:STAGE, own-calibration:OWNER."
)
@click.option("--target", metavar="AMOUNT", help="What is to be reached: what it takes, and which deals are closest.")
@_WEIGHTS
@_BASIS
@_RATED
@_SEED
@as_of
@output("forecast", "table")
@_OUT
def show(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None, period: str | None,
    methods: tuple[str, ...], by: tuple[str, ...], scenario: str | None, target: str | None, weights: str, basis: str,
    rated: str, seed: int, as_of: date | datetime, output: str, out: Path | None,
) -> None:  # fmt: skip
    """Show what a period will bring: by every method, with the range; what is called and what of it is proven."""
    from ...forecast.methods import Asked
    from ..forecasting import shown, snapshot_of

    found, snapshot, words = snapshot_of(source, mapping, process, as_of, known_at, period, basis, rated)
    made = shown(found, snapshot, words, methods, Asked(weights, seed), by, target, scenario)
    _put("forecast", output, out, made)


@command.command(
    short_help="How far each method was right before",
    epilog="""\b
Examples:
  dealgate forecast backtest
  dealgate forecast backtest --periods 4 --at day1
  dealgate forecast backtest --basis count --output json
""",
)
@past_source
@click.option("--periods", type=click.IntRange(1, 120), default=8, show_default=True, help="How many of the latest.")
@click.option(
    "--every", type=click.Choice(tuple(PERIODS)), default="quarter", show_default=True,
    help="How long a period is.",
)  # fmt: skip
@click.option("--at", default="day1,mid,-14d", show_default=True, metavar="MOMENTS", help="When it is forecast.")
@_METHOD
@_WEIGHTS
@_BASIS
@_RATED
@_SEED
@as_of
@output("backtest", "table")
@_OUT
def backtest(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None, periods: int, every: str,
    at: str, methods: tuple[str, ...], weights: str, basis: str, rated: str, seed: int, as_of: date | datetime,
    output: str, out: Path | None,
) -> None:  # fmt: skip
    """Replay past periods as they were known then, through every method: how far each was off, which way, how good its
    chances and its range were, and whether it beat the naive baseline."""
    from ...forecast.methods import Asked
    from ..backtesting import layers_added, tested
    from ..forecasting import snapshot_of

    found, snapshot, _ = snapshot_of(source, mapping, process, as_of, known_at, "all", basis, rated)
    lags = [word.strip() for word in at.split(",") if word.strip()]
    made = tested(snapshot, every, periods, lags, methods, Asked(weights, seed))
    _put("backtest", output, out, made, found, snapshot, layers_added(found, made, snapshot))


@command.command(
    short_help="Stage probabilities, as history has them",
    epilog="""\b
Examples:
  dealgate forecast calibrate
  dealgate forecast calibrate --output json
""",
)
@past_source
@as_of
@output("calibrate", "text")
@_OUT
def calibrate(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None, as_of: date | datetime,
    output: str, out: Path | None,
) -> None:  # fmt: skip
    """Propose the probability of each stage by what became of the deals that entered it, as a change of the process's
    file with the evidence beside it. Nothing is changed by it."""
    from ..calibrating import calibration

    _put("calibrate", output, out, calibration(source, mapping, process, as_of, known_at))


@command.command(
    short_help="Why a deal counts as it does",
    epilog="""\b
Examples:
  dealgate forecast explain deals.csv --deal 0064600
""",
)
@past_source
@click.option("--deal", required=True, metavar="ID", help="The deal, by id, or by a name that no other has.")
@click.option("--period", metavar="PERIOD", help="2026-Q4, 2026-11, 2026 or all. Default: the quarter of --as-of.")
@_WEIGHTS
@as_of
@output("forecast_explain", "text")
@_OUT
def explain(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None, deal: str,
    period: str | None, weights: str, as_of: date | datetime, output: str, out: Path | None,
) -> None:  # fmt: skip
    """Explain what one open deal brings by every method: on what its chance rests, which evidence moved it, and what
    of it is proven."""
    from ...forecast.methods import Asked
    from ..explaining import explained
    from ..forecasting import snapshot_of

    found, snapshot, words = snapshot_of(source, mapping, process, as_of, known_at, period, "amount")
    _put("forecast_explain", output, out, explained(found, snapshot, words, deal, Asked(weights)))


_BY = click.option("--by", metavar="NAME", envvar="DEALGATE_BY", help="Who does it; left out: DEALGATE_BY.")
_PROCESS = click.option("--process", metavar="ID|FILE", help="The process to judge by, where it does not follow.")


@command.command(
    short_help="Say what a period, or a deal in it, will bring",
    epilog="""\b
Examples:
  dealgate forecast call --layer manager --amount 410000 --reason "Two are signed" --by Max
""",
)
@click.option(
    "--layer", type=click.Choice(LAYERS), required=True, help="Who calls: a later layer lies over the others."
)
@click.option("--period", metavar="PERIOD", help="2026-Q4, 2026-11 or 2026. Default: the quarter of --as-of.")
@click.option("--amount", metavar="AMOUNT", help="What it will bring, in the process's currency.")
@click.option("--owner", metavar="NAME", help="Whose it is; without --team and --deal too: all deals.")
@click.option("--team", metavar="NAME|ID", help="Which team's it is.")
@click.option("--deal", metavar="ID", help="The deal it is about.")
@click.option("--category", metavar="ID", help="Of a deal: commit, best_case, pipeline or omitted.")
@click.option("--reason", required=True, metavar="WORDS", help="Why, in words.")
@click.option("--source", metavar="NAME", help="The source in the store, where it has several.")
@_BY
@_PROCESS
@as_of
@output("forecast_call", "text")
def call(
    layer: str, period: str | None, amount: str | None, owner: str | None, team: str | None, deal: str | None,
    category: str | None, reason: str, source: str | None, by: str | None, process: str | None,
    as_of: date | datetime, output: str,
) -> None:  # fmt: skip
    """Keep what a rep, a manager or a leader calls, with the reason and what stood before, as a layer over the others.
    The CRM stays as it is."""
    from .. import calling
    from ..options import now, this_quarter

    made = calling.call(
        period or this_quarter(as_of, process), layer, amount, reason, by, as_of, now(), owner=owner, team=team,
        deal=deal, category=category, source=source, process=process,
    )  # fmt: skip
    _put("forecast_call", output, None, made)


@command.command(
    short_help="What was called for a period, and frozen of it",
    epilog="""\b
Examples:
  dealgate forecast calls
  dealgate forecast calls --period 2026-Q4 --all --output csv
""",
)
@click.option("--period", metavar="PERIOD", help="2026-Q4, 2026-11 or 2026. Default: the quarter of --as-of.")
@click.option("--all", "every", is_flag=True, help="With calls in whose place a later one stands.")
@click.option("--source", metavar="NAME", help="The source in the store, where it has several.")
@_PROCESS
@click.option("--known-at", type=Moment(), metavar="DATE", help="By what had been entered by then.")
@as_of
@output("forecast_calls", "table")
@_OUT
def calls(
    period: str | None, every: bool, source: str | None, process: str | None, known_at: datetime | None,
    as_of: date | datetime, output: str, out: Path | None,
) -> None:  # fmt: skip
    """List the calls that stand for a period: by layer, of what, what stood before, by whom and why; and what was
    frozen of it."""
    from ..called import listed
    from ..options import this_quarter

    made = listed(
        period or this_quarter(as_of, process), as_of, known_at, every=every, source=source, process=process
    )  # fmt: skip
    _put("forecast_calls", output, out, made)


@command.command(
    short_help="Hold today's forecasts still, to score them later",
    epilog="""\b
Examples:
  dealgate forecast freeze --as-of 2026-11-15 --by Max
""",
)
@click.option("--period", metavar="PERIOD", help="2026-Q4, 2026-11 or 2026. Default: the quarter of --as-of.")
@click.option("--moment", type=click.Choice(MOMENTS), help="Which moment it is; left out: it follows from the day.")
@click.option("--source", metavar="NAME", help="The source in the store, where it has several.")
@_BY
@_PROCESS
@_WEIGHTS
@as_of
@output("forecast_freeze", "text")
def freeze(
    period: str | None, moment: str | None, source: str | None, by: str | None, process: str | None, weights: str,
    as_of: date | datetime, output: str,
) -> None:  # fmt: skip
    """Keep what every method and layer says on the first day of a period, in its middle or 14 days before its end, by
    what was known then. What was frozen once stays."""
    from ...forecast.methods import Asked
    from ..forecasting import frozen
    from ..options import this_quarter

    made = frozen(period or this_quarter(as_of, process), moment, source, by, process, as_of, Asked(weights))
    _put("forecast_freeze", output, None, made)


def _put(kind: str, output: str, out: Path | None, *made: object) -> None:
    """Renders and puts text; a form that is no text has ``write``, and writes its file itself."""
    from importlib import import_module

    from ..render.write import put, say

    renderer = import_module(f"{__package__.rpartition('.')[0]}.render.{kind}.{output}")
    if hasattr(renderer, "write"):
        renderer.write(*made, out)
    else:
        text = renderer.render(*made)  # clean already; a file gets no styles
        put(text if out is None or output != "table" else click.unstyle(text), out, exact=True)
    if out is not None:
        say(f"Written to {out}.", err=True)
