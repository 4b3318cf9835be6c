"""A lock as text: what is held, and what is to be done."""

from __future__ import annotations

from collections.abc import Sequence

from ....tailor.pinning import Pinned

_MARKS = {"kept": " ", "added": "+", "moved": "~", "unused": "-"}


def render(found: Sequence[Pinned], check: bool, update: bool) -> str:
    """One line a document that is not simply kept, then the counts."""
    lines = [_line(one, check, update) for one in found if one.state != "kept"]
    kept = sum(one.state == "kept" for one in found)
    count = f"{kept} document{'' if kept == 1 else 's'} held as installed."
    moved = any(one.state == "moved" for one in found) and not update
    hint = ["An overlay moves to the installed base by `dealgate rebase`, the rest by `dealgate lock --update`."]
    return "\n".join([*lines, count, *(hint if moved else [])])


def _line(one: Pinned, check: bool, update: bool) -> str:
    entry = one.entry
    name = f"{_MARKS[one.state]} {entry.kind} {entry.id}"
    version = f" {entry.version}" if entry.version else ""
    if one.state == "added":
        return f"{name}{version}: {'not held yet' if check else 'held now'}"
    if one.state == "unused":
        return f"{name}{version}: nothing uses it{'' if check else ' any more'}"
    if update and not check:
        return f"{name}: now {one.installed or 'as installed'}"
    other = f"{one.installed} is installed" if one.installed != entry.version else "another text of it is installed"
    return f"{name}{version}: {other}"
