"""What the reps call: closed, then commit, then best case, then the whole pipeline."""

from __future__ import annotations

from functools import partial

import polars as pl

from ...metrics.figure import NoValue
from ...model.process import CATEGORIES
from ..snapshot import Snapshot
from . import Asked, Method, Outlook, dated, undated_notes, won_of

UNDATED = NoValue("no open deal has a close date")


def counted(least: str) -> tuple[str, ...]:
    """A category and those that are surer."""
    return CATEGORIES[CATEGORIES.index(least) :]


def _rolled(snapshot: Snapshot, asked: Asked, *, least: str, name: str) -> Outlook | NoValue:
    if snapshot.period is not None and snapshot.deals.height and snapshot.deals["day"].drop_nulls().is_empty():
        return UNDATED
    held = dated(snapshot).filter(pl.col("category").is_in(counted(least)))
    deals = held.select(
        "id",
        pl.lit(1.0).alias("chance"),
        pl.col("amount").fill_null(0).alias("expected"),
        pl.when(pl.col("amount").is_null()).then(pl.lit("no amount")).alias("reason"),
    )
    return Outlook(name, won_of(snapshot), deals, notes=undated_notes(snapshot))


METHODS = (
    Method(
        "commit",
        "Reps' commit",
        "won + Σ amount of commit",
        "what the reps call commit, as though all of it came and nothing else",
        10,
        partial(_rolled, least="commit", name="commit"),
    ),
    Method(
        "best-case",
        "Reps' best case",
        "won + Σ amount of commit and best case",
        "what the reps call best case or better",
        11,
        partial(_rolled, least="best_case", name="best-case"),
    ),
    Method(
        "pipeline",
        "Whole pipeline",
        "won + Σ amount of all that is not omitted",
        "all that is dated in the period: a ceiling and no forecast",
        12,
        partial(_rolled, least="pipeline", name="pipeline"),
        scored=False,
    ),
)
