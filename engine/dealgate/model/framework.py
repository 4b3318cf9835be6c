"""Qualification frameworks: elements, levels, scores, bands and what disqualifies."""

from __future__ import annotations

from decimal import Decimal

from .condition import Condition
from .diagnostics import NOWHERE, Where
from .struct import Struct, field
from .suits import Suits
from .values import Duration

STATUSES = ("qualified", "not_qualified", "disqualified", "nurture", "unknown")
METHODS = ("count_at_least", "sum", "weighted", "lowest")


class Element(Struct):
    """One letter of a framework."""

    id: str
    title: str
    question: str = ""
    proof: str = ""
    due: str | None = None
    max_age: Duration | None = None
    pitfall: str = ""
    weight: Decimal = Decimal(1)
    at: Where = field(default=NOWHERE, compare=False)


class Band(Struct):
    """A named part of the score: from ``at_least`` up (or, lower-is-better, to ``at_most``)."""

    id: str
    at_least: Decimal | None = None
    at_most: Decimal | None = None


class Score(Struct):
    """How levels become one figure.

    count_at_least: how many elements reach ``level``. sum: levels added. lowest: the smallest level. weighted:
    100 × Σ weight·level ÷ Σ weight·highest level. ``direction`` lower means that less is better.
    """

    method: str
    level: int = 2
    pass_mark: Decimal | None = None
    direction: str = "higher"
    bands: tuple[Band, ...] = ()


class Disqualifier(Struct):
    """What takes a deal out: a condition over the framework's own elements."""

    id: str
    title: str
    when: Condition
    then: str = "disqualified"
    at: Where = field(default=NOWHERE, compare=False)


class Framework(Struct):
    """BANT and its kin."""

    id: str
    title: str
    version: str
    scale: str
    levels: tuple[str, ...]
    elements: tuple[Element, ...]
    score: Score | None
    qualified_when: Condition | None = None
    disqualify: tuple[Disqualifier, ...] = ()
    description: str = ""
    suits: Suits | None = None
    at: Where = field(default=NOWHERE, compare=False)

    @property
    def lowest(self) -> int:
        """The smallest level an element with proof can have."""
        return 0 if self.scale == "concern" else 1

    @property
    def highest(self) -> int:
        """The largest level an element can have."""
        return self.lowest + len(self.levels) - 1

    @property
    def concerns(self) -> bool:
        """Whether a level says how much there is to worry about, so that less is better."""
        return self.scale == "concern" and self.score is not None and self.score.direction == "lower"

    @property
    def denied(self) -> int:
        """The level of an element to which the buyer said no: no proof at all, or the greatest concern."""
        return self.highest if self.concerns else 0

    def scored(self, method: str, level: int | None = None) -> Score | None:
        """The framework's own score (``total``), or its levels worked out by another method."""
        return self.score if method == "total" else Score(method, level=self.highest if level is None else level)

    def element(self, name: str) -> Element | None:
        """The element by id."""
        return next((e for e in self.elements if e.id == name), None)
