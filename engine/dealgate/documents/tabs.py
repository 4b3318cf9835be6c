"""Tabs where lines are indented: spaces for them, where only one reading of the document is left."""

from __future__ import annotations

import re

from dealgate.model.diagnostics import Edit

from .nodes import plain_data
from .yaml import parse

_INDENTS = re.compile(r"^[ \t]*\t[ \t]*", re.M)
_WIDTHS = (2, 4, 8)


def spaced(text: str, file: str) -> tuple[Edit, ...]:
    """The edits that indent with spaces a document which cannot be read for its tabs.

    Empty where it can be read, where it has other errors, and where it would say one thing with tabs two wide and
    another with four or eight.
    """
    root, found = parse(text, file)
    if root is not None or not any(d.code == "DG011" for d in found):
        return ()
    readings = []
    for width in _WIDTHS:
        root, found = parse(_with_spaces(text, width), file)
        if root is not None and not found:
            readings.append((width, plain_data(root)))
    if not readings or any(data != readings[0][1] for _, data in readings):
        return ()
    return _edits(text, readings[0][0])


def _with_spaces(text: str, width: int) -> str:
    return _INDENTS.sub(lambda hit: hit[0].expandtabs(width), text)


def _edits(text: str, width: int) -> tuple[Edit, ...]:
    return tuple(
        Edit(text.count("\n", 0, hit.start()) + 1, 1, hit[0], hit[0].expandtabs(width))
        for hit in _INDENTS.finditer(text)
    )
