"""For which sales a process or a framework is meant."""

from __future__ import annotations

from .struct import Struct
from .values import Duration

BUYERS = ("one-person", "few-people", "committee", "tender", "customer", "partner", "client")
"""Who buys: one person, a few people, a committee, by tender, a customer again, a partner who sells on, or a
client who buys work instead of a product."""


class Suits(Struct):
    """Ranges with both ends included, None where open. Amounts are whole units of the document's currency."""

    why: str
    amount: tuple[int | None, int | None] = (None, None)
    cycle: tuple[Duration | None, Duration | None] = (None, None)
    buyers: tuple[str, ...] = ()
    team: tuple[int | None, int | None] = (None, None)
