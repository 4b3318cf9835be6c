"""The report as JSON lines, one deal a line."""

from __future__ import annotations

from pathlib import Path

from ....decide.plain import plain_standing
from ....decide.report import Report
from ..clean import dumps
from ..write import put


def render(report: Report, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit."""
    put("\n".join(dumps(plain_standing(s, report.process)) for s in report.standings), out)
