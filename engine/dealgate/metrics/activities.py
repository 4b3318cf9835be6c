"""Activities as metrics count them, and when a person first touched a lead."""

from __future__ import annotations

import polars as pl

from ..compile.frames import MOMENT
from .cases import Past

MEETINGS = ("meeting", "demo", "proposal_review")
_KINDS = {
    "type": pl.String, "at": MOMENT, "two_way": pl.Boolean, "held": pl.Boolean, "automated": pl.Boolean,
    "direction": pl.String, "subject": pl.String, "next_step_agreed": pl.Boolean,
}  # fmt: skip


def activities(past: Past) -> pl.DataFrame | None:
    """Activities by people, one a meeting however many were invited; None where none were ever read.

    What is marked automated is left out; where nothing is marked, a person did it.
    """
    if "activities" not in past.memo:
        held = past.child("activities", **_KINDS)
        if held is not None:
            held = held.filter(~pl.col("automated").fill_null(False))
            # an invitation to five is one row a person in some CRMs
            held = held.group_by("deal", "type", "at", "subject", maintain_order=True).agg(
                pl.col("two_way", "held", "next_step_agreed").max(), pl.col("direction").first()
            )
        past.memo["activities"] = held
    found: pl.DataFrame | None = past.memo["activities"]
    return found


def meetings(past: Past) -> pl.DataFrame | None:
    """Held two-way meetings: ``deal, type, at, next_step_agreed``."""
    held = activities(past)
    if held is None:
        return None
    return held.filter(pl.col("type").is_in(MEETINGS), pl.col("held"), pl.col("two_way"))


def touches(past: Past) -> pl.DataFrame | None:
    """``deal``, ``touched``: when a person of ours first touched it; None where nothing can tell.

    ``first_human_touch_at`` where it is told, else the first activity that went out, was held or was two-way.
    """
    if "touches" not in past.memo:
        past.memo["touches"] = _touches(past)
    found: pl.DataFrame | None = past.memo["touches"]
    return found


def _touches(past: Past) -> pl.DataFrame | None:
    held = activities(past)
    if held is None and not past.knows("first_human_touch_at"):
        return None
    told = past.last_moment("first_human_touch_at").rename({"first_human_touch_at": "touched"})
    told = told.filter(pl.col("touched") <= pl.lit(past.as_of).cast(MOMENT))
    if held is None:
        return told
    touching = (pl.col("direction") == "out") | pl.col("two_way") | pl.col("held")
    kinds = pl.col("type").is_in(["email", "call", "message", *MEETINGS])
    first = held.filter(kinds, touching).group_by("deal").agg(pl.col("at").min().alias("touched"))
    return pl.concat([told, first.join(told, on="deal", how="anti")])
