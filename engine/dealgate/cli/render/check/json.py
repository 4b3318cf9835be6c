"""The report as one JSON object (``schemas/output/check.schema.json``)."""

from __future__ import annotations

from pathlib import Path

from ....decide.report import Report, plain_report
from ..clean import dumps
from ..write import put


def render(report: Report, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit."""
    put(dumps(plain_report(report), 1), out)
