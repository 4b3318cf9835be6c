"""One deal's past as a story: what happened, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from ..compile.events import RECORD, THERE
from ..compile.spelling import typed_again
from ..model.fields import Field
from .past import History

BEGUN, STAGE, STATUS, FIELD, GONE = "begun", "stage", "status", "field", "gone"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened. ``before`` and ``after`` are typed; ``field`` is None of the record itself.

    ``kind``: begun, stage, status, field or gone. ``days``: how long what it ends had lasted, where that is known.
    ``back``: a move to an earlier stage; ``skipped``: the stages that a move passed over.
    """

    at: datetime | None
    kind: str
    field: Field | None
    before: Any
    after: Any
    by: str | None
    channel: str | None
    origin: str
    days: int | None = None
    back: bool = False
    skipped: tuple[str, ...] = ()


def story(history: History, deal: str) -> list[Step]:
    """All that is told of a deal, oldest first; what has no moment first of all."""
    mine = history.events.filter(pl.col("deal") == deal)
    catalogue, ranks = history.process.catalogue.deal, _ranks(history)
    steps: list[Step] = []
    for (name,), part in mine.group_by("field", maintain_order=True):
        if name == RECORD:
            steps += [_of_record(row) for row in part.iter_rows(named=True)]
        elif str(name) in catalogue:
            steps += _of_field(part, catalogue[str(name)], history, ranks)
    first = {BEGUN: 0, STAGE: 1, FIELD: 2, STATUS: 3, GONE: 4}
    steps.sort(key=lambda s: (s.at is not None, s.at or history.as_of, first[s.kind]))
    return steps


def _ranks(history: History) -> dict[str, int]:
    return {stage.id: n for n, stage in enumerate(history.process.open_stages)}


def _of_record(row: dict[str, Any]) -> Step:
    kind = BEGUN if row["value"] == THERE else GONE
    return Step(row["at"], kind, None, None, row["value"], row["by"], row["channel"], row["origin"])


def _of_field(part: pl.DataFrame, field: Field, history: History, ranks: dict[str, int]) -> list[Step]:
    process = history.process
    columns = typed_again(part["value"], field, process.reading, process.currency)
    values = [_amount(v, c, process.currency) for v, c in _pairs(columns, field)]
    kind = {"stage": STAGE, "status": STATUS}.get(field.id, FIELD)
    steps: list[Step] = []
    before: Any = None
    since: datetime | None = None
    for row, value in zip(part.iter_rows(named=True), values, strict=True):
        days = (row["at"] - since).days if row["at"] and since and steps else None
        back = False
        skipped: tuple[str, ...] = ()
        if kind == STAGE and before in ranks and value in ranks:
            back = ranks[value] < ranks[before]
            order = list(ranks)
            skipped = tuple(order[ranks[before] + 1 : ranks[value]])
        steps.append(
            Step(row["at"], kind, field, before, value, row["by"], row["channel"], row["origin"], days, back, skipped)
        )
        before, since = value, row["at"]
    return steps


def _pairs(columns: list[pl.Series], field: Field) -> list[tuple[Any, str | None]]:
    codes = next((c.to_list() for c in columns if c.name == f"{field.id}.currency"), None)
    values = columns[0].to_list()
    if field.type != "money":
        return [(value, None) for value in values]
    return [(value, code or "") for value, code in zip(values, codes or [None] * len(values), strict=True)]


def _amount(value: Any, code: str | None, currency: str) -> Any:
    from ..model.values import Money

    return value if code is None or value is None else Money(value, code or currency)
