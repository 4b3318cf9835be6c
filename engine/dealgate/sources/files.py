"""Opening a source file, and telling what kind it truly is."""

from __future__ import annotations

from pathlib import Path

from dealgate.model.diagnostics import SourceFailed, Where, error

_MAGIC = (
    (b"PK\x03\x04", "a workbook or another zip archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook, or one with a password"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a picture"),
)


def contents(path: Path, at_most: int = -1) -> bytes:
    """The file's bytes, or the first of them. Raises SourceFailed where it cannot be opened."""
    try:
        with path.open("rb") as stream:
            return stream.read(at_most)
    except OSError as problem:
        raise unopened(path, problem) from None


def unopened(path: Path, problem: OSError) -> SourceFailed:
    """The refusal for a file that is absent, a folder, or not ours to read."""
    why = (problem.strerror or "it cannot be opened").lower()
    return SourceFailed(
        error("DG600", f"The file cannot be read: {why}.", Where(str(path)), "Check the path and who may read it.")
    )


def damaged(path: Path, kind: str, why: str = "") -> SourceFailed:
    """The refusal for a file that is not what its name says."""
    return SourceFailed(
        error(
            "DG602",
            f"The file is damaged or is no {kind}{': ' + why if why else ''}.",
            Where(str(path)),
            "Open it in the program that wrote it and export it anew.",
        )
    )


def kind_of(data: bytes) -> str:
    """What the first bytes say that the file is, in words; empty for text."""
    return next((words for magic, words in _MAGIC if data.startswith(magic)), "")


def refuse_other_kinds(data: bytes, path: Path) -> None:
    """Refuses a workbook, a picture and the like under a text file's name."""
    words = kind_of(data)
    if words:
        raise damaged(path, "text file", f"its contents are {words}")
