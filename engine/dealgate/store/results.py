"""What the store answers with, and the words it keeps; light to import."""

from __future__ import annotations

from dealgate.model.people import ERASED
from dealgate.model.struct import Struct

__all__ = ["ERASED", "SEEN_TURN", "Broken", "Ingested"]

SEEN_TURN = 1 << 40
"""The turn of what was seen: after all that is told of the same moment."""


class Ingested(Struct):
    """What an ingest did. ``unchanged`` counts what was given and already so; ``deals`` how many were given.

    ``new_events`` and ``new_children`` count rows; those asserted again for older pulls are among them. ``changed``: of
    the deals that were there, how many have something new.
    """

    deals: int
    new_deals: int
    new_events: int
    new_children: int
    unchanged: int
    changed: int = 0


class Broken(Struct):
    """The first link of the audit chain that does not hold: its number and what is wrong with it."""

    seq: int
    why: str
