"""From a reference to a checked process, and from paths to everything that is wrong in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path

from dealgate.model.calendar import Calendar, Rates
from dealgate.model.diagnostics import Diagnostic, DocumentsDoNotHold, Where, error, in_order
from dealgate.model.framework import Framework
from dealgate.model.inspection import Inspection
from dealgate.model.inspection import Learn as Learning
from dealgate.model.learn import Learn
from dealgate.model.play import Plays
from dealgate.model.process import Process
from dealgate.model.schedule import Schedule
from dealgate.model.targets import Targets
from dealgate.model.teams import Teams

from .kinds import KINDS
from .library import Document, Library, library_of, shown
from .loosens import Loosening
from .meaning import (
    Meaning,
    of_framework,
    of_inspection,
    of_learn,
    of_plays,
    of_process,
    of_rates,
    of_targets,
)
from .reach import used
from .resolve import Resolved, Resolver, has_errors
from .workspace import FILE, find_workspace, yaml_files


@dataclass
class Loaded:
    """A document with what it means and what does not hold. ``files``: the text of all that was read, for carets."""

    id: str = ""
    version: str = ""
    kind: str = ""
    file: str = ""
    process: Process | None = None
    framework: Framework | None = None
    targets: Targets | None = None
    teams: Teams | None = None
    """Of a workspace."""
    schedule: Schedule | None = None
    """Of a workspace: its jobs and notifications."""
    rates: dict[str, Rates] | None = None
    """By the currency they lead into."""
    learn: Learn | None = None
    """The reading path."""
    plays: Plays | None = None
    inspection: Inspection | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    loosened: tuple[Loosening, ...] = ()
    """Where its overlays are milder than their base, with why and until when."""
    bases: tuple[str, ...] = ()
    """The ids of the documents it extends, the nearest first."""

    @property
    def holds(self) -> bool:
        """Whether nothing is an error."""
        return not has_errors(self.diagnostics)

    @cached_property
    def digest(self) -> str:
        """``sha256:…`` of the canonical form of what it is the meaning of; empty where there is nothing."""
        from .digest import digest  # a check alone does not need it

        model = self.process or self.framework or self.plays or self.inspection
        return digest(model) if model is not None else ""

    def need(self) -> Process:
        """The process. Raises DocumentsDoNotHold, with every diagnostic, where there is none."""
        if self.process is None:
            raise DocumentsDoNotHold(*self.diagnostics)
        return self.process


def load(reference: str | Path, *, workspace: Path | None = None, overlays: Sequence[str | Path] = ()) -> Loaded:
    """A process by id (``practical@^1``), by file, or by the workspace whose one process it is.

    ``workspace`` is the folder of ``dealgate.yaml``; left out, it is found upward from the file or current folder.
    ``overlays`` are put on the process together; they must not touch the same place.
    """
    return _load("process", reference, workspace, overlays)


def load_framework(reference: str | Path, *, workspace: Path | None = None) -> Loaded:
    """A framework by id or file, by itself."""
    return _load("framework", reference, workspace, ())


def load_targets(reference: str | Path, *, workspace: Path | None = None, calendar: Calendar | None = None) -> Loaded:
    """A document of targets by id or file. ``calendar``: that of the process they are for."""
    return _alone("targets", reference, workspace, lambda found, resolver: of_targets(found, resolver, calendar))


def load_rates(reference: str | Path, *, workspace: Path | None = None) -> Loaded:
    """A document of exchange rates by id or file."""
    return _alone("rates", reference, workspace, of_rates)


def load_plays(reference: str | Path, *, workspace: Path | None = None) -> Loaded:
    """A document of plays by id or file."""
    return _alone("plays", reference, workspace, of_plays)


def load_learn(reference: str | Path | None = None, *, workspace: Path | None = None) -> Loaded:
    """A reading path by id or file; left out: the one the workspace names or has, else the one that ships."""
    if reference is None:
        library = library_of(Path.cwd(), workspace)
        named = library.workspace.use.get(KINDS["learn"].use) if library.folder else ()
        reference = next(iter(named or _outermost(library, "learn")))
    return _alone("learn", reference, workspace, of_learn)


def load_inspections(
    process: Process,
    references: Sequence[str | Path] = (),
    *,
    learn: Learning | None = None,
    workspace: Path | None = None,
) -> list[Loaded]:
    """Inspections over a process: those named (ids or files), else those its ``use`` or the workspace's names, else all
    that no other one extends. ``learn`` gives the values they learn; without it, what they say for a thin past holds.
    """
    return _in_use(
        "inspection", process, references, workspace, lambda one, resolver: of_inspection(one, resolver, process, learn)
    )


def load_plays_of(
    process: Process, references: Sequence[str | Path] = (), *, workspace: Path | None = None
) -> list[Loaded]:
    """Plays for a process: those named (ids or files), else those its ``use`` or the workspace's names, else all that
    no other one extends.
    """
    return _in_use("plays", process, references, workspace, of_plays)


def _in_use(
    kind: str,
    process: Process,
    references: Sequence[str | Path],
    workspace: Path | None,
    mean: Callable[[Resolved, Resolver], Meaning],
) -> list[Loaded]:
    library = library_of(Path.cwd(), workspace)
    resolver = Resolver(library)
    named = () if references else (_used_by(process, resolver, kind) or library.workspace.use.get(KINDS[kind].use))
    found = []
    for reference in references or named or _outermost(library, kind):
        path = as_path(reference)
        one, wrong = _resolve(kind, path if path is not None else str(reference), resolver)
        if one is None:
            found.append(Loaded(kind=kind, file=str(reference), diagnostics=in_order(wrong), files=library.files))
        else:
            found.append(loaded_of(one, mean(one, resolver), library, wrong))
    return found


def _used_by(process: Process, resolver: Resolver, kind: str) -> list[str]:
    """The documents of a kind that a process's own document uses."""
    one, _ = resolver.reference("process", process.id)
    return [node.text for node in used(one.root, kind)] if one is not None and one.root is not None else []


def _outermost(library: Library, kind: str) -> list[str]:
    """The ids of the documents of a kind that no other one extends, the workspace's first."""
    there = list(library.of_kind(kind))
    bases = {document.word("extends").split("@")[0] for document in there}
    return [name for document in there if (name := document.word("id")) not in bases]


def _alone(
    kind: str, reference: str | Path, workspace: Path | None, mean: Callable[[Resolved, Resolver], Meaning]
) -> Loaded:
    path = as_path(reference)
    library = library_of(path if path is not None else Path.cwd(), workspace)
    resolver = Resolver(library)
    found, wrong = _resolve(kind, path if path is not None else str(reference), resolver)
    if found is None:
        return Loaded(kind=kind, file=str(reference), diagnostics=in_order(wrong), files=library.files)
    return loaded_of(found, mean(found, resolver), library, wrong)


def load_used(kind: str, workspace: Path, *, calendar: Calendar | None = None) -> list[Loaded]:
    """The documents of targets or of rates (``kind``) that a workspace uses: those its ``use`` names, else all it has
    that no other one extends.

    ``calendar``: that of the process that targets are for. A quota that another of the documents has is an error.
    """
    library = Library(workspace)
    resolver = Resolver(library)
    found = []
    for reference in library.workspace.use.get(KINDS[kind].use) or _outermost(library, kind):
        one, wrong = resolver.reference(kind, reference)
        if one is None:
            found.append(Loaded(kind=kind, file=reference, diagnostics=in_order(wrong), files=library.files))
            continue
        meaning = of_targets(one, resolver, calendar) if kind == "targets" else of_rates(one, resolver)
        found.append(loaded_of(one, meaning, library, wrong))
    _only_once(found, calendar)
    return found


def _only_once(found: list[Loaded], calendar: Calendar | None) -> None:
    from .build.targets import doubled  # a check alone does not need it

    held = [(one, quota) for one in found if one.targets is not None for quota in one.targets.quotas]
    for place, wrong in doubled([quota for _, quota in held], calendar).items():
        one = held[place][0]
        one.diagnostics, one.targets = in_order([*one.diagnostics, wrong]), None


def load_workspace(workspace: Path) -> Loaded:
    """The workspace in a folder: its teams and its schedule."""
    library = Library(workspace)
    resolver = Resolver(library)
    return _one(library.open(workspace / FILE), resolver)


def _load(kind: str, reference: str | Path, workspace: Path | None, overlays: Sequence[str | Path]) -> Loaded:
    path, library = library_for(reference, workspace)
    resolver = Resolver(library)
    found, wrong = _resolve(kind, path if path is not None else str(reference), resolver)
    if found is not None and overlays:
        documents = []
        for overlay in overlays:
            one, more = _resolve(kind, as_path(overlay) or str(overlay), resolver)
            wrong += more
            documents += [one.document] if one else []
        found = resolver.together(found, documents) if len(documents) == len(overlays) else found
    if found is None:
        return Loaded(kind=kind, file=str(reference), diagnostics=in_order(wrong), files=library.files)
    meaning = of_process(found, resolver) if kind == "process" else of_framework(found, resolver)
    return loaded_of(found, meaning, library, wrong)


def library_for(reference: str | Path, workspace: Path | None = None) -> tuple[Path | None, Library]:
    """The path a reference is (of a workspace's folder its ``dealgate.yaml``), None of an id; and its library."""
    path = as_path(reference)
    if path is not None and path.is_dir():
        path = path / FILE
    if path is not None and path.name == FILE:
        return path, Library(path.parent)
    return path, library_of(path if path is not None else Path.cwd(), workspace)


def loaded_of(found: Resolved, meaning: Meaning, library: Library, wrong: Iterable[Diagnostic] = ()) -> Loaded:
    """A resolved document with its meaning, and every diagnostic of both in order."""
    return Loaded(
        id=found.word("id") or found.document.word("id"),
        version=found.word("version") or found.document.word("version"),
        kind=found.kind.name if found.kind else "",
        file=found.document.file,
        process=meaning.process,
        framework=meaning.framework,
        targets=meaning.targets,
        teams=meaning.teams,
        schedule=meaning.schedule,
        rates=meaning.rates,
        learn=meaning.learn,
        plays=meaning.plays,
        inspection=meaning.inspection,
        diagnostics=in_order([*wrong, *found.diagnostics, *meaning.diagnostics]),
        files=library.files,
        loosened=found.loosened,
        bases=tuple(document.word("id") for document in found.chain[1:]),
    )


def _resolve(kind: str, what: str | Path, resolver: Resolver) -> tuple[Resolved | None, list[Diagnostic]]:
    """The document of a kind that a reference or a path leads to."""
    if isinstance(what, str):
        return resolver.reference(kind, what)
    if what.name == FILE:
        names = resolver.library.workspace.processes
        if len(names) != 1:
            listed = ", ".join(names) or "none"
            message = f"One {kind} is needed here, and this workspace has {listed}."
            return None, [*resolver.library.open(what).diagnostics, error("DG408", message, Where(shown(what)))]
        return resolver.reference(kind, names[0])
    document = resolver.library.open(what)
    found = resolver.whole(document)
    if found.kind is not None and found.kind is not KINDS[kind]:
        message = f"A {kind} is needed here, and this is a document of kind `{found.kind.written}`."
        return None, [*found.diagnostics, error("DG408", message, document.where("kind"))]
    return found, []


def as_path(reference: str | Path) -> Path | None:
    """The path a reference is, or None where it is an id: a path ends in .yaml, has a slash, or is a folder here."""
    if isinstance(reference, Path):
        return reference
    if reference.endswith((".yaml", ".yml")) or "/" in reference or os.sep in reference or reference in (".", ".."):
        return Path(reference)
    return None


def load_documents(
    paths: Sequence[Path | str],
    *,
    workspace: Path | None = None,
    library: Library | None = None,
    texts: Mapping[Path, str] | None = None,
) -> list[Loaded]:
    """Every document in the files and folders, each with its own diagnostics; one said of several is in each.

    Documents see each other, the workspace above the first path, and the bundled ones; or what ``library`` has.
    ``texts``: by their path, the documents that are read as if their files held this.
    """
    given = [Path(path) for path in paths]
    files = list(dict.fromkeys(file for path in given for file in (yaml_files(path) if path.is_dir() else [path])))
    start = given[0] if given else Path.cwd()
    folder = workspace or find_workspace(start if start.is_dir() else start.parent)
    library = library or Library(folder, [f for f in files if f.name != FILE])
    for file, text in (texts or {}).items():
        library.suppose(file, text)
    resolver = Resolver(library)
    found = [_one(library.open(file), resolver) for file in files]
    found += [_empty(path) for path in given if path.is_dir() and not yaml_files(path)]
    twice = library.duplicates()
    for loaded in found:
        loaded.diagnostics = in_order([*loaded.diagnostics, *(d for d in twice if d.where.file == loaded.file)])
        loaded.files = library.files
    return found


def _one(document: Document, resolver: Resolver) -> Loaded:
    resolved = resolver.whole(document)
    return loaded_of(resolved, meaning_of(resolved, resolver), resolver.library)


def meaning_of(resolved: Resolved, resolver: Resolver) -> Meaning:
    """What a document of any kind means; nothing where it has no root, or its kind is no more than its schema."""
    if resolved.kind is None or not resolved.kind.builder or resolved.root is None:
        return Meaning()
    module, _, function = resolved.kind.builder.partition(":")
    found: Meaning = getattr(import_module(module), function)(resolved, resolver)
    return found


def _empty(folder: Path) -> Loaded:
    message = "There is no YAML file in this folder."
    return Loaded(
        file=shown(folder), diagnostics=[error("DG409", message, Where(shown(folder)), "Name another folder.")]
    )
