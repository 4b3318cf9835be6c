"""A forecast by owner, team, region, segment or category: parts that add to the whole, to the minor unit."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ..model.forecast import PARTS
from .methods import Outlook
from .snapshot import GROUPS, Snapshot

NOT_YET = "not created yet"
NONE = "–"
"""Deals of which nothing tells the group."""
WON = "won"


@dataclass(frozen=True, slots=True)
class Part:
    """``won``, ``open`` and ``new`` of one group, in minor units; ``deals``: the ids behind ``open`` and ``won``."""

    name: str
    won: int
    open: int
    new: int
    deals: tuple[str, ...]

    @property
    def total(self) -> int:
        """All of it."""
        return self.won + self.open + self.new


def rolled(snapshot: Snapshot, outlook: Outlook, by: str) -> list[Part]:
    """The parts of an outlook, the largest first; what is not created yet is nobody's and comes last.

    What is won has no category and no stage any more: there it is a part of its own.
    """
    if by not in PARTS:
        raise ValueError(f"by is one of {', '.join(PARTS)}")
    deals = outlook.deals.join(snapshot.deals.select("id", pl.col(by).alias("@by")), on="id", how="left")
    won = snapshot.won
    won = won.with_columns(pl.lit(WON).alias("@by")) if by not in GROUPS else won.with_columns(pl.col(by).alias("@by"))
    open_by = _summed(deals, "expected")
    won_by = _summed(won, "amount")
    parts = []
    for name in sorted({*open_by, *won_by}):
        mine, ours = open_by.get(name, (0, ())), won_by.get(name, (0, ()))
        parts.append(Part(name, ours[0], mine[0], 0, (*ours[1], *mine[1])))
    parts.sort(key=lambda part: (-part.total, part.name))
    if outlook.new:
        parts.append(Part(NOT_YET, 0, 0, outlook.new, ()))
    return parts


def _summed(frame: pl.DataFrame, what: str) -> dict[str, tuple[int, tuple[str, ...]]]:
    made = frame.with_columns(pl.col("@by").cast(pl.String).fill_null(NONE)).group_by("@by").agg(
        pl.col(what).sum().alias("sum"), pl.col("id").sort()
    )  # fmt: skip
    return {name: (int(total), tuple(ids)) for name, total, ids in made.select("@by", "sum", "id").iter_rows()}
