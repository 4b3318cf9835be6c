"""Diagnostics as GitHub workflow commands, which annotate the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ....model.diagnostics import Diagnostic, in_order

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def _escaped(text: str, *, value: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if value else text


def _one(d: Diagnostic) -> str:
    places = [("file", d.where.file)] if d.where.file else []
    if d.where.line:
        places += [("line", str(d.where.line)), ("col", str(d.where.column))]
    places.append(("title", d.code))
    said = d.message + (f" {d.suggestion}" if d.suggestion else "")
    head = ",".join(f"{key}={_escaped(text, value=True)}" for key, text in places)
    return f"::{_LEVELS[d.severity.word]} {head}::{_escaped(said)}"


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """One command a diagnostic."""
    return "\n".join(_one(d) for d in in_order(diagnostics))
