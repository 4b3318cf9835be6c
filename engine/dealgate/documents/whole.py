"""A document with all it rests on, as trees with places: to compare two, and to move an overlay to another base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dealgate.model.diagnostics import DocumentsDoNotHold, Severity, Where, error

from .kinds import KINDS
from .library import Library
from .load import Loaded, library_for, loaded_of, meaning_of
from .nodes import Map
from .resolve import Resolved, Resolver
from .suggest import nearest
from .workspace import FILE


@dataclass(frozen=True)
class Whole:
    """``root``: the resolved tree; ``frameworks``: those a process uses, by id."""

    loaded: Loaded
    resolved: Resolved
    root: Map
    resolver: Resolver = field(repr=False)
    frameworks: Mapping[str, Map] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its kind by name, such as ``process``."""
        return self.loaded.kind


def load_whole(reference: str | Path, *, workspace: Path | None = None) -> Whole:
    """A document of any kind by id, file, or the workspace whose one process it is.

    Raises DocumentsDoNotHold with every error where it does not hold.
    """
    path, library = library_for(reference, workspace)
    resolver = Resolver(library)
    found = whole_of(_found(str(reference), path, library, resolver), resolver)
    errors = [d for d in found.loaded.diagnostics if d.severity is Severity.ERROR]
    if errors:
        raise DocumentsDoNotHold(*errors)
    return found


def whole_of(resolved: Resolved, resolver: Resolver) -> Whole:
    """A resolved document with its meaning and what it uses. It may have errors: see ``loaded.diagnostics``."""
    if resolved.kind is None or resolved.root is None:
        raise DocumentsDoNotHold(*(d for d in resolved.diagnostics if d.severity is Severity.ERROR))
    meaning = meaning_of(resolved, resolver)
    used = (one for one in meaning.used if one.kind is KINDS["framework"])
    frameworks = {one.word("id"): one.root for one in used if one.root is not None}
    return Whole(loaded_of(resolved, meaning, resolver.library), resolved, resolved.root, resolver, frameworks)


def _found(reference: str, path: Path | None, library: Library, resolver: Resolver) -> Resolved:
    if path is not None and path.name == FILE:
        names = library.workspace.processes
        if len(names) != 1:
            listed = ", ".join(names) or "none"
            message = f"One process is needed here, and this workspace has {listed}."
            raise DocumentsDoNotHold(*library.open(path).diagnostics, error("DG408", message, Where(reference)))
        reference, path = names[0], None
    if path is not None:
        return resolver.whole(library.open(path))
    name = reference.partition("@")[0]
    known = {kind.name: library.ids(kind.name) for kind in KINDS.values() if kind.has_id}
    for kind, ids in known.items():
        if name in ids:
            found, wrong = resolver.reference(kind, reference)
            if found is None:
                raise DocumentsDoNotHold(*wrong)
            return found
    near = nearest(name, sorted({one for ids in known.values() for one in ids}))
    hint = f"did you mean `{near}`?" if near else "name a file, or the id of a bundled document"
    raise DocumentsDoNotHold(error("DG401", f"There is no document `{name}`.", suggestion=hint))
