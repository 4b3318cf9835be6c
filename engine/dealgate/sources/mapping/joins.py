"""Joining a table to the rows of another: one match at most, and misses told with their rows."""

from __future__ import annotations

import polars as pl

from dealgate.documents.suggest import nearest
from dealgate.model.diagnostics import Severity, error
from dealgate.sources.shape import named
from dealgate.sources.table import Table

from .coded import Coded, coded
from .columns import Joined, Rows, Run
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
    mine = [here for here, _ in one.match if rows.series(here) is not None]
    there = [(column, named(column, table.columns)) for _, column in one.match]
    wrong = [(here, rows.known(), rows.table) for here, _ in one.match if here not in mine]
    wrong += [(name, list(table.columns), table) for name, known in there if known is None]
    for name, known, where in wrong:
        near = nearest(name, known)
        message = f"The join of {one.file} names a column `{name}`, which {where.name} does not have."
        run.refused.append(error("DG661", message, one.at, f"Did you mean `{near}`?" if near else None))
    if wrong:
        rows.absent.add(one.alias)
        return
    missing = rows.layout.missing | run.mapping.layout_of(one.file).missing
    left = _keys([rows.coded(here) for here in mine], missing)
    right = _keys([coded(table.frame[name]) for _, name in there if name is not None], missing)
    known_ = (
        pl.DataFrame([right, pl.int_range(len(right), dtype=pl.UInt32, eager=True).alias("place")])
        .drop_nulls("key")
        .group_by("key")
        .agg(pl.col("place").first(), pl.len().alias("many"))
    )
    found = left.to_frame().join(known_, on="key", how="left", maintain_order="left")
    places = found.select(pl.when(pl.col("many") == 1).then("place")).to_series()
    rows.joined[one.alias] = Joined(one.alias, table, places)
    _tell(rows, one, run, table, found, private)


def _tell(rows: Rows, one: Join, run: Run, table: Table, found: pl.DataFrame, private: frozenset[str]) -> None:
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
    keyed = found.with_columns(rows.numbers.alias("row")).filter(pl.col("key").is_not_null())
    several = keyed.filter(pl.col("many") > 1)
    twice.add(several["row"], several["key"])
    if not one.partial:
        missed = keyed.filter(pl.col("many").is_null())
        misses.add(missed["row"], missed["key"])


def _keys(columns: list[Coded], missing: frozenset[str]) -> pl.Series:
    """Row by row the key as text, trimmed; null where a part is empty. Leading zeros and case count."""
    texts = []
    for n, column in enumerate(columns):
        held = [text if text and text.casefold() not in missing else None for text in column.texts().to_list()]
        texts.append(column.rows(pl.Series(str(n), held, dtype=pl.String)).alias(str(n)))
    return pl.DataFrame(texts).select(pl.concat_str(pl.all(), separator=" / ").alias("key")).to_series()
