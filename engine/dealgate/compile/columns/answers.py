"""Conditions of a process asked of many deals at once, apart from its criteria: the same machinery answers them."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ...model.calendar import Moment
from ...model.condition import Condition
from ...model.process import Process
from ..plan.build import questions
from .run import Columns, Held, Wanted, layout_of, shape_of


def answers(process: Process, conditions: Mapping[str, Condition], moment: Moment, frames: Held) -> pl.LazyFrame:
    """``id``, and a Boolean column a condition under its name: true, false, or null where it is unknown.

    ``frames`` are ``ready``; the rows come in the order of the deals.
    """
    layout = layout_of(frames)
    plan = questions(process, conditions, moment, shape_of(layout))
    found = Columns(plan, layout, Wanted(state=False)).over(frames)
    return found.select(
        "id",
        *(
            pl.when(pl.col(name) == "met").then(True).when(pl.col(name) == "unmet").then(False).alias(name)
            for name in conditions
        ),
    )
