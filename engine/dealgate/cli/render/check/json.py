"""The report as one JSON object (``schemas/output/check.schema.json``)."""

from __future__ import annotations

import json
from pathlib import Path

from ....decide.report import Report, plain_report
from ..write import put


def render(report: Report, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit."""
    put(json.dumps(plain_report(report), indent=1, ensure_ascii=False), out)
