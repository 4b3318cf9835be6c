"""The standard normal distribution over whole arrays: its cumulative distribution and its quantiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .given import Floats

_BLOCK = 2**14
_FAR = 37.5
"""Beyond it nothing is left in a float."""
_HART_ABOVE = (
    3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871, 221.213596169931,
    220.206867912376,
)  # fmt: skip
_HART_BELOW = (
    8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674, 637.333633378831,
    793.826512519948, 440.413735824752,
)  # fmt: skip
_NEAR, _SPLIT = 0.425, 5.0
_MIDDLE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
     1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
     5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0),
)  # fmt: skip
_OUTER = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258,
     3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
     6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1.0),
)  # fmt: skip
_FARTHEST = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
     2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0),
)  # fmt: skip


def cdf(x: Floats) -> Floats:
    """P(N <= x), to 1e-14; infinities have their limits.

    The rational approximation 5666 of Hart and others (1968, Computer Approximations) times the density.
    """
    return _in_blocks(_cdf, x)


def _cdf(x: Floats) -> Floats:
    far = np.minimum(np.abs(x), _FAR)
    tail = np.exp(far * far * -0.5)
    tail *= _polynomial(_HART_ABOVE, far)
    tail /= _polynomial(_HART_BELOW, far)
    return np.where(x > 0, 1 - tail, tail)


def quantile(p: Floats) -> Floats:
    """The x with P(N <= x) = p, for p in 0..1, to about 1e-15 of x; 0 and 1 give the infinities.

    Algorithm AS 241, PPND16 (Wichura 1988, Applied Statistics 37:477).
    """
    return _in_blocks(_quantile, p)


def _quantile(p: Floats) -> Floats:
    centred = p - 0.5
    near = np.abs(centred) <= _NEAR
    inside = np.where(near, centred, 0.0)
    square = _NEAR**2 - inside * inside
    middle = inside * _ratio(_MIDDLE, square)
    smaller = np.minimum(p, 1 - p)
    with np.errstate(divide="ignore"):
        root = np.sqrt(-np.log(np.where(near, 0.5, smaller)))
    finite = np.where(np.isfinite(root), root, _SPLIT)
    outer = np.where(finite <= _SPLIT, _ratio(_OUTER, finite - 1.6), _ratio(_FARTHEST, finite - _SPLIT))
    outer = np.copysign(np.where(np.isfinite(root), outer, np.inf), centred)
    return np.where(near, middle, outer)


def _in_blocks(function: Callable[[Floats], Floats], values: Floats) -> Floats:
    """The function of each value, so many at a time that what it needs on the way stays in a processor's cache."""
    flat = np.ascontiguousarray(values, dtype=np.float64).ravel()
    out = np.empty_like(flat)
    for start in range(0, len(flat), _BLOCK):
        out[start : start + _BLOCK] = function(flat[start : start + _BLOCK])
    return out.reshape(np.shape(values))


def _ratio(sides: tuple[tuple[float, ...], tuple[float, ...]], x: Floats) -> Floats:
    above, below = sides
    return _polynomial(above, x) / _polynomial(below, x)


def _polynomial(coefficients: tuple[float, ...], x: Floats) -> Floats:
    value = np.full_like(x, coefficients[0])
    for one in coefficients[1:]:
        value *= x
        value += one
    return value
