"""A waterfall as plain data."""

from __future__ import annotations

from typing import Any

from ....metrics.waterfall import Waterfall
from ....model.values import Money


def lines(waterfall: Waterfall) -> list[dict[str, Any]]:
    """Every line: cause, title, deals behind it, count and amount with their signs; other currencies apart."""
    return [
        {
            "cause": line.cause,
            "title": line.title,
            "deals": line.deals,
            "count": line.count,
            "amount": Money(line.amount, waterfall.currency).plain(),
            "apart": [Money(minor, code).plain() for code, minor in line.apart.items()],
        }
        for line in waterfall.lines
    ]
