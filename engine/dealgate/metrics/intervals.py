"""How sure a share is: intervals, and rates drawn towards their parent's."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist

from .beta import beta_quantile
from .figure import NoValue, Number, exact

NOTHING_COUNTED = "nothing to count"


@dataclass(frozen=True, slots=True)
class Interval:
    """Two bounds of a share, the level that they hold at, and the method: ``wilson``, ``jeffreys`` or ``beta``."""

    low: float
    high: float
    level: float
    method: str


@dataclass(frozen=True, slots=True)
class Shrunken:
    """A rate drawn towards ``prior`` as though ``weight`` more had been seen there, with its credible interval."""

    value: Fraction
    interval: Interval
    n: int
    prior: Fraction
    weight: Fraction


@dataclass(frozen=True, slots=True)
class Weight:
    """How many deals a parent's rate is worth, and how that was found."""

    m: Fraction
    why: str


def wilson(w: int, n: int, level: float = 0.95) -> Interval | NoValue:
    """Wilson's score interval of w out of n, without continuity correction (Wilson 1927, JASA 22:209)."""
    _counts(w, n, level)
    if n == 0:
        return NoValue(NOTHING_COUNTED)
    z = NormalDist().inv_cdf((1 + level) / 2)
    p, square = w / n, z * z
    centre = (p + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * math.sqrt(p * (1 - p) / n + square / (4 * n * n))
    # at the ends the bound is the end itself, whatever the rounding
    low = 0.0 if w == 0 else max(0.0, centre - half)
    high = 1.0 if w == n else min(1.0, centre + half)
    return Interval(low, high, level, "wilson")


def jeffreys(w: int, n: int, level: float = 0.95) -> Interval | NoValue:
    """Jeffreys' interval of w out of n: the equal tails of Beta(w + 1/2, n - w + 1/2).

    With none (all) the lower (upper) bound is 0 (1), so that the interval holds the share itself (Brown, Cai and
    DasGupta 2001, Statistical Science 16:101).
    """
    _counts(w, n, level)
    if n == 0:
        return NoValue(NOTHING_COUNTED)
    tails = _tails(w + 0.5, n - w + 0.5, level)
    return Interval(0.0 if w == 0 else tails[0], 1.0 if w == n else tails[1], level, "jeffreys")


def shrunken(w: int, n: int, prior: Number, weight: Number = 20, level: float = 0.95) -> Shrunken | NoValue:
    """(w + m·p0) / (n + m), exactly, with the equal tails of Beta(w + m·p0, n - w + m·(1 - p0)).

    ``prior`` p0 is the parent's rate, in 0..1; ``weight`` m, over 0, is how many deals it is worth.
    """
    _counts(w, n, level)
    p0, m = exact(prior), exact(weight)
    if not 0 <= p0 <= 1 or m <= 0:
        raise ValueError("the prior lies in 0..1 and its weight is over 0")
    if n == 0:
        return NoValue(NOTHING_COUNTED)
    won, rest = w + m * p0, n - w + m * (1 - p0)
    low, high = _tails(float(won), float(rest), level)
    return Shrunken(won / (n + m), Interval(low, high, level, "beta"), n, p0, m)


def prior_weight(groups: Iterable[tuple[int, int]], default: Number = 20, most: Number = 1000) -> Weight:
    """How many deals the common rate is worth beside a group's own, from how much the groups' rates differ.

    ``groups``: (w, n) of each; those with n = 0 tell nothing. The beta-binomial model fitted by moments (Kleinman
    1973, JASA 68:46): with N = Σn and p = Σw/N, Σ n·(w/n - p)² is expected to be
    p(1 - p)·[(k - 1) + r·(N - Σn²/N - (k - 1))], and m = 1/r - 1, held within 1..``most``. Groups that differ no more
    than chance makes them have ``most``. With fewer than three groups, with one rate of 0 or 1 in all, or with a
    single deal a group there is nothing to learn from, and it is ``default``.
    """
    known = [(w, n) for w, n in groups if n]
    for w, n in known:
        _counts(w, n, 0.5)
    if len(known) < 3:
        return Weight(exact(default), "default: fewer than 3 groups")
    total = sum(n for _, n in known)
    p = Fraction(sum(w for w, _ in known), total)
    chance = len(known) - 1
    room = total - Fraction(sum(n * n for _, n in known), total) - chance
    if p in (0, 1) or room <= 0:
        return Weight(exact(default), "default: the groups leave nothing to learn from")
    spread = sum((n * (Fraction(w, n) - p) ** 2 for w, n in known), Fraction()) / (p * (1 - p))
    likeness = (spread - chance) / room
    ceiling = exact(most)
    if likeness <= 0:
        return Weight(ceiling, f"empirical Bayes over {len(known)} groups: they differ no more than by chance")
    # less than one deal would make the parent's rate mean nothing
    m = min(ceiling, max(Fraction(1), 1 / likeness - 1))
    return Weight(m, f"empirical Bayes over {len(known)} groups")


def _tails(a: float, b: float, level: float) -> tuple[float, float]:
    return beta_quantile((1 - level) / 2, a, b), beta_quantile((1 + level) / 2, a, b)


def _counts(w: int, n: int, level: float) -> None:
    if not 0 <= w <= n:
        raise ValueError("w counts some of n")
    if not 0 < level < 1:
        raise ValueError("a level lies between 0 and 1")
