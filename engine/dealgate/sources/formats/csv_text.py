"""Delimited text: CSV and its kin, every cell as it stands."""

from __future__ import annotations

import csv
import gc
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import polars as pl

from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where, error, warning
from dealgate.sources import shape
from dealgate.sources.encodings import decode
from dealgate.sources.files import contents, refuse_other_kinds
from dealgate.sources.records import Scan, lines_of, records
from dealgate.sources.table import ROW, ReadOptions, Table, counted, examples

SUFFIXES = (".csv", ".tsv", ".tab", ".txt")
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 262_144
_SAMPLE_LINES = 100
_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class _Layout:
    delimiter: str
    names: list[str]  # as they stand
    line: int  # of the names, from 1
    body: int  # index of the first line after the names
    passed_over: int  # filled records before the names


def read(path: Path, options: ReadOptions) -> Table:
    """The whole file; ``Table`` says what becomes of cells. Raises SourceFailed."""
    file = str(path)
    data = contents(path)
    refuse_other_kinds(data, path)
    decoded = decode(data, file, options.encoding)
    del data
    text = decoded.text
    layout = _layout(text, file, options)
    names, found = shape.unique_names(layout.names, file, layout.line)
    found = [*decoded.diagnostics, *shape.header_passed_over(layout.passed_over, file, layout.line, "line"), *found]
    frame = _plain(text, layout, names)
    if frame is None:
        frame, noticed = _careful(text, layout, names, file)
        found += noticed
    frame = shape.drop_unnamed_empty(frame, [*layout.names, *[""] * (frame.width - 1 - len(names))], frame.columns[1:])
    found += shape.unnamed_columns(frame.columns, layout.names, file, layout.line)
    frame, noticed = shape.settle(frame, options, file, "line")
    known = replace(options, delimiter=layout.delimiter, encoding=decoded.encoding, header_row=layout.line)
    columns = tuple(frame.columns[1:])
    return Table(path.name, file, columns, frame, (*found, *noticed), known, row_word="line")


def header(path: Path, options: ReadOptions) -> list[str]:
    """The column names, from the first part of the file."""
    data = contents(path, 4 * _SAMPLE)
    refuse_other_kinds(data, path)
    if len(data) == 4 * _SAMPLE:  # end on a whole line, so that no character is cut in two
        data = data[: data.rfind(b"\n")]
        if b"\0" in data[:4]:
            data = data[: len(data) // 2 * 2]
    layout = _layout(decode(data, str(path), options.encoding).text, str(path), options)
    return shape.unique_names(layout.names, str(path), layout.line)[0]


def _layout(text: str, file: str, options: ReadOptions) -> _Layout:
    sample = text[:_SAMPLE]
    lines = lines_of(sample)
    if len(text) > len(sample) and len(lines) > 1:
        lines.pop()
    wanted = options.header_row
    if wanted is not None and wanted > len(lines):
        lines = lines_of(text)
    lines = lines[: _SAMPLE_LINES + (wanted or 0)]
    hint = re.fullmatch(r'"?sep=(.)"?[\r\n]*', lines[0]) if lines else None
    start = (wanted - 1) if wanted else int(hint is not None)
    delimiter = options.delimiter or (hint[1] if hint else _sniff(lines[start:]))
    if len(delimiter) != 1 or delimiter in '"\r\n':
        message = "The declared delimiter must be a single character, and no quote or line end."
        raise SourceFailed(error("DG605", message, Where(file)))
    first = list(records(lines, delimiter, 0, Scan(), start))
    if not first:
        message = f"There is no line {wanted} to hold the column names." if wanted else "The file has no column names."
        raise SourceFailed(error("DG605" if wanted else "DG604", message, Where(file), "Export the file anew."))
    index = 0 if wanted else shape.guess_header([cells for _, cells in first])
    line, names = first[index]
    body = first[index + 1][0] - 1 if index + 1 < len(first) else _line_after(lines, line - 1, delimiter)
    return _Layout(delimiter, names, line, body, index)


def _line_after(lines: list[str], at: int, delimiter: str) -> int:
    reader = csv.reader(lines[at:], delimiter=delimiter)
    next(reader, None)
    return at + reader.line_num


def _sniff(lines: list[str]) -> str:
    """The delimiter that splits most of the first records into one same number of cells, two or more."""
    best, chosen = (0.0, 0), ","
    for delimiter in _DELIMITERS:
        widths = Counter(len(cells) for _, cells in records(lines, delimiter, 0, Scan()))
        wide = [(count, width) for width, count in widths.items() if width > 1]
        if wide:
            count, width = max(wide)
            best, chosen = max(
                (best, chosen), ((count / widths.total(), width), delimiter), key=lambda scored: scored[0]
            )
    return chosen


def _plain(text: str, layout: _Layout, names: list[str]) -> pl.DataFrame | None:
    """The rows of a file in which every line is one whole, well-quoted row, read at full speed; else None."""
    body = text[_offset(text, layout.body) :].replace("\r\n", "\n")
    if not body or "\r" in body or body.startswith("\n") or "\n\n" in body or len(names) < 2:
        return None
    lines = body.count("\n") + (not body.endswith("\n"))
    quoted = '"' in body
    data = body.encode("utf-8", "replace")
    del body
    try:
        if quoted and not _well_quoted(data, layout.delimiter):
            return None
        frame = pl.read_csv(
            io.BytesIO(data),
            has_header=False,
            new_columns=names,
            separator=layout.delimiter,
            quote_char='"' if quoted else None,
            infer_schema=False,
            empty_string_is_null=False,
            missing_columns="raise",
            extra_columns="raise",
        )
    except pl.exceptions.PolarsError:
        return None  # ragged rows and the like: read with care, and told
    if (
        frame.height != lines
        or frame.width != len(names)
        or frame.select(pl.all().has_nulls().any()).row(0).count(True)
    ):
        return None
    return frame.select(pl.int_range(layout.body + 1, layout.body + 1 + lines, dtype=pl.UInt32).alias(ROW), pl.all())


def _well_quoted(data: bytes, delimiter: str) -> bool:
    """Whether every line by itself is a row whose quotes all open and close a cell."""
    mark = re.escape(delimiter)
    cell = rf'(?:"(?:[^"]|"")*"|[^"{mark}]*)'
    whole = pl.read_csv(
        io.BytesIO(data),
        has_header=False,
        new_columns=["line"],
        separator="\x1f" if delimiter != "\x1f" else "\x1e",
        quote_char=None,
        infer_schema=False,
        empty_string_is_null=False,
        extra_columns="raise",
    )
    return bool(whole["line"].str.contains(rf"^{cell}(?:{mark}{cell})*$").all())


def _offset(text: str, line: int) -> int:
    """Where the line of that index (from 0) begins in the text."""
    size = _SAMPLE
    while True:  # the whole text is copied only where the line stands far down
        lines = io.StringIO(text[:size], newline="")
        for _ in islice(lines, line):
            pass
        if lines.tell() < size - 1 or size >= len(text):
            return lines.tell()
        size *= 8


def _careful(text: str, layout: _Layout, names: list[str], file: str) -> tuple[pl.DataFrame, list[Diagnostic]]:
    """The rows of any file: line breaks in cells, stray quotes, rows too short and too long."""
    width = len(names)
    scan = Scan()
    short: list[int] = []
    long: list[int] = []
    extra: list[str] = []
    frames = [pl.DataFrame(schema={ROW: pl.UInt32, **dict.fromkeys(names, pl.String)})]
    found = records(lines_of(text), layout.delimiter, width, scan, layout.body)
    with _collector_paused():
        while chunk := list(islice(found, _CHUNK)):
            lines, rows = zip(*chunk, strict=True)
            widths = set(map(len, rows))
            if widths != {width}:
                short += [line for line, row in chunk if len(row) < width]
                long += [line for line, row in chunk if any(row[width:])]
                widest = max(widths | {width})
                rows = tuple([*row, *[None] * (widest - len(row))] for row in rows)
                while width + len(extra) < widest:
                    extra.append(shape.unique_names([*names, *extra, ""], file, 0)[0][-1])
            series = [
                pl.Series(name, cells, dtype=pl.String)
                for name, cells in zip([*names, *extra], zip(*rows, strict=True), strict=False)
            ]
            frames.append(pl.DataFrame([pl.Series(ROW, lines, dtype=pl.UInt32), *series]))
    return pl.concat(frames, how="diagonal"), [*_stray(scan, file), *_ragged(short, long, width, file)]


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No search for cycles while millions of small lists, none of them in a cycle, come and go: half the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _stray(scan: Scan, file: str) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    if scan.stray:
        found.append(
            warning(
                "DG620",
                f"A quote that opens or closes no cell, in {examples(scan.stray, 'line')}; "
                "each such line was read by itself, the quote kept as a character.",
                Where(file, scan.stray[0]),
                'Write a quote inside a cell twice ("") and put quotes around that cell.',
            )
        )
    if scan.like_rows:
        found.append(
            warning(
                "DG621",
                f"{counted(len(scan.like_rows), 'quoted cell')} over several lines may have swallowed rows: "
                f"{examples(scan.like_rows, 'line')}.",
                Where(file, scan.like_rows[0]),
                "Look at those lines: a quote may be missing or stand too much.",
            )
        )
    return found


def _ragged(short: list[int], long: list[int], width: int, file: str) -> list[Diagnostic]:
    if not short and not long:
        return []
    parts: list[str] = []
    if short:
        parts.append(
            f"{counted(len(short), 'row')} with fewer cells than the {width} columns ({examples(short, 'line')})"
        )
    if long:
        parts.append(f"{counted(len(long), 'row')} with more cells than the {width} columns ({examples(long, 'line')})")
    return [
        warning(
            "DG615",
            f"{' and '.join(parts)}; all were kept, absent cells as missing and further ones in columns of their own.",
            Where(file, min([*short, *long])),
            "A delimiter or a line break may stand unquoted in a cell.",
        )
    ]
