"""Many deals drawn together: as groups, or the largest by themselves and the rest as one sum."""

from __future__ import annotations

import math

import numpy as np

from .book import Book
from .brute import brute
from .factor import Factor, certain, distinct, table_of
from .given import Floats, Ints, added
from .normal import cdf

LARGEST = 1_000
"""Deals that are drawn one by one, the largest, before the rest is drawn as one sum."""
MOST_GROUPS = 1_000
"""Groups of equal deals that are drawn as binomials."""
_CELLS = 2**20
_KINDS = 1_500
"""Kinds of chances that are tabled one by one; more are shared out among the knots of a grid."""
_CHANCE_KNOTS, _VAGUE_KNOTS = 256, 5


def binomial(random: np.random.Generator, book: Book, factor: Factor, shared: Floats) -> tuple[Ints, str] | None:
    """Deals of equal chance and amount as one binomial number a quarter. Nothing is approximated.

    None where there are too many groups for it.
    """
    first, place = distinct(book.kinds.kind, book.timely, book.amount)
    if len(first) > MOST_GROUPS:
        return None
    size = np.bincount(place, minlength=len(first))
    kinds = book.kinds
    table = table_of(kinds.chance, kinds.weight, factor.grid, factor.correlation)
    totals = np.empty(len(factor.drawn), dtype=np.int64)
    rows = max(1, _CELLS // max(len(kinds), len(first), 1))
    for start in range(0, len(totals), rows):
        end = min(start + rows, len(totals))
        own = np.broadcast_to(factor.read(table, start, end), (end - start, len(kinds.chance)))
        chance = np.concatenate((own, shared[start:end]), axis=1)[:, kinds.kind[first]] * book.timely[first]
        totals[start:end] = random.binomial(size, np.clip(chance, 0, 1)) @ book.amount[first]
    groups = "1 group" if len(first) == 1 else f"{len(first):,} groups"
    return totals, f"{len(book):,} deals in {groups} of equal chance and amount, nothing approximated"


def largest_and_rest(
    random: np.random.Generator, book: Book, factor: Factor, shared: Floats, amount_sd: float, largest: int
) -> tuple[Ints | Floats, str]:
    """The largest deals one by one; the rest by its mean, variance and skewness given the quarter.

    Given the factor and the chances of shared estimates, deals are independent, so the cumulants of their sum are sums
    of theirs. They are in closed form: of a deal of chance c and amount a, times a lognormal factor with moments 1, m2
    and m3, ca; c·m2·a² - c²a²; c·m3·a³ - 3c²·m2·a³ + 2c³a³. A gamma distribution, shifted, has all three.
    """
    totals = brute(random, book, factor, shared, amount_sd, largest)
    rest = len(book) - largest
    if rest <= 0:
        return totals, f"{len(book):,} deals one by one, nothing approximated"
    mean, variance, third = _cumulants(book, slice(largest, None), factor, shared, amount_sd)
    # a gamma distribution has no end on one side, and a sum that is not of many may come to where no outcome leads
    sums = np.clip(summed(random, mean, variance, third), *_bounds(book.amount[largest:], amount_sd))
    how = (
        f"the {largest:,} largest deals one by one, {rest:,} together by the mean, variance and skewness of their sum "
        "given the quarter"
    )
    return totals + sums, how


def _bounds(amount: Ints, amount_sd: float) -> tuple[float, float]:
    """The lowest and the highest that such deals may bring."""
    losses, gains = int(amount[amount < 0].sum()), int(amount[amount > 0].sum())
    return (losses, gains) if not amount_sd else (-math.inf if losses else 0.0, math.inf if gains else 0.0)


def summed(random: np.random.Generator, mean: Floats, variance: Floats, third: Floats) -> Floats:
    """Draws sums by their first three cumulants, each from a shifted gamma distribution."""
    sd = np.sqrt(np.maximum(variance, 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        skewness = np.where(sd > 0, third / sd**3, 0.0)
    # nearer to none, a gamma distribution is the normal to every digit that is looked at
    size = np.maximum(np.abs(skewness), 1e-4)
    shape = 4 / (size * size)
    drawn = (random.standard_gamma(shape) - shape) / np.sqrt(shape)
    sums: Floats = mean + sd * np.copysign(drawn, skewness * drawn)
    return sums


def _cumulants(
    book: Book, deals: slice, factor: Factor, shared: Floats, amount_sd: float
) -> tuple[Floats, Floats, Floats]:
    """The first three cumulants of the deals' sum in each quarter."""
    kinds = book.kinds
    powers = _powers(book.amount[deals], book.timely[deals], amount_sd)
    kind = kinds.kind[deals]
    per_kind = np.stack([added(kind, column, len(kinds)) for column in powers], axis=1)
    chance, weight, per_own = kinds.chance, kinds.weight, per_kind[: len(kinds.chance)]
    used = per_own.any(axis=1)
    chance, weight, per_own = chance[used], weight[used], per_own[used]
    if len(chance) > _KINDS:
        chance, weight, per_own = _knots(chance, weight, per_own)
    rows = max(1, _CELLS // max(len(chance), 1))
    table = np.concatenate(
        [
            _of_sum(table_of(chance, weight, factor.grid[start : start + rows], factor.correlation), per_own)
            for start in range(0, len(factor.grid), rows)
        ]
    )
    found = np.broadcast_to(factor.read(table, 0, len(factor.drawn)), (len(factor.drawn), 3))
    found = found + _of_sum(shared, per_kind[len(kinds.chance) :])
    return found[:, 0], found[:, 1], found[:, 2]


def _powers(amount: Ints, timely: Floats, amount_sd: float) -> tuple[Floats, ...]:
    """What a deal gives to the sums over its kind: the parts of its cumulants that do not depend on its chance."""
    second = 1 + amount_sd * amount_sd
    a, t = amount.astype(np.float64), timely
    square, cube = a * a, a * a * a
    return (
        a * t, second * square * t, square * t**2, second**3 * cube * t, 3 * second * cube * t**2, 2 * cube * t**3,
    )  # fmt: skip


def _of_sum(chance: Floats, powers: Floats) -> Floats:
    """The first three cumulants, (rows, 3), of chances (rows, kinds) and their powers (kinds, 6)."""
    square = chance * chance
    out = np.empty((len(chance), 3))
    out[:, 0] = chance @ powers[:, 0]
    out[:, 1] = chance @ powers[:, 1] - square @ powers[:, 2]
    out[:, 2] = chance @ powers[:, 3] - square @ powers[:, 4] + (square * chance) @ powers[:, 5]
    return out


def _knots(chance: Floats, weight: Floats, powers: Floats) -> tuple[Floats, Floats, Floats]:
    """Kinds shared out among fewer, each to its neighbours on a grid of chances and of how vague they are, 1 / (1 + w).

    A chance is a mean of the two knots beside it, so no deal's mean moves. The knots are dense where the normal
    quantile is steep; what else moves is of the order of their distance squared.
    """
    knots = np.concatenate(([0.0], cdf(np.linspace(-5, 5, _CHANCE_KNOTS)), [1.0]))
    low, part = _beside(knots, chance)
    vague = np.where(certain(chance, weight), 0.0, 1 / (1 + weight))
    most = float(vague.max())
    levels = np.linspace(0, most, _VAGUE_KNOTS) if most else np.zeros(1)
    down, share = _beside(levels, vague) if most else (np.zeros(len(vague), dtype=np.int64), np.zeros(len(vague)))
    size = len(knots) * len(levels)
    out = np.zeros((size, powers.shape[1]))
    for across, along in ((0, 0), (0, 1), (1, 0), (1, 1)):
        given = (part if along else 1 - part) * (share if across else 1 - share)
        place = np.minimum(down + across, len(levels) - 1) * len(knots) + np.minimum(low + along, len(knots) - 1)
        for column in range(powers.shape[1]):
            out[:, column] += added(place, given * powers[:, column], size)
    used = out.any(axis=1)
    with np.errstate(divide="ignore"):
        weights = np.repeat(np.where(levels > 0, 1 / levels - 1, np.inf), len(knots))
    return np.tile(knots, len(levels))[used], weights[used], out[used]


def _beside(knots: Floats, values: Floats) -> tuple[Ints, Floats]:
    """The knot below each value, and how far on the way to the next it lies."""
    low = np.clip(np.searchsorted(knots, values, side="right") - 1, 0, len(knots) - 2)
    return low, (values - knots[low]) / (knots[low + 1] - knots[low])
