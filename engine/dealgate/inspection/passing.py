"""What each stage lets pass: its latest moves on, and which of them left most of what its exit asks behind.

One move with a gap is a leak of one deal. A stage leaks where many moves lack most of it: then it is the gate and not
the deal. What no move of a stage ever met is not counted, for the source may not have it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import polars as pl

from ..decide.playbook import Playbook
from ..history.past import History
from ..model.deal import Deal
from .leaks import Move, leaks_among, standing, walks

SPAN, LATEST = timedelta(days=180), 100
"""How far back moves are looked at, and how many of each stage: more would only take more time."""
LEAST_MOVES = 20
"""Moves of a stage below which a share of them says nothing."""
MOST = Fraction(2, 3)
"""The share of what an exit asks that is most of it."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A move on from a stage. ``missing``: the titles of what its exit asks that was missing then and is still.
    ``unproven``: whether that is most of it (None: the exit asks nothing, or most of it is met by no move at all)."""

    move: Move
    missing: tuple[str, ...]
    unproven: bool | None


@dataclass(frozen=True, slots=True)
class Worst:
    """The stage with the greatest share of unproven moves, and what is seen of it."""

    stage: str
    moves: int
    unproven: tuple[Passed, ...]

    @property
    def share(self) -> Fraction:
        """Unproven ones among its moves."""
        return Fraction(len(self.unproven), self.moves)

    def channels(self) -> list[tuple[str, int]]:
        """By which channels those went, the most frequent first."""
        return Counter(one.move.channel or "unknown" for one in self.unproven).most_common()

    def missing(self) -> list[tuple[str, int]]:
        """What those lacked, the most frequent first."""
        return Counter(title for one in self.unproven for title in one.missing).most_common()


def passed(playbook: Playbook, history: History, deals: Sequence[Deal]) -> dict[str, list[Passed]]:
    """The latest moves on from each stage, by deal; ``deals`` as they are now, whatever became of them."""
    now = {deal.id: deal for deal in deals}
    since = history.as_of - SPAN
    ranks = {stage.id: n for n, stage in enumerate(playbook.process.open_stages)}
    chosen = _latest_deals(history.events, ranks, since)
    walked = pl.Series(sorted(chosen & now.keys()), dtype=pl.String)
    ways = walks(history.events.filter(pl.col("deal").is_in(walked.implode())))
    by_stage: dict[str, list[Move]] = {}
    stands = {move for way in ways.values() for move in standing(way, playbook)}
    moves = [move for way in ways.values() for move in way.moves if move.at > since and _on(move, ranks)]
    for move in sorted(moves, key=lambda one: (one.at, one.deal), reverse=True):
        mine = by_stage.setdefault(move.origin, [])
        if len(mine) < LATEST:
            mine.append(move)
    by_stage = {stage: [move for move in mine if move in stands] for stage, mine in by_stage.items()}
    asked = [move for mine in by_stage.values() for move in mine]
    leaks = leaks_among(asked, now, history.events, history.children, playbook, history.as_of)
    gaps = {leak.move: {v.criterion.id for v in leak.verdicts} for leak in leaks}
    found: dict[str, list[Passed]] = {}
    for stage in playbook.process.open_stages:
        mine = by_stage.get(stage.id, [])
        lacked = Counter(name for move in mine for name in gaps.get(move, ()))
        asks = [k for k in stage.exit if k.holds]
        counted = {k.id: k.title for k in asks if lacked[k.id] < len(mine)}
        for move in mine:
            missing = tuple(title for name, title in counted.items() if name in gaps.get(move, ()))
            unproven = len(missing) >= MOST * len(counted) if len(counted) > len(asks) / 2 else None
            found.setdefault(move.deal, []).append(Passed(move, missing, unproven))
    return found


def worst(seen: Iterable[Passed]) -> tuple[int, Worst | None]:
    """The most moves of one stage; and the worst of the stages with enough of them, None where it cannot be told."""
    by_stage: dict[str, list[Passed]] = {}
    for one in seen:
        by_stage.setdefault(one.move.origin, []).append(one)
    most = max((len(mine) for mine in by_stage.values()), default=0)
    told = [
        Worst(stage, len(mine), tuple(one for one in mine if one.unproven))
        for stage, mine in by_stage.items()
        if len(mine) >= LEAST_MOVES and all(one.unproven is not None for one in mine)
    ]
    return most, max(told, key=lambda one: (one.share, one.moves, one.stage), default=None)


def _on(move: Move, ranks: Mapping[str, int]) -> bool:
    """Whether it leads on from a stage of the open pipeline: to a later one, or to the win."""
    if move.origin not in ranks or move.to in ("lost", "cancelled"):
        return False
    return ranks.get(move.to, len(ranks)) > ranks[move.origin]


def _latest_deals(events: pl.DataFrame, ranks: Mapping[str, int], since: datetime) -> set[str]:
    """The deals of the latest moves on from each stage: only those have to be walked."""
    steps = events.filter(pl.col("field").is_in(["stage", "status"]), pl.col("value").is_not_null())
    steps = steps.sort("deal", "at", "field", "turn", nulls_last=False, maintain_order=True)
    stood = pl.when(pl.col("field") == "stage").then("value").forward_fill().shift(1).over("deal")
    places = pl.col("value").replace_strict(ranks, default=len(ranks), return_dtype=pl.Int64)
    steps = steps.with_columns(origin=stood).filter(
        pl.col("at") > since,
        pl.col("origin").is_in(list(ranks)),
        ~pl.col("value").is_in(["open", "lost", "cancelled"]),
        places > pl.col("origin").replace_strict(ranks, default=-1, return_dtype=pl.Int64),
    )
    latest = steps.sort("at", "deal", descending=True).group_by("origin", maintain_order=True).head(LATEST)
    return set(latest["deal"].to_list())
