"""The sample company as tables of a database: the columns that checks read, as staging declares them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

import dealgate
from dealgate.compile.frames import frames_of
from dealgate.compile.plan.build import build
from dealgate.compile.sql.dialects import DIALECTS
from dealgate.compile.sql.layout import declared, sql_type
from dealgate.compile.sql.load import typed
from dealgate.compile.sql.shape import shape_of

from .running import TODAY

Tables = Mapping[str, tuple[Mapping[str, str], list[tuple[Any, ...]]]]
"""By table: the type of each column, and rows."""


def tables_of(company: Path, dialect: str, *, leave_out: tuple[str, ...] = ()) -> Tables:
    """The staging tables of a file of deals; columns whose names end in one of some words are left out."""
    playbook = dealgate.load("practical")
    deals = [playbook.deal(json.loads(line)) for line in company.read_text(encoding="utf-8").splitlines()]
    frames = frames_of(deals, playbook.process)
    moment = playbook.judge.moment(date.fromisoformat(TODAY))
    plan = build(playbook.process, moment, shape_of(frames, playbook.process))
    staged, layout = typed(plan, frames, dialect), declared(plan, DIALECTS[dialect])
    found = {}
    for name, frame in staged.tables.items():
        columns, types = [], {}
        for column in frame.columns:
            if column.endswith(leave_out) and leave_out:
                continue
            here, there = staged.layout.tables[name][column], layout.tables[name][column]
            factor = 10 ** (there.scale - here.scale)
            series = frame[column]
            values = [v if v is None or factor == 1 else int(v) * factor for v in series.to_list()]
            columns.append(values)
            types[column] = sql_type(there, DIALECTS[dialect])
        found[name] = (types, list(zip(*columns, strict=True)))
    return found


def made(tables: Tables, run: Callable[..., Any], mark: str) -> None:
    """Makes the tables by a driver's ``execute``; ``mark`` stands for a value."""
    for name, (types, rows) in tables.items():
        columns = ", ".join(f'"{c}" {t}' for c, t in types.items())
        run(f'CREATE TABLE "{name}" ({columns})')
        for row in rows:
            run(f'INSERT INTO "{name}" VALUES ({", ".join([mark] * len(types))})', row)


def frame_of(types: Mapping[str, str], rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Rows as a frame."""
    return pl.DataFrame(rows, schema=list(types), orient="row", infer_schema_length=None)
