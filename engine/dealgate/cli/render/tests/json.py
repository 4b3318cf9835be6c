"""Process tests as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....decide.cases import Uncovered
from ...testing import Suite
from ..clean import dumps


def render(suites: Sequence[Suite], gaps: Sequence[tuple[str, Uncovered]] | None) -> str:
    """Every case with its mismatches, and the coverage where it was asked for."""
    found: dict[str, Any] = {
        "suites": [
            {
                "file": suite.file,
                "subject": suite.subject,
                "cases": [
                    {
                        "name": r.name,
                        "line": suite.places[r.index].line if r.index < len(suite.places) else 0,
                        "passed": r.passed,
                        "problems": list(r.problems),
                        "mismatches": [
                            {"what": m.what, "expected": m.expected, "actual": m.actual, "trace": list(m.trace)}
                            for m in r.mismatches
                        ],
                    }
                    for r in suite.results
                ],
            }
            for suite in suites
        ]
    }
    if gaps is not None:
        found["uncovered"] = [
            {"subject": name, "id": gap.id, "missing": list(gap.missing), "unreachable": list(gap.unreachable)}
            for name, gap in gaps
        ]
    return dumps(found, 1)
