"""``dealgate fmt``: documents in one layout."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...model.diagnostics import DocumentsDoNotHold, Where, WrongUsage, error

if TYPE_CHECKING:
    from ...documents.layout import Laid

YAML = (".yaml", ".yml")
STDIN = "-"


@click.command(
    short_help="Lay documents out: indentation, spaces, empty lines",
    epilog="""\b
Examples:
  dealgate fmt                      the workspace
  dealgate fmt rules my-process.yaml
  dealgate fmt --check rules        exits with 1 if something would change
  dealgate fmt --diff rules         shows what would change
The path - is standard input, laid out on standard output. A file that is no
YAML, or has no kind, is left alone. Exits with 3 if a document is not read.
""",
)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if something would change.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change.")
def command(paths: tuple[str, ...], check: bool, diff: bool) -> None:
    """Lay documents out in one way. Comments, order, quotes, line breaks and what is said stay as they are."""
    from ..render.diagnostics.text import render
    from ..render.unified import unified
    from ..render.write import rewrite, say

    if STDIN in paths:
        if len(paths) > 1:
            raise WrongUsage(error("DG022", "`-` stands alone: it reads one document from standard input."))
        raise SystemExit(_of_stdin(check, diff))
    changed, same, skipped, wrong = 0, 0, [], False
    for path, found in _laid_out(_files(paths), writes=not (check or diff)):
        if found is None:
            skipped.append(path)
            continue
        name, raw, text, laid = found
        if laid.text is None:
            wrong = True
            say(render(laid.diagnostics, {name: text}))
            continue
        new = laid.text.encode("utf-8")
        if new == raw:
            same += 1
            continue
        changed += 1
        if not (check or diff):
            rewrite(path, new)
        if diff:
            say(unified(raw.decode("utf-8"), laid.text, name))
        else:
            say(f"{'would format' if check else 'formatted'} {name}")
    for path in skipped:
        say(f"left alone: {path} is no document of ours.", err=True)
    if same or not (changed or wrong):
        say(f"{same} file{'' if same == 1 else 's'} already so.", err=True)
    if wrong or (check and changed):
        raise SystemExit(3 if wrong else 1)


def _files(paths: tuple[str, ...]) -> list[Path]:
    """The files named and those in the folders named, each once; without any, those of the workspace."""
    from ...documents.ours import may_change
    from ...documents.workspace import find_workspace, yaml_files

    folder = find_workspace(Path.cwd())
    if not paths and folder is None:
        raise WrongUsage(error("DG022", "There is no workspace here.", suggestion="Name the files, or their folder."))
    given = [Path(path) for path in paths] or [folder or Path()]
    found: dict[Path, Path] = {}
    for path in given:
        inside = yaml_files(path) if path.is_dir() else [path]
        if not inside:
            message = "There is no YAML file in this folder."
            raise DocumentsDoNotHold(error("DG409", message, Where(str(path)), "Name another folder."))
        for file in inside:
            if path.is_dir() and not may_change(file):
                continue
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _laid_out(files: list[Path], writes: bool) -> Iterator[tuple[Path, tuple[str, bytes, str, Laid] | None]]:
    """Each file with its name, bytes, text and layout; None for one that is no document of ours."""
    from ...documents.layout import Laid, laid_out
    from ...documents.library import shown
    from ...documents.nodes import Map
    from ...documents.ours import may_change
    from ...documents.yaml import parse, read_text

    for path in files:
        if path.is_file() and path.suffix not in YAML:
            yield path, None
            continue
        name = shown(path)
        if writes and not may_change(path):
            why = error(
                "DG021",
                "This file ships with dealgate or is held by the lock; it is not changed.",
                Where(name),
                "Change a copy.",
            )
            yield path, (name, b"", "", Laid(None, (why,)))
            continue
        text, found = read_text(path, name)
        if text is None:
            yield path, (name, b"", "", Laid(None, tuple(found)))
            continue
        root, found = parse(text, name)
        if root is not None and not found and not (isinstance(root, Map) and "kind" in root.items):
            yield path, None
            continue
        yield path, (name, path.read_bytes(), text, laid_out(text, name))


def _of_stdin(check: bool, diff: bool) -> int:
    """One document from standard input to standard output; the exit status."""
    from ...documents.layout import laid_out
    from ...documents.yaml import decoded
    from ..render.diagnostics.text import render
    from ..render.unified import unified
    from ..render.write import say

    name = "standard input"
    raw = sys.stdin.buffer.read()
    text, found = decoded(raw, Where(name))
    laid = laid_out(text, name) if text is not None else None
    if laid is None or laid.text is None:
        say(render(laid.diagnostics if laid else found, {name: text or ""}), err=True)
        return 3
    new = laid.text.encode("utf-8")
    if diff:
        difference = unified(raw.decode("utf-8"), laid.text, name)
        if difference:
            say(difference)
    elif not check:
        sys.stdout.buffer.write(new)
    elif new != raw:
        say(f"would format {name}")
    return int(check and new != raw)
