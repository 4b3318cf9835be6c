"""Metrics of the public data sets, against figures counted from the files."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import polars as pl
import pytest

from dealgate.history import History, events_of, history_of
from dealgate.metrics import Asked, measure
from dealgate.sources.open import open_source

from .given import measured, process


def read(folder: Path, name: str, as_of: date) -> History:
    """The history that a folder tells, taken as it stood at the end of a day."""
    model = process(name)
    frames = open_source(folder, process=model).frames
    moment = datetime.combine(as_of, time.max, model.calendar.zone).astimezone(UTC)
    events = events_of(frames, model, moment).with_columns(backfilled=pl.col("origin") != "seen")
    children = {kind: frame for kind, frame in frames.children.items() if kind not in ("visits", "changes")}
    return history_of(events, model, moment, children=children)


@pytest.fixture(scope="module")
def maven(shared_data: Path) -> History:
    return read(shared_data / "maven_crm_sales", "practical", date(2017, 12, 31))


@pytest.fixture(scope="module")
def olist(shared_data: Path) -> History:
    return read(shared_data / "olist_marketing_funnel", "leads", date(2018, 11, 30))


def test_maven_wins(maven: History) -> None:
    found = measured(maven, "win_rate", "won_value", "cycle_time", "velocity")
    rate = found.figure("win_rate")
    assert (rate.numerator, rate.n) == (4238, 6711)
    assert rate.value == pytest.approx(0.631501, abs=5e-7)
    assert found.figure("won_value").value == 10_005_534
    assert found.figure("won_value").unit == "USD"
    assert [found.figure("cycle_time", m).value for m in ("median", "lost_median")] == [57, 14]
    # deals × rate × average ÷ cycle, over the same deals, is what was won by the cycle
    assert found.figure("velocity").value == pytest.approx(10_005_534 / 57)


def test_maven_says_that_it_is_reconstructed_and_which_deals_are_not_datable(maven: History) -> None:
    found = measured(maven, "win_rate", "win_incidence")
    assert all("reconstructed" in row.figure.flags for row in found.rows)
    assert [(one.reason, one.n) for one in found.left_out["win_incidence"]] == [
        ("nothing tells when it began or closed", 500)
    ]


def test_maven_has_no_win_rate_by_value_since_no_lost_deal_has_an_amount(maven: History) -> None:
    by_value = measured(maven, "win_rate").figure("win_rate", "value")
    assert by_value.value is None
    assert by_value.reason == "no amount is known of deals that were not won"


def test_maven_by_owner(maven: History) -> None:
    found = measured(maven, "win_rate", by=["owner"])
    best = found.figure("win_rate", owner="Hayden Neloms")
    assert (best.numerator, best.n) == (107, 152)
    assert best.shrunk is not None and best.value is not None
    assert 4238 / 6711 < best.shrunk < best.value
    rows = [row.figure for row in found.rows if row.measure == "share"]
    assert (sum(f.numerator or 0 for f in rows), sum(f.n for f in rows)) == (4238, 6711)  # type: ignore[misc]


def test_maven_by_quarter(maven: History) -> None:
    found = measured(maven, "won_value", by=["quarter"])
    won = {row.keys["quarter"]: row.figure.value for row in found.rows if row.measure == "deals"}
    assert won == {"2017-Q1": 531, "2017-Q2": 1254, "2017-Q3": 1257, "2017-Q4": 1196}


def test_maven_in_a_window_is_the_same_as_its_quarter(maven: History) -> None:
    asked = Asked(since=date(2017, 4, 1), until=date(2017, 6, 30))
    assert measure(maven, ["won_value"], asked).figure("won_value", "deals").value == 1254


def test_olist_leads(olist: History) -> None:
    found = measured(olist, "lead_to_opportunity")
    cohort = found.figure("lead_to_opportunity")
    assert (cohort.numerator, cohort.n) == (842, 8000)
    assert found.figure("lead_to_opportunity", "days").value == 14
    assert [(one.reason, one.n) for one in found.left_out["lead_to_opportunity"]] == [
        ("it was converted before it began: it counts, its days do not", 1)
    ]


def test_olist_by_source(olist: History) -> None:
    found = measured(olist, "lead_to_opportunity", by=["source"])
    paid = found.figure("lead_to_opportunity", source="paid_search")
    assert (paid.numerator, paid.n) == (195, 1586)


def test_olist_knows_no_touch_and_says_so(olist: History) -> None:
    for name in ("response_median", "never_touched_share", "sal_rate", "lead_to_meeting"):
        figure = measured(olist, name).rows[0].figure
        assert figure.value is None
        assert figure.reason
