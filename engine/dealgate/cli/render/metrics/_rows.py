"""Figures as flat rows, for machines and spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ....metrics.figure import Figure, Number
from ....metrics.registry import metric
from ....metrics.spec import Row
from ._view import View

FIGURE = (
    "metric",
    "metric_version",
    "measure",
    "value",
    "unit",
    "n",
    "numerator",
    "low",
    "high",
    "shrunk",
    "reason",
    "flags",
)


def keys_of(view: View) -> list[str]:
    """Every key that any figure is grouped by, in the order they are met."""
    return list(dict.fromkeys(key for row in view.measured.rows for key in row.keys))


def flat(view: View, row: Row) -> dict[str, Any]:
    """A figure as a record; numbers as they are, shares as fractions of 1."""
    figure: Figure = row.figure
    return {
        **dict(row.keys),
        "metric": row.metric,
        "metric_version": metric(row.metric).version,
        "measure": row.measure,
        "value": plain(figure.value),
        "unit": figure.unit,
        "n": figure.n,
        "numerator": plain(figure.numerator),
        "low": plain(figure.low),
        "high": plain(figure.high),
        "shrunk": plain(figure.shrunk),
        "reason": figure.reason,
        "flags": list(figure.flags),
    }


def rows(view: View) -> Iterator[dict[str, Any]]:
    """All of them."""
    for row in view.measured.rows:
        yield flat(view, row)


def plain(value: Number | None) -> int | float | None:
    """A number as JSON and a spreadsheet hold it: the nearest double of what is exact here."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, (Fraction, Decimal)):
        whole = int(value)
        return whole if whole == value and -(2**53) < whole < 2**53 else float(value)
    return value
