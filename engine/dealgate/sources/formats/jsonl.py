"""JSON lines, a JSON list of objects, or one object that holds such a list (as web APIs answer)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where, error, info, warning
from dealgate.sources import shape
from dealgate.sources.encodings import decode
from dealgate.sources.files import contents, refuse_other_kinds
from dealgate.sources.table import ITEM, ROW, ReadOptions, Table, counted, examples

SUFFIXES = (".jsonl", ".ndjson", ".json")
_SAMPLE = 262_144
_DEEPEST = 20
_LARGEST = 2**63 - 1
_EXACT_FLOAT = 2**53


def read(path: Path, options: ReadOptions) -> Table:
    """Every object a row; ``Table.children`` has the lists of objects inside. Raises SourceFailed."""
    file = str(path)
    data = contents(path)
    refuse_other_kinds(data, path)
    decoded = decode(data, file, options.encoding)
    objects, bad, word = _objects(decoded.text, file)
    found = [*decoded.diagnostics]
    if bad:
        found.append(
            warning(
                "DG630",
                f"{counted(len(bad), word)} {'is' if len(bad) == 1 else 'are'} no JSON object and "
                f"{'was' if len(bad) == 1 else 'were'} left out: {examples(bad, word)}.",
                Where(file, bad[0]),
                "Each line must hold one whole object, { … }.",
            )
        )
    if not objects:
        raise SourceFailed(error("DG604", "The file holds no JSON object.", Where(file)), *found)
    table = _table(path.name, file, objects, word, top=True)
    frame, noticed = shape.settle(table.frame, options, file, word)
    diagnostics = (*found, *table.diagnostics, *noticed)
    return Table(path.name, file, tuple(frame.columns[1:]), frame, diagnostics, options, table.children, word)


def header(path: Path, options: ReadOptions) -> list[str]:
    """The names used in the first objects of JSON lines; other JSON is read whole."""
    data = contents(path, _SAMPLE)
    if (
        len(data) == _SAMPLE
        and path.suffix.lower() != ".json"
        and not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"[")
    ):
        refuse_other_kinds(data, path)
        whole = data[: data.rfind(b"\n")]
        objects, _, word = _objects(decode(whole, str(path), options.encoding).text, str(path))
        if objects:
            return list(_table(path.name, str(path), objects, word, top=True).columns)
    return list(read(path, options).columns)


class _Refused(ValueError):
    pass


class _Items(int):
    """How many objects stood in a list that has become a child table."""


def _number(text: str) -> float | str:
    """A decimal as a float where that is exact to print, else its text."""
    value = float(text)
    return value if value not in (float("inf"), float("-inf")) and Decimal(repr(value)) == Decimal(text) else text


def _parse(text: str) -> Any:
    try:
        return json.loads(text, parse_float=_number, parse_constant=str)
    except (ValueError, RecursionError):
        raise _Refused from None


def _objects(text: str, file: str) -> tuple[list[tuple[int, dict[str, Any]]], list[int], str]:
    """The objects with their place, the places of what is none, and what the places count."""
    start = text.lstrip()[:1]
    if start == "[" or (start == "{" and _one_object(text)):
        try:
            whole = _parse(text)
        except _Refused:
            if start == "[":
                message = "The JSON in the file is broken, so that no row can be told from another."
                raise SourceFailed(error("DG602", message, Where(file), "Export the file anew.")) from None
        else:
            return _items(whole)
    objects: list[tuple[int, dict[str, Any]]] = []
    bad: list[int] = []
    for line, piece in enumerate(text.split("\n"), 1):
        if not piece.strip():
            continue
        try:
            value = _parse(piece)
        except _Refused:
            value = None
        if isinstance(value, dict):
            objects.append((line, value))
        else:
            bad.append(line)
    return objects, bad, "line"


def _one_object(text: str) -> bool:
    """Whether the first line is no object by itself, or is the only one."""
    first, _, rest = text.strip().partition("\n")
    if not rest:
        return True
    try:
        return not isinstance(_parse(first), dict)
    except _Refused:
        return True


def _items(whole: Any) -> tuple[list[tuple[int, dict[str, Any]]], list[int], str]:
    rows = whole
    if isinstance(whole, dict):
        lists = [
            value for value in whole.values() if isinstance(value, list) and any(isinstance(v, dict) for v in value)
        ]
        rows = lists[0] if len(lists) == 1 else [whole]
    objects = [(place, row) for place, row in enumerate(rows, 1) if isinstance(row, dict)]
    return objects, [place for place, row in enumerate(rows, 1) if not isinstance(row, dict)], "row"


def _table(
    name: str, file: str, objects: list[tuple[int, dict[str, Any]]], word: str, top: bool, depth: int = 0
) -> Table:
    columns: dict[str, list[Any]] = {}
    lists: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for at, (row, value) in enumerate(objects):
        for key, cell in _flat(value, "", 0):
            if isinstance(cell, list) and depth < _DEEPEST and cell and all(isinstance(item, dict) for item in cell):
                lists.setdefault(key, []).extend((row, item) for item in cell)
                cell = _Items(len(cell))
            column = columns.get(key)
            if column is None:
                column = columns[key] = []
            column.extend([None] * (at - len(column)))
            if len(column) == at:
                column.append(cell)
    spelled, found = shape.unique_names(list(columns), file, 0)
    mixed: list[str] = []
    series = [pl.Series(ROW, [row for row, _ in objects], dtype=pl.UInt32)]
    for given, cells in zip(spelled, columns.values(), strict=True):
        cells.extend([None] * (len(objects) - len(cells)))
        # Null where other rows have an object: its parts say so already.
        if all(cell is None for cell in cells) and any(name.startswith(f"{given}.") for name in columns):
            continue
        if given in lists:
            cells = [_Items(0) if cell == [] else cell for cell in cells]
        column_series, is_mixed = _series(given, cells)
        series.append(column_series)
        mixed += [given] if is_mixed else []
    frame = pl.DataFrame(series)
    if not top:
        frame = frame.select(ROW, (pl.int_range(pl.len(), dtype=pl.UInt32).over(ROW) + 1).alias(ITEM), pl.exclude(ROW))
    if mixed:
        shown = ", ".join(f"'{column}'" for column in mixed[:3])
        message = f"{counted(len(mixed), 'name')} with values of several types, read as text: {shown}."
        found.append(info("DG631", message, Where(file)))
    children = {
        key: _table(f"{name}.{key}", file, items, word, top=False, depth=depth + 1) for key, items in lists.items()
    }
    noticed: list[Diagnostic] = [*found, *(said for child in children.values() for said in child.diagnostics)]
    names = tuple(column for column in frame.columns if column not in (ROW, ITEM))
    return Table(name, file, names, frame, tuple(noticed), children=children, row_word=word)


def _flat(value: dict[str, Any], before: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, cell in value.items():
        if isinstance(cell, dict) and depth < _DEEPEST:
            yield from _flat(cell, f"{before}{key}.", depth + 1)
        else:
            yield before + key, cell


def _series(name: str, cells: list[Any]) -> tuple[pl.Series, bool]:
    """The values in one type; text where they have several, so that nothing is rounded or lost."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {_Items}:
        return pl.Series(name, cells, dtype=pl.UInt32), False
    if kinds == {bool}:
        return pl.Series(name, cells, dtype=pl.Boolean), False
    if kinds == {int} and all(cell is None or -_LARGEST <= cell <= _LARGEST for cell in cells):
        return pl.Series(name, cells, dtype=pl.Int64), False
    if kinds and kinds <= {int, float} and all(not isinstance(c, int) or abs(c) <= _EXACT_FLOAT for c in cells):
        return pl.Series(name, cells, dtype=pl.Float64), False
    if kinds == {list} and all(not isinstance(item, (dict, list)) for cell in cells for item in cell or ()):
        texts = [None if cell is None else [_spelled(item) for item in cell] for cell in cells]
        return pl.Series(name, texts, dtype=pl.List(pl.String)), False
    return pl.Series(name, [_spelled(cell) for cell in cells], dtype=pl.String), len(kinds) > 1


def _spelled(cell: Any) -> str | None:
    if cell is None:
        return None
    text = cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text
