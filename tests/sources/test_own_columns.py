"""Our own columns, typed by Parquet or as text: a value fits, or is kept with the reason the model gives."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dealgate.compile.frames import frames_of
from dealgate.documents.library import Library
from dealgate.model.fields import read
from dealgate.model.values import Money, Unfit
from dealgate.sources.open import Source, open_source

from .mapped import found, process


def source(folder: Path, columns: dict[str, pl.Series | list[Any]], suffix: str = "parquet") -> Source:
    frame = pl.DataFrame({"name": ["Deal"] * len(next(iter(columns.values()))), **columns})
    frame = frame.select(pl.int_range(pl.len()).cast(pl.String).alias("id"), pl.all())
    path = folder / f"deals.{suffix}"
    frame.write_parquet(path) if suffix == "parquet" else frame.write_csv(path)
    return open_source(path, process=process(), library=Library())


def values(folder: Path, field: str, cells: pl.Series | list[Any], suffix: str = "parquet") -> list[Any]:
    opened = source(folder, {field: cells}, suffix)
    assert opened.rows == len(opened.deals)
    return [deal.unfit.get(field, deal.fields.get(field)) for deal in opened.deals]


def test_columns_that_have_our_types_stay_as_they_are(tmp_path: Path) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    opened = source(
        tmp_path,
        {
            "amount": [10.25, None], "probability": [0.15, 1.0], "account.employees": [3, 4], "accepted": [True, None],
            "close_date": [date(2026, 1, 2), None], "created_at": [moment, None],
            "account.technologies": [["b", "a", "a"], []], "stage": ["proposal", "odd"],
        },
    )  # fmt: skip
    frame = opened.frames.deals
    assert frame.schema["amount"] == pl.Int64 and frame["amount"].to_list() == [1025, None]
    assert frame.schema["probability"] == pl.Float64
    assert frame.schema["created_at"] == pl.Datetime("us", "UTC")
    assert frame["account.technologies"].to_list() == [["a", "b"], []]
    assert isinstance(frame.schema["stage"], pl.Enum) and frame["stage"].to_list() == ["proposal", None]
    assert opened.deals[0].fields["probability"] == Decimal("0.15")
    assert opened.deals[0].fields["amount"] == Money(1025, "USD")
    assert "`odd`" in found(opened, "DG671").message


@pytest.mark.parametrize(
    ("field", "cells"),
    [
        ("amount", pl.Series([1.5, float("nan"), float("inf"), 0.1 + 0.2, 1e20, None, -0.0])),
        ("probability", pl.Series([0.15, float("nan"), float("-inf"), None, 1e30])),
        ("account.employees", pl.Series([1.0, 1.5, float("nan"), 1e19])),
        ("account.employees", pl.Series([1, -(2**62), None])),
        ("account.employees", pl.Series([True, False, None])),
        ("probability", pl.Series([1, 0, None])),
        ("accepted", pl.Series([1, 0, None])),
        ("close_date", pl.Series([1, 2])),
        ("close_date", pl.Series([datetime(2026, 1, 2, 23), None])),
        ("created_at", pl.Series([date(2026, 1, 2), None])),
        ("created_at", pl.Series([datetime(2026, 1, 2, 3), None])),
        ("created_at", pl.Series([datetime(2026, 1, 2, 3, tzinfo=UTC)]).dt.convert_time_zone("Asia/Tokyo")),
        ("close_date", pl.Series([datetime(2026, 1, 2, 23, tzinfo=UTC)]).dt.convert_time_zone("Asia/Tokyo")),
        ("product", pl.Series([1.5, None])),
        ("account.technologies", pl.Series([["a", None], ["b"], None])),
        ("days_in_stage", pl.Series([5, None])),
    ],
)
def test_a_typed_value_is_read_as_the_model_reads_it(tmp_path: Path, field: str, cells: pl.Series) -> None:
    base = process()
    expected = [read(cell, base.catalogue.deal[field], base.reading) for cell in cells.to_list()]
    assert values(tmp_path, field, cells) == expected


def test_moments_of_several_zones_are_one_instant_each(tmp_path: Path) -> None:
    cells = ["2026-01-02T10:00:00Z", "2026-01-02T12:00:00+02:00", "2026-01-02 10:00:00", "2026-01-02", "noon"]
    got = values(tmp_path, "created_at", cells, "csv")
    assert got[:3] == [datetime(2026, 1, 2, 10, tzinfo=UTC)] * 3
    assert got[3] == datetime(2026, 1, 2, tzinfo=UTC)
    assert isinstance(got[4], Unfit)


def test_text_that_is_no_number_is_kept_and_counted(tmp_path: Path) -> None:
    opened = source(tmp_path, {"amount": ["NaN", "inf", "tbd", "5", ""]}, "csv")
    assert [one.fields.get("amount") for one in opened.deals] == [None, None, None, Money(500, "USD"), None]
    assert [sorted(one.unfit) for one in opened.deals] == [["amount"], ["amount"], ["amount"], [], []]
    assert opened.deals[2].unfit["amount"].placeholder
    assert opened.counts == {"DG671": 2, "DG673": 1}


@pytest.mark.parametrize("kind", [pl.Null, pl.Float64, pl.String, pl.List(pl.String), pl.Boolean])
def test_a_column_without_a_value_is_a_field_that_is_missing(tmp_path: Path, kind: Any) -> None:
    opened = source(tmp_path, {"amount": pl.Series([None, None], dtype=kind), "product": ["a", "b"]})
    assert not opened.diagnostics
    assert "amount" not in opened.frames.deals.columns


def test_an_empty_frame_is_a_source_without_deals(tmp_path: Path) -> None:
    opened = source(tmp_path, {"amount": pl.Series([], dtype=pl.Float64)})
    assert (opened.rows, opened.deals, len(opened.frames)) == (0, [], 0)


def test_children_of_our_own_stand_with_their_deals(tmp_path: Path) -> None:
    pl.DataFrame({"id": ["2", "1"], "name": ["b", "a"], "stage": ["proposal"] * 2}).write_parquet(
        tmp_path / "deals.parquet"
    )
    pl.DataFrame(
        {
            "deal": ["1", "2", "1", "9", "1"],
            "name": ["Ann", "Bob", "Cy", "Di", None],
            "two_way": [True, False, None, None, None],
        }
    ).write_parquet(tmp_path / "contacts.parquet")
    opened = open_source(tmp_path, process=process(), library=Library())
    assert [deal.children for deal in opened.deals] == [
        {"contacts": ({"name": "Bob", "two_way": False},)},
        {"contacts": ({"name": "Ann", "two_way": True}, {"name": "Cy"})},
    ]
    contacts = opened.frames.children["contacts"]
    assert contacts.select("deal", "position").rows() == [("2", 0), ("1", 0), ("1", 1)]
    assert opened.counts == {"DG681": 1}


def test_the_columns_of_a_source_are_those_of_its_deals(tmp_path: Path) -> None:
    opened = source(tmp_path, {"amount": ["5", "x", "7 EUR"], "close_date": ["2026-01-02", "tbd", ""]}, "csv")
    again = frames_of(opened.deals, process())
    assert again.deals.equals(opened.frames.deals) and again.deals.schema == opened.frames.deals.schema
