"""A column is read as each of its cells would be alone, whatever short cut Polars takes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.compile.frames import Frames, deals_of
from dealgate.model.fields import TYPES, Catalogue, Field, Reading
from dealgate.model.values import Unfit
from dealgate.sources.mapping.cells import CellReader
from dealgate.sources.mapping.coded import coded
from dealgate.sources.mapping.column import Column, stack
from dealgate.sources.mapping.model import Layout, Value
from dealgate.sources.mapping.quick import read_all

from .mapped import process

OPTIONS = ("a", "b", "n/a")
FIELDS = [Field(kind, kind, kind.capitalize(), options=OPTIONS if "choice" in kind else ()) for kind in TYPES]
FIELDS += [Field("open", "choice", "Open", open=True), Field("tags", "multi_choice", "Tags", open=True)]
BERLIN = ZoneInfo("Europe/Berlin")
READING = Reading(currency="USD", zone=BERLIN)


def alone(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def together(column: Column, field: Field) -> list[Any]:
    """A column's values as a deal holds them."""
    base = process().replace(catalogue=Catalogue({field.id: field}, {}))
    ids = pl.Series("id", [str(n) for n in range(len(column.value))], dtype=pl.String)
    frames = Frames(pl.DataFrame([ids, *column.named(field.id, "USD")]), {})
    return [deal.unfit.get(field.id, deal.fields.get(field.id)) for deal in deals_of(frames, base)]


def agree(cells: pl.Series, field: Field, value: Value, layout: Layout, reading: Reading = READING) -> None:
    reader = CellReader(value, field, layout, reading)
    expected = [alone(reader.read(cell)) for cell in cells.to_list()]
    assert together(read_all(reader, cells), field) == expected


TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "tbd", "N/A", " x ", "ß", "1", "007", "-0.50", "1.005", "12.3", "1,200", "$5", "15%", "1e3", "NaN",
         "999999999999999999", "99999999999999999999", "-3", "2026-01-02", "2026-02-30", "0000-01-01", "9999-12-31",
         "2026-01-02 10:00:00", "2026-01-02T10:00:00Z", "2026-03-29 02:30:00", "2026-01-02T10:00:00.1234567+01:00",
         "2026-01-02T10:00:00.000+0000", "2026-01-02T24:00:00Z", "2026-01-02T10:00:60Z", "2026-01-02T10:00:00-19:00",
         "14 days", "true", "a", "A", "a;b", "\u00a07", "٣", "½"]
    ),
    st.decimals(-(10**16), 10**16, places=3).map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.datetimes().map(str),
    st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
    st.text("0123456789-:.+TZ ", max_size=26),
)  # fmt: skip
VALUES = st.sampled_from(
    [Value(), Value(currency="JPY"), Value(currency="KWD"), Value(format="YYYY-MM-DD"), Value(format="ISO 8601"),
     Value(format="YYYY-MM-DD HH:MM:SS"), Value(format="DD/MM/YYYY"), Value(missing=frozenset({"1", "ss"})),
     Value(scale="0..100"), Value(times=Decimal("0.1")), Value(unit="days"), Value(split=";"), Value(zone=UTC),
     Value(decimal_mark=","), Value(values={"a": None, "1": "b"}, keep_unlisted=True)]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.none() | TEXTS, max_size=6), st.sampled_from(FIELDS), VALUES, st.sampled_from([UTC, BERLIN]))
def test_a_column_of_text_reads_as_each_cell_alone(texts: list[Any], field: Field, value: Value, zone: Any) -> None:
    if value.values is not None and field.type not in ("choice", "text"):
        value = Value()
    agree(pl.Series(texts, dtype=pl.String), field, value, Layout(), READING.replace(zone=zone))


WHOLE = st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5)
FLOATS = st.floats() | st.decimals(-1000, 1000, places=2).map(float) | st.sampled_from([59.970000000000006, 0.1 + 0.2])
COLUMNS = st.one_of(
    st.lists(st.none() | WHOLE, max_size=5).map(lambda cells: pl.Series(cells, dtype=pl.Int64)),
    st.lists(st.none() | st.integers(0, 255), max_size=5).map(lambda cells: pl.Series(cells, dtype=pl.UInt8)),
    st.lists(st.none() | FLOATS, max_size=5).map(lambda cells: pl.Series(cells, dtype=pl.Float64)),
    st.lists(st.none() | st.booleans(), max_size=5).map(lambda cells: pl.Series(cells, dtype=pl.Boolean)),
    st.lists(st.none() | st.dates(), max_size=5).map(lambda cells: pl.Series(cells, dtype=pl.Date)),
    st.lists(st.none() | st.datetimes(), max_size=5).map(lambda cells: pl.Series(cells, dtype=pl.Datetime("us"))),
    st.lists(st.none() | st.datetimes(timezones=st.just(UTC)), max_size=5).map(
        lambda cells: pl.Series(cells, dtype=pl.Datetime("us", "UTC")).dt.convert_time_zone("Asia/Tokyo")
        if all(cell is None or 1 < cell.year < 9999 for cell in cells)
        else pl.Series(cells, dtype=pl.Datetime("us", "UTC"))
    ),
    st.lists(st.none() | st.timedeltas(timedelta(-(10**6)), timedelta(10**6)), max_size=5).map(
        lambda cells: pl.Series(cells, dtype=pl.Duration("us"))
    ),
    st.lists(st.none() | st.lists(st.none() | st.sampled_from(["a", " b ", "c", "", "tbd"]), max_size=3), max_size=5).map(
        lambda cells: pl.Series(cells, dtype=pl.List(pl.String))
    ),
    st.lists(st.none() | st.decimals(-(10**9), 10**9, places=4), max_size=5).map(
        lambda cells: pl.Series(cells, dtype=pl.Decimal(38, 4))
    ),
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(COLUMNS, st.sampled_from(FIELDS), st.booleans(), st.sampled_from([UTC, BERLIN]))
def test_a_typed_column_reads_as_each_cell_alone(cells: pl.Series, field: Field, ours: bool, zone: Any) -> None:
    agree(cells, field, Value(ours=ours), Layout(), READING.replace(zone=zone))


def test_dates_beyond_the_calendar_do_not_fit() -> None:
    cells = pl.Series([-1_000_000, 10**7, 0]).cast(pl.Date)
    field = next(one for one in FIELDS if one.type == "date")
    found = together(read_all(CellReader(Value(ours=True), field, Layout(), READING), cells), field)
    assert isinstance(found[0], Unfit) and isinstance(found[1], Unfit) and found[2] == date(1970, 1, 1)


@pytest.mark.parametrize("cells", [["b", None, "a", "b"], [1.5, None, 1.5], [["a"], None, ["a"]], [b"x", None]])
def test_every_row_points_at_its_cell(cells: list[Any]) -> None:
    found = coded(pl.Series(cells))
    assert found.rows(found.cells).to_list() == cells
    assert found.cells.to_list()[-1] is None
    assert found.at(pl.Series([0, None], dtype=pl.UInt32)).places.to_list()[1] == len(found.cells) - 1


def test_columns_of_numbers_stack_without_loss() -> None:
    parts = [pl.Series([Decimal("1.5")], dtype=pl.Decimal(38, 1)), pl.Series([0.1]), pl.Series([Decimal("0.001")])]
    found = stack([Column(part) for part in parts], "USD")
    assert found.value.to_list() == [Decimal("1.5"), Decimal("0.1"), Decimal("0.001")]
