"""Joining a table to the rows of another: one match at most, and misses told with their rows."""

from __future__ import annotations

import polars as pl

from dealgate.documents.suggest import nearest
from dealgate.model.diagnostics import Severity, error
from dealgate.sources.shape import named
from dealgate.sources.table import Table

from .cells import cell_text
from .columns import Joined, Rows, Run, by_distinct
from .model import Join, fold
from .problems import literal


def join(rows: Rows, one: Join, run: Run, private: frozenset[str]) -> None:
    """Adds the join to the rows. A row whose key is empty looks nothing up; one with several matches gets none."""
    table = run.table(one.file)
    if table is None:
        if one.optional:
            run.absent.append(one.file)
            rows.absent.add(one.alias)
            return
        near = nearest(one.file, run.folder)
        hint = f"Did you mean `{near}`?" if near else "Put it beside the others, or mark the join `optional: true`."
        run.refused.append(error("DG660", f"The file `{one.file}` that the mapping joins is not there.", one.at, hint))
        rows.absent.add(one.alias)
        return
    mine = [(here, rows.series(here)) for here, _ in one.match]
    there = [(column, named(column, table.columns)) for _, column in one.match]
    wrong = [(name, rows.known(), rows.table) for name, series in mine if series is None]
    wrong += [(name, list(table.columns), table) for name, known in there if known is None]
    for name, known, where in wrong:
        near = nearest(name, known)
        message = f"The join of {one.file} names a column `{name}`, which {where.name} does not have."
        run.refused.append(error("DG661", message, one.at, f"Did you mean `{near}`?" if near else None))
    if wrong:
        rows.absent.add(one.alias)
        return
    missing = rows.layout.missing | run.mapping.layout_of(one.file).missing
    left = _keys([series for _, series in mine if series is not None], missing)
    right = _keys([table.frame[name] for _, name in there if name is not None], missing)
    first: dict[str, int] = {}
    several: set[str] = set()
    for place, key in enumerate(right):
        if key is not None and first.setdefault(key, place) != place:
            several.add(key)
    index = [None if key is None or key in several else first.get(key) for key in left]
    rows.joined[one.alias] = Joined(one.alias, table, pl.Series(index, dtype=pl.UInt32))
    _tell(rows, one, run, table, left, index, several, private)


def _tell(
    rows: Rows,
    one: Join,
    run: Run,
    table: Table,
    left: list[str | None],
    index: list[int | None],
    several: set[str],
    private: frozenset[str],
) -> None:
    here, file = literal(" and ".join(name for name, _ in one.match)), literal(table.name)
    hidden = any(fold(name) in private for name, _ in one.match)
    noun = run.mapping.kind if rows.table.name in run.mapping.records.files else "row"
    misses = run.problems.of(
        "DG674",
        Severity.WARNING,
        f"{{n}} {noun}{{s}} name{{v}} the {here} {{values}}, which {file} does not have",
        rows.table,
        f"Add what is missing to {table.name}, or correct the spelling in {rows.table.name}.",
        hidden,
    )
    twice = run.problems.of(
        "DG675",
        Severity.WARNING,
        f"{{n}} {noun}{{s}} name{{v}} the {here} {{values}}, which {file} has more than once; none was taken",
        rows.table,
        f"Leave one row for each in {table.name}, or join on more columns.",
        hidden,
    )
    numbers = rows.numbers
    for place, (key, at) in enumerate(zip(left, index, strict=True)):
        if key is None or at is not None:
            continue
        if key in several:
            run.problems.add(twice, numbers[place], key)
        elif not one.partial:
            run.problems.add(misses, numbers[place], key)


def _keys(columns: list[pl.Series], missing: frozenset[str]) -> list[str | None]:
    """Row by row the key as text, trimmed; None where a part is empty. Leading zeros and case count."""
    texts = [by_distinct(series.to_list(), cell_text) for series in columns]
    if len(texts) == 1:
        return [text if text and text.casefold() not in missing else None for text in texts[0]]
    return [
        " / ".join(parts) if all(parts) and not any(p.casefold() in missing for p in parts) else None
        for parts in zip(*texts, strict=True)
    ]
