"""The terminal as rich sees it: no colour off a terminal or under NO_COLOR, a fixed width where none is known."""

from __future__ import annotations

import io
import os
import shutil
import sys

from rich.console import Console


def console(*, record: bool = False) -> Console:
    """A console for standard output; ``record`` writes to memory."""
    width = int(os.environ.get("COLUMNS") or 0) or shutil.get_terminal_size((100, 24)).columns
    return Console(
        file=io.StringIO() if record else sys.stdout, width=width, highlight=False, soft_wrap=False,
        no_color=bool(os.environ.get("NO_COLOR")) or None, legacy_windows=False,
    )  # fmt: skip
