"""What is called commit against what is proven: a layer beside the reps' call, which nothing here changes.

A deal called commit is proven where every criterion that can hold it back in its stage, and every one of the process's
for commit, is met, waived or does not apply. What is not known proves nothing, and is told apart from what is not met.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from ..model.process import CATEGORIES, Criterion
from .methods import dated, won_of
from .rolled import WON
from .snapshot import Snapshot

OMITTED = CATEGORIES[0]

UNPROVEN_AS = "best_case"
"""What the evidence view counts a deal as that is called commit and not proven."""


@dataclass(frozen=True, slots=True)
class Unproven:
    """A deal called commit and not proven: ``amount`` in minor units (None: none), and what it lacks."""

    id: str
    name: str
    owner: str | None
    amount: int | None
    unmet: tuple[Criterion, ...]
    unknown: tuple[Criterion, ...]


@dataclass(frozen=True)
class Evidence:
    """``called`` and ``proven``: the sums of what is called commit and of what of it is proven; ``deals``: the others,
    the largest first; ``committed``: how many are called. ``view``: ``id, called, evidence`` (categories) of those
    dated in the period."""

    called: int
    proven: int
    deals: tuple[Unproven, ...]
    view: pl.DataFrame
    committed: int


@dataclass(frozen=True, slots=True)
class Category:
    """One row of the roll-up: ``called`` as the reps have it, ``proven`` in the evidence view; minor units.

    ``called_so_far`` and ``proven_so_far`` add what comes before it, from what is won on; None of what is omitted,
    which no roll-up counts. ``called_deals`` and ``proven_deals``: the ids behind either.
    """

    name: str
    called: int
    proven: int
    called_so_far: int | None
    proven_so_far: int | None
    called_deals: tuple[str, ...]
    proven_deals: tuple[str, ...]


def evidence_of(snapshot: Snapshot) -> Evidence:
    """The evidence view of the deals that are dated in the period."""
    held = dated(snapshot)
    commits = held.filter(pl.col("category") == "commit")
    if not commits.height:
        return Evidence(0, 0, (), held.select("id", called="category", evidence="category"), 0)
    process = snapshot.past.process
    rows = commits.join(snapshot.judged, on="id", how="left", suffix="@")
    asked = {stage.id: process.holding_in(stage) for stage in process.open_stages}
    found = []
    for row in rows.iter_rows(named=True):
        criteria = asked.get(row["stage"], tuple(k for k in process.commit if k.holds))
        unmet = tuple(k for k in criteria if row[k.id] == "unmet")
        unknown = tuple(k for k in criteria if row[k.id] == "unknown")
        if unmet or unknown:
            found.append(Unproven(row["id"], row["name"], row["owner"], row["amount"], unmet, unknown))
    found.sort(key=lambda one: (-(one.amount or 0), one.id))
    called = int(commits["amount"].sum())
    view = held.select(
        "id",
        pl.col("category").alias("called"),
        pl.when(pl.col("id").is_in([one.id for one in found])).then(pl.lit(UNPROVEN_AS)).otherwise("category")
        .alias("evidence"),
    )  # fmt: skip
    return Evidence(called, called - sum(one.amount or 0 for one in found), tuple(found), view, commits.height)


def by_category(snapshot: Snapshot, evidence: Evidence) -> tuple[Category, ...]:
    """The roll-up by category, single and cumulative, as it is called and by evidence: won, closed, commit and so on.

    A deal without an amount counts with 0 and is among the deals. Categories that neither view has a deal of are left
    out, but for what is won.
    """
    total, first = won_of(snapshot), tuple(snapshot.won["id"])
    found = [Category(WON, total, total, total, total, first, first)]
    held = evidence.view.join(snapshot.deals.select("id", "amount"), on="id", how="left")
    called, proven = total, total
    for name in reversed(CATEGORIES):
        mine, theirs = (held.filter(pl.col(view) == name) for view in ("called", "evidence"))
        amounts = (int(mine["amount"].sum()), int(theirs["amount"].sum()))
        called, proven = called + amounts[0], proven + amounts[1]
        so_far: tuple[int | None, int | None] = (None, None) if name == OMITTED else (called, proven)
        if mine.height or theirs.height:
            found.append(Category(name, *amounts, *so_far, tuple(mine["id"]), tuple(theirs["id"])))
    return tuple(found)
