"""The baselines every forecast has to beat: what came before."""

from __future__ import annotations

from fractions import Fraction

import polars as pl

from ...metrics.figure import NoValue
from ...metrics.standing import Period
from ...model.calendar import add_months
from ..earlier import A_YEAR, NO_EARLIER, earlier, kind_of, rest, unpriced, won_in
from ..snapshot import Snapshot
from . import Asked, Method, Outlook, whole, won_of

NOTHING = pl.DataFrame(schema={"id": pl.String, "chance": pl.Float64, "expected": pl.Int64, "reason": pl.String})


def naive(snapshot: Snapshot, asked: Asked) -> Outlook | NoValue:
    """The same period a year ago, grown as the year before it had; where history is shorter, the period before."""
    held = earlier(snapshot)
    if not held:
        return NO_EARLIER
    if (none := unpriced(snapshot)) is not None:
        return none
    won = won_of(snapshot)
    kind = kind_of(snapshot)
    count = A_YEAR.get(kind or "", 0)
    if not count or len(held) < count:
        return _whole("naive", won, Fraction(won_in(snapshot, held[0])), "the period before")
    assert snapshot.period is not None
    start = add_months(snapshot.period.first, -12)
    same = next((one for one in held if one.first == start), Period(held[0].first, held[0].last))
    base, words = Fraction(won_in(snapshot, same)), "the same period a year ago"
    if len(held) >= 2 * count:
        this, before = (sum(won_in(snapshot, one) for one in held[n * count : (n + 1) * count]) for n in (0, 1))
        if this > 0 and before > 0:
            growth = Fraction(this, before)
            return _whole("naive", won, base * growth, f"{words}, times {float(growth):.2f} as the year grew")
    return _whole("naive", won, base, words)


def run_rate(snapshot: Snapshot, asked: Asked) -> Outlook | NoValue:
    """What is won by now, and what the latest periods won after the same day."""
    left = unpriced(snapshot) or rest(snapshot)
    if isinstance(left, NoValue):
        return left
    won = won_of(snapshot)
    return Outlook("run-rate", won, NOTHING, new=whole(left))


def _whole(name: str, won: int, total: Fraction, words: str) -> Outlook:
    return Outlook(name, won, NOTHING, new=whole(total) - won, notes=(words,))


METHODS = (
    Method(
        "naive",
        "Naive",
        "won in the same period a year ago × growth; else in the period before",
        "the baseline: whoever cannot beat it adds nothing",
        60,
        naive,
    ),
    Method(
        "run-rate",
        "Run-rate",
        "won + what the latest periods won after this day, grown as deals created grew",
        "as the latest periods went on from here",
        61,
        run_rate,
    ),
)
