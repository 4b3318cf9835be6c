"""``dealgate validate --fix``: what is mended is told, and written or shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..documents.edits import as_in_file
from ..documents.library import shown
from ..documents.load import Loaded
from ..documents.mending import mended
from ..documents.workspace import find_workspace
from ..model.diagnostics import Diagnostic, WrongUsage, error
from .render.unified import unified
from .render.write import rewrite, say


def mend(files: Sequence[str], named: bool, diff: bool) -> tuple[list[Loaded], list[Diagnostic]]:
    """The documents after their mends, and what was not mended after all.

    ``files``: those named. ``named``: whether anything was; else the workspace is meant. ``diff``: only show. Raises
    WrongUsage where there is no workspace, for the bundled rules are not mended.
    """
    folder = find_workspace(Path.cwd())
    if not named and folder is None:
        raise WrongUsage(error("DG022", "There is no workspace here.", suggestion="Name the files, or their folder."))
    paths: list[str | Path] = [*files] if named else [folder or Path()]
    if not paths:
        return [], []
    found = mended(paths)
    for path, text in found.texts.items():
        raw = path.read_bytes()
        new = as_in_file(raw, text)
        if diff:
            say(unified(raw.decode("utf-8"), new.decode("utf-8"), shown(path)))
        elif new != raw:
            rewrite(path, new)
    verb = "would mend" if diff else "mended"
    for one in sorted(found.made, key=lambda m: (m.file, m.where.line, m.where.column)):
        old, new_words = one.words
        say(f"{verb} {one.file}:{one.where.line}: {old} → {new_words}", err=True)
    return found.loaded, found.taken_back
