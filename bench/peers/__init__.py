"""Other rule engines, one file each. A file here is found by itself; see ``Peer`` for what it holds."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Protocol

from ..workload import Row


class Peer(Protocol):
    """What a file of this folder holds."""

    NAME: str
    NEEDS: str
    """The module that must be installed; without it the peer is left out, and the report says so."""

    def prepare(self) -> Callable[[Row], list[bool]]:
        """What judges one deal: which of the forty are true, in the order of ``criteria.NAMES``."""


def peers() -> Iterator[Peer]:
    """Every peer of this folder, by file name."""
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        yield importlib.import_module(f"{__name__}.{found.name}")
