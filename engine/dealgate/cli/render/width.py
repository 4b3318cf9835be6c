"""How wide text may be."""

from __future__ import annotations

import os
import shutil

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
