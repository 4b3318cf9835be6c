"""The process: stages, criteria, moves, outcomes, the lead rule and what overrides may do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from .calendar import Calendar
from .condition import Condition
from .diagnostics import NOWHERE, Where
from .fields import Catalogue, Reading
from .framework import Framework
from .struct import Struct, field
from .suits import Suits
from .values import Duration

ENFORCE = ("observe", "warn", "approve", "block")
"""From the mildest to the hardest."""
CATEGORIES = ("omitted", "pipeline", "best_case", "commit", "closed")


class Criterion(Struct):
    """One thing that must be true. ``id`` is qualified (``qualification.need-stated``).

    ``part`` says where it stands: exit, enter, capture, lead, recycle, won, lost or commit.
    """

    id: str
    title: str
    check: Condition
    part: str
    stage: str | None = None
    applies_when: Condition | None = None
    enforce: str = "block"
    stays: bool = False
    proof: str = ""
    fix: str = ""
    coach: str = ""
    owner: str = ""
    docs: str = ""
    weight: Decimal = Decimal(1)
    tags: tuple[str, ...] = ()
    replaces: str | None = None
    since: date | None = None
    in_flight: str = "immediate"
    at: Where = field(default=NOWHERE, compare=False)

    @property
    def holds(self) -> bool:
        """Whether it can hold a deal back."""
        return self.enforce in ("block", "approve")


class Sla(Struct):
    """A promised time between two moments of a deal: fields, or ``left.STAGE``."""

    id: str
    start: str
    end: str
    within: Duration
    applies_when: Condition | None = None
    title: str = ""


class Becomes(Struct):
    """One way on for the deals of a stage that is no more: the stage they are in now, where ``when`` holds of them."""

    stage: str
    when: Condition | None = None
    at: Where = field(default=NOWHERE, compare=False)


class Stage(Struct):
    """One step of the pipeline. ``after`` is ``won`` for a stage that holds won deals."""

    id: str
    title: str
    objective: str = ""
    owner: str = ""
    max_age: Duration | None = None
    category: str = "pipeline"
    probability: Decimal | None = None
    after: str | None = None
    enter: tuple[Criterion, ...] = ()
    exit: tuple[Criterion, ...] = ()
    """Written exit criteria and those that ``capture`` brings."""
    slas: tuple[Sla, ...] = ()
    health: tuple[str, ...] = ()
    coaching: tuple[str, ...] = ()
    failure_patterns: tuple[str, ...] = ()
    at: Where = field(default=NOWHERE, compare=False)


class Reason(Struct):
    """Why a deal was lost, and as what it counts (lost, no_decision, cancelled …)."""

    id: str
    title: str
    counts_as: str = "lost"


class Moves(Struct):
    """What a move may do: skip stages, go back, reopen."""

    skip: str = "block"
    back: str = "warn"
    back_needs_reason: bool = False
    reopen: str = "approve"
    reopen_within: Duration | None = None


class OverrideRule(Struct):
    """What an exception needs: reasons, how long it lasts, who may approve (amount in minor units → role), the cap."""

    reasons: tuple[str, ...] = ()
    expires: Duration | None = None
    approvers: tuple[tuple[int | None, str], ...] = ()
    cap: Mapping[str, Any] | None = None


class LeadRule(Struct):
    """What a lead is and the moment it becomes an opportunity."""

    definition: str
    criteria: tuple[Criterion, ...]
    respond: Sla | None = None
    recycle: tuple[Criterion, ...] = ()
    """What a lead that goes back must carry."""


class EvidenceType(Struct):
    """A kind of proof a process names, and how long it stays valid."""

    id: str
    title: str
    max_age: Duration | None = None


class Process(Struct):
    """One checked process with all it uses. ``record`` is deal or lead; ``currency`` an ISO 4217 code."""

    id: str
    title: str
    version: str
    owner: str
    record: str
    currency: str
    calendar: Calendar
    catalogue: Catalogue
    reading: Reading
    stages: tuple[Stage, ...]
    won: tuple[Criterion, ...] = ()
    lost: tuple[Criterion, ...] = ()
    reasons: tuple[Reason, ...] = ()
    commit: tuple[Criterion, ...] = ()
    lead: LeadRule | None = None
    moves: Moves = Moves()
    overrides: OverrideRule = OverrideRule()
    frameworks: Mapping[str, Framework] = field(default_factory=dict)
    evidence_types: Mapping[str, EvidenceType] = field(default_factory=dict)
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    applies_to: Condition | None = None
    description: str = ""
    suits: Suits | None = None
    becomes: Mapping[str, tuple[Becomes, ...]] = field(default_factory=dict)
    """Stages that are no more → where their deals are now: the first that holds. A target may be such a stage too."""
    at: Where = field(default=NOWHERE, compare=False)

    def stage(self, name: str | None) -> Stage | None:
        """The stage by id."""
        return next((s for s in self.stages if s.id == name), None)

    @property
    def open_stages(self) -> tuple[Stage, ...]:
        """The stages of the open pipeline, in order."""
        return tuple(s for s in self.stages if s.after is None)

    def asked_in(self, stage: Stage) -> tuple[Criterion, ...]:
        """What a deal must meet to leave a stage: its exits and, in an open one, what stays from before."""
        if stage.after is not None:
            return stage.exit
        found: list[Criterion] = []
        for other in self.open_stages:
            if other.id == stage.id:
                break
            found += [k for k in (*other.enter, *other.exit) if k.stays]
        return (*found, *stage.exit)

    def holding_in(self, stage: Stage) -> tuple[Criterion, ...]:
        """What can hold a deal back in a stage: of what is asked there, and of a commit."""
        return tuple(dict.fromkeys(k for k in (*self.asked_in(stage), *self.commit) if k.holds))

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """Every criterion of the process, in reading order."""
        of_stages = tuple(c for s in self.stages for c in (*s.enter, *s.exit))
        of_lead = (*self.lead.criteria, *self.lead.recycle) if self.lead else ()
        return (*of_lead, *of_stages, *self.won, *self.lost, *self.commit)

    def criterion(self, name: str) -> Criterion | None:
        """The criterion by qualified id."""
        return next((c for c in self.criteria if c.id == name), None)
