"""Verdicts of the open deals, of the criteria up to the stage that each is in."""

from __future__ import annotations

import polars as pl

from ...model.process import Criterion, Process
from ...plays.facts import Fact
from ..ground import Ground, Wanted

KIND = "verdict"
SAID = {"unmet": "not met", "unknown": "not known", "not_applicable": "does not apply"}


def facts(ground: Ground, wanted: Wanted) -> list[Fact]:
    """A fact a deal and criterion that plays ask for. ``stage`` is the deal's; the day is today, as it was judged."""
    process = ground.playbook.process
    asked = wanted.values(KIND, "criterion")
    criteria = [k for k in _criteria(process) if asked is None or k.id in asked]
    if not criteria:
        return []
    judged = ground.playbook.evaluate_frame(ground.frames, as_of=ground.history.as_of)
    open_ = ground.deals.select("id", "stage", "account", "owner", "team")
    found: list[Fact] = []
    for criterion in criteria:
        stages = _asked_from(process, criterion)
        mine = open_.filter(pl.col("stage").is_in(stages)).join(
            judged.select("id", pl.col(criterion.id).cast(pl.String).alias("status")), on="id", maintain_order="left"
        )
        says = {status: f"{criterion.title}: {SAID.get(status, status)}" for status in mine["status"].unique()}
        for deal, stage, account, owner, team, status in mine.iter_rows():
            found.append(
                Fact(
                    KIND, criterion=criterion.id, stage=stage, status=status, deal=deal, account=account, owner=owner,
                    team=team, on=ground.today, where=criterion.at, says=says[status],
                )
            )  # fmt: skip
    return found


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
