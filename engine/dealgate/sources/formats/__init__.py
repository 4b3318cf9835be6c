"""One file a format: a module here with SUFFIXES, ``read`` and ``header`` is one, and no list names it."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from dealgate.sources.table import ReadOptions, Table


class Format(Protocol):
    """What a module of this folder offers."""

    SUFFIXES: tuple[str, ...]

    def read(self, path: Path, options: ReadOptions) -> Table:
        """The whole table. Raises SourceFailed."""

    def header(self, path: Path, options: ReadOptions) -> list[str]:
        """The column names alone, cheaply. Raises SourceFailed."""


@cache
def formats() -> Mapping[str, Format]:
    """The formats by suffix, lower case with its dot."""
    found: dict[str, Format] = {}
    for module in pkgutil.iter_modules(__path__):
        offered = cast(Format, import_module(f"{__name__}.{module.name}"))
        found |= dict.fromkeys(offered.SUFFIXES, offered)
    return found
