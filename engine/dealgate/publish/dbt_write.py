"""Writing a dbt project: only files that dealgate wrote are ever replaced."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dealgate.model.diagnostics import SourceFailed, Where, WrongUsage, error

MARK = "Written by dealgate"
"""Stands in the first line of every file that it writes."""


def write(folder: Path, files: Mapping[str, str]) -> int:
    """Writes the files by their paths in the folder; how many are new or changed.

    Raises WrongUsage, and writes nothing, where one of them is there and is not dealgate's; SourceFailed where the
    folder cannot be written.
    """
    try:
        foreign = [name for name in files if _held(folder / name) is not None and not _ours(folder / name)]
        if foreign:
            name = foreign[0]
            more = f", and {len(foreign) - 1} more" if len(foreign) > 1 else ""
            message = f"{name} is there and was not written by dealgate{more}; nothing was written."
            hint = "Name another folder, or move the file."
            raise WrongUsage(error("DG915", message, Where(str(folder / name)), hint))
        changed = 0
        for name, text in files.items():
            place = folder / name
            if _held(place) == text:
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            part = place.with_name(place.name + ".part")
            part.write_text(text, encoding="utf-8", newline="\n")
            part.replace(place)
            changed += 1
    except OSError as trouble:
        reason = (trouble.strerror or "unknown reason").lower()
        raise SourceFailed(error("DG903", f"The file cannot be written: {reason}.", Where(str(folder)))) from None
    return changed


def _held(place: Path) -> str | None:
    if not place.exists():
        return None
    return place.read_text(encoding="utf-8", errors="replace")


def _ours(place: Path) -> bool:
    return MARK in (_held(place) or "").partition("\n")[0]
