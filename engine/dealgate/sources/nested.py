"""Values inside values: structures become dotted columns, lists of structures child tables."""

from __future__ import annotations

import polars as pl

from dealgate.sources.table import ITEM, ROW, Table


def flatten(frame: pl.DataFrame, name: str, file: str, word: str) -> tuple[pl.DataFrame, dict[str, Table]]:
    """The frame with ``address.city`` for a structure's parts, and its lists of structures as child tables.

    A child's ``ROW`` is its parent's; ``ITEM`` counts within the parent's list. The parent keeps the number of
    items, null where there is no list: an empty list is known to be empty.
    """
    children: dict[str, Table] = {}
    while structures := [column for column, kind in frame.schema.items() if isinstance(kind, pl.Struct)]:
        for column in structures:
            parts = frame[column].struct
            taken = set(frame.columns)
            named = {part: _free(f"{column}.{part}", taken) for part in parts.fields}
            place = frame.columns.index(column)
            columns = frame.get_columns()
            inner = [parts.field(part).alias(named[part]) for part in parts.fields]
            frame = pl.DataFrame([*columns[:place], *inner, *columns[place + 1 :]])
    for column, kind in list(frame.schema.items()):
        if isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct):
            items = frame.select(ROW, column).filter(pl.col(column).list.len() > 0).explode(column)
            place_in_list = (pl.int_range(pl.len(), dtype=pl.UInt32).over(ROW) + 1).alias(ITEM)
            inner_frame = items.select(ROW, place_in_list, pl.col(column))
            flat, deeper = flatten(_unnested(inner_frame, column), f"{name}.{column}", file, word)
            columns_of_child = tuple(given for given in flat.columns if given not in (ROW, ITEM))
            children[column] = Table(f"{name}.{column}", file, columns_of_child, flat, children=deeper, row_word=word)
            frame = frame.with_columns(pl.col(column).list.len().alias(column))
        elif kind == pl.Categorical or isinstance(kind, pl.Enum):
            frame = frame.with_columns(pl.col(column).cast(pl.String))
    return frame, children


def _unnested(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    parts = frame[column].struct
    taken = {ROW, ITEM}
    inner = [parts.field(part).alias(_free(part, taken)) for part in parts.fields]
    return pl.DataFrame([*frame.drop(column).get_columns(), *inner])


def _free(name: str, taken: set[str]) -> str:
    chosen, number = name, 1
    while chosen in taken:
        number += 1
        chosen = f"{name} ({number})"
    taken.add(chosen)
    return chosen
