"""What happened to deals, as columns: the one form that sources, the store and history exchange.

A row says that from ``at`` on a field of a deal had a value. What it had before is what the row before it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from .frames import MOMENT

RECORD = "@record"
"""The field that tells of the record itself: THERE, DELETED, or ``merged:`` and the id that took it over."""
SYNCED = "synced"
"""The value of ``@contacts`` and the like: the collection of this deal was read, and is empty if no record is there."""
THERE, DELETED, MERGED = "there", "deleted", "merged:"

ORIGIN = pl.Enum(["told", "dated", "seen"])
"""How an event is known. ``told``: by the source's own history; ``dated``: by a date that the record carries (created,
closed, engaged); ``seen``: the value was there when the record was read, and since when is not known before that."""

EVENTS: Mapping[str, Any] = {
    "deal": pl.String(),
    "field": pl.String(),
    "value": pl.String(),
    "at": MOMENT,
    "turn": pl.Int64(),
    "by": pl.String(),
    "channel": pl.String(),
    "origin": ORIGIN,
    "recorded_at": MOMENT,
    "backfilled": pl.Boolean(),
}
"""``deal``: its id. ``field``: its id in the catalogue, or RECORD. ``value``: as ``compile/spelling`` writes it
(choices by id, dates in ISO, money ``2500.50 EUR``, percents ``15%``); null: none. ``at``: when it happened; null:
before all that is told. ``turn``: the order of what happened to one deal at one moment. ``by``, ``channel``: who and
through what. ``recorded_at``: when it was learned; ``backfilled``: it was learned with the first load, so that
``recorded_at`` is ``at``."""

ORDER = ("deal", "field", "at", "turn", "recorded_at")
"""The order of events that stand in order; an ``at`` that is null comes first."""


def no_events() -> pl.DataFrame:
    """No event at all."""
    return pl.DataFrame(schema=EVENTS)


def in_order(events: pl.DataFrame) -> pl.DataFrame:
    """The events in order."""
    return events.sort(ORDER, nulls_last=False, maintain_order=True)


def reduced(events: pl.DataFrame) -> pl.DataFrame:
    """The events in order without those that say what already was so.

    Of several with one deal, field, moment and turn the one learned last counts.
    """
    ordered = in_order(events)
    same_moment = pl.struct("deal", "field", "at", "turn")
    last = ordered.filter(same_moment.ne_missing(same_moment.shift(-1)).fill_null(True))
    first = pl.struct("deal", "field").ne_missing(pl.struct("deal", "field").shift(1)).fill_null(True)
    return last.filter(first | pl.col("value").ne_missing(pl.col("value").shift(1)))
