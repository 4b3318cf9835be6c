"""What every table goes through after reading: names made unique, empty and declared rows left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import polars as pl

from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where, error, info, warning
from dealgate.sources.table import ITEM, ROW, ReadOptions, counted, examples

_TOTAL = re.compile(
    r"(grand|sub|over\s?all)?[\s-]*(totals?|summen?|gesamt(summe)?|zwischensumme|totale|totaal|suma|somme|sum)\b", re.I
)
_LAST_ROWS = 10


def unique_names(raw: Sequence[str | None], file: str, line: int) -> tuple[list[str], list[Diagnostic]]:
    """Column names trimmed; an empty one becomes ``column 3``, a repeated one ``Name (2)``, both reported."""
    wanted = [(name or "").strip().strip("\ufeff") for name in raw]
    taken = {ROW, ITEM}
    names: list[str] = []
    empty: list[int] = []
    repeated: list[str] = []
    first_uses = set(wanted)
    for place, name in enumerate(wanted, 1):
        base = name or f"column {place}"
        chosen, number = base, 1
        while chosen in taken or (number > 1 and chosen in first_uses):
            number += 1
            chosen = f"{base} ({number})"
        if not name:
            empty.append(place)
        elif chosen != base:
            repeated.append(chosen)
        taken.add(chosen)
        names.append(chosen)
    found: list[Diagnostic] = []
    if repeated:
        shown = ", ".join(f"'{name}'" for name in repeated[:3])
        found.append(
            warning(
                "DG613",
                f"{counted(len(repeated), 'column name')} stood more than once; the later ones are now {shown}.",
                Where(file, line),
                "Give each column a name of its own, or use the names shown in the mapping.",
            )
        )
    return names, found


def drop_unnamed_empty(frame: pl.DataFrame, raw: Sequence[str | None], names: Sequence[str]) -> pl.DataFrame:
    """The frame without columns that have neither a name nor a value, such as a trailing delimiter makes."""
    unnamed = [name for name, given in zip(names, raw, strict=True) if not (given or "").strip()]
    held = frame.select(_filled(frame, unnamed)).row(0) if unnamed else ()
    return frame.drop([name for name, any_filled in zip(unnamed, held, strict=True) if not any_filled])


def unnamed_columns(columns: Iterable[str], raw: Sequence[str | None], file: str, line: int) -> list[Diagnostic]:
    """Reports the columns that hold values and have no name."""
    kept = set(columns)
    places = [place for place, name in enumerate(raw, 1) if not (name or "").strip() and f"column {place}" in kept]
    if not places:
        return []
    return [
        warning(
            "DG614",
            f"{counted(len(places), 'column')} with values {'has' if len(places) == 1 else 'have'} no name; "
            f"the first is called 'column {places[0]}'.",
            Where(file, line),
            "Name it in the file, or use that name in the mapping.",
        )
    ]


def settle(frame: pl.DataFrame, options: ReadOptions, file: str, word: str) -> tuple[pl.DataFrame, list[Diagnostic]]:
    """Leaves out rows without a value and those the options declare; reports them, and suspicious last rows."""
    columns = [name for name in frame.columns if name != ROW]
    if not columns or frame.is_empty():
        return frame, []
    found: list[Diagnostic] = []
    # Column by column, for nearly every row has a value in its first.
    blanks = frame
    for name in columns:
        blanks = blanks.filter((_text(frame, name) == "").fill_null(True))
    blank = blanks[ROW].to_list()
    if blank:
        frame = frame.filter(~pl.col(ROW).is_in(blank))
        message = f"{counted(len(blank), 'row')} without any value left out: {examples(blank, word)}."
        found.append(info("DG619", message, Where(file)))
    frame, left_out = _leave_out(frame, columns, options, file, word)
    return frame, [*found, *left_out, *_suspicious(frame, columns, file, word)]


def _leave_out(
    frame: pl.DataFrame, columns: list[str], options: ReadOptions, file: str, word: str
) -> tuple[pl.DataFrame, list[Diagnostic]]:
    tests: list[tuple[str, pl.Expr]] = []
    if options.totals:
        first = pl.coalesce([pl.when(_text(frame, name) != "").then(_text(frame, name)) for name in columns])
        words = "|".join(re.escape(total.strip().lower()) for total in options.totals)
        tests.append(("`totals`", first.str.to_lowercase().str.contains(rf"^(?:{words})(?:\W|$)")))
    for column, values in options.skip_rows_where.items():
        name = named(column, columns)
        if name is None:
            raise SourceFailed(
                error("DG606", f"`skip_rows_where` names a column '{column}' that the file does not have.", Where(file))
            )
        wanted = [value.strip().lower() for value in values]
        tests.append(("`skip_rows_where`", _text(frame, name).fill_null("").str.to_lowercase().is_in(wanted)))
    found: list[Diagnostic] = []
    for said, test in tests:
        sure = test.fill_null(False)
        rows = _rows(frame, sure)
        if rows:
            frame = frame.filter(~sure)
            message = f"{counted(len(rows), 'row')} left out as {said} declares: {examples(rows, word)}."
            found.append(info("DG617", message, Where(file)))
    return frame, found


def _suspicious(frame: pl.DataFrame, columns: list[str], file: str, word: str) -> list[Diagnostic]:
    """The last rows that read like totals or a footer; they are kept, for only a person knows."""
    tail = frame.tail(_LAST_ROWS)
    cells = tail.select([_text(tail, name).fill_null("").alias(name) for name in columns]).rows()
    rows: list[int] = []
    for row, values in zip(tail[ROW].to_list(), cells, strict=True):
        filled = [value for value in values if value]
        sparse = len(columns) >= 3 and len(filled) * 2 <= len(columns)
        total = bool(filled) and _TOTAL.match(filled[0]) is not None
        # A sentence alone in its row, such as a report's last line; an id alone is a row like others.
        only_first = len(columns) >= 4 and len(filled) == 1 and " " in values[0] and frame.height > 1
        if (total and (sparse or _TOTAL.fullmatch(filled[0].strip(" :")))) or only_first:
            rows.append(row)
    if not rows:
        return []
    return [
        warning(
            "DG616",
            f"{counted(len(rows), 'row')} near the end {'reads' if len(rows) == 1 else 'read'} like a total "
            f"or a footer and {'was' if len(rows) == 1 else 'were'} kept: {examples(rows, word)}.",
            Where(file, rows[0]),
            "Declare `totals` or `skip_rows_where` in the mapping to leave them out.",
        )
    ]


def named(name: str, columns: Iterable[str]) -> str | None:
    """The column of that name: as spelled, else compared trimmed and case-folded."""
    spelled = list(columns)
    if name in spelled:
        return name
    folded = [column for column in spelled if column.strip().casefold() == name.strip().casefold()]
    return folded[0] if len(folded) == 1 else None


def guess_header(records: Sequence[Sequence[str | None]]) -> int:
    """Which of the first records holds the column names: the first that is about as wide as the table.

    Title lines above a table fill one or two cells; the names fill at least half of its width.
    """
    filled = [sum(1 for cell in record if cell is not None and cell.strip()) for record in records]
    nonblank = [index for index, cells in enumerate(filled) if cells]
    widths = Counter(len(record) for record, cells in zip(records, filled, strict=True) if cells >= 2)
    if not nonblank or not widths:
        return nonblank[0] if nonblank else 0
    width, alike = max(widths.items(), key=lambda item: (item[1], item[0]))
    most = max(cells for record, cells in zip(records, filled, strict=True) if len(record) == width)
    for index in nonblank:
        enough = filled[index] * 2 > most if len(records[index]) >= width else filled[index] * 3 >= width * 2
        if filled[index] >= 2 and enough:
            after = sum(1 for other in nonblank if other >= index)
            return index if alike * 2 >= after else nonblank[0]
    return nonblank[0]


def header_passed_over(skipped: int, file: str, line: int, word: str) -> list[Diagnostic]:
    """Says how many filled lines stood before the column names."""
    if not skipped:
        return []
    message = f"The column names were found in {word} {line}; {counted(skipped, word)} before them passed over."
    return [info("DG612", message, Where(file, line), f"Declare `header_row: {line}` to be sure of it.")]


def _rows(frame: pl.DataFrame, test: pl.Expr) -> list[int]:
    return frame.filter(test)[ROW].to_list()


def _text(frame: pl.DataFrame, name: str) -> pl.Expr:
    kind = frame.schema[name]
    column = pl.col(name)
    if kind == pl.String:
        return column.str.strip_chars()
    if kind.is_nested() or kind in (pl.Binary, pl.Object):
        return pl.when(column.is_null()).then(pl.lit("")).otherwise(pl.lit("…"))
    return column.cast(pl.String)


def _filled(frame: pl.DataFrame, names: Sequence[str]) -> list[pl.Expr]:
    return [(_text(frame, name) != "").fill_null(False).any().alias(name) for name in names]
