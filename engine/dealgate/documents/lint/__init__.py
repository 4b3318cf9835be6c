"""The meaning lint: what holds as a document and still cannot be meant. One check a file, found by this folder.

A check is a module without a leading underscore: its docstring is the rule's summary, and ``check(subject)`` yields
its diagnostics. ``NEEDS_ALL = True`` keeps it from a process of which other mistakes left something out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from dealgate.model.diagnostics import Diagnostic
from dealgate.model.process import Process

from ..nodes import Map, Node
from ._subject import Subject


@cache
def checks() -> tuple[ModuleType, ...]:
    """Every check's module, by name."""
    files = (file for folder in __path__ for file in Path(folder).iterdir())
    names = sorted(f.stem for f in files if f.suffix == ".py" and not f.stem.startswith("_"))
    return tuple(import_module(f"{__name__}.{name}") for name in names)


def run(
    process: Process,
    root: Map | None = None,
    documents: Sequence[Node] = (),
    own_fields: frozenset[str] = frozenset(),
    *,
    whole: bool = True,
) -> list[Diagnostic]:
    """What every check finds in a process; the other arguments are as ``Subject`` has them."""
    subject = Subject(process, root, documents, own_fields, whole=whole)
    return [d for one in checks() if whole or not getattr(one, "NEEDS_ALL", False) for d in one.check(subject)]
