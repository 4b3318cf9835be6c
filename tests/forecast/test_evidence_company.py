"""On the sample company evidence makes chances better where winning follows it, and no worse where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import stats

from dealgate import load
from dealgate.compile.frames import frames_of
from dealgate.forecast.evidence import adjusted, learned
from dealgate.forecast.evidence_features import Lagged, Looking
from dealgate.history import events_of, history_of, records_of
from dealgate.simulate import simulate

SEEDS = range(901, 921)
"""None of those that the strength of the ridge was looked at with, which were 801 to 810."""
DAY = date(2026, 9, 30)
TESTED = 4
"""The last quarters of the history, each forecast at three lags by weights of what was over when it began."""


def lagged(looking: Looking) -> Iterator[Lagged]:
    """Three lags of every quarter of the last two and a half years."""
    calendar = looking.told.process.calendar
    day = date(2024, 4, 1)
    while day <= DAY:
        first, last = calendar.period(day, "quarter")
        yield Lagged(first - timedelta(days=1), last, "day1")
        yield Lagged(first + timedelta(days=44), last, "mid")
        yield Lagged(last - timedelta(days=14), last, "-14d")
        day = last + timedelta(days=1)


def forecast(seed: int, *, evidence_matters: bool) -> tuple[pl.DataFrame, list[float]]:
    """``base``, ``chance`` and ``won`` of the open deals of the tested quarters, and the trust of each quarter."""
    company = simulate(seed=seed, years=3, deals=1500, leads=0, as_of=DAY, evidence_matters=evidence_matters)
    playbook = load("practical")
    process, moment = playbook.process, playbook.judge.moment(DAY).as_of
    frames = frames_of([playbook.deal(record) for record in company.deals], process)
    looking = Looking(
        playbook, history_of(events_of(frames, process, moment), process, moment, None, records_of(frames))
    )
    rows = looking.rows(list(lagged(looking)))
    parts, trusts = [], []
    for end in rows["end"].unique().sort().to_list()[-TESTED:]:
        now = rows.filter(pl.col("end") == end)
        begins = now["moment"].min()
        assert isinstance(begins, date)
        weights = learned(rows.filter(pl.col("end") <= begins), looking.features)
        assert not weights.prior
        for (_,), part in now.group_by("lag", maintain_order=True):
            found = adjusted(part.select("id", "stage", pl.col("base").alias("chance")), part, weights)
            parts.append(part.select("id", "base", "won").with_columns(found["chance"]))
        trusts.append(weights.trust)
    return pl.concat(parts), trusts


def interval(values: list[float]) -> tuple[float, float, float]:
    """The mean and its 95 % interval, by Student's t over seeds."""
    mean, error = float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))
    reach = float(stats.t.ppf(0.975, len(values) - 1)) * error
    return mean, mean - reach, mean + reach


@pytest.mark.slow
@pytest.mark.parametrize("evidence_matters", [True, False])
def test_evidence_makes_the_brier_score_better_only_where_winning_follows_it(
    capsys: pytest.CaptureFixture[str], evidence_matters: bool
) -> None:
    differences, before, totals, trusts = [], [], [], []
    for seed in SEEDS:
        found, trust = forecast(seed, evidence_matters=evidence_matters)
        won = found["won"].cast(pl.Float64)
        base, after = ((found[name] - won) ** 2 for name in ("base", "chance"))
        differences.append(float((after - base).mean()))  # type: ignore[arg-type]
        before.append(float(base.mean()))  # type: ignore[arg-type]
        totals.append(float(found["chance"].sum()) / float(found["base"].sum()))
        trusts.append(float(np.mean(trust)))
    mean, low, high = interval(differences)
    with capsys.disabled():
        print(  # noqa: T201 - the figures are what it is for
            f"\nevidence matters: {evidence_matters}. Brier stage-weighted {np.mean(before):.4f}, evidence-adjusted less"
            f" stage-weighted {mean:+.5f} [{low:+.5f}, {high:+.5f}]; better in {sum(d < 0 for d in differences)}, the"
            f" same in {sum(d == 0 for d in differences)} of {len(differences)}; mean trust {np.mean(trusts):.2f}; total"
            f" of the chances {np.mean(totals):.4f} of the base's"
        )
    assert high < 0 if evidence_matters else low <= 0 <= high
    # a pipeline that is weaker or stronger than usual may say so, but not by much in the mean
    assert abs(float(np.mean(totals)) - 1) < 0.05
