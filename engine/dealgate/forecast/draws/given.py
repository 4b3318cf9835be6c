"""What is drawn from: the open deals of a forecast as columns, and what makes a quarter uncertain besides them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MOST = 2**62
"""Minor units up to which amounts may add up: beyond, a sum would not fit 64 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenDeals:
    """One entry an open deal, in any order.

    ``chance``: float64 in 0..1, that it is won by the period's end; a deal whose chance is not known is not given here,
    and whoever leaves it out says so. ``amount``: int64 minor units, 0 and negative ones too.
    ``weight``: how many observations the chance is worth; it is Beta(chance · weight, (1 - chance) · weight) then.
    Infinite: the chance is certain, as without the column. ``estimate``: int64; deals of one number owe their chance to
    one estimate and share its error, so they have one chance and one weight; each is drawn in each quarter, and takes
    milliseconds, so a thousand of them take seconds. A negative number: the error is the deal's own, as without the
    column. ``days``: from the expected close day to the period's end, negative where it is
    expected later; then ``chance`` says only that it is won. NaN: the chance already speaks of the period.

    Raises ValueError, with the column's name and the first entry that is wrong, counted from 0.
    """

    chance: Floats
    amount: Ints
    weight: Floats | None = None
    estimate: Ints | None = None
    days: Floats | None = None

    def __post_init__(self) -> None:
        for name in ("chance", "weight", "days"):
            _column(name, getattr(self, name), np.dtype(np.float64), "float64")
        for name in ("amount", "estimate"):
            _column(name, getattr(self, name), np.dtype(np.int64), "int64")
            values = getattr(self, name)
            if values is not None and len(values) != len(self.chance):
                raise ValueError(f"{name} has {len(values)} entries, chance {len(self.chance)}")
        for name in ("weight", "days"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.chance):
                raise ValueError(f"{name} has {len(values)} entries, chance {len(self.chance)}")
        _refuse("chance", ~((self.chance >= 0) & (self.chance <= 1)), self.chance, "lies in 0..1")
        if self.weight is not None:
            _refuse("weight", ~(self.weight > 0), self.weight, "is more than 0")
        fits(self.amount)
        self._one_chance_an_estimate()

    def __len__(self) -> int:
        return len(self.chance)

    def _one_chance_an_estimate(self) -> None:
        if self.estimate is None or not len(self):
            return
        weight = np.full(len(self), np.inf) if self.weight is None else self.weight
        order = np.argsort(self.estimate, kind="stable")
        estimate = self.estimate[order]
        same = (estimate[1:] == estimate[:-1]) & (estimate[1:] >= 0)
        for name, values in (("chance", self.chance[order]), ("weight", weight[order])):
            differs = same & (values[1:] != values[:-1])
            if differs.any():
                one = int(np.flatnonzero(differs)[0])
                raise ValueError(
                    f"estimate {estimate[one]} has more than one {name}: {values[one]:g} in entry {order[one]}, "
                    f"{values[one + 1]:g} in entry {order[one + 1]}"
                )


def _no_amounts() -> Ints:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """What makes a quarter uncertain besides each deal's own chance. By itself nothing of it is on.

    ``correlation``: in [0, 1), of the latent normal variables behind the deals, by one factor that a quarter has (a
    Gaussian copula): a good quarter is good for all. ``amount_sd``: relative; what is won is worth its amount times a
    lognormal factor of mean 1 and this standard deviation. ``date_sd``: days by which the close day may move, normal,
    for deals with ``days``; 0: a deal expected after the period's end is not won in it.
    ``new_mean``: of the Poisson number of deals that will yet be created and won in the period, each worth one of
    ``new_amounts`` (int64 minor units), drawn with replacement and without noise of its own.

    Raises ValueError with the name of what is wrong.
    """

    correlation: float = 0.0
    amount_sd: float = 0.0
    date_sd: float = 0.0
    new_mean: float = 0.0
    new_amounts: Ints = field(default_factory=_no_amounts)

    def __post_init__(self) -> None:
        if not 0 <= self.correlation < 1:
            raise ValueError(f"correlation lies in [0, 1), not {self.correlation}")
        for name in ("amount_sd", "date_sd", "new_mean"):
            value = getattr(self, name)
            if not 0 <= value < math.inf:
                raise ValueError(f"{name} is finite and not negative, not {value}")
        _column("new_amounts", self.new_amounts, np.dtype(np.int64), "int64")
        fits(self.new_amounts)
        if self.new_mean and not len(self.new_amounts):
            raise ValueError("new_mean asks for new business, and new_amounts is empty")

    @property
    def business(self) -> bool:
        """Whether business not yet created is part of it."""
        return self.new_mean > 0


def in_time(deals: OpenDeals, date_sd: float) -> Floats:
    """The chance of each deal that its close day lies in the period."""
    from .normal import cdf

    if deals.days is None:
        return np.ones(len(deals))
    known = np.where(np.isnan(deals.days), np.inf, deals.days)
    return cdf(known / date_sd) if date_sd else (known >= 0).astype(np.float64)


def added(place: Ints, weights: Floats, size: int) -> Floats:
    """The sum of the weights at each of so many places."""
    return np.asarray(np.bincount(place, weights, size), dtype=np.float64)


def fits(amounts: Ints, won: int = 0) -> None:
    """Raises ValueError where amounts cannot be added up in 64 bits."""
    if float(np.abs(amounts.astype(np.float64)).sum()) + abs(won) >= MOST:
        raise ValueError("amount: together they are more than 64 bits hold")


def _column(name: str, values: object, kind: np.dtype[np.float64] | np.dtype[np.int64], word: str) -> None:
    if values is None and name not in ("chance", "amount"):
        return
    if not isinstance(values, np.ndarray) or values.dtype != kind or values.ndim != 1:
        raise ValueError(f"{name} is a one-dimensional array of {word}")


def _refuse(name: str, wrong: Flags, values: Floats, rule: str) -> None:
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        raise ValueError(f"{name} {rule}; entry {place} is {values[place]}")
