"""A process lowered for many deals: what is worked out in which order, and each criterion's answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...model.process import Criterion, Process
from .nodes import Aggregate, Value


@dataclass(frozen=True, slots=True)
class Shape:
    """What columns there are. ``deals`` and each collection of ``children`` by name; null-free ones in ``whole``.

    A column that is not there is missing on every record, and what reads it is folded to a constant. ``whole`` holds
    ``name`` of deals' columns and ``collection.name`` of others that hold no null.
    """

    deals: frozenset[str]
    children: Mapping[str, frozenset[str]]
    whole: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """What can be worked out together: aggregates over child rows, then values of the deal, each under its name.

    ``aggregates`` may read what earlier steps named (as ``Outer(Shared(name))``), ``values`` those and this step's
    aggregates; values of one step do not read each other.
    """

    aggregates: Mapping[str, Aggregate]
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Judged:
    """One criterion. Its status is the first that applies:

    not_applicable where ``applies`` is false (None: it always applies); met where ``holds`` is true; waived where
    ``waived`` is true (None: never); unmet where ``holds`` is false; else unknown. ``applies`` and ``holds`` are
    three-valued, ``waived`` is not; ``holds`` is true where ``applies`` is false.
    """

    criterion: Criterion
    holds: Value
    applies: Value | None = None
    waived: Value | None = None


@dataclass(frozen=True, slots=True)
class Required:
    """What a stage asks before it may be left: places in ``Plan.judged``."""

    stage: str
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to work out, in order. All values speak of columns of the deal and of shared names alone.

    ``group``: text (open, won, lost, cancelled, unmapped). ``counted``: truth, whether the deal is judged in its stage
    (else state and readiness are null). A deal's state, by the ``required`` of its stage: blocked if a criterion that
    ``holds`` it back is unmet, else unknown if one is unknown, else ready. Readiness: the share of weight met or waived
    among those that apply, null where none does. ``frameworks``: status by framework id, text.
    """

    process: Process
    steps: tuple[Step, ...]
    judged: tuple[Judged, ...]
    required: tuple[Required, ...]
    group: Value
    counted: Value
    frameworks: Mapping[str, Value] = field(default_factory=dict)
