"""Where output goes: standard output, or a file that is whole or not there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from ...model.diagnostics import SourceFailed, Where, error
from .clean import clean


def say(text: str, *, err: bool = False) -> None:
    """Prints text for a person; nothing in it can steer the terminal."""
    click.echo(clean(text), err=err)


def put(text: str, out: Path | None, *, exact: bool = False, parents: bool = False) -> None:
    """Writes text and a line's end. ``exact`` leaves every character as it is: of text that is clean, and of data.
    ``parents`` makes the folders on the way.

    Raises SourceFailed where the file cannot be written.
    """
    if not exact:
        text = clean(text)
    if out is None:
        click.echo(text)
        return
    with whole(out, parents=parents) as file:
        file.write((text + "\n").encode("utf-8", "backslashreplace"))


@contextmanager
def whole(out: Path, *, parents: bool = False) -> Iterator[BinaryIO]:
    """A file to write to, which takes its name, and the rights of the one it replaces, only when all is written.

    Raises SourceFailed where it cannot be written.
    """
    try:
        if out.exists() and not out.is_file():  # a device, a pipe; a folder refuses
            with out.open("wb") as file:
                yield file
            return
        if parents:
            out.parent.mkdir(parents=True, exist_ok=True)
        part = out.with_name(out.name + ".part")
        try:
            with part.open("wb") as file:
                yield file
            if out.exists():
                import shutil  # most commands write to the terminal

                shutil.copymode(out, part)
            part.replace(out)
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
    except OSError as trouble:
        reason = (trouble.strerror or "unknown reason").lower()
        raise SourceFailed(error("DG903", f"The file cannot be written: {reason}.", Where(str(out)))) from None


def rewrite(path: Path, raw: bytes) -> None:
    """Writes a file anew. One that is a link stays one: what it leads to is written.

    Raises SourceFailed where it cannot be written.
    """
    with whole(path.resolve()) as file:
        file.write(raw)
