"""How far forecasts were right: of amounts, and of chances. Values in, exact values out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Context, Decimal, Inexact, localcontext
from fractions import Fraction
from itertools import compress
from operator import mul

from .figure import NoValue, Number, exact

CLIP = 1e-6
"""How near to 0 and 1 a chance counts at most for the log loss: a sure thing that fails would cost everything."""
_NONE = NoValue("nothing was forecast")
_DIGITS = Context(prec=2000, traps=[Inexact])


def wape(forecasts: Sequence[Number], actuals: Sequence[Number]) -> Fraction | NoValue:
    """Σ|A − F| ÷ Σ|A|: the share of what came that the forecasts were off by."""
    pairs = _pairs(forecasts, actuals)
    size = sum((abs(a) for _, a in pairs), Fraction(0))
    if not size:
        return NoValue("nothing came") if pairs else _NONE
    return sum((abs(a - f) for f, a in pairs), Fraction(0)) / size


def bias(forecasts: Sequence[Number], actuals: Sequence[Number]) -> Fraction | NoValue:
    """Σ(F − A) ÷ ΣA: how much too much was forecast, too little where negative."""
    pairs = _pairs(forecasts, actuals)
    whole = sum((a for _, a in pairs), Fraction(0))
    if not whole:
        return NoValue("nothing came") if pairs else _NONE
    return sum((f - a for f, a in pairs), Fraction(0)) / whole


def mape(forecasts: Sequence[Number], actuals: Sequence[Number]) -> Fraction | NoValue:
    """The mean of |A − F| ÷ |A|; there is none where an actual is 0."""
    pairs = _pairs(forecasts, actuals)
    if not pairs:
        return _NONE
    if any(not a for _, a in pairs):
        return NoValue("one of them was 0")
    return sum((abs(a - f) / abs(a) for f, a in pairs), Fraction(0)) / len(pairs)


def brier(chances: Sequence[Number], came: Sequence[bool]) -> Fraction | NoValue:
    """The mean of (p − y)²: 0 is perfect, ¼ what saying ½ of everything gets (Brier 1950)."""
    _matched(chances, came)
    return _squares(chances, came) / len(chances) if chances else _NONE


def skill(chances: Sequence[Number], came: Sequence[bool]) -> Fraction | NoValue:
    """1 − Brier ÷ that of always saying the share that came: 0 is no better than that, below 0 is worse."""
    return skill_of(brier(chances, came), came)


def skill_of(score: Fraction | NoValue, came: Sequence[bool]) -> Fraction | NoValue:
    """``skill`` where the Brier score is known already."""
    if isinstance(score, NoValue):
        return score
    rate = Fraction(sum(came), len(came))
    known = rate * (1 - rate)
    return 1 - score / known if known else NoValue("all of them, or none, came")


def log_loss(chances: Sequence[Number], came: Sequence[bool], clip: float = CLIP) -> float | NoValue:
    """The mean of −ln of the chance given to what happened; chances within ``clip`` of 0 and 1 count as that."""
    _matched(chances, came)
    if not chances:
        return _NONE
    given = list(map(float, chances))
    if not all(map(math.isfinite, given)):
        raise ValueError("not a finite number")
    held = [min(max(p, clip), 1 - clip) for p in given]
    return -math.fsum(math.log(p) if y else math.log1p(-p) for p, y in zip(held, came, strict=True)) / len(held)


def pinball(level: Number, forecast: Number, actual: Number) -> Fraction:
    """What a quantile's forecast loses: level × (A − F) where it was too low, (1 − level) × (F − A) where too high."""
    q, off = exact(level), exact(actual) - exact(forecast)
    return q * off if off >= 0 else (q - 1) * off


def _squares(chances: Sequence[Number], came: Sequence[bool]) -> Fraction:
    """Σ(p − y)², exactly: Σp² − 2Σp over what came + how many came.

    Floats add as decimals: fractions would seek a common divisor each time, at many times the cost, and the sums have
    never more than ``_DIGITS`` digits.
    """
    rest = [(exact(p) - bool(y)) ** 2 for p, y in zip(chances, came, strict=True) if not isinstance(p, float)]
    floats = [p for p in chances if isinstance(p, float)]
    hits = [bool(y) for p, y in zip(chances, came, strict=True) if isinstance(p, float)]
    if not all(map(math.isfinite, floats)):
        raise ValueError("not a finite number")
    with localcontext(_DIGITS):
        told = list(map(Decimal, map(float.__repr__, floats)))
        whole = sum(map(mul, told, told), Decimal(0)) - 2 * sum(compress(told, hits), Decimal(0)) + sum(hits)
        return Fraction(whole) + sum(rest, Fraction(0))


def _matched(first: Sequence[Number], second: Sequence[Number]) -> None:
    if len(first) != len(second):
        raise ValueError("each forecast needs what came of it")


def _pairs(first: Sequence[Number], second: Sequence[Number]) -> list[tuple[Fraction, Fraction]]:
    _matched(first, second)
    return [(exact(a), exact(b)) for a, b in zip(first, second, strict=True)]
