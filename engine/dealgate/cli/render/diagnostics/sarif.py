"""Diagnostics as SARIF 2.1.0, which code hosts and editors read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .... import __version__
from ....model.diagnostics import Diagnostic, in_order
from ...pages import title_of
from ..clean import dumps

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def _result(d: Diagnostic) -> dict[str, Any]:
    said = d.message + (f" {d.suggestion}" if d.suggestion else "")
    result: dict[str, Any] = {"ruleId": d.code, "level": _LEVELS[d.severity.word], "message": {"text": said}}
    if d.where.file:
        place: dict[str, Any] = {"artifactLocation": {"uri": d.where.file.replace("\\", "/")}}
        if d.where.line:
            column = max(d.where.column, 1)
            place["region"] = {
                "startLine": d.where.line,
                "startColumn": column,
                "endColumn": column + max(d.width, 1),
            }
        result["locations"] = [{"physicalLocation": place}]
    return result


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """One run with its rules and results."""
    found = in_order(diagnostics)
    rules = [{"id": code, "shortDescription": {"text": title_of(code)}} for code in sorted({d.code for d in found})]
    driver = {"name": "dealgate", "version": __version__, "rules": rules}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [_result(d) for d in found]}
        ],
    }
    return dumps(log, 2)
