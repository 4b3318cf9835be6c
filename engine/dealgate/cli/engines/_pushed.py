"""What the engines share whose work is done elsewhere: a source staged there, judged there, its figures pulled."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...model.diagnostics import Diagnostic, SourceFailed, Where, WrongUsage, error, info, warning
from . import Asked

if TYPE_CHECKING:
    from ...compile.frames import Frames
    from ...compile.sql.load import Staged
    from ...compile.sql.run import Place
    from ...decide.pushed import Pushdown, Pushed
    from ...model.calendar import Moment
    from ...model.process import Process
    from ...sources.address import Address
    from ...sources.database import Database

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*){0,2}")


def address_of(asked: Asked) -> Address:
    """The address of the source. Raises SourceFailed where a secret in it is not set."""
    from ...sources.address import address

    assert asked.url is not None
    _target(asked)
    return address(asked.url, Path.cwd())


def _target(asked: Asked) -> None:
    if asked.into is not None and not _NAME.fullmatch(asked.into):
        message = f"`{asked.into}` is not the name of a table."
        hint = "write TABLE or SCHEMA.TABLE, of letters, digits and _"
        raise WrongUsage(error("DG932", message, suggestion=hint))


def no_files(asked: Asked, engine: str) -> WrongUsage:
    """The engine reads a database's own tables alone."""
    message = f"The {engine} engine judges tables of its own database, and the source is a file."
    return WrongUsage(error("DG933", message, suggestion="take --engine duckdb, polars or python, or name a URL"))


def no_url(asked: Asked, engine: str) -> WrongUsage:
    """The engine does not read this kind of URL."""
    from ...sources.address import address

    assert asked.url is not None
    where = Where(address(asked.url, Path.cwd()).shown)
    return WrongUsage(error("DG933", f"The {engine} engine does not read this source.", where, "leave out --engine"))


def of_files(asked: Asked, dialect: str) -> tuple[Pushdown, Staged]:
    """A file's deals as the dialect stages them, and what there is to load."""
    from ...compile.plan.build import build
    from ...compile.sql.load import typed
    from ...compile.sql.shape import shape_of
    from ...decide.pushed import pushdown

    assert asked.source is not None
    moment, process = asked.playbook.judge.moment(asked.as_of), asked.playbook.process
    frames = in_stages_of_now(process, asked.source.frames, moment)
    plan = build(process, moment, shape_of(frames, process))
    staged = typed(plan, frames, dialect)
    return pushdown(plan, replace(staged.layout, settled=True), dialect), staged


def in_stages_of_now(process: Process, frames: Frames, moment: Moment) -> Frames:
    """A file's deals in the stages that the process has; they are put there before anything is staged."""
    if not process.becomes:
        return frames
    from ...compile.columns.becomes import moved_columns
    from ...compile.columns.run import ready
    from ...compile.frames import Frames

    moved = moved_columns(ready(frames, process), process, moment)
    return Frames(moved.deals, moved.children)


def judged(asked: Asked, work: Pushdown, place: Place) -> Pushed:
    """The figures."""
    from ...decide.pushed import check_pushed

    return check_pushed(asked.playbook, asked.playbook.judge.moment(asked.as_of).as_of, work, place)


def in_database(asked: Asked, database: Database) -> Pushed:
    """Judges the tables of a database, and writes the verdicts where that was asked for."""
    from ..render.diagnostics.text import render
    from ..render.write import say

    work, notes = _mapped(asked, database) if asked.mapping is not None else _own(asked, database)
    found = replace(judged(asked, work, database.place), into=asked.into)
    if not found.summary["deals"]:
        notes.append(warning("DG934", "The table of deals has no rows.", Where(database.shown), "is it the right one?"))
    notes += _former(asked.playbook.process)
    if asked.into is not None:
        _write(asked, work, database)
    if notes or found.notes:
        say(render([*notes, *found.notes], {}), err=True)
    return found


def _former(process: Process) -> list[Diagnostic]:
    """That stages which are no more are read as those of now; how many deals that is was not counted."""
    from ...compile.becomes import surely

    told = surely(process).items()
    return [info("DG756", f"Deals in `{old}` are read as in `{now}`, which it is now.") for old, now in told]


def _own(asked: Asked, database: Database) -> tuple[Pushdown, list[Diagnostic]]:
    from ...compile.plan.build import build
    from ...decide.pushed import pushdown
    from ...sources.staged import look, staged

    process = asked.playbook.process
    found = look(database, process)
    plan = build(process, asked.playbook.judge.moment(asked.as_of), found.shape)
    relation = staged(found, plan)
    return pushdown(plan, relation.layout, database.dialect, relation.whole), []


def _mapped(asked: Asked, database: Database) -> tuple[Pushdown, list[Diagnostic]]:
    from ...compile.plan.build import build
    from ...compile.sql.dialects import DIALECTS
    from ...compile.sql.layout import Layout, declared, needs
    from ...decide.pushed import pushdown
    from ...documents.library import Library
    from ...documents.workspace import find_workspace
    from ...sources.mapping.load import load_mapping, reference_of
    from ...sources.staged import texts_of
    from ...sources.staging.raw import Raw
    from ...sources.staging.stage import offered, stage

    process, dialect = asked.playbook.process, database.dialect
    mapping = load_mapping(reference_of(asked.mapping or ""), process, Library(find_workspace(Path.cwd())))
    raw = Raw(tables={name: list(columns) for name, columns in database.tables.items()}, schema=database.schema)
    plan = build(process, asked.playbook.judge.moment(asked.as_of), offered(mapping, process, raw))
    layout = declared(plan, DIALECTS[dialect])
    found = stage(mapping, process, dialect, needs=needs(plan), layout=layout, raw=raw, texts=set(texts_of(plan)))
    lost = {(gap.table, gap.column) for gap in found.gaps if gap.hard}
    tables = {
        table: {name: stored for name, stored in held.items() if (table, name) not in lost}
        for table, held in layout.tables.items()
        if (table, "") not in lost
    }
    notes = [
        warning(
            "DG935", f"{gap.table}{'.' if gap.column else ''}{gap.column} is not read by {dialect}: {gap.why}.", gap.at
        )
        for gap in found.gaps
    ]
    return pushdown(plan, Layout(tables, layout.rows), dialect, found.whole), notes


def _write(asked: Asked, work: Pushdown, database: Database) -> None:
    """The verdicts as a new table beside the deals. A table that is there is never replaced."""
    from sqlglot import exp

    assert asked.into is not None
    parts = asked.into.split(".")
    schema = parts[:-1] or list(database.schema)
    if len(parts) == 1 and any(parts[0].casefold() == name.casefold() for name in database.tables):
        hint = "name a table that is not there, or drop it"
        raise SourceFailed(error("DG927", f"There is a table `{asked.into}` already.", Where(database.shown), hint))
    table = exp.Table(this=exp.to_identifier(parts[-1], quoted=True))
    if schema:
        table.set("db", exp.to_identifier(schema[-1], quoted=True))
    if len(schema) > 1:
        table.set("catalog", exp.to_identifier(schema[-2], quoted=True))
    rows = work.verdicts(asked.playbook, asked.playbook.judge.moment(asked.as_of).as_of)
    made = exp.Create(this=table, kind="TABLE", expression=rows)
    if database.dialect == "spark":
        made.set("properties", exp.Properties(expressions=[exp.FileFormatProperty(this=exp.to_identifier("parquet"))]))
    database.write(made.sql(dialect=database.dialect, identify=True))
    database.kept()
