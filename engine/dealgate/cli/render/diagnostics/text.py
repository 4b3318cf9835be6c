"""Diagnostics for a person: the place, the sentence, the source line with a caret, how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ....model.diagnostics import Diagnostic, in_order

WIDEST = 120
"""Source lines longer than this are cut around the caret."""


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """Every diagnostic in order of its place; ``sources`` maps file → text for the quoted lines."""
    return "\n".join(_one(d, sources) for d in in_order(diagnostics))


def _one(d: Diagnostic, sources: Mapping[str, str]) -> str:
    place = f"{d.where}: " if d.where.file else ""
    lines = [f"{place}{d.severity.word} {d.code}: {d.message}"]
    text = sources.get(d.where.file, "").splitlines()
    if 0 < d.where.line <= len(text):
        lines += _quoted(text[d.where.line - 1], d)
    if d.suggestion:
        lines.append(f"  = {d.suggestion}")
    return "\n".join(lines)


def _quoted(line: str, d: Diagnostic) -> list[str]:
    line, column = line.replace("\t", " "), max(d.where.column, 1)
    if len(line) > WIDEST:
        start = max(0, column - WIDEST // 2)
        line, column = line[start : start + WIDEST], column - start
    number = str(d.where.line)
    caret = " " * (column - 1) + "^" * max(1, min(d.width, len(line) - column + 1))
    return [f"  {number} | {line}", f"  {' ' * len(number)} | {caret}"]
