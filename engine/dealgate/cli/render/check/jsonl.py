"""The report as JSON lines, one deal a line."""

from __future__ import annotations

from pathlib import Path

from ....decide.plain import plain_report, plain_routed
from ....decide.report import Report
from ....decide.routed import Routed
from ..clean import dumps
from ..write import put


def render(report: Report | Routed, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit."""
    lines = plain_routed(report) if isinstance(report, Routed) else plain_report(report)
    put("\n".join(map(dumps, lines)), out)
