"""``dealgate rebase``: moves an overlay to its base as it is now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..options import output

if TYPE_CHECKING:
    from ...documents.library import Document, Library
    from ...documents.whole import Whole


@click.command(
    short_help="Move an overlay to a base that moved",
    epilog="""\b
Examples:
  dealgate rebase acme.yaml --from practical-1.yaml
  dealgate rebase acme.yaml --from practical-1.yaml --onto practical.yaml
  dealgate rebase acme.yaml --from practical-1.yaml --dry-run --output json
In a workspace with a lock, `dealgate rebase` alone moves its overlay from
the locked base to the installed one. What only one side changed goes by
itself. Where both did, both places are shown, nothing is written, and it
exits with 1.
""",
)
@click.argument("overlay", metavar="[OVERLAY]", required=False)
@click.option("--from", "old", metavar="FILE|ID", help="The base it was written on. Default: the locked one.")
@click.option("--onto", "new", metavar="FILE|ID", help="The base it is to stand on. Default: the installed one.")
@click.option("--dry-run", is_flag=True, help="Write nothing.")
@output("rebase", "text")
def command(overlay: str | None, old: str | None, new: str | None, dry_run: bool, output: str) -> None:
    """Put an overlay on its base as it is now: three ways, its comments and layout kept. The text is written only if
    nothing is in conflict."""
    from importlib import import_module

    from ...model.diagnostics import Severity
    from ...tailor.rebase import rebase
    from ..render.write import say

    document, library = _overlay(overlay)
    before, after = _bases(document, library, old, new)
    found = rebase(document, before, after)
    failed = bool(found.conflicts) or any(d.severity is Severity.ERROR for d in found.diagnostics)
    written = not (failed or dry_run) and found.text != document.text
    if written and found.text is not None:
        _write(document.path, found.text)
    say(import_module(f"{__package__.rpartition('.')[0]}.render.rebase.{output}").render(document, found, written))
    if failed:
        raise SystemExit(1)


def _overlay(named: str | None) -> tuple[Document, Library]:
    """The overlay named, or the workspace's one process that is an overlay. Raises WrongUsage."""
    from ...documents.library import Library, library_of
    from ...documents.load import as_path
    from ...documents.workspace import find_workspace
    from ...model.diagnostics import DocumentsDoNotHold, Severity, Where, WrongUsage, error

    path = as_path(named) if named is not None else None
    folder = find_workspace(path.parent if path is not None else Path.cwd())
    library = library_of(path, folder) if path is not None else Library(folder)
    if path is not None:
        document = library.open(path)
    else:
        names = [named] if named is not None else list(library.workspace.processes)
        found = [one for name in names for one in [library.find("process", name).document] if one is not None]
        over = [one for one in found if one.word("extends")]
        if len(over) != 1:
            listed = ", ".join(one.word("id") for one in over) or "none"
            message = (
                f"One overlay is moved at a time, and there are {listed}." if over else "There is no overlay here."
            )
            raise WrongUsage(error("DG902", message, suggestion="name its file, or its id"))
        document = over[0]
    errors = [d for d in document.diagnostics if d.severity is Severity.ERROR]
    if errors or document.root is None:
        raise DocumentsDoNotHold(*errors)
    if not document.word("extends"):
        message = "This document extends no other, so it has no base to move to."
        raise WrongUsage(error("DG902", message, Where(document.file), "name an overlay"))
    return document, library


def _bases(document: Document, library: Library, old: str | None, new: str | None) -> tuple[Whole, Whole]:
    """The base as it was and as it is. Raises DocumentsDoNotHold, or WrongUsage where they cannot be told apart."""
    from ...documents.library import Library
    from ...documents.whole import load_whole
    from ...model.diagnostics import WrongUsage, error

    name = document.word("extends").partition("@")[0]
    if old is None and not any(one.id == name for one in library.locked.values()):
        message = f"What `{name}` was when this overlay was written is not known: the workspace has no lock."
        raise WrongUsage(
            error("DG902", message, suggestion="name that base: --from FILE; from now on `dealgate lock` keeps it")
        )
    before = load_whole(old) if old is not None else _found(library, document, name)
    if new is not None:
        return before, load_whole(new)
    return before, _found(Library(library.folder, locked=False), document, name)


def _found(library: Library, document: Document, name: str) -> Whole:
    from ...documents.resolve import Resolver
    from ...documents.whole import whole_of
    from ...model.diagnostics import DocumentsDoNotHold

    assert document.kind is not None
    found = library.find(document.kind.name, name, document.where("extends"), [document.path])
    if found.document is None:
        raise DocumentsDoNotHold(*found.diagnostics)
    resolver = Resolver(library)
    return whole_of(resolver.whole(found.document), resolver)


def _write(path: Path, text: str) -> None:
    """In the file's own kind of line ends."""
    from ..render.write import rewrite

    ends = "\r\n" if b"\r\n" in path.read_bytes() else "\n"
    rewrite(path, text.replace("\n", ends).encode("utf-8"))
