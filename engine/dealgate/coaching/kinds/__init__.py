"""Kinds of facts, a file each: ``KIND``, and ``facts(ground, wanted)``, a list or, of many, a frame;
None where nobody could look for any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from ...plays.facts import Fact
from ...plays.frames import Frame
from ..ground import Ground, Wanted

Maker = Callable[[Ground, Wanted], list[Fact] | Frame | None]


@cache
def makers() -> Mapping[str, Maker]:
    """By kind of fact, who makes them."""
    found = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {module.KIND: module.facts for module in found}
