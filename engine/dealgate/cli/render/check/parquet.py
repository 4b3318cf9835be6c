"""The report as Parquet, one row a deal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ....decide.report import Report
from ....model.diagnostics import WrongUsage, error
from ..rows import COLUMNS, rows
from ..write import whole


def render(report: Report, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit. Raises WrongUsage without a file to write to."""
    if out is None:
        raise WrongUsage(error("DG902", "Parquet needs a file.", suggestion="add --out deals.parquet"))
    import polars as pl

    types: dict[str, Any] = {
        "amount": pl.Decimal(38, 4), "readiness": pl.Float64, "met": pl.Int32, "unmet": pl.Int32, "unknown": pl.Int32,
    }  # fmt: skip
    schema = {name: types.get(name, pl.String) for name in COLUMNS}
    frame = pl.DataFrame([tuple(map(_whole_text, row)) for row in rows(report)], schema=schema, orient="row")
    with whole(out) as file:
        frame.write_parquet(file, row_group_size=100_000)


def _whole_text(cell: object) -> object:
    """Half a character (a lone surrogate) cannot be stored; it is written out."""
    return cell.encode("utf-8", "backslashreplace").decode() if isinstance(cell, str) else cell
