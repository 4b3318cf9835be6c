"""Changing a document's text at places: everything else, comments and layout included, stays."""

from __future__ import annotations

from collections.abc import Iterable

from dealgate.documents.nodes import Scalar
from dealgate.model.diagnostics import Edit


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with each edit made; ``old`` may span lines. Raises ValueError where it does not stand at its place."""
    begins = [0]
    for line in text.split("\n"):
        begins.append(begins[-1] + len(line) + 1)
    for edit in sorted(set(edits), key=lambda edit: (edit.line, edit.column), reverse=True):
        at = begins[edit.line - 1] + edit.column - 1
        if not text.startswith(edit.old, at):
            raise ValueError(f"line {edit.line} does not hold what is to be changed")
        text = text[:at] + edit.new + text[at + len(edit.old) :]
    return text


def of_scalar(node: Scalar, new: str) -> Edit:
    """The edit that gives a value of one line another text, within its quotes if it has any."""
    return Edit(node.line, node.column + (0 if node.plain else 1), node.text, new)
