"""A backtest as CSV: a row a method, moment and period, with what was forecast and what came."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from types import MappingProxyType

from ....forecast.backtest import Tested
from ....forecast.layers import Added
from ....forecast.snapshot import Snapshot
from ...forecasting import major
from ...past import Past

COLUMNS = ("method", "at", "period", "day", "forecast", "p10", "p90", "came", "unit", "reason")


def render(
    tested: Tested, past: Past, snapshot: Snapshot, layers: Mapping[str, Mapping[str, Added]] = MappingProxyType({})
) -> str:
    """The rows; exact amounts, and an empty cell where there is none."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in tested.trials:
        low, high = (one.outlook.low, one.outlook.high) if one.outlook else (None, None)
        told = ["" if minor is None else major(minor, snapshot.unit) for minor in (one.said, low, high, one.actual)]
        days = (one.period.first.isoformat(), one.day.isoformat())
        writer.writerow([one.method, one.lag, *days, *told, snapshot.unit, one.refused or ""])
    return buffer.getvalue().removesuffix("\n")
