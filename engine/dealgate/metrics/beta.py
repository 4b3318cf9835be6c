"""The beta distribution: its cumulative distribution and its quantiles, accurate to about 1e-12."""

from __future__ import annotations

import math

_TINY = 1e-300
_CLOSE = 1e-15
_STIRLING = (-691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12)  # the smallest term first


def beta_cdf(x: float, a: float, b: float) -> float:
    """P(X <= x) for X ~ Beta(a, b), a and b > 0: the regularised incomplete beta function.

    The continued fraction of DLMF 8.17.22 by Lentz's method as modified by Thompson and Barnett (1986), on the side
    where it converges fast.
    """
    if not (a > 0 and b > 0):
        raise ValueError("the parameters of a beta distribution are positive")
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _front(1 - x, b, a, x) * _fraction(1 - x, b, a) / b
    return _front(x, a, b, 1 - x) * _fraction(x, a, b) / a


def beta_quantile(p: float, a: float, b: float) -> float:
    """The x with P(X <= x) = p for X ~ Beta(a, b).

    Newton's steps, halving instead wherever one would leave the bracket. A parameter of zero is the limit: all mass
    at 0 (a = 0) or at 1 (b = 0).
    """
    if not 0 <= p <= 1 or a < 0 or b < 0 or a == b == 0:
        raise ValueError("p lies in 0..1; the parameters are not negative, and not both zero")
    if a == 0 or p == 0:
        return 0.0
    if b == 0 or p == 1:
        return 1.0
    low, high, x = 0.0, 1.0, a / (a + b)
    for _ in range(200):
        gap = beta_cdf(x, a, b) - p
        if gap == 0:
            return x
        if gap < 0:
            low = x
        else:
            high = x
        density = _front(x, a, b, 1 - x) / (x * (1 - x)) if 0 < x < 1 else 0.0
        step = x - gap / density if density > 0 else -1.0
        following = step if low < step < high else (low + high) / 2
        if abs(following - x) <= _CLOSE * max(x, _CLOSE) or high - low <= _CLOSE * high:
            return following
        x = following
    return x


def _front(x: float, a: float, b: float, y: float) -> float:
    """x^a y^b / B(a, b) with y = 1 - x, without the cancellation that log gamma has for large a and b."""
    if min(a, b) < 10:
        # the logarithm of what is near 1 comes from the other, which is known better
        log_x, log_y = (math.log(x), math.log1p(-x)) if x <= y else (math.log1p(-y), math.log(y))
        return math.exp(a * log_x + b * log_y - _log_beta(min(a, b), max(a, b)))
    # Stirling: the leading terms cancel by hand, and what remains is small
    mean, rest_mean = a / (a + b), b / (a + b)
    exponent = a * math.log1p((x - mean) / mean) + b * math.log1p((y - rest_mean) / rest_mean)
    rest = _stirling(a + b) - _stirling(a) - _stirling(b)
    return math.sqrt(a / (2 * math.pi) * rest_mean) * math.exp(exponent + rest)


def _log_beta(small: float, large: float) -> float:
    if large < 10:
        return math.lgamma(small) + math.lgamma(large) - math.lgamma(small + large)
    total = small + large
    growth = (large - 0.5) * math.log1p(small / large) + small * (math.log(total) - 1)
    return math.lgamma(small) - growth - _stirling(total) + _stirling(large)


def _stirling(z: float) -> float:
    """log gamma(z) less Stirling's formula, for z >= 10 (DLMF 5.11.1)."""
    series = 0.0
    for term in _STIRLING:
        series = term + series / (z * z)
    return series / z


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    value = d
    # it takes some multiple of sqrt(max(a, b)) terms; the limit is far beyond
    for m in range(1, 1_000 + 20 * math.isqrt(int(a + b) + 1)):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for term in (even, odd):
            d = 1 + term * d
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = 1 + term / c
            c = c if abs(c) > _TINY else _TINY
            change = c * d
            value *= change
        if abs(change - 1) < _CLOSE:
            break
    return value
