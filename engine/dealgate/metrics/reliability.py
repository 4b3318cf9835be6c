"""Whether what was given a chance came as often as was said: the reliability curve. Values in, values out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from .figure import NoValue
from .intervals import wilson

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """``n`` forecasts with chances from ``least`` to ``most``, ``chance`` on average, of which ``came`` came.

    ``low`` and ``high``: Wilson's 95 % interval of the share that came.
    """

    n: int
    least: float
    most: float
    chance: float
    came: int
    low: float
    high: float

    @property
    def share(self) -> Fraction:
        """The share that came."""
        return Fraction(self.came, self.n)

    @property
    def off(self) -> int:
        """0 where the interval holds the mean chance, 1 where that was too high, −1 where it was too low."""
        return (self.chance > self.high) - (self.chance < self.low)


def reliability(chances: Sequence[float], came: Sequence[bool], bins: int = BINS) -> tuple[Bin, ...]:
    """At most ``bins`` bins, by rising chance, of as many forecasts each as ties allow.

    Forecasts with one chance stay together, in the bin that their middle falls into; so the curve does not depend on
    the order of what is given. Raises ValueError for a chance outside 0..1.
    """
    import numpy as np

    if len(chances) != len(came):
        raise ValueError("each forecast needs what came of it")
    if bins < 1:
        raise ValueError("there is one bin at least")
    if not chances:
        return ()
    values, of, counts = np.unique(np.asarray(chances, float), return_inverse=True, return_counts=True)
    # asked so that what is no number does not pass
    if not (values[0] >= 0 and values[-1] <= 1):
        raise ValueError("a chance lies in 0..1")
    hits = np.bincount(of[np.asarray(came, bool)], minlength=len(values))
    # (forecasts below + half of its own) · bins / all of them, in whole numbers
    place = (2 * np.cumsum(counts) - counts) * bins // (2 * len(chances))
    cuts = [0, *(np.flatnonzero(np.diff(place)) + 1).tolist(), len(values)]
    return tuple(_bin(values[a:b].tolist(), counts[a:b].tolist(), int(hits[a:b].sum())) for a, b in pairwise(cuts))


def _bin(values: Sequence[float], counts: Sequence[int], came: int) -> Bin:
    n, least, most = sum(counts), values[0], values[-1]
    mean = math.fsum(p * k for p, k in zip(values, counts, strict=True)) / n
    bounds = wilson(came, n)
    assert not isinstance(bounds, NoValue)
    # the mean of equal chances is that chance, whatever the rounding
    return Bin(n, least, most, min(max(mean, least), most), came, bounds.low, bounds.high)
