"""A move to another base as text: what goes by itself, what is in conflict, what now holds."""

from __future__ import annotations

from collections.abc import Iterator

from ....documents.library import Document
from ....tailor.rebase import Rebased
from ..diagnostics.text import render as told
from ..explain import wrapped
from ..width import width


def render(overlay: Document, found: Rebased, written: bool) -> str:
    """From the conflicts down to what is only to be known."""
    old, new = found.base.old, found.base.new
    title = f"{overlay.word('title')}: from {old.id} {old.version} to {new.id} {new.version}"
    lines = [*wrapped(title, width()), ""]
    if found.conflicts:
        lines += [f"In conflict ({len(found.conflicts)})", *_conflicts(found), ""]
    if found.notes:
        lines += [f"Moved by itself ({len(found.notes)})"]
        for note in found.notes:
            lines += [*wrapped(f"  {note.words}", width(), "  "), *([f"    {note.where}"] if note.where else [])]
        lines += [""]
    if found.taken:
        lines += [f"Taken from the base ({len(found.taken)})"]
        for change in found.taken:
            words = f"  {change.group.capitalize()}: {change.subject}. {change.words}"
            lines += [*wrapped(words, width(), "  "), f"    {change.where}"]
        lines += [""]
    if found.diagnostics:
        lines += [told(found.diagnostics, {overlay.file: found.text or ""}), ""]
    return "\n".join([*lines, _end(overlay, found, written)])


def _conflicts(found: Rebased) -> Iterator[str]:
    for one in found.conflicts:
        yield from wrapped(f"  {'.'.join(one.place)}: {one.words}.", width(), "  ")
        yield f"    {one.here}"
        yield f"    {one.there}"
        yield from wrapped(f"    {one.mend}", width(), "    ")


def _end(overlay: Document, found: Rebased, written: bool) -> str:
    if written:
        return f"{overlay.file} is written. Now: dealgate validate, dealgate test, then dealgate lock --update"
    if found.conflicts:
        return "Nothing is written: mend the conflicts in the overlay, then rebase again."
    if found.text == overlay.text and not found.diagnostics:
        return "The overlay fits the new base as it is."
    return "Nothing is written."
