"""What a few deals may bring in all, each won or not by a chance of its own: every outcome, exactly.

Deals that hang together (one market, one quarter's mood) spread further than this says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from .figure import Number, exact

MOST = 200_000
"""Different sums beyond which outcomes are not listed."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Every sum that can come, with its chance, from the lowest. Chances add up to 1."""

    sums: tuple[Fraction, ...]
    chances: tuple[Fraction, ...]

    @property
    def mean(self) -> Fraction:
        """What comes on average."""
        return sum((v * p for v, p in zip(self.sums, self.chances, strict=True)), Fraction(0))

    @property
    def variance(self) -> Fraction:
        """The mean squared distance from the mean."""
        mean = self.mean
        return sum(((v - mean) ** 2 * p for v, p in zip(self.sums, self.chances, strict=True)), Fraction(0))

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return math.sqrt(self.variance)

    def quantile(self, q: Number) -> Fraction:
        """The smallest sum that is not exceeded with a chance of ``q``: P10 is ``quantile(0.1)``, the low end."""
        wanted, reached = exact(q), Fraction(0)
        for value, chance in zip(self.sums, self.chances, strict=True):
            reached += chance
            if reached >= wanted:
                return value
        return self.sums[-1]

    def at_least(self, amount: Number) -> Fraction:
        """The chance that it is so much or more."""
        mark = exact(amount)
        return sum((p for v, p in zip(self.sums, self.chances, strict=True) if v >= mark), Fraction(0))


def outcomes(deals: Iterable[tuple[Number, Number]]) -> Outcomes:
    """The outcomes of deals (amount, chance), none of which tells of another.

    Raises ValueError for a chance beyond 0 and 1, and where there are more than MOST different sums.
    """
    known: dict[Fraction, Fraction] = {Fraction(0): Fraction(1)}
    for amount, chance in deals:
        size, p = exact(amount), exact(chance)
        if not 0 <= p <= 1:
            raise ValueError("a chance lies between 0 and 1")
        made: dict[Fraction, Fraction] = {}
        for value, held in known.items():
            if p < 1:
                made[value] = made.get(value, Fraction(0)) + held * (1 - p)
            if p > 0:
                made[value + size] = made.get(value + size, Fraction(0)) + held * p
        if len(made) > MOST:
            raise ValueError("more different sums than can be listed")
        known = made
    values = sorted(known)
    return Outcomes(tuple(values), tuple(known[value] for value in values))
