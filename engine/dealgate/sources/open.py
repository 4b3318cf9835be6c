"""Opening a source: a file or folder, with the mapping that was given, found by shape, or not needed at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dealgate.documents.library import Library
from dealgate.documents.resolve import Resolver, has_errors
from dealgate.model.diagnostics import Diagnostic, DocumentsDoNotHold, SourceFailed, Where, error, info
from dealgate.model.process import Process
from dealgate.sources.files import unopened
from dealgate.sources.mapping import own
from dealgate.sources.mapping.apply import Source, apply
from dealgate.sources.mapping.fit import fits
from dealgate.sources.mapping.load import build_mapping, load_mapping, reference_of
from dealgate.sources.mapping.model import SourceMapping
from dealgate.sources.tables import Folder, columns_of

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
    top, single = _parts(place)
    library = library or Library()
    if mapping is not None:
        return _applied(top, single, load_mapping(reference_of(mapping), process, library), process, "given")
    source = own.read(top, single, process)
    if source is not None:
        return source
    found = _fitting(top, single, process, library)
    source = _applied(top, single, found, process, "shape")
    told = info("DG665", f"The mapping `{found.id}` ({found.title}) fits the source, and was used.", Where(str(place)))
    return replace(source, diagnostics=[told, *source.diagnostics])


def _parts(place: Path) -> tuple[Path, str | None]:
    """The folder, and the one file in it that was given (``Book.xlsx#Sheet`` names a sheet), if one was.

    Raises SourceFailed where there is nothing, or a file of no kind that can be read.
    """
    if place.is_dir():
        return place, None
    file = place if place.exists() else place.with_name(place.name.partition("#")[0])
    if not file.is_file():
        raise unopened(place, FileNotFoundError(2, "no such file or directory"))
    if place.name not in Folder(place.parent):
        columns_of(place)  # says why
        message = "Files whose names begin with a dot are not read."
        raise SourceFailed(error("DG660", message, Where(str(place)), "Give the file another name."))
    return place.parent, place.name


def _applied(top: Path, single: str | None, mapping: SourceMapping, process: Process, found_by: str) -> Source:
    """A single file stands for the records' own, whatever its name; what is joined lies beside it."""
    if single is not None:
        mapping = mapping.over(single)
    return apply(Folder(top, {name: mapping.layout_of(name).read for name in Folder(top)}), mapping, process, found_by)


def _fitting(top: Path, single: str | None, process: Process, library: Library) -> SourceMapping:
    resolver = Resolver(library)
    folder = Folder(top)
    scored: list[tuple[int, SourceMapping, list[Diagnostic]]] = []
    others: list[str] = []
    for document in library.of_kind("mapping"):
        whole = resolver.whole(document)
        if whole.root is None or has_errors(whole.diagnostics):
            continue
        built, wrong = build_mapping(whole.root, process)
        if built is None:
            others.append(whole.word("id"))
        elif size := fits(built, folder, single):
            scored.append((size, built, wrong))
    name = single or top.name
    if not scored:
        hint = f"Draft one with `dealgate map {name}`, complete it, and give it as `--mapping FILE`"
        if others:
            verb = "maps" if len(others) == 1 else "map"
            hint += f"; or choose another process, for {' and '.join(others)} {verb} other records"
        message = f"The columns of {name} are not ours, and no mapping fits them for the process `{process.id}`."
        raise SourceFailed(error("DG662", message, Where(str(top / single if single else top)), hint + "."))
    best = max(size for size, *_ in scored)
    chosen = [(built, wrong) for size, built, wrong in scored if size == best]
    if len(chosen) > 1:
        names = " and ".join(f"`{built.id}`" for built, _ in chosen)
        message = f"Several mappings fit {name}: {names}."
        raise SourceFailed(error("DG663", message, Where(str(top)), "Choose with `--mapping ID`."))
    built, wrong = chosen[0]
    if has_errors(wrong):  # its columns fit, its stages are those of another process
        raise DocumentsDoNotHold(*wrong)
    return built
