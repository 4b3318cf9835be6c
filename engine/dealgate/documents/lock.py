"""The lock of a workspace: copies of the bundled documents it rests on, so that a new dealgate does not move them.

``dealgate.lock`` lists each with its version and hash; the copies lie in ``locked/``. A copy comes after the
workspace's own documents and before the bundled ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from dealgate.model.diagnostics import Diagnostic, Where, error
from dealgate.model.struct import Struct

FILE = "dealgate.lock"
FOLDER = "locked"
_NOTE = "Written by `dealgate lock`: the bundled documents this workspace rests on. Change none of it by hand."


class Locked(Struct):
    """One document that is held: its kind, id, version, the hash of its text, and its copy below the workspace."""

    kind: str
    id: str
    version: str
    sha256: str
    file: str


def hashed(text: str) -> str:
    """The hash of a document's text; how its lines end does not count."""
    import hashlib  # most workspaces have no lock

    return hashlib.sha256(text.replace("\r\n", "\n").encode("utf-8", "surrogatepass")).hexdigest()


def read_lock(folder: Path) -> tuple[list[Locked], list[Diagnostic]]:
    """What a workspace's lock holds; nothing where there is none. A lock that cannot be read is DG460."""
    path = folder / FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return [], []
    except (OSError, ValueError):
        return [], [_unreadable(path)]
    import json

    try:
        listed = json.loads(text)["documents"]
        found = [Locked(**{name: str(one[name]) for name in Locked._names}) for one in listed]
    except (ValueError, KeyError, TypeError, RecursionError):
        return [], [_unreadable(path)]
    if any(not (folder / one.file).resolve().is_relative_to((folder / FOLDER).resolve()) for one in found):
        return [], [_unreadable(path)]
    return found, []


def lock_text(documents: Iterable[Locked]) -> str:
    """The lock file of these documents, in a steady order."""
    import json

    listed = [
        {name: getattr(one, name) for name in Locked._names}
        for one in sorted(documents, key=lambda one: (one.kind, one.id))
    ]
    return json.dumps({"note": _NOTE, "documents": listed}, indent=1, ensure_ascii=False) + "\n"


def problem(one: Locked, text: str | None, shown: str) -> Diagnostic | None:
    """What is wrong with a copy whose text is this (None: it cannot be read), or None."""
    if text is None:
        message = f"The locked copy of the {one.kind} `{one.id}` cannot be read."
        return error("DG460", message, Where(shown), "Run `dealgate lock`, or bring the file back.")
    if hashed(text) != one.sha256:
        message = f"The locked copy of the {one.kind} `{one.id}` is not what was locked."
        hint = "Bring it back from version control. What is to differ goes into a document of your own that extends it."
        return error("DG461", message, Where(shown, 1, 1), hint)
    return None


def _unreadable(path: Path) -> Diagnostic:
    message = f"`{path.name}` is not a lock that dealgate wrote."
    return error("DG460", message, Where(str(path)), "Bring it back from version control, or delete it and lock again.")
