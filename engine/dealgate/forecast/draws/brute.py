"""Every deal of every quarter drawn by itself."""

from __future__ import annotations

import math

import numpy as np

from .book import Book
from .factor import Factor, table_of
from .given import Flags, Floats, Ints, added

_BLOCK = 4_096
"""Deals at a time, which bounds the table of their chances."""
_CELLS = 2**18
"""Deals times quarters at a time: as much as a processor's cache holds."""


def brute(
    random: np.random.Generator, book: Book, factor: Factor, shared: Floats, amount_sd: float, most: int
) -> Ints | Floats:
    """What the first ``most`` deals of the book bring in each quarter: int64 minor units, or float64 with amount noise.

    ``shared``: the chances of shared estimates, (quarters, estimates).
    """
    quarters = len(factor.drawn)
    totals: Ints | Floats = np.zeros(quarters) if amount_sd else np.zeros(quarters, dtype=np.int64)
    for first in range(0, min(most, len(book)), _BLOCK):
        _block(random, book, slice(first, min(first + _BLOCK, most, len(book))), factor, shared, amount_sd, totals)
    return totals


def _block(
    random: np.random.Generator, book: Book, deals: slice, factor: Factor, shared: Floats, amount_sd: float,
    totals: Ints | Floats,
) -> None:  # fmt: skip
    amount, timely = book.amount[deals], book.timely[deals].astype(np.float32)
    used, column = np.unique(book.kinds.kind[deals], return_inverse=True)
    own = used[used < len(book.kinds.chance)]
    estimates = used[len(own) :] - len(book.kinds.chance)
    table = table_of(book.kinds.chance[own], book.kinds.weight[own], factor.grid, factor.correlation).astype(np.float32)
    by_itself = np.array_equal(column, np.arange(len(amount)))
    rows = max(1, _CELLS // len(amount))
    for start in range(0, len(totals), rows):
        end = min(start + rows, len(totals))
        chance = factor.read(table, start, end)
        if len(estimates):
            drawn = shared[start:end, estimates].astype(np.float32)
            chance = np.concatenate((np.broadcast_to(chance, (end - start, len(own))), drawn), axis=1)
        if not by_itself:
            chance = np.take(chance, column, axis=1)
        won = random.random((end - start, len(amount)), dtype=np.float32) < chance * timely
        totals[start:end] += _worth(random, won, amount, amount_sd) if amount_sd else won @ amount


def _worth(random: np.random.Generator, won: Flags, amount: Ints, amount_sd: float) -> Floats:
    """Sums of what was won, each amount times a lognormal factor of mean 1."""
    place = np.flatnonzero(won)
    row, deal = np.divmod(place, len(amount))
    variance = math.log1p(amount_sd * amount_sd)
    factor = random.standard_normal(len(place), dtype=np.float32)
    factor *= math.sqrt(variance)
    factor -= variance / 2
    return added(row, amount[deal].astype(np.float64) * np.exp(factor), len(won))
