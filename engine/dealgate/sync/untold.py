"""Telling a field that somebody emptied from one that the CRM does not show us any more.

A user's right to a field can be taken while everything else goes on. Its column is then missing in what is read, and no
criterion may take that for an empty field.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from .mirror import Mirror

NOTE = "untold"


def untold_of(
    mirror: Mirror, target: Any, rows: Mapping[str, Sequence[Mapping[str, Any]]], emptied: pl.DataFrame
) -> list[tuple[str, str]]:
    """Of the fields that seem to have been emptied (``deal``, ``field``), those whose columns are not told."""
    records = target.mapping.records
    aliases = {join.alias for join in records.joins}
    missing: dict[str, bool] = {}
    found = []
    own = {_id(row, records.id): (table, row) for table in records.files for row in rows.get(table, ())}
    for deal, name in emptied.select("deal", "field").iter_rows():
        table, row = own.get(deal, ("", {}))
        columns = records.fields[name].columns if name in records.fields else ()
        # what a value within another would be called: it is not there where the other is empty
        heads = {column.partition(".")[0] for column in columns}
        if not row or not columns or heads & aliases or any(one in row for one in (*columns, *heads)):
            continue
        if name not in missing:
            missing[name] = all(mirror.lacks(table, column) for column in columns)
        if missing[name]:
            found.append((deal, name))
    return found


def still_untold(mirror: Mirror, target: Any) -> dict[str, set[str]]:
    """By field the deals that keep what they had since an earlier run, where the CRM does not tell it yet."""
    held = json.loads(mirror.noted(NOTE) or "{}")
    records = target.mapping.records
    return {
        name: set(deals) for name, deals in held.items()
        if name in records.fields
        and all(mirror.lacks(table, one) for one in records.fields[name].columns for table in records.files)
    }  # fmt: skip


def note_untold(mirror: Mirror, untold: Mapping[str, set[str]]) -> None:
    """Keeps them for the next run."""
    told = json.dumps({name: sorted(deals) for name, deals in untold.items()}, sort_keys=True)
    if told != (mirror.noted(NOTE) or "{}"):
        mirror.note(NOTE, told)


def _id(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    return str(row.get(columns[0])) if len(columns) == 1 else ""
