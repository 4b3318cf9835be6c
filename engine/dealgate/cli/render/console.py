"""The terminal as rich sees it: no colour off a terminal or under NO_COLOR, no blanks at a line's end."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from .clean import clean
from .width import columns


class _Clean(Console):
    """Styles are ours; in what is shown nothing can steer the terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What rich makes of it, its text clean."""
        for text, style, control in super().render(renderable, options):
            yield Segment(clean(text), style, control)


def console(*, colour: bool = True) -> Console:
    """A console that writes to memory, as wide as the terminal (100 where there is none)."""
    plain = not colour or bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()
    return _Clean(
        file=io.StringIO(), width=columns(100), highlight=False, force_terminal=not plain, no_color=plain,
        legacy_windows=False,
    )  # fmt: skip


def written(screen: Console) -> str:
    """What the console holds, clean but for its styles, without blanks at the ends of lines."""
    assert isinstance(screen.file, io.StringIO)
    return "\n".join(line.rstrip() for line in screen.file.getvalue().splitlines())
