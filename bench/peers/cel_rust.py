"""Rust CEL (common-expression-language): the forty criteria as one program, a list; it tells nothing but the bits."""

from __future__ import annotations

from collections.abc import Callable

from ..spelled import CEL
from ..workload import Row

NAME = "Rust CEL, one list program"
NEEDS = "cel"


def prepare() -> Callable[[Row], list[bool]]:
    """The program, compiled once."""
    import cel

    judge: Callable[[Row], list[bool]] = cel.compile(f"[{', '.join(CEL.criteria())}]").execute
    return judge
