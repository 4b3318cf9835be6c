"""The pages of the playbook, each found by its file: ``ORDER`` says where it stands, ``pages(book)`` gives it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ..blocks import Page
from ..book import Book
from ..glossary import glossary_page, linked

GROUPS = ("The process", "Qualification", "Reference", "To print", "To read")
"""The parts of the contents, in order."""


def pages(book: Book) -> list[Page]:
    """Every page of a book in reading order, its terms linked to the glossary."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    made = [page for module in sorted(modules, key=lambda m: (m.ORDER, m.__name__)) for page in module.pages(book)]
    made, used = linked(made)
    last = glossary_page(used)
    made += [last] if last is not None else []
    return sorted(made, key=lambda page: GROUPS.index(page.group))
