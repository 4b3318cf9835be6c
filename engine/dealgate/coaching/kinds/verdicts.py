"""Verdicts of the open deals, of the criteria up to the stage that each is in."""

from __future__ import annotations

import polars as pl

from ...model.process import Criterion, Process
from ...plays.frames import Frame
from ..ground import Ground, Wanted

KIND = "verdict"
COLUMNS = ("deal", "stage", "account", "owner", "team", "criterion", "status", "says")
SAID = {"unmet": "not met", "unknown": "not known", "not_applicable": "does not apply"}


def facts(ground: Ground, wanted: Wanted) -> Frame | None:
    """A fact a deal and criterion that plays ask for. ``stage`` is the deal's; the day is today, as it was judged."""
    process = ground.playbook.process
    asked = wanted.values(KIND, "criterion")
    criteria = [k for k in _criteria(process) if asked is None or k.id in asked]
    deals = ground.deals.select(pl.col("id").alias("deal"), "stage", "account", "owner", "team")
    if criteria:
        judged = ground.playbook.evaluate_frame(ground.frames, as_of=ground.history.as_of)
        deals = deals.join(judged, left_on="deal", right_on="id", how="left", maintain_order="left")
    parts = [_of(criterion, deals, process) for criterion in criteria]
    rows = pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String))
    return Frame(rows.with_columns(on=pl.lit(ground.today)), {k.id: k.at for k in criteria})


def _of(criterion: Criterion, deals: pl.DataFrame, process: Process) -> pl.DataFrame:
    status = pl.col(criterion.id).cast(pl.String)
    says = pl.lit(f"{criterion.title}: ") + status.replace(SAID)
    return deals.filter(pl.col("stage").is_in(_asked_from(process, criterion))).select(
        "deal", "stage", "account", "owner", "team", pl.lit(criterion.id).alias("criterion"), status.alias("status"),
        says.alias("says"),
    )  # fmt: skip


def _criteria(process: Process) -> list[Criterion]:
    """The criteria of the open stages and of commit."""
    return [k for stage in process.open_stages for k in (*stage.enter, *stage.exit)] + list(process.commit)


def _asked_from(process: Process, criterion: Criterion) -> list[str]:
    """The stages in which a criterion is asked for or should be met already; of commit all open ones."""
    stages = [stage.id for stage in process.open_stages]
    for n, stage in enumerate(process.open_stages):
        if criterion in (*stage.enter, *stage.exit):
            return stages[n:]
    return stages
