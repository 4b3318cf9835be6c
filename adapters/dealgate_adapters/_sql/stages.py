"""Pipelines, stages and fields as a database has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from dealgate.ports import FieldInfo, PipelineInfo, StageInfo

from .shape import StageTable
from .table import find
from .values import shown, yes

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST = 10_000
"""No client has more stages: a table with more is not one of stages."""
Columns = Sequence[Mapping[str, Any]]


def pipelines(
    connection: Connection, spec: StageTable, tables: Mapping[str, Columns], schema: str | None
) -> tuple[PipelineInfo, ...]:
    """The pipelines that a shape's tables of stages tell, each with its stages in order; none where they are absent."""
    rows = _rows(connection, spec.table, tables, schema)
    titles = {}
    for row in _rows(connection, spec.pipelines, tables, schema) if spec.pipelines else []:
        ident = row.get(spec.pipeline.casefold())
        titles[str(ident)] = str(row.get(spec.pipeline_title.casefold()) or ident)
    found: dict[str, list[StageInfo]] = {}
    for row in rows:
        ident = next((str(row[name]) for name in spec.id if row.get(name) is not None), None)
        if ident is None or yes(row.get("_fivetran_deleted")):
            continue
        won = bool(spec.won) and yes(row.get(spec.won))
        probability = row.get(spec.probability)
        stage = StageInfo(
            ident,
            str(row.get(spec.title) or ident),
            int(row.get(spec.order) or 0),
            None if probability is None else str(shown(probability, UTC)),
            won,
            bool(spec.closed) and yes(row.get(spec.closed)) and not won,
        )  # fmt: skip
        found.setdefault(str(row.get(spec.pipeline) or "default") if spec.pipeline else "default", []).append(stage)
    return tuple(
        PipelineInfo(ident, titles.get(ident, ident.capitalize()), tuple(sorted(mine, key=lambda s: (s.order, s.id))))
        for ident, mine in sorted(found.items())
    )


def _rows(connection: Connection, name: str, tables: Mapping[str, Columns], schema: str | None) -> list[dict[str, Any]]:
    """The rows of a small table, by the columns' names in small letters."""
    import sqlalchemy as sa

    actual = find(name, tables)
    if actual is None:
        return []
    names = [str(column["name"]) for column in tables[actual]]
    table = sa.table(actual, *(sa.column(one) for one in names), schema=schema)
    asked = sa.select(*(table.c[one] for one in names)).limit(MOST)
    folded = [one.casefold() for one in names]
    return [dict(zip(folded, row, strict=True)) for row in connection.execute(asked)]


def fields(tables: Mapping[str, Columns], called: Mapping[str, str]) -> tuple[FieldInfo, ...]:
    """Every column of every table that is read, as it is. ``called``: what a mapping calls each table."""
    import sqlalchemy as sa

    found = []
    for actual, name in called.items():
        for column in tables[actual]:
            kind = str(column["type"]).lower()
            if isinstance(column["type"], sa.LargeBinary):
                kind += " (binary: left out)"
            title = str(column["name"])
            custom = title.casefold().endswith(("__c", "_c"))
            found.append(FieldInfo(name, title, title, kind, writable=False, custom=custom))
    return tuple(found)
