"""What every method would have said of past periods, by what was known then, and how far each was right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import polars as pl

from ..metrics.accuracy import bias, brier, log_loss, pinball, skill_of, wape
from ..metrics.figure import NoValue
from ..metrics.reliability import BINS, Bin, reliability
from ..metrics.standing import Period
from ..model.forecast import AT_START
from .earlier import KINDS, won_in
from .layers import known_by, moments
from .methods import Asked, Method, Outlook, methods
from .snapshot import Snapshot

BASELINE = "naive"
LEAST = 3
"""Below so many periods no method is recommended."""
ENOUGH = 30
"""Fewer deals do not show whether a share of them came."""
QUANTILES = (Fraction(1, 10), Fraction(1, 2), Fraction(9, 10))


@dataclass(frozen=True, slots=True)
class Trial:
    """What a method said of a period on a day, and what came; minor units. ``pairs``: of each open deal its chance and
    whether it was won by the period's end. ``refused``: why it said nothing."""

    method: str
    lag: str
    period: Period
    day: date
    actual: int
    outlook: Outlook | None
    pairs: tuple[tuple[float, bool], ...]
    refused: str | None

    @property
    def said(self) -> int | None:
        """The forecast."""
        return None if self.outlook is None else self.outlook.total


@dataclass(frozen=True, slots=True)
class Score:
    """How far a method was right at one lag, over ``n`` periods. ``fva``: the baseline's WAPE less its own, over the
    periods that both spoke of; above 0 it adds value. ``coverage``: the share of periods between P10 and P90.
    ``skill``: of its chances, against always saying the share that came. ``curve``: its chances by how high they were,
    with what came; empty where it gave a chance to fewer than ``ENOUGH`` deals."""

    method: Method
    lag: str
    n: int
    wape: Fraction | NoValue
    bias: Fraction | NoValue
    fva: Fraction | NoValue
    brier: Fraction | NoValue
    log_loss: float | NoValue
    skill: Fraction | NoValue
    chances: int
    curve: tuple[Bin, ...]
    coverage: Fraction | NoValue
    pinball: Fraction | NoValue
    refused: tuple[tuple[Period, str], ...]


@dataclass(frozen=True)
class Tested:
    """The trials, the scores (by lag, then method), and in a sentence a lag which method to trust here."""

    periods: tuple[Period, ...]
    trials: tuple[Trial, ...]
    scores: tuple[Score, ...]
    verdicts: Mapping[str, str]

    def at(self, lag: str) -> list[Score]:
        """The scores of one lag."""
        return [one for one in self.scores if one.lag == lag]


def last_periods(snapshot: Snapshot, kind: str, count: int) -> list[Period]:
    """The latest periods of a kind that are over and that anything is known of, the earliest first."""
    if kind not in KINDS:
        raise ValueError(f"a period is one of {', '.join(KINDS)}")
    begins = snapshot.begins
    found: list[Period] = []
    first = snapshot.past.calendar.period(snapshot.today, kind)[0]
    # on its last day a period is over
    if snapshot.past.calendar.period(snapshot.today, kind)[1] == snapshot.today:
        first = snapshot.today + timedelta(days=1)
    while begins is not None and len(found) < count:
        first, last = snapshot.past.calendar.period(first - timedelta(days=1), kind)
        if last < begins:
            break
        found.append(Period(first, last))
    return found[::-1]


def lag_days(period: Period) -> dict[str, date]:
    """The days on which forecasts are held still: the first, the middle, 14 days before the end.

    A day that would lie outside the period is left out.
    """
    return {name: day for name, day in moments(period).items() if isinstance(day, date)}


def backtest(
    now: Snapshot, periods: Sequence[Period], lags: Iterable[str], asked: Asked, wanted: Iterable[str] | None = None
) -> Tested:
    """Every method on every period and lag. ``now`` is what is known today: it alone tells what came."""
    ids = [one.id for one in methods().values() if one.scored] if wanted is None else list(wanted)
    ids = list(dict.fromkeys([*ids, BASELINE]))
    trials = []
    for period in periods:
        ends = _won_by(now, period)
        # at the rates that its forecasts count by
        actual = won_in(now.during(period) if now.rated == AT_START else now, period)
        for lag in lags:
            day = lag_days(period).get(lag)
            if day is None:
                continue
            then = now.at(known_by(lag, day), period)
            for name in ids:
                made = methods()[name].make(then, asked)
                trials.append(_trial(name, lag, period, day, actual, made, ends))
    scores = tuple(_score(name, lag, trials) for lag in lags for name in ids if _of(trials, name, lag))
    verdicts = {lag: verdict([one for one in scores if one.lag == lag]) for lag in lags}
    return Tested(tuple(periods), tuple(trials), scores, verdicts)


def _won_by(now: Snapshot, period: Period) -> frozenset[str]:
    mine = now.won_by_day.filter(pl.col("on") <= period.last)
    return frozenset(mine["deal"].cast(pl.String))


def _trial(
    name: str, lag: str, period: Period, day: date, actual: int, made: Outlook | NoValue, won: frozenset[str]
) -> Trial:
    if isinstance(made, NoValue):
        return Trial(name, lag, period, day, actual, None, (), made.reason)
    known = made.deals.filter(pl.col("chance").is_not_null()) if made.deals.height else made.deals
    pairs = tuple((chance, ident in won) for ident, chance in known.select("id", "chance").iter_rows())
    return Trial(name, lag, period, day, actual, made, pairs, None)


def _of(trials: Iterable[Trial], method: str, lag: str) -> list[Trial]:
    return [one for one in trials if one.method == method and one.lag == lag]


def _score(name: str, lag: str, trials: Sequence[Trial]) -> Score:
    mine = _of(trials, name, lag)
    spoke = [one for one in mine if one.said is not None]
    base = {one.period: one for one in _of(trials, BASELINE, lag) if one.said is not None}
    both = [one for one in spoke if one.period in base]
    own = _wape(both)
    theirs = _wape([base[one.period] for one in both])
    fva: Fraction | NoValue = NoValue("the baseline is itself") if name == BASELINE else NoValue("no period in common")
    if name != BASELINE and not isinstance(own, NoValue) and not isinstance(theirs, NoValue):
        fva = theirs - own
    chances = [p for one in spoke for p, _ in one.pairs]
    came = [y for one in spoke for _, y in one.pairs]
    silent = NoValue("it gives no chance to a deal")
    score = brier(chances, came) if chances else silent
    ranged = [one for one in spoke if one.outlook is not None and one.outlook.low is not None]
    return Score(
        methods()[name],
        lag,
        len(spoke),
        _wape(spoke),
        bias([one.said or 0 for one in spoke], [one.actual for one in spoke]),
        fva,
        score,
        log_loss(chances, came) if chances else silent,
        skill_of(score, came),
        len(chances),
        reliability(chances, came, min(BINS, len(chances) // ENOUGH)) if len(chances) >= ENOUGH else (),
        _coverage(ranged),
        _pinball(ranged),
        tuple((one.period, one.refused) for one in mine if one.refused is not None),
    )


def _wape(trials: Sequence[Trial]) -> Fraction | NoValue:
    return wape([one.said or 0 for one in trials], [one.actual for one in trials])


def _coverage(ranged: Sequence[Trial]) -> Fraction | NoValue:
    if not ranged:
        return NoValue("it gives no range")
    inside = sum(1 for one in ranged if one.outlook and _inside(one.outlook, one.actual))
    return Fraction(inside, len(ranged))


def _inside(outlook: Outlook, actual: int) -> bool:
    assert outlook.low is not None and outlook.high is not None
    return outlook.low <= actual <= outlook.high


def _pinball(ranged: Sequence[Trial]) -> Fraction | NoValue:
    """The mean over P10, P50 and P90, as a share of what came."""
    if not ranged:
        return NoValue("it gives no range")
    size = sum(abs(one.actual) for one in ranged)
    if not size:
        return NoValue("nothing came")
    lost = Fraction(0)
    for one in ranged:
        assert one.outlook is not None
        levels = zip(QUANTILES, (one.outlook.low, one.outlook.mid, one.outlook.high), strict=True)
        lost += sum((pinball(q, v or 0, one.actual) for q, v in levels), Fraction(0)) / len(QUANTILES)
    return lost / size


def best(scores: Sequence[Score]) -> Score | None:
    """Of one lag, the method beside the baseline that was off least; None where too little is known to say."""
    told = [one for one in scores if not isinstance(one.wape, NoValue) and one.n >= LEAST]
    rivals = [one for one in told if one.method.id != BASELINE and not isinstance(one.fva, NoValue)]
    if not rivals or not any(one.method.id == BASELINE for one in told):
        return None
    return min(rivals, key=lambda one: (_number(one.wape), one.method.order))


def trusted(scores: Sequence[Score]) -> Score | None:
    """The method that the sentence recommends at one lag; None where none beat the baseline."""
    found = best(scores)
    return found if found is not None and _number(found.fva) > 0 else None


def graded(scores: Sequence[Score]) -> Score | None:
    """Whose chances to look at: the recommended method's where it gave them to enough deals, or else the best ones.

    The best have the highest skill: methods that give chances to the same deals stand in it as in their Brier scores,
    and one that speaks of commits alone has no advantage of it.
    """
    first = trusted(scores)
    if first is not None and first.curve:
        return first
    return max((one for one in scores if one.chances), key=_merit, default=None)


def _merit(score: Score) -> tuple[bool, bool, Fraction, Fraction, int]:
    skilled = not isinstance(score.skill, NoValue)
    skill = _number(score.skill) if skilled else Fraction(0)
    return bool(score.curve), skilled, skill, -_number(score.brier), -score.method.order


def verdict(scores: Sequence[Score]) -> str:
    """Which method to trust at one lag, and how much, in a sentence."""
    first = best(scores)
    base = next((one for one in scores if one.method.id == BASELINE), None)
    if first is None or base is None:
        return f"Too little history to say which method to trust: it takes {LEAST} periods that two methods speak of."
    off, naive = _percent(first.wape), _percent(base.wape)
    if trusted(scores) is not None:
        tilt = _tilt(first.bias)
        return (
            f"Trust {first.method.title.lower()} here: over {first.n} periods it was off by {off} of what came, "
            f"the naive baseline by {naive}{tilt}."
        )
    return (
        f"No method beat the naive baseline here, which was off by {naive} of what came over {base.n} periods; "
        f"the next best, {first.method.title.lower()}, by {off}."
    )


def _tilt(value: Fraction | NoValue) -> str:
    if isinstance(value, NoValue) or abs(value) < Fraction(1, 20):
        return ""
    return f"; it said {_percent(abs(value))} too {'much' if value > 0 else 'little'} in all"


def _number(value: Fraction | NoValue) -> Fraction:
    assert not isinstance(value, NoValue)
    return value


def _percent(value: Fraction | NoValue) -> str:
    return f"{float(_number(value)) * 100:.1f} %"
