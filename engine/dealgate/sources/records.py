"""Delimited text, record by record, with no row lost to a stray quote.

The standard reader treats a quote that is never closed as one cell that runs to the end of the
file. Here such a line is read by itself, its quotes as plain characters, and told.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Scan:
    """What was noticed on the way: line numbers (from 1) of stray quotes, and of cells that look like rows."""

    stray: list[int] = field(default_factory=list)
    like_rows: list[int] = field(default_factory=list)


def lines_of(text: str) -> list[str]:
    """The physical lines, ends kept: CRLF, LF and CR, also mixed, and no other line breaks."""
    return list(io.StringIO(text, newline=""))


def records(
    lines: list[str], delimiter: str, width: int, scan: Scan, start: int = 0
) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins on (from 1); blank lines are passed over.

    ``width`` is the number of cells expected, or 0; it helps to tell swallowed rows from a cell
    with line breaks. The work is linear in the lines, whatever the quotes.
    """
    # The standard limit of 131,072 characters a cell is less than a long email body.
    csv.field_size_limit(sys.maxsize)
    end, budget = len(lines), 3 * len(lines) + 1000
    at = start
    while at < end:
        if budget <= 0:
            yield from _singly(lines, at, delimiter, width, scan)
            return
        base, before = at, 0
        reader = csv.reader(map(lines.__getitem__, range(at, end)), delimiter=delimiter, strict=True)
        try:
            for row in reader:
                if reader.line_num - before > 1 and width > 1:
                    first, last = base + before, base + reader.line_num - 1
                    full = _like_row(lines[first], delimiter, width)
                    if full and len(row) != width:
                        raise csv.Error  # the quote in its first line belongs to no cell
                    middle = any(_like_row(lines[index], delimiter, width) for index in range(first + 1, last))
                    if middle or (full and _like_row(lines[last], delimiter, width)):
                        scan.like_rows.append(first + 1)
                if row and (width == 1 or len(row) > 1 or row[0].strip()):
                    yield base + before + 1, row
                before = reader.line_num
            return
        except csv.Error:
            stray = base + before
            budget -= reader.line_num - before
            scan.stray.append(stray + 1)
            alone = alone_on_its_line(lines[stray], delimiter, width)
            if alone:
                yield stray + 1, alone
            at = stray + 1


def alone_on_its_line(line: str, delimiter: str, width: int) -> list[str]:
    """The cells of one line that cannot go on to the next: quotes that pair are quotes, others are characters."""
    try:
        strict = list(csv.reader([line], delimiter=delimiter, strict=True))
        return strict[0] if strict else []
    except csv.Error:
        pass
    literal = _literal(line, delimiter)
    if width and len(literal) != width:
        loose = next(iter(csv.reader([line], delimiter=delimiter)), [])
        if len(loose) == width and line.count('"') % 2 == 0:
            return loose
    return literal


def _singly(lines: list[str], at: int, delimiter: str, width: int, scan: Scan) -> Iterator[tuple[int, list[str]]]:
    for index in range(at, len(lines)):
        if lines[index].count('"') % 2:
            scan.stray.append(index + 1)
        row = alone_on_its_line(lines[index], delimiter, width)
        if row and (width == 1 or len(row) > 1 or row[0].strip()):
            yield index + 1, row


def _like_row(line: str, delimiter: str, width: int) -> bool:
    """Whether a physical line would be a row of its own; prose has a space after its commas."""
    if width < 3 or line.count(delimiter) + 1 < width or f"{delimiter} " in line:
        return False
    return len(_literal(line, delimiter)) == width


def _literal(line: str, delimiter: str) -> list[str]:
    body = line.rstrip("\r\n")
    mark = re.escape(delimiter)
    cell = re.compile(rf'"([^"]*(?:""[^"]*)*)"(?={mark}|$)|([^{mark}]*)')
    cells: list[str] = []
    at = 0
    while True:
        match = cell.match(body, at)
        if match is None:  # never: a cell may be empty
            return cells
        quoted = match.group(1)
        cells.append(match.group(2) if quoted is None else quoted.replace('""', '"'))
        at = match.end()
        if at >= len(body):
            return cells
        at += len(delimiter)
        if at >= len(body):
            return [*cells, ""]
