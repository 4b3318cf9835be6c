"""The outcome of a metric: a value with what it rests on, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

Number = int | Decimal | Fraction | float


@dataclass(frozen=True, slots=True)
class NoValue:
    """There is no value, and why: a few words without a personal value."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A metric's value, or the reason why it has none: exactly one of the two is there.

    ``n`` counts what the value rests on: of a share its denominator. ``numerator`` is there where the value is a share.
    ``low`` and ``high`` bound it, both or neither, at the level that the metric declares. ``shrunk`` is the value drawn
    towards its parent's. ``flags`` say what else has to be known of it (``reconstructed``), sorted, each once.

    Raises ValueError where these do not hold or a number is not finite.
    """

    value: Number | None
    unit: str
    n: int
    numerator: Number | None = None
    low: Number | None = None
    high: Number | None = None
    shrunk: Number | None = None
    reason: str | None = None
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Hold what the class promises."""
        numbers = (self.value, self.numerator, self.low, self.high, self.shrunk)
        if any(number is not None and not _finite(number) for number in numbers):
            raise ValueError("a figure's numbers are finite")
        if (self.value is None) is (not self.reason):
            raise ValueError("a figure has either a value or a reason why there is none")
        if self.value is None and any(number is not None for number in numbers):
            raise ValueError("a figure without a value has no numerator and no interval")
        if (self.low is None) is not (self.high is None):
            raise ValueError("an interval has two ends")
        if self.n < 0:
            raise ValueError("n counts, so it is not negative")
        object.__setattr__(self, "flags", tuple(sorted(set(self.flags))))

    def flagged(self, *flags: str) -> Figure:
        """The same figure with these flags too."""
        return replace(self, flags=(*self.flags, *flags))

    def withheld_below(self, min_n: int) -> Figure:
        """The same figure, or only its n where that is under ``min_n``.

        Nothing from which the value could be worked out stays. A figure that has no value keeps its own reason.
        """
        if self.value is None or self.n >= min_n:
            return self
        return nothing(f"fewer than {min_n}: withheld", unit=self.unit, n=self.n, flags=self.flags)


def nothing(reason: str, *, unit: str, n: int = 0, flags: Iterable[str] = ()) -> Figure:
    """A figure without a value, and why."""
    return Figure(value=None, unit=unit, n=n, reason=reason, flags=tuple(flags))


def figure(
    value: Number | NoValue | None,
    *,
    unit: str,
    n: int,
    min_n: int = 0,
    missing: str = "no value",
    flags: Iterable[str] = (),
) -> Figure:
    """The figure of a value that is no share; ``missing`` is the reason where the value is None."""
    if value is None:
        return nothing(missing, unit=unit, n=n, flags=flags)
    if isinstance(value, NoValue):
        return nothing(value.reason, unit=unit, n=n, flags=flags)
    return Figure(value=value, unit=unit, n=n, flags=tuple(flags)).withheld_below(min_n)


def ratio(
    numerator: int | Decimal | Fraction,
    denominator: int | Decimal | Fraction,
    *,
    n: int,
    unit: str = "share",
    missing: str = "nothing to divide by",
    min_n: int = 0,
    flags: Iterable[str] = (),
) -> Figure:
    """One sum over another, exactly: money over money, days over days. It rests on ``n`` deals and has no interval.

    A denominator of zero gives no value and the reason ``missing``.
    """
    if denominator == 0:
        return nothing(missing, unit=unit, n=n, flags=flags)
    value = Fraction(numerator) / Fraction(denominator)
    return Figure(value=value, unit=unit, n=n, numerator=numerator, flags=tuple(flags)).withheld_below(min_n)


def exact(number: Number) -> Fraction:
    """The number as it is written: 0.9 is nine tenths, and not the float nearest to it.

    Raises ValueError for what is not finite.
    """
    if not _finite(number):
        raise ValueError("not a finite number")
    return Fraction(repr(float(number))) if isinstance(number, float) else Fraction(number)


def _finite(number: Number) -> bool:
    return number.is_finite() if isinstance(number, Decimal) else math.isfinite(number)
