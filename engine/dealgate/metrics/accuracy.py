"""How far forecasts were right: of amounts, and of chances. Values in, exact values out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from .figure import NoValue, Number, exact

CLIP = 1e-6
"""How near to 0 and 1 a chance counts at most for the log loss: a sure thing that fails would cost everything."""
_NONE = NoValue("nothing was forecast")


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
    pairs = _pairs(chances, [int(one) for one in came])
    return sum(((p - y) ** 2 for p, y in pairs), Fraction(0)) / len(pairs) if pairs else _NONE


def skill(chances: Sequence[Number], came: Sequence[bool]) -> Fraction | NoValue:
    """1 − Brier ÷ that of always saying the share that came: 0 is no better than that, below 0 is worse."""
    score = brier(chances, came)
    if isinstance(score, NoValue):
        return score
    rate = Fraction(sum(came), len(came))
    known = rate * (1 - rate)
    return 1 - score / known if known else NoValue("all of them, or none, came")


def log_loss(chances: Sequence[Number], came: Sequence[bool], clip: float = CLIP) -> float | NoValue:
    """The mean of −ln of the chance given to what happened; chances within ``clip`` of 0 and 1 count as that."""
    pairs = _pairs(chances, [int(one) for one in came])
    if not pairs:
        return _NONE
    given = (float(p if y else 1 - p) for p, y in pairs)
    return math.fsum(-math.log(min(max(one, clip), 1 - clip)) for one in given) / len(pairs)


def pinball(level: Number, forecast: Number, actual: Number) -> Fraction:
    """What a quantile's forecast loses: level × (A − F) where it was too low, (1 − level) × (F − A) where too high."""
    q, off = exact(level), exact(actual) - exact(forecast)
    return q * off if off >= 0 else (q - 1) * off


def _pairs(first: Sequence[Number], second: Sequence[Number]) -> list[tuple[Fraction, Fraction]]:
    if len(first) != len(second):
        raise ValueError("each forecast needs what came of it")
    return [(exact(a), exact(b)) for a, b in zip(first, second, strict=True)]
