"""Excel workbooks: typed cells of one sheet."""

from __future__ import annotations

import logging
import re
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where, error, info, warning
from dealgate.sources import shape
from dealgate.sources.files import contents, damaged, kind_of
from dealgate.sources.table import ROW, ReadOptions, Table, counted

if TYPE_CHECKING:
    import fastexcel

SUFFIXES = (".xlsx", ".xlsm")
_SAMPLE_ROWS = 60
# A compressed sheet may unpack to far more than any spreadsheet program would write.
_MOST_UNPACKED = 2_000_000_000
_CELL = re.compile(rb"<c\b[^>]*?\bt=\"e\"[^>]*>")
_UNCOMPUTED = re.compile(rb"</f>\s*(?:<v>\s*</v>|<v\s*/>)?\s*</c>|<f[^>]*/>\s*(?:<v>\s*</v>|<v\s*/>)?\s*</c>")
_MERGED = re.compile(rb"<mergeCell\b")


@dataclass(frozen=True, slots=True)
class _Marks:
    """What the sheet's own text tells and the reader does not."""

    errors: int = 0
    uncomputed: int = 0
    merged: int = 0


def read(path: Path, options: ReadOptions) -> Table:
    """One sheet: the declared one, else the first. Raises SourceFailed."""
    file = str(path)
    book = _open(path)
    sheet, found = _chosen(book, options, file)
    raw, line, passed_over = _names(book, sheet, options, file)
    names, noticed = shape.unique_names(raw, file, line)
    found += [*shape.header_passed_over(passed_over, file, line, "row"), *noticed]
    frame = _load(book, sheet, path, header_row=None, skip_rows=line)
    wide = max(len(names), frame.width)
    while len(names) < wide:
        names.append(shape.unique_names([*names, ""], file, line)[0][-1])
        raw.append("")
    frame = frame.rename(dict(zip(frame.columns, names, strict=False)))
    missing = [pl.lit(None, dtype=pl.String).alias(name) for name in names[frame.width :]]
    rows = pl.int_range(line + 1, line + 1 + frame.height, dtype=pl.UInt32).alias(ROW)
    frame = frame.select(rows, pl.all(), *missing)
    frame = shape.drop_unnamed_empty(frame, raw, names)
    found += shape.unnamed_columns(frame.columns, raw, file, line)
    frame, noticed = shape.settle(frame, options, file, "row")
    found += [*noticed, *_told(_marks(path, book.sheet_names.index(sheet)), file)]
    known = replace(options, sheet=sheet, header_row=line)
    return Table(path.name, file, tuple(frame.columns[1:]), frame, tuple(found), known)


def header(path: Path, options: ReadOptions) -> list[str]:
    """The column names of the sheet."""
    book = _open(path)
    sheet, _ = _chosen(book, options, str(path))
    raw, line, _ = _names(book, sheet, options, str(path))
    return [name for name, given in zip(shape.unique_names(raw, str(path), line)[0], raw, strict=True) if given]


def _open(path: Path) -> fastexcel.ExcelReader:
    import fastexcel

    # It tells of every empty column on stderr, where only our own diagnostics belong.
    logging.getLogger("fastexcel").setLevel(logging.ERROR)
    start = contents(path, 8192)
    kind = kind_of(start)
    if not start.startswith(b"PK"):
        if "password" in kind:
            raise SourceFailed(
                error(
                    "DG603",
                    "The workbook has a password or is in the old .xls format, so it cannot be read.",
                    Where(str(path)),
                    "Save it as .xlsx without a password.",
                )
            )
        text = "its contents are text, perhaps CSV" if start and b"\0" not in start else ""
        raise damaged(
            path, "workbook", f"its contents are {kind}" if kind else text or "its contents are no workbook's"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > _MOST_UNPACKED:
            raise damaged(path, "workbook", "it unpacks to more than 2 GB")
        return fastexcel.read_excel(str(path))
    except (zipfile.BadZipFile, fastexcel.FastExcelError, OSError, ValueError, pl.exceptions.PanicException):
        raise damaged(path, "workbook") from None


def _chosen(book: fastexcel.ExcelReader, options: ReadOptions, file: str) -> tuple[str, list[Diagnostic]]:
    sheets = book.sheet_names
    if options.sheet is not None:
        sheet = shape.named(options.sheet, sheets)
        if sheet is None:
            shown = ", ".join(f"'{name}'" for name in sheets[:10])
            message = f"The workbook has no sheet '{options.sheet}'."
            raise SourceFailed(error("DG606", message, Where(file), f"Name one of its sheets: {shown}."))
        return sheet, []
    if not sheets:
        raise SourceFailed(error("DG604", "The workbook has no sheet.", Where(file)))
    if len(sheets) == 1:
        return sheets[0], []
    return sheets[0], [
        info(
            "DG622",
            f"The first of {len(sheets)} sheets was read: '{sheets[0]}'.",
            Where(file),
            "Write the sheet's name after the file's, as in `Deals.xlsx#Sheet1`, to read another.",
        )
    ]


def _names(
    book: fastexcel.ExcelReader, sheet: str, options: ReadOptions, file: str
) -> tuple[list[str | None], int, int]:
    """The column names as they stand, their row from 1, and how many filled rows stand before them."""
    skip = (options.header_row or 1) - 1
    sample = _load(book, sheet, Path(file), header_row=None, skip_rows=skip, n_rows=_SAMPLE_ROWS, dtypes="string")
    rows = [list(row) for row in sample.rows()]
    if not any(cell for row in rows for cell in row):
        message = f"There is no row {skip + 1} to hold the column names." if skip else f"The sheet '{sheet}' is empty."
        raise SourceFailed(error("DG605" if options.header_row else "DG604", message, Where(file)))
    index = 0 if options.header_row else shape.guess_header(rows)
    passed_over = sum(1 for row in rows[:index] if any(row))
    return rows[index], skip + index + 1, passed_over


def _load(
    book: fastexcel.ExcelReader,
    sheet: str,
    path: Path,
    *,
    header_row: int | None,
    skip_rows: int,
    n_rows: int | None = None,
    dtypes: str | None = None,
) -> pl.DataFrame:
    import fastexcel

    try:
        loaded = book.load_sheet(
            sheet,
            header_row=header_row,
            skip_rows=skip_rows,
            n_rows=n_rows,
            schema_sample_rows=None,  # all of them: a type found in the first thousand would drop what follows
            dtypes=dtypes,  # type: ignore[arg-type]
        )
        return loaded.to_polars()
    except fastexcel.InvalidParametersError:
        return pl.DataFrame()
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        raise damaged(path, "workbook", f"its sheet '{sheet}' cannot be read") from None


def _marks(path: Path, index: int) -> _Marks:
    """Counts error cells, formulas without a result and merged cells in the sheet's XML, a piece at a time."""
    errors = uncomputed = merged = 0
    try:
        with zipfile.ZipFile(path) as archive:
            part = _part(archive, index)
            if part is None:
                return _Marks()
            with archive.open(part) as stream:
                rest = b""
                while piece := stream.read(1 << 20):
                    text = rest + piece
                    end = text.rfind(b"</c>") + 4
                    text, rest = (text[:end], text[end:]) if end > 3 else (b"", text)
                    errors += len(_CELL.findall(text))
                    uncomputed += len(_UNCOMPUTED.findall(text))
                    merged += len(_MERGED.findall(text))
                merged += len(_MERGED.findall(rest))
    except (zipfile.BadZipFile, OSError, KeyError, ValueError, NotImplementedError):
        return _Marks()
    return _Marks(errors, uncomputed, merged)


def _part(archive: zipfile.ZipFile, index: int) -> str | None:
    """The archive's part that holds the sheet of that place in the workbook."""
    book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    ids = re.findall(r"<(?:\w+:)?sheet\b[^>]*?\br:id=\"([^\"]+)\"", book)
    if index >= len(ids):
        return None
    for link in re.findall(r"<Relationship\b[^>]*>", links):
        target = re.search(r'\bTarget="([^"]+)"', link)
        if f'Id="{ids[index]}"' in link and target:
            name = target[1].lstrip("/")
            return name if name.startswith("xl/") else f"xl/{name}"
    return None


def _told(marks: _Marks, file: str) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    if marks.errors:
        said = (
            "cell holds an error such as #N/A and is" if marks.errors == 1 else "cells hold errors such as #N/A and are"
        )
        found.append(
            warning("DG623", f"{marks.errors:,} {said} missing.", Where(file), "Mend the formulas, or leave them so.")
        )
    if marks.uncomputed:
        found.append(
            warning(
                "DG624",
                f"{counted(marks.uncomputed, 'formula')} without a stored result: read as missing.",
                Where(file),
                "Open the workbook in a spreadsheet program and save it, so that results are stored.",
            )
        )
    if marks.merged:
        found.append(
            warning(
                "DG625",
                f"{counted(marks.merged, 'merged range')}: only the first cell of each holds the value.",
                Where(file),
                "Unmerge the cells and fill the value down where each row needs it.",
            )
        )
    return found
