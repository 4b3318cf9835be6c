"""The report as one JSON object (``schemas/output/check.schema.json``), a deal a line."""

from __future__ import annotations

from pathlib import Path

from ....decide.plain import plain_report, plain_routed, plain_summaries, plain_summary
from ....decide.report import Report
from ....decide.routed import Routed
from ..clean import dumps
from ..write import put


def render(report: Report | Routed, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit."""
    summary = plain_summaries(report) if isinstance(report, Routed) else plain_summary(report)
    head = ",\n".join(f'"{key}": {dumps(value)}' for key, value in summary.items())
    deals = ",\n".join(map(dumps, plain_routed(report) if isinstance(report, Routed) else plain_report(report)))
    put(f'{{{head},\n"deals": [\n{deals}\n]}}', out)
