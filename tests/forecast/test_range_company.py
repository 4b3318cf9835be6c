"""The range of Monte Carlo on simulated companies: it holds what came about as often as it says."""

from __future__ import annotations

import sys
from datetime import date, datetime, time
from fractions import Fraction

import polars as pl
import pytest

import dealgate
from dealgate.compile.frames import frames_of
from dealgate.forecast.backtest import Trial, backtest, last_periods
from dealgate.forecast.methods import Asked
from dealgate.forecast.snapshot import Snapshot
from dealgate.history import events_of, history_of
from dealgate.metrics.accuracy import bias, wape
from dealgate.metrics.figure import NoValue
from dealgate.simulate import simulate

AS_OF = date(2026, 11, 23)
SEEDS = range(921, 941)
"""None of them was looked at while the method was made."""
LAGS = ("day1", "mid", "-14d")


def company(seed: int) -> Snapshot:
    """Four years of a company, its history counting as learned when it happened."""
    playbook = dealgate.load("practical")
    made = simulate(seed=seed, years=4, deals=1500, as_of=AS_OF)
    frames = frames_of([playbook.deal(record) for record in made.deals], playbook.process)
    seen = datetime.combine(AS_OF, time.max, playbook.process.calendar.zone)
    events = events_of(frames, playbook.process, seen).with_columns(backfilled=pl.col("origin") != "seen")
    return Snapshot(playbook, history_of(events, playbook.process, AS_OF, children=frames.children), None)


def trials(seed: int) -> list[Trial]:
    """The last eight quarters at three lags."""
    now = company(seed)
    return list(backtest(now, last_periods(now, "quarter", 8), LAGS, Asked(quarters=2000), ["monte-carlo"]).trials)


@pytest.mark.slow
def test_the_range_holds_70_to_90_percent_of_what_came_and_the_forecast_beats_naive_without_a_tilt() -> None:
    held = [trial for seed in SEEDS for trial in trials(seed)]
    mine = [trial for trial in held if trial.method == "monte-carlo"]
    naive = [trial for trial in held if trial.method == "naive"]
    assert len(mine) == len(SEEDS) * 8 * len(LAGS)
    assert not [trial for trial in mine if trial.refused]
    for lag in LAGS:
        here = [trial for trial in mine if trial.lag == lag]
        there = [trial for trial in naive if trial.lag == lag]
        sys.stdout.write(
            f"{lag}: n {len(here)}, P10 to P90 held {inside(here):.3f}, WAPE {off(here):.3f} "
            f"(naive {off(there):.3f}), bias {tilt(here):+.3f}\n"
        )
        assert off(here) < off(there)
    below = sum(trial.actual < low(trial) for trial in mine) / len(mine)
    sys.stdout.write(f"in all: P10 to P90 held {inside(mine):.3f}, below P10 {below:.3f}, bias {tilt(mine):+.3f}\n")
    assert 0.70 <= inside(mine) <= 0.90
    assert abs(tilt(mine)) < 0.04


def inside(held: list[Trial]) -> float:
    return sum(low(trial) <= trial.actual <= high(trial) for trial in held) / len(held)


def low(trial: Trial) -> int:
    assert trial.outlook is not None
    assert trial.outlook.low is not None
    return trial.outlook.low


def high(trial: Trial) -> int:
    assert trial.outlook is not None
    assert trial.outlook.high is not None
    return trial.outlook.high


def off(held: list[Trial]) -> float:
    spoke = [trial for trial in held if trial.said is not None]
    return number(wape([trial.said or 0 for trial in spoke], [trial.actual for trial in spoke]))


def tilt(held: list[Trial]) -> float:
    return number(bias([trial.said or 0 for trial in held], [trial.actual for trial in held]))


def number(value: Fraction | NoValue) -> float:
    assert not isinstance(value, NoValue)
    return float(value)
