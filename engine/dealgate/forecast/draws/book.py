"""A book of deals made ready for drawing: in one order, sorted by kind of chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .factor import Kinds, kinds_of
from .given import Floats, Ints, Noise, OpenDeals, in_time


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """Deals by size of amount, the largest first. ``timely``: the chance of each that its close day is in the period;
    ``kinds``: the chance of each that it is won. Deals that can bring nothing are not among them."""

    amount: Ints
    timely: Floats
    kinds: Kinds

    def __len__(self) -> int:
        return len(self.amount)


def book_of(deals: OpenDeals, noise: Noise) -> Book:
    """The deals in an order that depends on what they are, not on how they were given."""
    n = len(deals)
    timely = in_time(deals, noise.date_sd)
    weight = np.full(n, np.inf) if deals.weight is None else deals.weight
    estimate = np.full(n, -1, dtype=np.int64) if deals.estimate is None else np.maximum(deals.estimate, -1)
    there = np.flatnonzero((deals.amount != 0) & (deals.chance > 0) & (timely > 0))
    # lexsort's last key is its first
    keys = (estimate, timely, weight, deals.chance, deals.amount, -np.abs(deals.amount))
    order = there[np.lexsort([key[there] for key in keys])]
    return Book(deals.amount[order], timely[order], kinds_of(deals.chance[order], weight[order], estimate[order]))
