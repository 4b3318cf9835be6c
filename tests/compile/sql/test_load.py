"""Typed deals become the staging relation exactly: forms, scales, sides of changes; and what fails is told without values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.compile.world import process

from dealgate.compile.frames import frames_of
from dealgate.compile.plan.build import build
from dealgate.compile.sql import load, run
from dealgate.compile.sql.dialects import DIALECTS
from dealgate.compile.sql.layout import Stored, choices_text, declared, needs, sql_type
from dealgate.compile.sql.query import query
from dealgate.compile.sql.shape import shape_of
from dealgate.decide.judge import Judge
from dealgate.model.deal import deal_from
from dealgate.model.diagnostics import SourceFailed

from .running import database_engine, duckdb_engine
from .test_query import DEALS, SMALL, TODAY, planned, ruled


def staged(rules: tuple[dict[str, Any], ...], *records: dict[str, Any], dialect: str = "duckdb", place: int = 0) -> Any:
    plan, frames = planned(ruled(*rules), *records)
    return load.typed(plan, frames, dialect)


def test_decimals_are_whole_numbers_of_the_scale_that_the_data_has() -> None:
    made = staged(({"field": "fit", "above": 1},), {"id": "a", "fit": "1.250"}, {"id": "b", "fit": "-30"}, {"id": "c"})
    assert made.tables["deals"]["fit"].to_list() == [125, -3000, None]
    assert made.layout.column("deals", "fit") == Stored("number", 2, 4)


def test_long_numbers_are_kept_to_the_last_digit() -> None:
    number = "12345678901234567890.123456789012345678"
    made = staged(({"field": "fit", "above": 1},), {"id": "a", "fit": number})
    stored = made.layout.column("deals", "fit")
    assert made.tables["deals"]["fit"].to_list() == [Decimal(number.replace(".", ""))]
    assert (stored.scale, sql_type(stored, DIALECTS["duckdb"])) == (18, "HUGEINT")


def test_texts_are_folded_and_placeholders_told() -> None:
    rules = ({"field": "name", "is": "x"}, {"field": "name", "placeholder": True})
    made = staged(rules, {"id": "a", "name": " STRASSE "}, {"id": "b", "name": "straße"}, {"id": "c", "name": "tbd"})
    frame = made.tables["deals"]
    assert frame["name__folded"].to_list() == ["strasse", "strasse", None]
    assert frame["name__placeholder"].to_list() == [False, False, True]
    assert "name" not in frame.columns


def test_local_days_are_those_of_the_calendar_in_any_year() -> None:
    zoned = process(2)  # New York
    at = [
        datetime(2026, 7, 1, 3, 59, tzinfo=UTC),
        datetime(2060, 7, 1, 3, 59, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
    ]
    rules = zoned.replace(stages=ruled({"field": "created_at", "before": "2026-07-01"}).stages)
    deals = [deal_from({"id": str(n), "created_at": m}, rules.catalogue, rules.reading)[0] for n, m in enumerate(at)]
    frames = frames_of(deals, rules)
    plan = build(rules, Judge(rules).moment(TODAY), shape_of(frames, rules))
    days = load.typed(plan, frames, "duckdb").tables["deals"]["created_at__day"].to_list()
    assert days == [date(2026, 6, 30), date(2060, 6, 30), date(1, 1, 1)]


def test_changes_have_their_sides_as_the_field_that_changed() -> None:
    change = {"field": "close_date", "from": "2026-11-01", "to": "someday", "at": "2026-11-20T10:00:00Z"}
    other = {"field": "name", "from": "2026-11-01", "to": "x", "at": "2026-11-20T10:00:00Z"}
    made = staged(SMALL, {"id": "a", "changes": [change, other]})
    frame = made.tables["changes"]
    assert frame["close_date__from"].to_list() == [date(2026, 11, 1), None]
    assert frame["close_date__to"].to_list() == [None, None]


def test_where_there_are_no_dates_they_are_text_of_one_width() -> None:
    rules = ({"field": "close_date", "before": {"date": "today"}}, {"field": "created_at", "within_last": "2 hours"})
    made = staged(
        rules, {"id": "a", "close_date": "2026-01-02", "created_at": "2026-01-02T03:04:05Z"}, dialect="sqlite"
    )
    assert made.tables["deals"].row(0, named=True)["close_date"] == "2026-01-02"
    assert made.tables["deals"].row(0, named=True)["created_at"] == "2026-01-02 03:04:05.000000"


def test_choices_are_one_text_whatever_they_are_called() -> None:
    assert choices_text({"b", "a"}) == "|a|b|"
    assert choices_text(()) == "|"
    assert choices_text({"a|b"}) != choices_text({"a", "b"}) and choices_text({"a|b"}) != choices_text({"a\\pb"})


@pytest.mark.parametrize("dialect", DIALECTS)
def test_before_data_is_known_the_limits_of_the_language_hold(dialect: str) -> None:
    plan, _ = planned(ruled(*SMALL), *DEALS)
    layout = declared(plan, DIALECTS[dialect])
    assert {(n.table, n.column) for n in needs(plan)} == {(t, c) for t, held in layout.tables.items() for c in held}
    assert not query(plan, dialect, layout).cannot
    for held in layout.tables.values():
        assert all(sql_type(s, DIALECTS[dialect]) for s in held.values())


# ---------------------------------------------------------------- what fails


def test_a_staging_table_that_is_not_there_is_told_without_what_the_database_said() -> None:
    plan, _ = planned(ruled(*SMALL), *DEALS)
    with duckdb_engine() as duck, database_engine("sqlite://") as lite:
        for engine in (duck, lite):
            with pytest.raises(SourceFailed) as told:
                run.statuses(plan, engine.place)
            assert "DG722" in str(told.value) and "SELECT" not in str(told.value)
            assert told.value.__cause__ is None and told.value.__suppress_context__


@pytest.mark.parametrize(
    "url", ["nonsense", "oracle://me:secret@host/db", "postgresql+psycopg://me:secret@host:port/db"]
)
def test_an_address_that_is_none_is_told_without_its_password(url: str) -> None:
    with pytest.raises(SourceFailed) as told:
        run.engine(url).connect()
    assert "secret" not in str(told.value)


def test_engines_keep_values_out_of_their_errors() -> None:
    assert run.engine("sqlite://").hide_parameters
