"""What was frozen, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ....compile.words import value
from ....model.call import Frozen
from ....model.values import Money
from ....sources.table import counted
from ...calling import Froze
from ..clean import one_line
from ..figures import day
from ..width import hanging

_HEAD = ("of", "method", "view", "amount", "P10", "P50", "P90")
_LEFT = 3
"""The columns that hold words."""


def render(found: Froze) -> str:
    """What is frozen at this moment of the period, a line each; and what of it is new."""
    of = found.freezing
    if not found.frozen:
        return f"There was nothing to freeze of {of.name} at {of.moment}."
    told = f"{counted(found.fresh, 'forecast')} of {of.name} frozen at {of.moment}, as of {day(of.at.today)}."
    earlier = len(found.frozen) - found.fresh
    if earlier:
        told += f" {earlier:,} {'was' if earlier == 1 else 'were'} frozen before, and stay{'s' * (earlier == 1)} so."
    late = sum(one.hindsight for one in found.frozen)
    if late:
        told += f" {counted(late, 'forecast')} of all these saw what was learned only later."
    return "\n".join([*hanging(told), "", *_table(_row(one) for one in found.frozen), *_silent(found.frozen)])


def _row(one: Frozen) -> tuple[str, ...]:
    whom = one.owner or one.team or "all"
    amounts = (one.amount, one.p10, one.p50, one.p90)
    words = (one_line(whom), one.method, one.view or "–")
    return (*words, *(value(Money(n, one.currency)) if n is not None else "–" for n in amounts))


def _table(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    held = [_HEAD, *rows]
    wide = [max(len(row[n]) for row in held) for n in range(len(_HEAD))]
    for row in held:
        cells = (c.ljust(w) if n < _LEFT else c.rjust(w) for n, (c, w) in enumerate(zip(row, wide, strict=True)))
        yield "  ".join(cells).rstrip()


def _silent(frozen: Iterable[Frozen]) -> Iterator[str]:
    """Why there is no amount, each reason once."""
    why: dict[tuple[str, str], None] = {(one.method, one.reason): None for one in frozen if one.amount is None}
    for method, reason in why:
        yield from hanging(f"{method}: no amount, {reason}.")
