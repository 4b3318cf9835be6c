"""Diagnostics as SARIF 2.1.0, which code hosts and editors read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .... import __version__
from ....model.diagnostics import Diagnostic, Edit, in_order
from ...pages import title_of
from ..clean import dumps

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def _result(d: Diagnostic, sources: Mapping[str, str]) -> dict[str, Any]:
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
        replacements = _replacements(d.mend, sources.get(d.where.file, "")) if d.mend else []
        if replacements:
            change = {"artifactLocation": place["artifactLocation"], "replacements": replacements}
            result["fixes"] = [{"description": {"text": d.suggestion or d.message}, "artifactChanges": [change]}]
    return result


def _replacements(edits: tuple[Edit, ...], source: str) -> list[dict[str, Any]]:
    """The edits; none where what one replaces does not stand in the text."""
    from ....documents.edits import place  # only where there is a mend

    lines, found = source.split("\n"), []
    for edit in edits:
        span = place(lines, edit)
        if span is None:
            return []
        region = {"startLine": edit.line, "startColumn": span[0] + 1, "endColumn": span[1] + 1}
        found.append({"deletedRegion": region, "insertedContent": {"text": edit.new}})
    return found


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """One run with its rules and results."""
    found = in_order(diagnostics)
    rules = [{"id": code, "shortDescription": {"text": title_of(code)}} for code in sorted({d.code for d in found})]
    driver = {"name": "dealgate", "version": __version__, "rules": rules}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(d, sources) for d in found],
            }
        ],
    }
    return dumps(log, 2)
