"""The report as Parquet: one row a deal, with each criterion's status where the deal's stage asks for it."""

from __future__ import annotations

from pathlib import Path

from ....decide.report import Report
from ....decide.routed import Routed
from ....model.diagnostics import WrongUsage, error
from ..write import whole

ROWS = 100_000
"""Rows of a row group."""


def render(report: Report | Routed, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit. Raises WrongUsage without a file to write to."""
    if out is None:
        raise WrongUsage(error("DG902", "Parquet needs a file.", suggestion="add --out deals.parquet"))
    with whole(out) as file:
        report.table().sink_parquet(file, row_group_size=ROWS)
