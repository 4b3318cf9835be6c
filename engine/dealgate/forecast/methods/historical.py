"""What deals of the stage and age came to: the chance to be won by the period's end, by Aalen and Johansen."""

from __future__ import annotations

import polars as pl

from ...metrics.figure import NoValue
from ..chances import by_history
from ..earlier import coming
from ..snapshot import Snapshot
from . import Asked, Method, Outlook, deals_said, weighted, whole, won_of

LEAST_ENDED = 30
"""So many deals have to have ended before a curve is believed."""


def make(snapshot: Snapshot, asked: Asked) -> Outlook | NoValue:
    """The outlook; with deals that are not created yet where an earlier period tells how many come."""
    chances = by_history(snapshot)
    return outlook("historical", snapshot, chances)


def outlook(name: str, snapshot: Snapshot, chances: pl.DataFrame) -> Outlook | NoValue:
    """Amount × chance, and what is not created yet."""
    ended = snapshot.past.ends.height
    if ended < LEAST_ENDED:
        have = "deal has" if ended == 1 else "deals have"
        return NoValue(f"{ended:,} {have} ended: fewer than {LEAST_ENDED}")
    if snapshot.deals.height and snapshot.deals["amount"].null_count() == snapshot.deals.height:
        return NoValue("no open deal has an amount that was known by then")
    held = snapshot.deals.select("id", "amount").join(chances, on="id", how="left", maintain_order="left")
    notes = []
    nowhere = held.filter(pl.col("chance").is_null()).height
    if nowhere:
        notes.append(f"{deals_said(nowhere, 'open')} without a chance count with 0: each says why")
    new = coming(snapshot)
    if isinstance(new, NoValue):
        if snapshot.period is not None:
            notes.append(f"deals that are not created yet are left out: {new.reason}")
        return Outlook(name, won_of(snapshot), weighted(held, snapshot), notes=tuple(notes))
    return Outlook(name, won_of(snapshot), weighted(held, snapshot), new=whole(new.amount), notes=tuple(notes))


METHODS = (
    Method(
        "historical",
        "Historical conversion",
        "won + Σ amount × P(won by the end | stage, age, segment) + not created yet",
        "what became of deals like it",
        30,
        make,
    ),
)
