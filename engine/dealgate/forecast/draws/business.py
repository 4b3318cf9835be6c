"""Business that does not exist yet: deals that will be created and won in the period."""

from __future__ import annotations

import math

import numpy as np

from .given import MOST, Floats, Ints, Noise
from .grouped import summed

MOST_DRAWN = 30_000_000
"""New deals, of all quarters together, that are drawn one by one."""
_AT_ONCE = 2**20


def business(random: np.random.Generator, noise: Noise, quarters: int) -> tuple[Ints | Floats, str]:
    """What it brings in each quarter, minor units, and in words how it was drawn.

    A Poisson number of amounts. Where there are too many to draw them all, their sum by its cumulants: the k-th is the
    mean number times the amounts' k-th moment.
    """
    amounts, mean = noise.new_amounts, noise.new_mean
    if float(np.abs(amounts.astype(np.float64)).max()) * (mean + 12 * math.sqrt(mean) + 60) >= MOST:
        raise ValueError("new_amounts: what so many bring is more than 64 bits hold")
    if mean * quarters > MOST_DRAWN:
        a = amounts.astype(np.float64)
        moments = [np.full(quarters, mean * float((a**k).mean())) for k in (1, 2, 3)]
        return summed(random, *moments), "new business by the mean, variance and skewness of its sum"
    # in one order, so that the same amounts are the same business
    amounts = np.sort(amounts)
    totals = np.empty(quarters, dtype=np.int64)
    rows = max(1, int(_AT_ONCE / (mean + 1)))
    for start in range(0, quarters, rows):
        end = min(start + rows, quarters)
        ends = np.cumsum(random.poisson(mean, end - start))
        drawn = amounts[random.integers(0, len(amounts), int(ends[-1]))]
        sums = np.concatenate(([0], np.cumsum(drawn)))[ends]
        totals[start:end] = np.diff(sums, prepend=0)
    return totals, "new business one by one"
