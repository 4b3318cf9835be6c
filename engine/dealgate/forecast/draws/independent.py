"""The exact distribution of independent deals, by adding one amount after another."""

from __future__ import annotations

import numpy as np

from .drawn import Drawn
from .given import Floats, Ints, OpenDeals, added, fits, in_time

WIDEST = 2**20
"""Totals that a table may have, reached or not."""
MOST_STEPS = 200_000_000
"""Additions in such a table."""
MOST_TOTALS = 2**18
"""Different totals that are kept one by one, where a table would be too wide."""
MOST_SORTED = 4_000_000
"""Totals that are sorted on the way there, all deals together."""


def exact(deals: OpenDeals, *, date_sd: float = 0.0, won: int = 0) -> Drawn | None:
    """The distribution of what the deals bring, each won or not by itself and worth its amount.

    None where it would take too much: there are too many different totals. Where chances have weights and estimates
    that are shared, the deals are not independent and this is not their distribution.

    Sums of chances are of positive terms, so each is as good as the float it is in: about n · 1e-16 of itself.
    """
    fits(deals.amount, won)
    chance = deals.chance * in_time(deals, date_sd)
    matters = (chance > 0) & (deals.amount != 0)
    certain = matters & (chance == 1)
    base = won + int(deals.amount[certain].sum())
    matters &= ~certain
    # in one order, so that the last digit does not depend on that of the deals
    order = np.lexsort((chance[matters], deals.amount[matters]))
    amount, chance = deals.amount[matters][order], chance[matters][order]
    found = _by_table(amount, chance)
    if found is None:
        found = _one_by_one(amount, chance)
    if found is None:
        return None
    values, chances = found
    reached = chances > 0
    how = f"the exact distribution of {len(deals):,} independent {'deal' if len(deals) == 1 else 'deals'}"
    return Drawn("exact", how, values[reached] + base, chances[reached])


def _by_table(amount: Ints, chance: Floats) -> tuple[Ints, Floats] | None:
    """A row for every multiple of the amounts' common divisor, from the lowest total to the highest."""
    if not len(amount):
        return np.zeros(1, dtype=np.int64), np.ones(1)
    step = int(np.gcd.reduce(amount))
    below = int(amount[amount < 0].sum()) // step
    width = int(np.abs(amount).sum()) // step + 1
    if width > WIDEST or width * len(amount) > MOST_STEPS:
        return None
    table = np.zeros(width)
    table[0] = 1.0
    high = 1
    # a negative amount counts from its being won: the lowest total has all of them
    parts = np.where(amount > 0, chance, 1 - chance)
    for size, part in zip((np.abs(amount) // step).tolist(), parts.tolist(), strict=True):
        moved = table[:high] * part
        table[:high] *= 1 - part
        table[size : size + high] += moved
        high += size
    return (np.arange(width, dtype=np.int64) + below) * step, table


def _one_by_one(amount: Ints, chance: Floats) -> tuple[Ints, Floats] | None:
    values, chances = np.zeros(1, dtype=np.int64), np.ones(1)
    spent = 0
    for size, part in zip(amount.tolist(), chance.tolist(), strict=True):
        both = np.concatenate((values, values + size))
        spent += len(both)
        if len(values) > MOST_TOTALS or spent > MOST_SORTED:
            return None
        values, place = np.unique(both, return_inverse=True)
        chances = added(place, np.concatenate((chances * (1 - part), chances * part)), len(values))
    return values, chances
