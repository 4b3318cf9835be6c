"""The report as one JSON object (``schemas/output/check.schema.json``), a deal a line."""

from __future__ import annotations

from pathlib import Path

from ....decide.plain import plain_standing, plain_summary
from ....decide.report import Report
from ..clean import dumps
from ..write import put


def render(report: Report, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit."""
    head = ",\n".join(f'"{key}": {dumps(value)}' for key, value in plain_summary(report).items())
    deals = ",\n".join(dumps(plain_standing(standing, report.process)) for standing in report.standings)
    put(f'{{{head},\n"deals": [\n{deals}\n]}}', out)
