"""What a backtest says, in words: each sentence is written once, for a terminal and a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from ....forecast.backtest import ENOUGH, Score, Tested
from ....forecast.layers import Added
from ....forecast.snapshot import Snapshot
from ....metrics.figure import NoValue
from ....metrics.reliability import Bin
from ....sources.table import counted
from ... import forecasting
from ...past import BACKFILLED, Past
from ..clean import one_line
from ..figures import day

LAGS = {"day1": "As the period began", "mid": "In the middle", "-14d": "14 days before the end"}
LOG_LOSS = "Log loss"
HEADS = ("Method", "n", "Off", "Bias", "Value", "Brier", LOG_LOSS, "In range", "Pinball")
OFF = {0: "held", 1: "too high", -1: "too low"}
"""What a chance was, by ``Bin.off``."""


def process(past: Past) -> str:
    """Whose forecasts they are."""
    return one_line(past.playbook.process.title)


def spans(tested: Tested, snapshot: Snapshot) -> str:
    """Which periods, and in what."""
    days = f"{day(tested.periods[0].first)} to {day(tested.periods[-1].last)}"
    return f"{counted(len(tested.periods), 'period')}, {days}, by {snapshot.unit}"


def lag(name: str) -> str:
    """When it was forecast."""
    return LAGS.get(name, name)


def row(one: Score) -> tuple[str, ...]:
    """The cells of a method, in the order of ``HEADS``."""
    return (
        one.method.title, f"{one.n:,}", percent(one.wape), percent(one.bias, signed=True),
        percent(one.fva, signed=True), _plain(one.brier), _plain(one.log_loss), percent(one.coverage, 0),
        percent(one.pinball),
    )  # fmt: skip


def layers(added: Mapping[str, Added]) -> list[str]:
    """What people's calls added."""
    return [
        f"Calls, {name}: off by {percent(one.error)} over {one.n}, value {percent(one.added, signed=True)}."
        for name, one in added.items()
        if one.n
    ]


def silent(scores: Sequence[Score], number: int) -> list[str]:
    """Which method said nothing of which of so many periods, and why."""
    found: dict[str, list[str]] = {}
    for one in scores:
        for period, reason in one.refused:
            found.setdefault(f"{one.method.title} says nothing: {reason}", []).append(day(period.first))
    return [f"{text} ({'all' if len(days) == number else ', '.join(days)})." for text, days in found.items()]


def chances(one: Score) -> str:
    """How far its chances held."""
    whose = one.method.title.lower()
    if not one.curve:
        deals = counted(one.chances, "deal")
        return f"Whether the chances of {whose} held cannot be said: {deals}, fewer than {ENOUGH}."
    number, held = len(one.curve), sum(not each.off for each in one.curve)
    sizes = sorted({one.curve[0].n, *(each.n for each in one.curve)})
    size = f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"
    if number == 1:
        return f"The chances of {whose} {'held' if held else 'did not hold'}, over {size} deals."
    share = f"all {number}" if held == number else f"{held or 'none'} of {number}"
    return f"The chances of {whose} held in {share} groups of {size} deals."


def held(one: Score) -> bool:
    """Whether the chances held wherever that can be said."""
    return not any(each.off for each in one.curve)


def bin_(one: Bin) -> tuple[str, str, str, str]:
    """What was given, what came, of how many, and the interval."""
    ends = f"{_rounded(one.low, 1)} to {_rounded(one.high, 1)} %"
    return percent(Fraction(one.chance)), percent(one.share), f"{one.n:,}", ends


def foot(tested: Tested, past: Past) -> list[str]:
    """What has to be known of all of it."""
    found = ["Off and bias are shares of what came; value is the baseline's off less the method's own, in points."]
    if any(one.curve for one in tested.scores):
        found.append("Chances held where the 95 % interval of the share that came has the chance given in it.")
    return [*found, BACKFILLED] if past.history.reconstructed else found


def number(minor: int | None, unit: str) -> str:
    """An amount without its unit; – where there is none."""
    return "–" if minor is None else forecasting.number(minor, unit)


def percent(value: Fraction | NoValue, digits: int = 1, *, signed: bool = False) -> str:
    """A share; nothing where there is none."""
    if isinstance(value, NoValue):
        return ""
    told = f"{_rounded(abs(float(value)), digits)} %"
    return f"{'−' if value < 0 else '+'}{told}" if signed else told


def _rounded(share: float, digits: int) -> str:
    return f"{share * 100:.{digits}f}"


def _plain(value: Fraction | float | NoValue) -> str:
    return "" if isinstance(value, NoValue) else f"{float(value):.3f}"
