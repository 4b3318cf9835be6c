"""A backtest for a command: every method held to what came, and what calls added."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from ..model.diagnostics import WrongUsage, error
from .forecasting import known_among, spoken
from .past import Past

if TYPE_CHECKING:
    from ..forecast.backtest import Tested
    from ..forecast.layers import Added
    from ..forecast.methods import Asked
    from ..forecast.snapshot import Snapshot


def tested(
    snapshot: Snapshot, every: str, count: int, lags: Sequence[str], wanted: Sequence[str], asked: Asked
) -> Tested:
    """The backtest of the latest periods. Raises WrongUsage for a method or a lag there is not, or without a period."""
    from ..forecast.backtest import backtest, lag_days, last_periods
    from ..forecast.methods import methods
    from ..metrics.standing import Period

    known_among(wanted, methods())
    known = list(lag_days(Period(date(2001, 1, 1), date(2001, 3, 31))))
    for lag in lags:
        if lag not in known:
            message = f"`{lag}` is no moment that forecasts are held at."
            raise WrongUsage(error("DG851", message, suggestion=f"write some of {','.join(known)}"))
    periods = last_periods(snapshot, every, count)
    if not periods:
        message = f"No {every} of this history is over."
        raise WrongUsage(error("DG852", message, suggestion="give a later --as-of, or a shorter --every"))
    return backtest(snapshot, periods, lags, asked, wanted or None)


def layers_added(past: Past, tested: Tested, snapshot: Snapshot) -> dict[str, dict[str, Added]]:
    """By moment and layer, what calls added to the naive forecast; empty where nobody called."""
    if past.told_from != "the store":
        return {}
    from ..forecast.layers import Case, known_by, layered, of_period, value_added
    from ..history.days import end_of
    from ..metrics.figure import NoValue
    from .calling import calls_of

    found: dict[str, list[Case]] = {}
    spoke = False
    zone = past.playbook.process.calendar.zone
    said = {(one.lag, one.period, one.method): one for one in tested.trials}
    for (lag, period, name), naive in said.items():
        if name != "naive":
            continue
        calls = of_period(calls_of(end_of(naive.day, zone)), period)
        made = spoken(snapshot.at(known_by(lag, naive.day), period), calls) if calls else None
        spoke = spoke or made is not None
        commit = said.get((lag, period, "commit"))
        silent = NoValue("the reps' calls were not asked for")
        base = silent if commit is None else commit.said if commit.said is not None else NoValue(commit.refused or "")
        over = naive.said if naive.said is not None else NoValue(naive.refused or "")
        layers = layered(base, [], snapshot.unit) if made is None else made.layered
        found.setdefault(lag, []).append(Case(over, layers.said, naive.actual))
    return {lag: value_added(cases) for lag, cases in found.items()} if spoke else {}
