"""History of stages that the process has no more, read in the stages of now. What the store holds stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from ..compile.becomes import surely
from ..compile.columns.becomes import now_columns
from ..compile.columns.run import ready
from ..compile.frames import Frames
from ..model.calendar import Moment
from ..model.process import Process


def in_stages_of_now(
    events: pl.DataFrame, process: Process, moment: Moment, frames: Callable[[], Frames]
) -> pl.DataFrame:
    """EVENTS whose stages are those that the process has; one whose deal is undecided keeps the former stage.

    A stage that was split by conditions is decided by the deals as they are at the moment (``frames``), for all of
    their past.
    """
    old = (pl.col("field") == "stage") & pl.col("value").is_in(list(process.becomes))
    if not events.select(old.any()).item():
        return events
    sure = surely(process)
    if len(sure) == len(process.becomes):
        value = pl.when(old).then(pl.col("value").replace(sure)).otherwise("value")
        return events.with_columns(value.alias("value"))
    now = now_columns(ready(frames(), process), process, moment).collect()
    joined = events.join(now, on="deal", how="left", maintain_order="left")
    into = pl.col("value")
    for name in process.becomes:
        into = pl.when(pl.col("value") == name).then(pl.coalesce(f"@{name}", "value")).otherwise(into)
    return joined.with_columns(pl.when(old).then(into).otherwise("value").alias("value")).select(events.columns)
