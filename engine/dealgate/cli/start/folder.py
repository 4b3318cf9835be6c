"""Writing a workspace: all of it or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from ...model.diagnostics import SourceFailed, Where, WrongUsage, error


def vacant(folder: Path) -> None:
    """Raises WrongUsage (DG904) where the folder holds something, SourceFailed (DG917) where it cannot be looked at."""
    try:
        full = os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir()))
    except (OSError, ValueError) as trouble:
        raise _refused(folder, trouble) from None
    if full:
        raise WrongUsage(error("DG904", f"{folder} is not an empty folder.", suggestion="name a new one"))


def write(folder: Path, files: Mapping[str, str], trees: Mapping[str, Path], folders: tuple[str, ...] = ()) -> None:
    """Makes the folder with texts (by path), copies of whole folders, and empty folders.

    It is made beside its place under another name, which it changes at the end; in a folder that is there already
    (one may stand in it) it is made inside. Raises SourceFailed (DG917), and leaves nothing behind, where that fails.
    """
    made: list[Path] = []
    part: Path | None = None
    try:
        there = folder.is_dir()
        part = (folder if there else folder.parent) / f".dealgate.part-{os.getpid()}"
        _make(part.parent, made)
        part.mkdir()
        for name in folders:
            (part / name).mkdir(parents=True)
        for name, source in trees.items():
            shutil.copytree(source, part / name, copy_function=shutil.copyfile, ignore=_UNWANTED)
        for name, text in files.items():
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        if there:
            _move_up(part, folder)
        else:
            part.rename(folder)
    except BaseException as trouble:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
        for parent in reversed(made):
            parent.rmdir()
        if isinstance(trouble, (OSError, ValueError, shutil.Error)):
            raise _refused(folder, trouble) from None
        raise


_UNWANTED = shutil.ignore_patterns("output", "__pycache__")


def _make(folder: Path, made: list[Path]) -> None:
    """The folder and those above it; ``made`` are those that were not there."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir()
        made.append(one)


def _move_up(part: Path, folder: Path) -> None:
    moved: list[Path] = []
    try:
        for path in sorted(part.iterdir()):
            target = folder / path.name
            path.rename(target)
            moved.append(target)
        part.rmdir()
    except BaseException:
        for path in moved:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        raise


def _refused(folder: Path, trouble: BaseException) -> SourceFailed:
    reason = getattr(trouble, "strerror", None) or "the system gave no reason"
    return SourceFailed(
        error(
            "DG917",
            f"The workspace cannot be written: {str(reason).lower()}.",
            Where(str(folder)),
            "Nothing was left behind. Name another place, or see to its rights and room.",
        )
    )
