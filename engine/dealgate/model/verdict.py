"""Verdicts, decisions and overrides: what judging a deal brings out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, NamedTuple

from .calendar import Moment
from .deal import Deal
from .process import Criterion
from .struct import Struct, field


class Status(StrEnum):
    """What a criterion came to on a deal."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    WAIVED = "waived"


GAPS = (Status.UNMET, Status.UNKNOWN)
"""What is still missing."""


class Outcome(StrEnum):
    """What a move came to, from the mildest to the hardest."""

    ALLOW = "allow"
    WARN = "warn"
    NEEDS_APPROVAL = "needs_approval"
    BLOCK = "block"


class State(StrEnum):
    """How a deal stands in its stage."""

    READY = "ready"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"


class Case(NamedTuple):
    """What a verdict was reached on; ``tell`` puts a verdict into words."""

    deal: Deal
    moment: Moment
    tell: Callable[[Verdict], str]


class Verdict:
    """A criterion on a deal. As bare as a class can be, since thousands are made a second.

    ``criterion`` has its file and line, proof, fix and coaching question. ``values`` are those seen, by field id,
    collection or framework element; None where missing. ``case`` is what it was reached on.
    """

    __slots__ = ("case", "criterion", "status", "values")

    def __init__(self, criterion: Criterion, status: Status, values: dict[str, Any], case: Case) -> None:
        self.criterion = criterion
        self.status = status
        self.values = values
        self.case = case

    @property
    def missing(self) -> tuple[str, ...]:
        """What was looked for and is not there."""
        return tuple(label for label, value in self.values.items() if value is None)

    @property
    def reason(self) -> str:
        """Why, in words: the values seen against what is asked."""
        return self.case.tell(self)

    def turned(self, status: Status) -> Verdict:
        """The same, come to another status: waived by an override, or not in force yet."""
        return Verdict(self.criterion, status, self.values, self.case)

    def __repr__(self) -> str:
        return f"Verdict({self.criterion.id}: {self.status})"


class Override(Struct):
    """An approved, reasoned, expiring exception to one criterion on one deal; approver ≠ requester."""

    criterion: str
    reason: str
    requester: str
    approver: str
    approved_on: date
    expires: date | None = None
    revoked_on: date | None = None

    def valid(self, today: date) -> bool:
        """Whether it holds on a day: approved by another than who asked, not expired, not revoked."""
        return (
            bool(self.approver)
            and self.approver.casefold() != self.requester.casefold()
            and self.approved_on <= today
            and (self.expires is None or today <= self.expires)
            and (self.revoked_on is None or today < self.revoked_on)
        )


class FrameworkResult(Struct):
    """How a deal stands in a framework.

    ``levels`` maps element → level or None (missing); ``score`` is the (lowest, highest) it can be while elements are
    missing; ``band`` only where the whole range lies in one.
    """

    framework: str
    status: str
    levels: dict[str, int | None]
    answers: dict[str, str] = field(default_factory=dict)
    score: tuple[Fraction, Fraction] | None = None
    band: str | None = None
    missing: tuple[str, ...] = ()
    undated: tuple[str, ...] = ()
    disqualified_by: str | None = None
