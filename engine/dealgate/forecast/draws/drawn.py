"""What a period will bring, as a distribution: its mean, its quantiles, and what the chance of a target is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...metrics.figure import Number, exact
from .given import Floats, Ints, added

Method = Literal["exact", "brute", "grouped"]

_SLACK = 1e-12
"""By how much a chance summed in floats may fall short of one that it equals."""


@dataclass(frozen=True, slots=True)
class Bin:
    """The share of quarters with ``low <= total <= high``; minor units."""

    low: int
    high: int
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The distribution of a period's total, what is won already included.

    ``values``: int64 minor units, ascending, each once. ``counts``: of quarters that drew each; None where the
    distribution is exact. ``chances``: float64, of each value, together 1. ``how`` says in words what was done; with
    ``grouped`` that is an approximation unless it says that nothing was approximated.
    """

    method: Method
    how: str
    values: Ints
    chances: Floats
    counts: Ints | None = None
    seed: int | None = None

    @property
    def quarters(self) -> int | None:
        """How many were drawn; None where the distribution is exact."""
        return None if self.counts is None else int(self.counts.sum())

    @property
    def mean(self) -> float:
        """Minor units."""
        # about the lowest, so that large values do not take digits from small differences
        low = int(self.values[0])
        return low + float(self.chances @ (self.values - low).astype(np.float64))

    @property
    def sd(self) -> float:
        """Standard deviation, of the distribution as it is (by n, not n - 1)."""
        low = int(self.values[0])
        away = (self.values - low).astype(np.float64)
        away -= float(self.chances @ away)
        return math.sqrt(float(self.chances @ (away * away)))

    def quantile(self, q: Number) -> int:
        """The smallest v with P(total <= v) >= q; q in 0..1, and 0 gives the lowest value."""
        part = exact(q)
        if not 0 <= part <= 1:
            raise ValueError("a quantile lies in 0..1")
        if self.counts is None:
            reached = np.cumsum(self.chances) >= float(part) - _SLACK
            return int(self.values[int(np.argmax(reached)) if reached.any() else -1])
        return self._ranked(math.ceil(part * int(self.counts.sum())))

    @property
    def p10(self) -> int:
        """The low one: one quarter in ten brings no more."""
        return self.quantile(0.1)

    @property
    def p50(self) -> int:
        """The median."""
        return self.quantile(0.5)

    @property
    def p90(self) -> int:
        """The high one: nine quarters in ten bring no more."""
        return self.quantile(0.9)

    def at_least(self, target: int) -> float:
        """P(total >= target)."""
        return self._share(int(np.searchsorted(self.values, target, side="left")), len(self.values))

    def share_below(self, target: int) -> float:
        """P(total < target)."""
        return self._share(0, int(np.searchsorted(self.values, target, side="left")))

    def standard_error(self, q: Number) -> float:
        """Of ``quantile(q)``, by having drawn so many quarters and no more; 0 where the distribution is exact.

        The number of quarters below the true quantile is binomial. The order statistics two of its standard deviations
        to either side are four standard errors apart. What an approximation adds is not in it.
        """
        if self.counts is None:
            return 0.0
        part, n = exact(q), int(self.counts.sum())
        reach = 2 * math.sqrt(n * part * (1 - part))
        low, high = (min(max(math.ceil(n * part + step), 1), n) for step in (-reach, reach))
        return (self._ranked(high) - self._ranked(low)) / 4

    def histogram(self, bins: int = 40) -> list[Bin]:
        """Bins of equal width from the lowest value to the highest, in whole minor units; the shares add to 1.

        Fewer bins where there are fewer whole units between the two.
        """
        if bins < 1:
            raise ValueError("bins: at least one")
        low, high = int(self.values[0]), int(self.values[-1])
        width = -(-(high - low + 1) // bins)
        place = (self.values - low) // width
        shares = added(place, self.chances, int(place[-1]) + 1)
        return [Bin(low + n * width, low + (n + 1) * width - 1, float(share)) for n, share in enumerate(shares)]

    def _ranked(self, rank: int) -> int:
        """The value at a rank among the quarters, from 1."""
        assert self.counts is not None
        return int(self.values[int(np.searchsorted(np.cumsum(self.counts), max(rank, 1), side="left"))])

    def _share(self, first: int, last: int) -> float:
        if self.counts is not None:
            return int(self.counts[first:last].sum()) / int(self.counts.sum())
        return min(float(self.chances[first:last].sum()), 1.0)


def drawn_of(totals: Ints, method: Method, how: str, seed: int) -> Drawn:
    """The distribution of so many drawn totals."""
    values, counts = np.unique(totals, return_counts=True)
    return Drawn(method, how, values, counts / len(totals), counts.astype(np.int64), seed)
