"""Opening a source: a file or folder, with the mapping that was given, found by shape, or not needed at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dealgate.documents.library import Library
from dealgate.documents.resolve import Resolver, has_errors
from dealgate.model.diagnostics import Severity, SourceFailed, Where, error, info
from dealgate.model.process import Process
from dealgate.sources.files import unopened
from dealgate.sources.mapping import own
from dealgate.sources.mapping.apply import Source, apply
from dealgate.sources.mapping.fit import fits
from dealgate.sources.mapping.load import build_mapping, load_mapping
from dealgate.sources.mapping.model import SourceMapping
from dealgate.sources.tables import Folder

__all__ = ["Source", "open_source"]


def open_source(
    path: str | Path, *, process: Process, mapping: str | Path | None = None, library: Library | None = None
) -> Source:
    """The deals (or leads, where the process judges those) of a file or a folder of files.

    ``mapping`` is an id or a file; without one a file in our own columns is read as it stands, else the mapping of the
    library whose shape fits is taken. Raises SourceFailed where nothing fits or a file cannot be read, and
    DocumentsDoNotHold where the mapping has mistakes.
    """
    place = Path(path)
    if not place.exists():
        raise unopened(place, FileNotFoundError(2, "no such file or directory"))
    library = library or Library()
    single = place.name if place.is_file() else None
    if mapping is not None:
        reference = _reference(mapping)
        chosen = load_mapping(reference, process, library)
        return _applied(place, single, chosen, process, "given")
    source = own.read(place, process)
    if source is not None:
        return source
    found = _fitting(place, single, process, library)
    source = _applied(place, single, found, process, "shape")
    told = info("DG665", f"The mapping `{found.id}` ({found.title}) fits the source, and was used.", Where(str(place)))
    return replace(source, diagnostics=[told, *source.diagnostics])


def _reference(mapping: str | Path) -> str | Path:
    if isinstance(mapping, Path):
        return mapping
    path = Path(mapping)
    return path if path.suffix in (".yaml", ".yml") or len(path.parts) > 1 else mapping


def _applied(place: Path, single: str | None, mapping: SourceMapping, process: Process, found_by: str) -> Source:
    """A single file stands for the records' own, whatever its name; what is joined lies beside it."""
    if single is not None:
        mapping = mapping.over(single)
    top = place.parent if single else place
    return apply(Folder(top, {name: mapping.layout_of(name).read for name in Folder(top)}), mapping, process, found_by)


def _fitting(place: Path, single: str | None, process: Process, library: Library) -> SourceMapping:
    resolver = Resolver(library)
    folder = Folder(place.parent if single else place)
    scored: list[tuple[int, SourceMapping]] = []
    others: list[str] = []
    for document in library.of_kind("mapping"):
        whole = resolver.whole(document)
        if whole.root is None or has_errors(whole.diagnostics):
            continue
        built, wrong = build_mapping(whole.root, process)
        if built is None:
            others.append(whole.word("id"))
        elif not any(one.severity is Severity.ERROR for one in wrong):
            size = fits(built, folder, single)
            if size:
                scored.append((size, built))
    if not scored:
        raise SourceFailed(
            error(
                "DG662",
                f"The columns of {place.name} are not ours, and no mapping fits them"
                f" for the process `{process.id}`.",
                Where(str(place)),
                f"Draft one with `dealgate map {place.name}`, complete it, and give it as `--mapping FILE`"
                + (f"; or choose another process, for {' and '.join(others)} map other records." if others else "."),
            )
        )
    best = max(size for size, _ in scored)
    top = [built for size, built in scored if size == best]
    if len(top) > 1:
        names = " and ".join(f"`{built.id}`" for built in top)
        raise SourceFailed(
            error("DG663", f"Several mappings fit {place.name}: {names}.", Where(str(place)), "Choose with `--mapping ID`.")
        )
    return top[0]
