"""Progress on stderr for long work, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
LONG = 2000
"""Items from which the work is long enough to show."""


@contextmanager
def progress(items: Sequence[T], label: str) -> Iterator[Iterable[T]]:
    """The items, with a bar while they are worked through."""
    if len(items) < LONG or not sys.stderr.isatty():
        yield items
        return
    import click

    with click.progressbar(items, label=label, file=sys.stderr) as bar:
        yield bar
