"""How wide text may be."""

from __future__ import annotations

import os
import shutil


def width(most: int = 100) -> int:
    """The terminal's columns, at most ``most``; 80 where there is no terminal."""
    columns = int(os.environ.get("COLUMNS") or 0) or shutil.get_terminal_size((80, 24)).columns
    return max(40, min(columns, most))
