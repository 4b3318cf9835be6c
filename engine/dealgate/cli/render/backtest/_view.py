"""What a page shows of one moment: whose forecasts beside what came, with whose range, and whose chances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ....forecast.backtest import BASELINE, Score, Tested, Trial, best, graded
from ....forecast.methods import Method
from ....metrics.figure import NoValue
from ....metrics.standing import Period


@dataclass(frozen=True, slots=True)
class Row:
    """A period: what came, what was forecast with its range, and the baseline; minor units, None where nothing was."""

    period: Period
    came: int
    said: int | None
    low: int | None
    high: int | None
    naive: int | None


@dataclass(frozen=True, slots=True)
class Moment:
    """``method``: the one that the sentence names, or else the one that speaks of most periods; None where all are
    silent. ``ranged``: whose range is shown, its own or else the one that lost least. ``chances``: whose they are."""

    lag: str
    verdict: str
    scores: Sequence[Score]
    method: Method | None
    ranged: Method | None
    chances: Score | None
    rows: Sequence[Row]

    @property
    def naive(self) -> bool:
        """Whether the baseline spoke, and is another method than the one that is shown."""
        return any(row.naive is not None for row in self.rows)


def view(tested: Tested) -> Iterator[Moment]:
    """Each moment that forecasts were held at."""
    for lag, verdict in tested.verdicts.items():
        scores = tested.at(lag)
        spoke = [one for one in scores if one.n]
        first = best(scores) or max(spoke, key=lambda one: (one.n, -one.method.order), default=None)
        mine = [one for one in tested.trials if one.lag == lag]
        method = first.method if first else None
        ranged = _ranged(first, spoke)
        rows = [_row(period, mine, method, ranged) for period in tested.periods if _has(period, mine)]
        yield Moment(lag, verdict, scores, method, ranged, graded(scores), rows)


def _ranged(first: Score | None, scores: Sequence[Score]) -> Method | None:
    if first is not None and not isinstance(first.coverage, NoValue):
        return first.method
    told = [(one.pinball, one.method.order, one.method) for one in scores if not isinstance(one.pinball, NoValue)]
    return min(told, key=lambda one: one[:2])[2] if told else None


def _has(period: Period, trials: Sequence[Trial]) -> bool:
    return any(one.period == period for one in trials)


def _row(period: Period, trials: Sequence[Trial], method: Method | None, ranged: Method | None) -> Row:
    held = {one.method: one for one in trials if one.period == period}

    def of(found: Method | None) -> Trial | None:
        return held.get(found.id) if found else None

    said, around = of(method), of(ranged)
    outlook = around.outlook if around else None
    naive = held.get(BASELINE) if method is None or method.id != BASELINE else None
    low, high = (outlook.low, outlook.high) if outlook else (None, None)
    came = next(iter(held.values())).actual
    return Row(period, came, said.said if said else None, low, high, naive.said if naive else None)
