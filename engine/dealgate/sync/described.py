"""What a CRM has, beside what a mapping makes of it: stages that mean nothing yet, fields that nobody reads, and
columns that the mapping asks for and the CRM has not."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.process import Process
from dealgate.model.struct import Struct
from dealgate.ports import Description, FieldInfo, PipelineInfo, StageInfo
from dealgate.sources.mapping.model import Records, SourceMapping, Value, fold


class StageSeen(Struct):
    """A stage of the CRM. ``ours``: the stage of the process, None for none; ``known``: the mapping names it."""

    stage: StageInfo
    ours: str | None
    known: bool


class PipelineSeen(Struct):
    """A pipeline of the CRM, its stages in order."""

    pipeline: PipelineInfo
    stages: tuple[StageSeen, ...]


class FieldSeen(Struct):
    """A field of the CRM. ``ours``: what is read from it, such as ``amount`` or ``contacts.role``."""

    info: FieldInfo
    ours: tuple[str, ...]


class Lacking(Struct):
    """A column that the mapping names and the CRM has not. ``optional``: the mapping does without it."""

    table: str
    column: str
    ours: str
    optional: bool


class Described(Struct):
    """A CRM through a mapping. ``deals``: the tables that deals are read from."""

    deals: tuple[str, ...]
    pipelines: tuple[PipelineSeen, ...]
    fields: tuple[FieldSeen, ...]
    lacking: tuple[Lacking, ...]


def described(crm: Description, mapping: SourceMapping, process: Process) -> Described:
    """Everything that the CRM describes, with its meaning."""
    used = list(_used(mapping))
    by: dict[tuple[str, str], list[str]] = {}
    for table, column, ours, _ in used:
        by.setdefault((fold(table), fold(column)), []).append(ours)
    fields = tuple(
        FieldSeen(one, tuple(dict.fromkeys(by.get((fold(one.table), fold(one.id)), ())))) for one in crm.fields
    )
    there = {(fold(one.table), fold(one.id)) for one in crm.fields}
    tables = {table for table, _ in there}
    lacking = {
        (table, column, ours): optional
        for table, column, ours, optional in used
        if fold(table) in tables and (fold(table), fold(column)) not in there
    }
    return Described(
        mapping.records.files, tuple(_pipeline(one, mapping, process) for one in crm.pipelines), fields,
        tuple(Lacking(*key, optional) for key, optional in lacking.items()),
    )  # fmt: skip


def _pipeline(one: PipelineInfo, mapping: SourceMapping, process: Process) -> PipelineSeen:
    value = mapping.records.fields.get("stage", Value())
    known = {stage.id for stage in process.stages}
    seen = []
    for stage in one.stages:
        ours, named = stage.id, stage.id in known
        if value.values is not None:
            key = next((k for k in (fold(stage.id), fold(stage.title)) if k in value.values), None)
            named = key is not None or value.otherwise is not None
            ours = value.values[key] if key is not None else value.otherwise
        seen.append(StageSeen(stage, ours if ours in known else None, named or stage.won or stage.lost))
    return PipelineSeen(one, tuple(seen))


def _used(mapping: SourceMapping) -> Iterator[tuple[str, str, str, bool]]:
    """``table``, ``column``, what is read from it, and whether the mapping does without it."""
    sections: list[tuple[str, Records]] = [("", mapping.records), *mapping.children.items()]
    if mapping.history is not None and mapping.history.table is not None:
        sections.append(("history", mapping.history.table))
    if mapping.users is not None:
        sections.append(("users", mapping.users))
    for name, records in sections:
        joined = {join.alias: join.file for join in records.joins}
        for field, value in records.fields.items():
            ours = f"{name}.{field}" if name else field
            # the first of several that is filled counts, so no single one is needed
            spare = value.optional or records.optional or len(value.columns) > 1
            for column in (*value.columns, *value.when):
                yield from _placed(records, joined, column, ours, spare)
            if value.currency_column is not None:
                yield from _placed(records, joined, value.currency_column, ours, True)
        for column in records.id:
            yield from _placed(records, joined, column, f"{name}.id" if name else "id", True)
        for column in records.link:
            yield from _placed(records, joined, column, f"{name} (their deal)", records.optional)
        for column in records.where:
            yield from _placed(records, joined, column, name or "deals", records.optional)


def _placed(
    records: Records, joined: dict[str, str], column: str, ours: str, optional: bool
) -> Iterator[tuple[str, str, str, bool]]:
    alias, dot, rest = column.partition(".")
    if dot and alias in joined:
        yield joined[alias], rest, ours, optional
        return
    for table in records.files:
        yield table, column, ours, optional
