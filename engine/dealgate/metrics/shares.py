"""The figure of a share: exact, with Wilson's interval, and drawn towards its parent's rate."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from .figure import Figure, NoValue, Number, nothing
from .intervals import NOTHING_COUNTED, shrunken, wilson


def share(
    numerator: int,
    n: int,
    *,
    missing: str = NOTHING_COUNTED,
    min_n: int = 0,
    level: float = 0.95,
    prior: Number | None = None,
    weight: Number = 20,
    flags: Iterable[str] = (),
) -> Figure:
    """``numerator`` out of ``n`` as a figure; with n = 0 the reason is ``missing``, under ``min_n`` it is withheld.

    ``low`` and ``high`` are Wilson's at ``level``; ``shrunk`` is there where a ``prior`` is given (see ``shrunken``).
    """
    bounds = wilson(numerator, n, level)
    if isinstance(bounds, NoValue):
        return nothing(missing, unit="share", flags=flags)
    drawn = None if prior is None else shrunken(numerator, n, prior, weight, level)
    return Figure(
        value=Fraction(numerator, n),
        unit="share",
        n=n,
        numerator=numerator,
        low=bounds.low,
        high=bounds.high,
        shrunk=None if drawn is None or isinstance(drawn, NoValue) else drawn.value,
        flags=tuple(flags),
    ).withheld_below(min_n)
