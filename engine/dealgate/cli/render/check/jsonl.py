"""The report as JSON lines, one deal a line."""

from __future__ import annotations

import json
from pathlib import Path

from ....decide.report import Report, plain_standing
from ..write import put


def render(report: Report, out: Path | None, limit: int) -> None:
    """Writes all deals, whatever the limit."""
    put("\n".join(json.dumps(plain_standing(s), ensure_ascii=False) for s in report.standings), out)
