"""Which files a command may change: not those of the installed package, and not the copies that a lock holds."""

from __future__ import annotations

from pathlib import Path

from dealgate.bundled import belongs_to_the_package

from .lock import read_lock
from .workspace import find_workspace


def may_change(path: Path) -> bool:
    """Whether a document is its owner's to change."""
    path = path.resolve()
    if belongs_to_the_package(path):
        return False
    folder = find_workspace(path.parent)
    return folder is None or path not in {(folder / one.file).resolve() for one in read_lock(folder)[0]}
