"""What judges the deals of ``check``: one file an engine, found by its name.

Each has ``check(asked)``, which gives a ``Report`` of deals, or a ``Pushed`` summary where the work is done elsewhere
and only its figures are pulled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...decide.playbook import Playbook
    from ...sources.open import Source
    from ...sources.scan import Scanned

FEW = 300
"""Deals below which they are judged one by one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be judged: an opened source, one that is only looked at, or a database or Spark master by its URL."""

    playbook: Playbook
    as_of: date | datetime
    source: Source | None = None
    scanned: Scanned | None = None
    url: str | None = None
    mapping: str | None = None
    into: str | None = None


def engines() -> list[str]:
    """Every engine there is."""
    return sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


SCHEMES = {"postgresql": "postgres", "postgres": "postgres", "sqlite": "sqlite", "duckdb": "duckdb"}
"""A URL's scheme (without its driver) → the engine; everything else is taken for a Spark master."""


def fitting(asked: Asked) -> str:
    """The engine where none is named: that of the URL; for files columns, unless there are few deals."""
    if asked.url is not None:
        return SCHEMES.get(asked.url.partition("://")[0].partition("+")[0], "spark")
    if asked.scanned is not None:
        return "polars"
    assert asked.source is not None
    return "python" if len(asked.source.frames) < FEW else "polars"
