"""A process that holds nothing but one framework, so that the framework can be judged by itself."""

from __future__ import annotations

from ..model.calendar import Calendar
from ..model.fields import Catalogue, Reading
from ..model.framework import Framework
from ..model.process import Process
from .build import build_fields
from .library import library_of
from .resolve import Resolver


def host(framework: Framework) -> Process:
    """A process without stages or criteria, over the core fields."""
    return Process(
        id=framework.id, title=framework.title, version=framework.version, owner="", record="deal", currency="USD",
        calendar=Calendar(), catalogue=core_catalogue(), reading=Reading(), stages=(),
        frameworks={framework.id: framework}, at=framework.at,
    )  # fmt: skip


def core_catalogue() -> Catalogue:
    """The core field catalogue by itself."""
    from pathlib import Path

    resolver = Resolver(library_of(Path.cwd(), None))
    found = resolver.reference("fields", "core")[0]
    return build_fields([found.root] if found is not None and found.root is not None else [], None, [])
