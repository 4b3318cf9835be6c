"""How wide text may be."""

from __future__ import annotations

import os
import shutil
import textwrap

from .clean import one_line

LEAST = 40
"""Columns below which nothing reads well; narrower terminals wrap."""


def columns(otherwise: int) -> int:
    """The columns of ``COLUMNS`` or of the terminal; ``otherwise`` where there is none."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return max(LEAST, min(int(asked), 500))
    return max(LEAST, shutil.get_terminal_size((otherwise, 24)).columns)


def width(most: int = 100) -> int:
    """The columns that running text takes, at most ``most``; 80 where there is no terminal."""
    return min(columns(80), most)


def hanging(text: str, indent: str = "") -> list[str]:
    """Text as one paragraph as wide as the terminal, behind an indent that is two deeper from its second line on."""
    return textwrap.wrap(
        one_line(text), columns(80), initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
