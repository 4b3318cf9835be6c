"""What a workspace's lock should hold: the bundled documents it rests on, and how they differ from what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dealgate.bundled import bundled
from dealgate.documents.library import Document, Library
from dealgate.documents.load import load_documents
from dealgate.documents.lock import FOLDER, Locked, hashed
from dealgate.documents.workspace import yaml_files


@dataclass(frozen=True, slots=True)
class Pinned:
    """One document of the lock beside what is installed; ``text`` is what its copy is to hold.

    ``state``: kept (the lock's is the installed one), added, moved (another one is installed), unused.
    """

    entry: Locked
    state: str
    text: str
    installed: str = ""
    """The version installed now; empty where none is."""


def pinned(folder: Path, *, update: bool = False) -> list[Pinned]:
    """What the lock of the workspace in a folder comes to, by kind and id. ``update`` takes what is installed now."""
    held = {(one.kind, one.id): (path, one) for path, one in Library(folder).locked.items()}
    used = _used(folder)
    found = []
    for key in sorted(held.keys() | used.keys()):
        installed, (path, entry) = used.get(key), held.get(key, (None, None))
        version = installed.word("version") if installed is not None else ""
        if installed is None:
            assert entry is not None  # one of the two has it
            found.append(Pinned(entry, "unused", ""))
            continue
        now = _entry(installed)
        if entry is None:
            found.append(Pinned(now, "added", installed.text, version))
        elif entry.sha256 == now.sha256:
            found.append(Pinned(entry, "kept", installed.text, version))
        else:
            text = installed.text if update or path is None else _text(path)
            found.append(Pinned(now if update else entry, "moved", text, version))
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError):
        return ""


def _used(folder: Path) -> Mapping[tuple[str, str], Document]:
    """The bundled documents that the workspace's own ones rest on."""
    library = Library(folder, locked=False)
    load_documents(yaml_files(folder), workspace=folder, library=library)
    top = bundled("rules")
    found = [document for document in library.read if document.path.is_relative_to(top)]
    rules = [one for one in found if one.kind is not None and one.kind.has_id and one.kind.is_rule]
    return {(one.kind.name, one.word("id")): one for one in rules if one.kind is not None}


def _entry(document: Document) -> Locked:
    assert document.kind is not None
    below = document.path.relative_to(bundled("rules")).as_posix()
    return Locked(
        document.kind.name, document.word("id"), document.word("version"), hashed(document.text), f"{FOLDER}/{below}"
    )
