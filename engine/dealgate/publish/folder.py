"""Writing a playbook: into a folder that is empty, or that an earlier playbook made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from ..model.diagnostics import SourceFailed, Where, WrongUsage, error

MARKER = ".dealgate-playbook"
"""Lists the files that dealgate wrote into the folder, so that they, and they alone, are replaced."""


def write(folder: Path, files: Mapping[str, bytes]) -> tuple[int, int]:
    """Writes the files by their names; how many are new or changed, and how many were taken away.

    Each file is whole or as it was; what an earlier playbook wrote and this one does not have is removed.

    Raises WrongUsage, and writes nothing, where the folder is not empty and has no marker, or where a file that is not
    ours has the name of one that is to be written; SourceFailed where the folder cannot be written.
    """
    try:
        before = _before(folder)
        foreign = sorted(name for name in files if name not in before and (folder / name).exists())
        if foreign:
            message = f"{foreign[0]} is there and was not written by dealgate; nothing was written."
            raise WrongUsage(
                error("DG955", message, Where(str(folder / foreign[0])), "Move the file, or name another folder.")
            )
        folder.mkdir(parents=True, exist_ok=True)
        # all that may be ours, first: a run that is cut short can be run again
        _put(folder / MARKER, _listed({*before, *files}))
        changed = 0
        for name, data in files.items():
            place = folder / name
            if place.is_file() and place.read_bytes() == data:
                continue
            _put(place, data)
            changed += 1
        gone = sorted(before - files.keys())
        for name in gone:
            (folder / name).unlink(missing_ok=True)
        _put(folder / MARKER, _listed(files))
    except OSError as trouble:
        reason = (trouble.strerror or "unknown reason").lower()
        raise SourceFailed(error("DG903", f"The file cannot be written: {reason}.", Where(str(folder)))) from None
    return changed, len(gone)


def _before(folder: Path) -> set[str]:
    """The files that an earlier playbook wrote here."""
    if not folder.exists():
        return set()
    marker = folder / MARKER
    if folder.is_dir() and not marker.is_file() and not any(folder.iterdir()):
        return set()
    if not marker.is_file():
        message = f"{folder} is there and was not made by dealgate; nothing was written."
        raise WrongUsage(error("DG955", message, Where(str(folder)), "Name a new folder, or an empty one."))
    names = marker.read_text(encoding="utf-8", errors="replace").splitlines()
    # a name that leads out of the folder is no name of ours, whoever wrote it
    return {name for name in names if name and PurePosixPath(name).name == name and name not in (".", "..", MARKER)}


def _listed(names: Mapping[str, bytes] | set[str]) -> bytes:
    return "".join(f"{name}\n" for name in sorted(names)).encode()


def _put(place: Path, data: bytes) -> None:
    part = place.with_name(place.name + ".part")
    part.write_bytes(data)
    part.replace(place)
