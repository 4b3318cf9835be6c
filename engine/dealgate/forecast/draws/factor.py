"""The chances of deals in a quarter, given how good a quarter it is.

Behind each deal lies a standard normal variable: sqrt(rho) · factor + sqrt(1 - rho) · its own. The deal is won where
that is not above the quantile of its chance p, with the sign such that a high factor is a good quarter. So given the
factor f deals are independent, and the chance of one is

    c(f) = cdf((quantile(p) + sqrt(rho) · f) / sqrt(1 - rho))

(Vasicek 1987; Li 2000). Where p is itself uncertain, Beta(p · w, (1 - p) · w), and the error is the deal's own, c(f) is
the mean of that over the Beta distribution. As a function of f it is smooth: it is computed on a grid that is fine
against its steepest slope, and read between two points of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from .given import Flags, Floats, Ints, added
from .normal import cdf, quantile

Kind = TypeVar("Kind", np.float32, np.float64)

FINE = 0.02
"""The grid's step, in units of the steepest slope: a chance read between two points is within 2e-5."""
_FAR = 6.5
"""Factors beyond it are read as the grid's last; there is one in ten thousand million."""
_NODES = 160
_CELLS = 2**20
_CERTAIN = 1e-12
"""A chance as near to 0 or to 1 is taken to be known, whatever its weight."""
_LOGIT = 40.0
"""Logits beyond it are chances of 0 and of 1 to every digit that a normal quantile shows."""


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """The factor of each quarter (``drawn``), and where on the grid it lies: between rows ``row`` and ``row + 1``,
    ``part`` of the way. Without correlation the grid has one row and ``row`` is None."""

    correlation: float
    drawn: Floats
    grid: Floats
    row: Ints | None
    part: Floats

    def read(self, table: npt.NDArray[Kind], first: int, last: int) -> npt.NDArray[Kind]:
        """Rows of a table with a row for each point of the grid, at the quarters from ``first`` until ``last``; of one
        row for all of them where there is no correlation."""
        if self.row is None:
            return table
        row, part = self.row[first:last], self.part[first:last, None].astype(table.dtype)
        low = table[row]
        low += part * (table[row + 1] - low)
        return low


def factor_of(random: np.random.Generator, quarters: int, correlation: float) -> Factor:
    """Draws the factor of so many quarters."""
    drawn = np.clip(random.standard_normal(quarters), -_FAR, _FAR)
    if not correlation:
        return Factor(0.0, drawn, np.zeros(1), None, np.zeros(quarters))
    step = FINE * math.sqrt((1 - correlation) / correlation)
    points = max(math.ceil(2 * _FAR / step), 2) + 1
    if points >= quarters:
        # no fewer points than quarters: the quarters themselves are the points
        order = np.argsort(drawn, kind="stable")
        row = np.empty(quarters, dtype=np.int64)
        row[order] = np.arange(quarters)
        return Factor(correlation, drawn, np.append(drawn[order], _FAR), row, np.zeros(quarters))
    grid = np.linspace(-_FAR, _FAR, points)
    place = (drawn + _FAR) / (grid[1] - grid[0])
    row = np.minimum(place.astype(np.int64), points - 2)
    return Factor(correlation, drawn, grid, row, place - row)


def chances_at(chance: Floats, factors: Floats, correlation: float) -> Floats:
    """c(f) of certain chances, at factors that they are broadcast against."""
    if not correlation:
        return np.broadcast_to(chance, np.broadcast_shapes(chance.shape, factors.shape))
    shifted = quantile(chance) + math.sqrt(correlation) * factors
    return cdf(shifted / math.sqrt(1 - correlation))


def table_of(chance: Floats, weight: Floats, grid: Floats, correlation: float) -> Floats:
    """c(f) of kinds of deals, (grid, kinds): ``weight`` infinite where the chance is certain, else the error is the
    deal's own. Without correlation such an error changes nothing: one trial of an uncertain chance is one of its mean.
    """
    if not correlation:
        return np.broadcast_to(chance, (len(grid), len(chance))).copy()
    out = np.empty((len(grid), len(chance)))
    known = certain(chance, weight)
    out[:, known] = chances_at(chance[known], grid[:, None], correlation)
    if not known.all():
        out[:, ~known] = _mixed(chance[~known], weight[~known], grid, correlation)
    return out


def _mixed(chance: Floats, weight: Floats, grid: Floats, correlation: float) -> Floats:
    """c(f) averaged over each Beta distribution, (grid, kinds).

    The quadrature's nodes, which differ from kind to kind, are handed to a common fine grid of normal quantiles, each
    to its two neighbours; so the normal distribution is asked once for each point of the two grids.
    """
    nodes, mass = _beta_nodes(chance, weight)
    step = FINE * 1.5 * math.sqrt(1 - correlation)
    most = 8.7
    points = min(math.ceil(2 * most / step) + 1, 4_001)
    common = np.linspace(-most, most, points)
    place = np.clip((nodes + most) / (common[1] - common[0]), 0, points - 1.0)
    low = np.minimum(place.astype(np.int64), points - 2)
    part = place - low
    flat = (np.arange(len(chance))[:, None] * points + low).ravel()
    size = len(chance) * points
    weights = added(flat, (mass * (1 - part)).ravel(), size) + added(flat + 1, (mass * part).ravel(), size)
    per_point = weights.reshape(len(chance), points).T
    mixed = np.empty((len(grid), len(chance)))
    rows = max(1, _CELLS // points)
    for start in range(0, len(grid), rows):
        shifted = common + math.sqrt(correlation) * grid[start : start + rows, None]
        mixed[start : start + rows] = cdf(shifted / math.sqrt(1 - correlation)) @ per_point
    return mixed


def _beta_nodes(chance: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Normal quantiles of chances, and their weights, (kinds, nodes), that stand for Beta(p·w, (1-p)·w).

    The trapezoidal rule over the logit, where the density exp(a·l) / (1 + exp(l))^w is smooth and falls off like
    exponentials, so that the rule converges as fast as any. Tails beyond the last node are summed in closed form.
    """
    a, b = chance * weight, (1 - chance) * weight
    middle = np.log(a) - np.log(b)
    spread = np.sqrt(1 / a + 1 / b)
    reach = 8.5 * spread
    left = np.maximum(middle - np.maximum(reach, 37 / a), np.minimum(-_LOGIT, middle - 1))
    right = np.minimum(middle + np.maximum(reach, 37 / b), np.maximum(_LOGIT, middle + 1))
    step = (right - left) / (_NODES - 1)
    logit = left[:, None] + step[:, None] * np.arange(_NODES)
    density = a[:, None] * logit - weight[:, None] * np.logaddexp(0, logit)
    mass = np.exp(density - density.max(axis=1, keepdims=True))
    # what lies beyond: the sums of geometric series, with the slopes that the density has there
    slope_left = a - weight * _logistic(left)
    slope_right = weight * _logistic(right) - a
    mass[:, 0] += _rest(mass[:, 0], slope_left * step)
    mass[:, -1] += _rest(mass[:, -1], slope_right * step)
    mass /= mass.sum(axis=1, keepdims=True)
    # from the nearer end, where a chance keeps its digits
    return np.copysign(quantile(_logistic(-np.abs(logit))), logit), mass


def _rest(mass: Floats, fall: Floats) -> Floats:
    # beyond 700 nothing is left, and an exponential would be more than a float holds
    return mass / np.expm1(np.clip(fall, 1e-9, 700))


def _logistic(x: Floats) -> Floats:
    small = np.exp(-np.abs(x))
    share: Floats = np.where(x < 0, small, 1.0) / (1 + small)
    return share


def certain(chance: Floats, weight: Floats) -> Flags:
    """Which chances are known, and no draw of a Beta distribution."""
    return np.isinf(weight) | (chance < _CERTAIN) | (chance > 1 - _CERTAIN)


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """Deals that have the same chance in every quarter. ``kind`` is each deal's column: first those whose error is
    their own (``chance``, ``weight``), then the estimates that several deals share, drawn anew each quarter."""

    kind: Ints
    chance: Floats
    weight: Floats
    shared_chance: Floats
    shared_weight: Floats

    def __len__(self) -> int:
        return len(self.chance) + len(self.shared_chance)


def distinct(*columns: Floats | Ints) -> tuple[Ints, Ints]:
    """Rows of columns that are equal: the place of one of each, in ascending order, and which of these each row is."""
    order = np.lexsort(columns[::-1])
    new = np.zeros(len(order), dtype=np.bool_)
    new[:1] = True
    for column in columns:
        ordered = column[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(new) - 1
    return order[new], place


def kinds_of(chance: Floats, weight: Floats, estimate: Ints) -> Kinds:
    """Sorts deals by chance, weight and shared estimate. An estimate that speaks of one deal only is its own error."""
    known = certain(chance, weight)
    weight = np.where(known, np.inf, weight)
    number = np.where(known, -1, estimate)
    _, place, times = np.unique(number, return_inverse=True, return_counts=True)
    shares = (number >= 0) & (times[place] > 1)
    kind = np.empty(len(chance), dtype=np.int64)
    own, shared = np.flatnonzero(~shares), np.flatnonzero(shares)
    first, kind[own] = distinct(chance[own], weight[own])
    first_shared, of_shared = distinct(number[shared])
    kind[shared] = len(first) + of_shared
    one, common = own[first], shared[first_shared]
    return Kinds(kind, chance[one], weight[one], chance[common], weight[common])


def shared_chances(random: np.random.Generator, kinds: Kinds, factor: Factor) -> Floats:
    """c(f) of each quarter and shared estimate, (quarters, estimates): each chance is drawn anew."""
    a = kinds.shared_chance * kinds.shared_weight
    b = kinds.shared_weight - a
    chance = random.beta(a, b, (len(factor.drawn), len(a)))
    return chances_at(chance, factor.drawn[:, None], factor.correlation)
