"""``dealgate lock``: holds the bundled documents a workspace rests on as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..options import output

if TYPE_CHECKING:
    from ...tailor.pinning import Pinned


@click.command(
    short_help="Hold the bundled documents as they are",
    epilog="""\b
Examples:
  dealgate lock              hold what is used and not held yet
  dealgate lock --check      has a new dealgate brought other ones?
  dealgate lock --update     take those that are installed now
Copies go into locked/, the list into dealgate.lock: commit both. An overlay
moves to a new base by `dealgate rebase`. --check exits with 1 if the lock
is not whole, or what is installed differs from it.
""",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if something is to be done.")
@click.option("--update", is_flag=True, help="Take the installed documents instead of those that are held.")
@output("lock", "text")
def command(check: bool, update: bool, output: str) -> None:
    """Pin the bundled processes, frameworks, criteria and fields that this workspace rests on, so that installing
    another dealgate changes no rule."""
    from importlib import import_module

    from ...documents.workspace import find_workspace
    from ...model.diagnostics import WrongUsage, error
    from ...tailor.pinning import pinned
    from ..render.write import say

    folder = find_workspace(Path.cwd())
    if folder is None:
        message = "There is no workspace here: a lock belongs to one."
        raise WrongUsage(
            error("DG902", message, suggestion="go to the folder of dealgate.yaml, or `dealgate init` one")
        )
    found = pinned(folder, update=update)
    if not check:
        _write(folder, [one for one in found if one.state != "unused"], {one.entry.file for one in found})
    say(import_module(f"{__package__.rpartition('.')[0]}.render.lock.{output}").render(found, check, update))
    if check and any(one.state != "kept" for one in found):
        raise SystemExit(1)


def _write(folder: Path, kept: Sequence[Pinned], files: set[str]) -> None:
    from ...documents.lock import FILE, lock_text
    from ..render.write import whole

    for one in kept:
        if one.text:
            with whole(folder / one.entry.file, parents=True) as file:
                file.write(one.text.encode("utf-8"))
    for gone in files - {one.entry.file for one in kept}:
        (folder / gone).unlink(missing_ok=True)
    with whole(folder / FILE) as file:
        file.write(lock_text(one.entry for one in kept).encode("utf-8"))
