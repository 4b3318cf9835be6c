"""The forms a playbook can be had in, each found by its file: ``make(pages, look)`` gives the files by their names."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from ..blocks import Page
from ..brand import Look


class Format(Protocol):
    """A form of the playbook."""

    def make(self, pages: list[Page], look: Look) -> dict[str, bytes]:
        """The files, by their names in the folder; the same pages and look give the same bytes."""


def formats() -> list[str]:
    """The names of the forms there are."""
    return sorted(found.name for found in iter_modules(__path__))


def form(name: str) -> Format:
    """The form of a name."""
    return cast("Format", import_module(f"{__name__}.{name}"))
