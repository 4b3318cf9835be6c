"""Diagnostics for a program: one JSON list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....model.diagnostics import Diagnostic, in_order
from ..clean import dumps


def plain(d: Diagnostic) -> dict[str, Any]:
    """One diagnostic as JSON holds it."""
    return {
        "code": d.code,
        "severity": d.severity.word,
        "file": d.where.file,
        "line": d.where.line,
        "column": d.where.column,
        "message": d.message,
        "suggestion": d.suggestion,
    }


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """The list, in order of place."""
    return dumps([plain(d) for d in in_order(diagnostics)], 2)
