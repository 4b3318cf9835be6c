"""Sources in our own words: columns that are our field ids, or JSON records as process tests write them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from dealgate.compile.frames import frames_of
from dealgate.documents.suggest import nearest
from dealgate.model.deal import Deal, deal_from
from dealgate.model.diagnostics import Diagnostic, Severity, Where, warning
from dealgate.model.fields import Catalogue, Field
from dealgate.model.process import Process
from dealgate.sources.encodings import decode
from dealgate.sources.files import contents
from dealgate.sources.table import Table, counted, examples
from dealgate.sources.tables import Folder

from .apply import Source, apply
from .model import Layout, Records, SourceMapping, Value
from .problems import Problems, short

OWN = "own columns"
_JSON = (".json", ".jsonl", ".ndjson")
_NESTED = (".parquet", ".pq")
_DEEPEST = 60


def read(top: Path, single: str | None, process: Process) -> Source | None:
    """The records of a file in the folder ``top``, or of the folder, where they are in our own words; else None."""
    kind = process.record
    folder = Folder(top)
    main = single or folder.find(kind + "s")
    if main is None or main not in folder:
        return None
    if Path(main.partition("#")[0]).suffix.lower() in _JSON:
        return _records(folder.path_of(main), process)
    columns = folder.columns(main)
    if not is_own(columns, process.catalogue):
        return None
    children = _inside(folder, main, process.catalogue)
    if single is None:
        for name, collection in process.catalogue.collections.items():
            file = folder.find(name)
            known = folder.columns(file) if file else []
            if file and kind in known:
                children[name] = Records((file,), link=(kind,), fields=_as_they_stand(known, collection.fields))
    mapping = SourceMapping(
        "own-columns",
        "Our own columns",
        Records((main,), ("id",), fields=_as_they_stand(columns, process.catalogue.deal)),
        kind,
        Layout(),
        {},
        children,
    )
    source = apply(folder, mapping, process, OWN)
    table = folder[main]
    # a column that is named as a collection and holds nothing says that none was synced
    empty = {n for n in process.catalogue.collections if n in columns and table.frame[n].null_count() == len(table)}
    ours_here = {"id", *process.catalogue.deal, *children, *empty}
    strange = [name for name in columns if name not in ours_here]
    for name, section in children.items():
        ours = {*process.catalogue.collections[name].fields, kind, "id"}
        inner = folder.columns(section.files[0]) if section.link else table.children[name].columns
        strange += [f"{name}.{column}" for column in inner if column not in ours]
    source.diagnostics += _unknown(strange, process.catalogue, str(folder.path_of(main)))
    return source


def _inside(folder: Folder, main: str, catalogue: Catalogue) -> dict[str, Records]:
    """Collections that stand as lists in the records' own rows, as Parquet has them."""
    if Path(main).suffix.lower() not in _NESTED:
        return {}
    found = {}
    for name, table in folder[main].children.items():
        if name in catalogue.collections:
            fields = _as_they_stand(table.columns, catalogue.collections[name].fields)
            found[name] = Records((f"{main}#{name}",), fields=fields, null_is_unsynced=True)
    return found


def is_own(columns: Iterable[str], catalogue: Catalogue) -> bool:
    """Whether the columns are our field ids: an id, and at least half of the others, two or more."""
    names = {name for name in columns if name != "id"}
    known = names & {*catalogue.deal, *catalogue.collections}
    return "id" in columns and len(known) >= 2 and len(known) * 2 >= len(names)


def _as_they_stand(columns: Iterable[str], fields: Mapping[str, Field]) -> dict[str, Value]:
    return {
        name: Value(columns=(name,), split=";" if fields[name].type == "multi_choice" else None, ours=True)
        for name in columns
        if name in fields
    }


def _unknown(names: Iterable[str], catalogue: Catalogue, file: str) -> list[Diagnostic]:
    found = []
    for name in dict.fromkeys(names):
        near = nearest(name, [*catalogue.deal, *catalogue.collections])
        found.append(
            warning(
                "DG684",
                f"`{name}` is none of our fields, so nothing reads it.",
                Where(file),
                f"did you mean `{near}`?" if near else "Declare it under `fields` in the process, or leave it out.",
            )
        )
    return found


# -- JSON records, with their collections inside


def _records(path: Path, process: Process) -> Source | None:
    """Records as process tests write them; None where they are not ours.

    A collection that is left out was never synced; an empty list is empty.
    """
    decoded = decode(contents(path), str(path), None)
    found, bad = _objects(decoded.text)
    keys = dict.fromkeys(key for _, record in found[:200] for key in _flat_keys(record, process.catalogue))
    if not found or not is_own(keys, process.catalogue):
        return None
    problems = Problems()
    problems.said += decoded.diagnostics
    kind, table = process.record, _Place(path)
    nameless = problems.of(
        "DG676",
        Severity.WARNING,
        f"{{n}} row{{s}} of {path.name} {{have}} no id, so {{was}} not taken for a {kind}",
        table.table,
    )
    same = problems.of(
        "DG677",
        Severity.WARNING,
        f"{{n}} row{{s}} of {path.name} repeat{{v}} the id of another row ({{values}}); the last row of each id counts",
        table.table,
        "Leave one row for each id.",
    )
    odd = problems.of(
        "DG671",
        Severity.WARNING,
        f"{{n}} record{{s}} of {path.name} hold{{v}} what is no list of records: {{values}}",
        table.table,
    )
    deals: dict[str, Deal] = {}
    rows: dict[str, int] = {}
    strange: dict[str, None] = {}
    names: set[str] = set()
    misfits: dict[tuple[str, str], tuple[list[int], dict[str, None]]] = {}
    for line, record in found:
        ident = record.get("id")
        if isinstance(ident, bool) or not isinstance(ident, (str, int)) or not str(ident).strip():
            nameless.add(_row(line))
            continue
        flat = _flat(record, process.catalogue)
        names |= flat.keys()
        for name, items in list(flat.items()):
            if name in process.catalogue.collections and items is not None:
                whole = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else None
                if whole is None or len(whole) < len(items):
                    odd.add(_row(line), pl.Series([name]))
                flat[name] = whole
        deal, unknown = deal_from({**flat, "id": str(ident).strip()}, process.catalogue, process.reading, kind=kind)
        strange |= dict.fromkeys(_without_places(unknown))
        if deal.id in rows:
            same.add(_row(rows.pop(deal.id)), pl.Series([f"{deal.id} in line {line}"]))
        rows[deal.id] = line
        deals[deal.id] = deal
        for name, one in deal.unfit.items():
            lines, raws = misfits.setdefault((_without_place(name), one.why), ([], {}))
            lines.append(line)
            raws[one.raw] = None
    diagnostics = [*problems.told(), *_misfits(misfits, path, process.catalogue), *_bad(bad, path)]
    diagnostics += _unknown(strange, process.catalogue, str(path))
    counts = {**problems.counts}
    for (_, why), (lines, _) in misfits.items():
        code = "DG673" if why == "placeholder" else "DG671"
        counts[code] = counts.get(code, 0) + len(lines)
    total = len(found)
    frames = frames_of(deals.values(), process)
    has = frozenset(names & process.catalogue.deal.keys())
    return Source(frames, process, diagnostics, "own-columns", OWN, total, total - len(deals), counts, has)


def _row(line: int) -> pl.Series:
    return pl.Series([line], dtype=pl.UInt32)


class _Place:
    """The file as problems name it."""

    def __init__(self, path: Path) -> None:
        self.table = Table(path.name, str(path), (), pl.DataFrame(), row_word="line")


def _objects(text: str) -> tuple[list[tuple[int, dict[str, Any]]], list[int]]:
    """The objects with their line (or place in the list), decimals exact; and the lines that hold none."""
    try:
        whole = _parse(text) if text.lstrip()[:1] == "[" else None
    except (ValueError, RecursionError):
        return [], []
    if isinstance(whole, list):
        return [(n, one) for n, one in enumerate(whole, 1) if isinstance(one, dict)], []
    found: list[tuple[int, dict[str, Any]]] = []
    bad: list[int] = []
    for line, piece in enumerate(text.split("\n"), 1):
        if not piece.strip():
            continue
        try:
            one = _parse(piece)
        except (ValueError, RecursionError):
            one = None
        if isinstance(one, dict):
            found.append((line, one))
        else:
            bad.append(line)
    if not found and text.lstrip()[:1] == "{":
        try:
            one = _parse(text)
        except (ValueError, RecursionError):
            return [], bad
        lists = [value for value in one.values() if isinstance(value, list)] if isinstance(one, dict) else []
        rows = lists[0] if len(lists) == 1 and "id" not in one else [one]
        return [(n, row) for n, row in enumerate(rows, 1) if isinstance(row, dict)], []
    return found, bad


def _parse(text: str) -> Any:
    return json.loads(text, parse_float=Decimal, parse_constant=str)


def _flat(record: Mapping[str, Any], catalogue: Catalogue, before: str = "", depth: int = 0) -> dict[str, Any]:
    """``{"owner": {"name": …}}`` as ``owner.name``; money objects and collections stay whole."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        name = before + key
        if isinstance(value, dict) and name not in catalogue.deal and depth < _DEEPEST:
            found |= _flat(value, catalogue, f"{name}.", depth + 1)
        else:
            found[name] = value
    return found


def _flat_keys(record: Mapping[str, Any], catalogue: Catalogue) -> Iterable[str]:
    return _flat(record, catalogue)


def _without_place(name: str) -> str:
    head, mark, rest = name.partition("[")
    return head + "." + rest.partition("].")[2] if mark else name


def _without_places(names: Iterable[str]) -> list[str]:
    return [_without_place(name) for name in names]


def _misfits(
    found: Mapping[tuple[str, str], tuple[list[int], dict[str, None]]], path: Path, catalogue: Catalogue
) -> list[Diagnostic]:
    told = []
    for (name, why), (lines, raws) in found.items():
        where = Where(str(path), lines[0])
        many = counted(len(lines), "value")
        if why == "placeholder":
            message = (
                f"{many} of `{name}` only hold{'s' if len(lines) == 1 else ''} a place: {examples(lines, 'line')}."
            )
            told.append(Diagnostic("DG673", Severity.INFO, message, where))
        else:
            said = why.replace("is ", "are ", 1) if len(lines) > 1 else why
            seen = "" if _private(name, catalogue) else ", ".join(f"`{short(raw)}`" for raw in list(raws)[:3])
            message = f"{many} of `{name}` {said}{f' ({seen})' if seen else ''}: "
            told.append(warning("DG671", f"{message}{examples(lines, 'line')}.", where))
    return told


def _private(name: str, catalogue: Catalogue) -> bool:
    """Whether a field's values may name a person, and so are not shown."""
    collection, _, inner = name.partition(".")
    fields = catalogue.collections[collection].fields if collection in catalogue.collections else catalogue.deal
    known = fields.get(inner if fields is not catalogue.deal else name)
    return known is None or known.type in ("text", "person", "reference")


def _bad(lines: list[int], path: Path) -> list[Diagnostic]:
    if not lines:
        return []
    message = (
        f"{counted(len(lines), 'line')} {'is' if len(lines) == 1 else 'are'} no JSON object and "
        f"{'was' if len(lines) == 1 else 'were'} left out: {examples(lines, 'line')}."
    )
    return [warning("DG630", message, Where(str(path), lines[0]), "Each line must hold one whole object, { … }.")]
