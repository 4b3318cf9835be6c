"""What a playbook is made of, for the command: the process, the brand, the reading path and the commands it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..model.diagnostics import DocumentsDoNotHold, Severity, Where, WrongUsage, error
from .options import pairs

if TYPE_CHECKING:
    from ..documents.load import Loaded
    from ..documents.whole import Whole
    from ..model.learn import Learn
    from ..publish.book import Changes, Command
    from ..publish.brand import Brand


def process_of(reference: str | None) -> tuple[str, Loaded]:
    """The process named, else the workspace's first, else the one that ships; and how it is named. Raises
    DocumentsDoNotHold."""
    from ..documents.library import Library
    from ..documents.load import load
    from ..documents.workspace import find_workspace

    if reference is None:
        folder = find_workspace(Path.cwd())
        named = Library(folder).workspace.processes if folder is not None else ()
        reference = next(iter(named), "practical")
    loaded = load(reference)
    if not loaded.holds:
        raise DocumentsDoNotHold(*(d for d in loaded.diagnostics if d.severity is Severity.ERROR))
    return reference, loaded


def changes(old: str | Path, new: str | Path) -> Changes:
    """What differs between two documents, told as ``dealgate diff`` tells it. Raises DocumentsDoNotHold."""
    from ..documents.whole import load_whole

    return _told(load_whole(old), load_whole(new), of_versions=True)


def changes_of_base(reference: str | Path) -> Changes:
    """What a process does in another way than the one it extends."""
    from ..documents.whole import load_whole, whole_of

    new = load_whole(reference)
    return _told(whole_of(new.resolver.whole(new.resolved.chain[1]), new.resolver), new, of_versions=False)


def _told(old: Whole, new: Whole, *, of_versions: bool) -> Changes:
    from ..publish.book import Change, Changes
    from ..publish.cards import where
    from ..tailor.difference import compare
    from .render.diff._words import advice, named

    if old.kind != new.kind:
        message = f"One is a {old.kind} and the other a {new.kind}: they cannot be compared."
        raise WrongUsage(error("DG902", message, suggestion="name another version of the process"))
    found = compare(old, new)
    entries = tuple(
        Change(one.group, one.subject, one.words, where(one.where), one.why, one.until) for one in found.changes
    )
    return Changes(named(found.old), entries, advice(found) if of_versions else "")


def reading_path() -> Learn | None:
    """The reading path of the workspace, or the one that ships. Raises DocumentsDoNotHold where it has errors."""
    from ..documents.load import load_learn

    loaded = load_learn()
    if not loaded.holds:
        raise DocumentsDoNotHold(*(d for d in loaded.diagnostics if d.severity is Severity.ERROR))
    return loaded.learn


def branded(client: str | None, logo: Path | None, colours: Sequence[str]) -> Brand:
    """The workspace's brand, under what the command line says. Raises WrongUsage where a colour is not USE=#RRGGBB."""
    from ..documents.library import Library
    from ..documents.workspace import FILE, find_workspace
    from ..publish.brand import Brand

    folder = find_workspace(Path.cwd())
    held = Library(folder).workspace.settings.get("brand") if folder is not None else None
    settings: Mapping[str, object] = held if isinstance(held, dict) else {}
    own = settings.get("colours")
    chosen = {str(use): str(colour) for use, colour in own.items()} if isinstance(own, dict) else {}
    given = pairs(colours, "use and its colour", "USE=#RRGGBB, as in accent=#1d4f73")
    chosen |= {use.replace("-", "_"): colour for use, colour in given.items()}
    if logo is None and folder is not None and settings.get("logo"):
        logo = folder / str(settings["logo"])
    name = client if client is not None else str(settings.get("name") or "")
    return Brand(name, logo, chosen, Where(FILE) if settings else Where(""))


def known_commands() -> dict[str, Command]:
    """Every command by its name: what it does, and examples from its help."""
    from ..publish.book import Command
    from .main import main

    context = click.Context(main)
    found = {}
    for name in main.list_commands(context):
        one = main.get_command(context, name)
        if one is not None:
            lines = (one.epilog or "").split("\n")
            # what stands apart after a command says what it does
            typed = tuple(line.strip().partition("  ")[0] for line in lines if line.startswith("  dealgate "))
            found[name] = Command(name, one.get_short_help_str(200), typed)
    return found
