"""History of stages that the process has no more, read in the stages of now. What the store holds stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from ..compile.becomes import Passage, surely
from ..compile.columns.becomes import now_columns, passages_of
from ..compile.columns.run import ready
from ..compile.frames import Frames
from ..model.calendar import Moment
from ..model.process import Process


def in_stages_of_now(
    events: pl.DataFrame, process: Process, moment: Moment, frames: Callable[[], Frames]
) -> tuple[pl.DataFrame, list[Passage]]:
    """EVENTS whose stages are those that the process has, and the deals whose last stage was another.

    One whose deal is undecided keeps the former stage. A stage that was split by conditions is decided by the deals as
    they are at the moment (``frames``), for all of their past.
    """
    old = (pl.col("field") == "stage") & pl.col("value").is_in(list(process.becomes))
    if not events.select(old.any()).item():
        return events, []
    sure = surely(process)
    if len(sure) == len(process.becomes):
        now = events.select(pl.col("deal").unique(maintain_order=True)).with_columns(
            *(pl.lit(stage).alias(f"@{name}") for name, stage in sure.items()),
            *(pl.lit(False).alias(f"?{name}") for name in sure),
        )
    else:
        now = now_columns(ready(frames(), process), process, moment).collect()
    joined = events.join(now, on="deal", how="left", maintain_order="left")
    into = pl.col("value")
    for name in process.becomes:
        into = pl.when(pl.col("value") == name).then(pl.coalesce(f"@{name}", "value")).otherwise(into)
    made = joined.with_columns(pl.when(old).then(into).otherwise("value").alias("value")).select(events.columns)
    stages = events.filter(pl.col("field") == "stage").sort("deal", "at", "turn", nulls_last=False)
    last = stages.unique("deal", keep="last", maintain_order=True).filter(pl.col("value").is_in(list(process.becomes)))
    return made, passages_of(last.select("deal", pl.col("value").alias("was")), now, process)
