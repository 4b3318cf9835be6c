"""A backtest for a terminal: the verdict first, then a line a method."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from rich.table import Table
from rich.text import Text

from ....forecast.backtest import Score, Tested
from ....forecast.layers import Added
from ....forecast.snapshot import Snapshot
from ....metrics.figure import NoValue
from ...past import BACKFILLED, Past
from ..clean import one_line
from ..console import console, written
from ..explain import wrapped
from ..figures import day
from ..width import width

_LAGS = {"day1": "As the period began", "mid": "In the middle", "-14d": "14 days before the end"}


def render(
    tested: Tested, past: Past, snapshot: Snapshot, layers: Mapping[str, Mapping[str, Added]] = MappingProxyType({})
) -> str:
    """The text."""
    screen = console()

    def say(text: str, style: str = "") -> None:
        for line in wrapped(one_line(text), width(100)):
            screen.print(Text(line, style=style), soft_wrap=True)

    first, last = tested.periods[0].first, tested.periods[-1].last
    number = len(tested.periods)
    spans = f"{number} period{'' if number == 1 else 's'}, {day(first)} to {day(last)}, by {snapshot.unit}"
    say(f"{past.playbook.process.title}: {spans}", "bold")
    for lag, words in tested.verdicts.items():
        mine = [one for one in tested.scores if one.lag == lag]
        screen.print()
        say(f"{_LAGS.get(lag, lag)}: {words}")
        screen.print()
        screen.print(_table(mine))
        silent: dict[str, list[str]] = {}
        for one in mine:
            for period, reason in one.refused:
                silent.setdefault(f"{one.method.title} says nothing: {reason}", []).append(day(period.first))
        for name, one_layer in layers.get(lag, {}).items():
            if one_layer.n:
                error, added = _percent(one_layer.error), _percent(one_layer.added, signed=True)
                say(f"Calls, {name}: off by {error} over {one_layer.n}, value {added}.")
        for reason, days in silent.items():
            say(f"{reason} ({'all' if len(days) == number else ', '.join(days)}).")
    screen.print()
    say("Off and bias are shares of what came; value is the baseline's off less the method's own, in points.")
    if past.history.reconstructed:
        say(BACKFILLED)
    return written(screen)


def _table(scores: list[Score]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Method", no_wrap=True)
    for name in ("n", "Off", "Bias", "Value", "Brier", "In range", "Pinball"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in scores:
        if not one.n:
            continue
        brier = "" if isinstance(one.brier, NoValue) else f"{float(one.brier):.3f}"
        table.add_row(
            Text(one.method.title), str(one.n), _percent(one.wape), _percent(one.bias, signed=True),
            _percent(one.fva, signed=True), brier, _percent(one.coverage, 0), _percent(one.pinball),
        )  # fmt: skip
    return table


def _percent(value: Fraction | NoValue, digits: int = 1, *, signed: bool = False) -> str:
    if isinstance(value, NoValue):
        return ""
    told = f"{abs(float(value)) * 100:.{digits}f} %"
    return f"{'−' if value < 0 else '+'}{told}" if signed else told
