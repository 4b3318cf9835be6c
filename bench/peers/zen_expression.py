"""zen-engine: the forty criteria as one compiled expression, an array; it tells nothing but the bits."""

from __future__ import annotations

from collections.abc import Callable

from ..workload import Row
from .zen import ZEN

NAME = "zen-engine, one compiled expression"
NEEDS = "zen"


def prepare() -> Callable[[Row], list[bool]]:
    """The expression, compiled once."""
    import zen

    judge: Callable[[Row], list[bool]] = zen.compile_expression(f"[{', '.join(ZEN.criteria())}]").evaluate
    return judge
