"""The report as Parquet, one row a deal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ....decide.report import Report
from ....model.diagnostics import WrongUsage, error
from ..rows import COLUMNS, rows


def render(report: Report, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit. Raises WrongUsage without a file to write to."""
    if out is None:
        raise WrongUsage(error("DG902", "Parquet needs a file.", suggestion="add --out deals.parquet"))
    import polars as pl

    types: dict[str, Any] = {
        "amount": pl.Decimal(38, 4), "readiness": pl.Float64, "met": pl.Int32, "unmet": pl.Int32, "unknown": pl.Int32,
    }  # fmt: skip
    schema = {name: types.get(name, pl.String) for name in COLUMNS}
    pl.DataFrame(list(rows(report)), schema=schema, orient="row").write_parquet(out, row_group_size=100_000)
