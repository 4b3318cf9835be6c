"""Figures as a person reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from ...metrics.figure import Figure, Number

_BARS = "▁▂▃▄▅▆▇█"
_SHARES = ("share",)


def shown(figure: Figure) -> str:
    """The value with its unit; – where there is none."""
    return "–" if figure.value is None else number(figure.value, figure.unit)


def number(value: Number, unit: str) -> str:
    """A number in a unit: ``62.5 %``, ``57 days``, ``10,005,534 USD``, ``2,000 USD a day``."""
    if unit in _SHARES:
        return f"{_rounded(value * 100, 1)} %"
    amount, mark, per = unit.partition("/")
    if amount.isupper() and len(amount) == 3:
        return f"{_rounded(value, 0)} {amount}{f' a {per}' if mark else ''}"
    digits = 0 if Fraction(value).denominator == 1 else 1
    return f"{_rounded(value, digits)} {unit}".rstrip()


def between(figure: Figure) -> str:
    """The interval of a figure, where it has one."""
    if figure.low is None or figure.high is None:
        return ""
    if figure.unit in _SHARES:
        return f"{_rounded(figure.low * 100, 0)}–{_rounded(figure.high * 100, 0)} %"
    return f"{_rounded(figure.low, 0)}–{_rounded(figure.high, 0)}"


def change(now: Figure, before: Figure | None) -> str:
    """How far a figure is from what it was: shares in points, others in their unit."""
    if before is None or now.value is None or before.value is None:
        return ""
    by = Fraction(now.value) - Fraction(before.value)
    sign = "+" if by > 0 else "−" if by < 0 else "±"
    if now.unit in _SHARES:
        return f"{sign}{_rounded(abs(by) * 100, 1)} pts"
    return sign + number(abs(by), now.unit)


def _rounded(value: Number, digits: int) -> str:
    """Half away from zero, exactly, as people round."""
    exact = Fraction(value)
    scale = 10**digits
    whole = int(abs(exact) * scale + Fraction(1, 2))
    text = f"{whole // scale:,}" + (f".{whole % scale:0{digits}d}" if digits and whole % scale else "")
    return f"−{text}" if exact < 0 and whole else text


def spark(values: Sequence[Number | None]) -> str:
    """A line of bars from the lowest to the highest; · where there is no value."""
    known = [float(v) for v in values if v is not None]
    if not known:
        return "·" * len(values)
    low, high = min(known), max(known)
    return "".join("·" if value is None else _bar(float(value), low, high) for value in values)


def _bar(value: float, low: float, high: float) -> str:
    if high == low:
        return _BARS[len(_BARS) // 2]
    return _BARS[round((value - low) / (high - low) * (len(_BARS) - 1))]


def day(at: date) -> str:
    """``1 Jan 2026``."""
    return f"{at.day} {at:%b %Y}"
