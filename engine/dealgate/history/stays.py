"""How long what lasted: statuses, and visits to stages."""

from __future__ import annotations

import polars as pl

from ..model.process import Process

_NOWHERE = ""
"""In place of a stage: the deal stands in none."""
_KEYS = ("deal", "at", "turn")
_NEXT = pl.col("deal").shift(-1) == pl.col("deal")
_SAME = (pl.col("deal") == pl.col("deal").shift(1)).fill_null(False)


def statuses(events: pl.DataFrame) -> pl.DataFrame:
    """Each status with since when and until when; ``events`` are those of the status, in order."""
    return events.select(
        "deal",
        pl.col("value").alias("status"),
        pl.col("at").alias("since"),
        pl.when(_NEXT).then(pl.col("at").shift(-1)).alias("until"),
        "turn",
    )


def visits(stages: pl.DataFrame, status: pl.DataFrame, process: Process) -> pl.DataFrame:
    """Visits to stages from the events of stage and status, each in order.

    Where both happen at one moment, the stage comes first: a deal that is moved and won at once was won in its new
    stage, for no time. Stages that hold won deals are visited by won deals, others by open ones. Where a deal's first
    stage was only seen, nothing tells when it was entered.
    """
    ranks = {stage.id: n for n, stage in enumerate(process.open_stages)}
    after = [stage.id for stage in process.stages if stage.after is not None]
    here = stages.select(
        *_KEYS,
        pl.col("value").fill_null(_NOWHERE).alias("stage"),
        "origin",
        since_when=~(pl.col("origin") == "seen") | _SAME,
        what=0,
    )
    both = pl.concat([here, status.select(*_KEYS, pl.col("value").alias("status"), what=1)], how="diagonal")
    # a moment's turns are each field's own: what is at one moment is stage first, then status
    steps = both.sort("deal", "at", "what", "turn", nulls_last=False, maintain_order=True)
    steps = steps.with_columns(
        pl.col("stage", "status", "origin", "since_when").forward_fill().over("deal"),
        reopened=((pl.col("what") == 1) & (pl.col("status") == "open")).cast(pl.Int32),
    )
    steps = steps.with_columns(
        spell=(pl.col("reopened").cum_sum().over("deal") - 1).clip(lower_bound=0),
        until=pl.when(_NEXT).then(pl.col("at").shift(-1)),
    )
    won = pl.col("stage").is_in(after) & (pl.col("status") == "won")
    open_ = ~pl.col("stage").is_in(after) & (pl.col("status") == "open")
    kept = steps.filter(pl.col("stage") != _NOWHERE, (won | open_).fill_null(False))
    follows = _SAME & (pl.col("stage") == pl.col("stage").shift(1)) & (pl.col("spell") == pl.col("spell").shift(1))
    joined = (follows & (pl.col("until").shift(1).eq_missing(pl.col("at")))).fill_null(False)
    kept = kept.with_columns(visit=(~joined).cum_sum())
    found = kept.group_by("visit", maintain_order=True).agg(
        pl.col("deal", "stage", "spell", "origin").first(),
        pl.when(pl.col("since_when").first()).then(pl.col("at").first()).alias("entered"),
        pl.col("until").last().alias("left"),
    )
    return found.select(
        "deal",
        "stage",
        pl.col("stage").replace_strict(ranks, default=None, return_dtype=pl.Int32).alias("rank"),
        "entered",
        "left",
        pl.col("spell").cast(pl.Int32),
        "origin",
        pl.int_range(pl.len(), dtype=pl.Int64).over("deal").alias("turn"),
    )
