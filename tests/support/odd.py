"""Deals whose columns are odd, one table of them, and a process that asks for each column."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import yaml

CHECKS: dict[str, dict[str, Any]] = {
    "amount": {"field": "amount", "at_least": 1000},
    "discount": {"field": "discount", "at_most": "20%"},
    "close": {"field": "close_date", "on_or_after": {"date": "today"}},
    "created": {"field": "created_at", "within_last": "30 days"},
    "employees": {"field": "account.employees", "above": 10},
    "kind": {"field": "deal_type", "in": ["new", "expansion"]},
    "accepted": {"field": "accepted", "is": True},
    "step": {"field": "next_step", "filled": True},
    "champion": {"some": "contacts", "where": {"field": "role", "is": "champion"}},
}
CONTACTS = [{"role": "champion", "engaged": True}, {"role": "user", "engaged": None}]
GOOD = pl.DataFrame(
    {
        "id": ["1", "2", "3"],
        "stage": ["one", "one", "two"],
        "amount": [2500.5, 10.0, None],
        "discount": [0.1, 0.5, None],
        "close_date": [date(2026, 12, 1), date(2026, 1, 1), None],
        "created_at": [datetime(2026, 11, 1, 12, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC), None],
        "account.employees": [50, 5, None],
        "deal_type": ["new", "renewal", None],
        "accepted": [True, False, None],
        "next_step": ["Call Ann", " TBD ", None],
        "contacts": [CONTACTS, [], None],
    }
)
INFINITE = [float("nan"), float("inf"), float("-inf")]


def with_columns(**columns: Any) -> pl.DataFrame:
    return GOOD.with_columns(**{name.replace("__", "."): pl.Series(values) for name, values in columns.items()})


CASES: dict[str, tuple[pl.DataFrame, set[str]]] = {
    "nothing odd": (GOOD, set()),
    "columns missing": (GOOD.select("id", "stage", "next_step"), set()),
    "hardly a column": (GOOD.select("id", "stage", "accepted"), set()),
    "wrong types": (
        with_columns(close_date=[1.5, 2.5, 3.5], accepted=[7, 8, 9], amount=[True, False, None], contacts=["a", "b", "c"]),
        {"DG642", "DG643"},
    ),
    "all null, typed": (GOOD.select("id", "stage", *(pl.lit(None, kind).alias(n) for n, kind in GOOD.schema.items() if n not in ("id", "stage"))), set()),
    "all null, of no type": (
        GOOD.select("id", "stage", *(pl.lit(None).alias(n) for n in GOOD.columns[2:])),
        set(),
    ),
    "unknown choices": (
        with_columns(deal_type=["spaceship", "new", "NEW"], stage=["one", "Nowhere", "two"])
        .with_columns(contacts=pl.lit([{"role": "wizard"}])),
        {"DG644"},
    ),
    "mixed time zones": (
        with_columns(
            created_at=["2026-11-01T23:30:00+02:00", "2026-10-24T23:30:00-11:00", "2026-10-24 23:30:00"],
            close_date=["2026-11-23", "2026-11-24T00:30:00+09:00", "23/11/2026"],
        ),
        {"DG644"},
    ),
    "moments without a zone": (
        with_columns(created_at=[datetime(2026, 10, 24, 1), datetime(2026, 10, 25, 2, 30), datetime(2026, 3, 29, 2, 30)]),
        set(),
    ),
    "NaN and infinities": (with_columns(amount=INFINITE, discount=INFINITE, account__employees=INFINITE), {"DG644"}),
    "numbers beyond what fits": (
        with_columns(amount=[1e18, -1e300, 0.001], account__employees=[2.5, 1e30, 7.0]),
        {"DG644"},
    ),
    "empty": (GOOD.clear(), set()),
    "empty, and of no types": (pl.DataFrame(schema=dict.fromkeys(GOOD.columns, pl.Null)), set()),
}  # fmt: skip


def rules(folder: Path, copies: int = 1) -> Path:
    """A process that asks all of it in its first stage, ``copies`` times."""
    criteria = [
        {"id": name if copies == 1 else f"{name}-{n}", "title": name, "check": deepcopy(check), "fix": "Ask."}
        for n in range(copies)
        for name, check in CHECKS.items()
    ]
    stages = [
        {"id": "one", "title": "One", "category": "pipeline", "probability": "10%", "exit": criteria},
        {"id": "two", "title": "Two", "category": "commit", "probability": "70%"},
    ]
    made = {
        "kind": "process/v1", "id": "odd", "title": "Odd", "version": "1.0.0", "owner": "Ops", "currency": "USD",
        "calendar": {"time_zone": "Europe/Berlin"}, "stages": stages,
        "outcomes": {"won": {"require": []}, "lost": {"require": [], "reasons": [{"id": "price", "counts_as": "lost"}]}},
    }  # fmt: skip
    path = folder / "odd.yaml"
    path.write_text(yaml.safe_dump(made, sort_keys=False), encoding="utf-8")
    return path
