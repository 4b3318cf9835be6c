"""What differs between two documents of a kind: tightened, loosened, added, removed, changed, reworded.

What is milder is decided where overlays are (``documents/loosens.py``): one meaning of the word. A change is tightened
where its way back would be milder. The version advice follows: what may newly hold a deal, or breaks a name that others
use, is major; what is milder or new and holds nothing is minor; words alone are a patch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from dealgate.compile.becomes import surely
from dealgate.documents.loosens import how_changed, how_removed
from dealgate.documents.nodes import Map, Node, Scalar, Seq
from dealgate.documents.overlay import HEADER
from dealgate.documents.places import Path, by_id, identity, is_condition, plain
from dealgate.documents.whole import Whole
from dealgate.model.diagnostics import Where

from .said import Sides, is_reworded, said

GROUPS = ("tightened", "loosened", "added", "removed", "changed", "reworded")
"""In the order they are told."""
_NONE: Mapping[str, str] = {}
_DEFAULTS = {"enforce": "block", "in_flight": "immediate", "stays": False, "require_reason": False}
_HOLDING_LISTS = frozenset(
    ("enter", "exit", "capture", "require", "becomes_opportunity_when", "criteria", "disqualify")
)
_NAMES_OTHERS_USE = frozenset(("stages", "params", "fields", "evidence_types", "conditions", "elements", "reasons"))
_TWO_WAYS = frozenset(("check", "applies_when", "qualified_when", "when", "applies_to"))
"""Conditions: a change that is not surely stricter is milder for some deals and harder for others."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``place`` is its path of ids; ``subject`` names it and ``words`` say it to a reader.

    ``old`` and ``new`` are plain values, None where nothing stands. ``why`` and ``until``: what an overlay says of a
    loosening. ``sideways``: a condition that is another one, milder for some deals and harder for others.
    """

    group: str
    place: Path
    subject: str
    words: str
    old: Any
    new: Any
    where: Where
    why: str = ""
    until: date | None = None
    sideways: bool = False
    breaks: bool = False
    """It may newly hold a deal, or takes away a name that others use."""


@dataclass(frozen=True, slots=True)
class Document:
    """One side as a reader knows it."""

    id: str
    title: str
    version: str
    file: str
    kind: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes from ``old`` to ``new``, in groups as told, within them in reading order.

    ``advice``: the part of the version that the changes move: major, minor, patch or none.
    """

    old: Document
    new: Document
    changes: tuple[Change, ...]
    advice: str

    @property
    def overlay(self) -> bool:
        """Whether the two are different documents, such as a client's and its base; no version follows then."""
        return self.old.id != self.new.id

    @property
    def least(self) -> str | None:
        """The lowest version that the changes allow; None where no version can be told."""
        found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", self.old.version)
        if found is None or self.overlay:
            return None
        major, minor, patch = map(int, found.groups())
        return {
            "major": f"{major + 1}.0.0", "minor": f"{major}.{minor + 1}.0", "patch": f"{major}.{minor}.{patch + 1}",
        }.get(self.advice, self.old.version)  # fmt: skip

    @property
    def too_low(self) -> bool:
        """Whether the new document's version is below what its changes ask for."""
        least, have = self.least, re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", self.new.version)
        return least is not None and have is not None and _numbers(self.new.version) < _numbers(least)

    def of(self, group: str) -> list[Change]:
        """The changes of one group."""
        return [change for change in self.changes if change.group == group]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def compare(old: Whole, new: Whole) -> Difference:
    """What differs from ``old`` to ``new``; frameworks that both use are compared too."""
    renamed = renames(old, new)
    sides = Sides(old, new, renamed)
    reverse = _lower(old.root)
    same = old.loaded.id == new.loaded.id
    found = [
        *(_change(raw, sides, new, reverse) for raw in differs(old.root, new.root, renamed, same)),
        *_of_frameworks(old, new, sides),
    ]
    changes = tuple(sorted(found, key=lambda change: GROUPS.index(change.group)))
    return Difference(_document(old), _document(new), changes, _advice(changes))


def _document(side: Whole) -> Document:
    one = side.loaded
    title = side.resolved.word("title") or one.id
    return Document(one.id, title, one.version, one.file, one.kind, one.digest)


def _of_frameworks(old: Whole, new: Whole, sides: Sides) -> Iterator[Change]:
    for name in old.frameworks.keys() & new.frameworks.keys():
        before, after = old.frameworks[name], new.frameworks[name]
        for raw in differs(before, after):
            yield _change(raw, sides, new, _lower(before), ("frameworks", name))


def _lower(root: Map) -> bool:
    score = root.items.get("score")
    direction = score.items.get("direction") if isinstance(score, Map) else None
    return isinstance(direction, Scalar) and direction.text == "lower"


@dataclass(frozen=True, slots=True)
class Raw:
    """A place where two trees differ; None where one of them has nothing."""

    path: Path
    old: Node | None
    new: Node | None
    where: Where
    item: bool = False
    """A whole thing with an id came or went."""
    order: bool = False
    renamed: str = ""
    """A stage whose id is this one now."""


def differs(old: Map, new: Map, renamed: Mapping[str, str] = _NONE, same: bool = True) -> Iterator[Raw]:
    """Every place where two trees of one document differ; ``same``: their headers too.

    A stage that is ``renamed`` is compared with what it is now, under its old id.
    """
    back = {now: before for before, now in renamed.items()}
    for raw in _differs(old, new, (), same, new.where):
        if (
            raw.item
            and raw.path[0] == "stages"
            and len(raw.path) == 2
            and (raw.path[1] in renamed or raw.path[1] in back)
        ):
            continue
        if not _follows(raw, renamed):
            yield raw
    before, after = _stages(old), _stages(new)
    for stage, now in renamed.items():
        yield Raw(("stages", stage), before[stage], after[now], after[now].where, renamed=now)
        for raw in _differs(before[stage], after[now], ("stages", stage), same, after[now].where):
            if raw.path[2:] not in (("replaces",), ("id",)) and not _follows(raw, renamed):
                yield raw


def _follows(raw: Raw, renamed: Mapping[str, str]) -> bool:
    """Whether a place differs in nothing but the new id of a stage it names."""
    if not renamed or raw.old is None or raw.new is None:
        return False

    def now(held: Any) -> Any:
        if isinstance(held, dict):
            return {key: now(value) for key, value in held.items()}
        if isinstance(held, list):
            return [now(value) for value in held]
        parts = held.split(".") if isinstance(held, str) else []
        return ".".join(renamed.get(part, part) for part in parts) if len(parts) in (1, 2) else held

    return bool(now(plain(raw.old)) == plain(raw.new))


def renames(old: Whole, new: Whole) -> dict[str, str]:
    """Stages of the old document that the new one has under another id: a new stage that took one over, whole."""
    process = new.loaded.process
    if process is None:
        return {}
    before = _stages(old.root)
    moved = {was: now for was, now in surely(process).items() if was in before and now not in before}
    return {was: now for was, now in moved.items() if list(moved.values()).count(now) == 1}


def _stages(root: Map) -> dict[str, Node]:
    listed = root.items.get("stages")
    return {identity(item) or "": item for item in listed.items} if isinstance(listed, Seq) else {}


def _differs(old: Node, new: Node, path: Path, same: bool, where: Where) -> Iterator[Raw]:
    if path and (is_condition(path) or not by_id(path)) and plain(old) == plain(new):
        return
    if isinstance(old, Map) and isinstance(new, Map) and not (path and is_condition(path)):
        yield from _maps(old, new, path, same)
    elif isinstance(old, Seq) and isinstance(new, Seq) and by_id(path):
        yield from _lists(old, new, path, same)
    elif plain(old) != plain(new):
        yield Raw(path, old, new, where)


def _maps(old: Map, new: Map, path: Path, same: bool) -> Iterator[Raw]:
    for key in dict.fromkeys((*old.items, *new.items)):
        here, before, after = (*path, key), old.items.get(key), new.items.get(key)
        if (path == () and (key in ("kind", "id", "version") or (key in HEADER and not same))) or (
            key == "id" and not by_id(path)
        ):
            continue
        where = new.key_where(key) if after is not None else old.key_where(key)
        if before is not None and after is not None:
            yield from _differs(before, after, here, same, where)
        elif by_id(path):
            yield Raw(here, before, after, where, item=True)
        else:
            yield from _one_sided(before, after, here, where)


def _one_sided(before: Node | None, after: Node | None, path: Path, where: Where) -> Iterator[Raw]:
    """A section that one side lacks: its things each, or the value."""
    held = after if after is not None else before
    if isinstance(held, Seq) and by_id(path):
        for item in held.items:
            old, new = _side(item, came=before is None)
            yield Raw((*path, identity(item) or ""), old, new, item.where, item=True)
    elif isinstance(held, Map) and not is_condition(path):
        for key, value in held.items.items():
            here, at = (*path, key), held.key_where(key)
            old, new = _side(value, came=before is None)
            if by_id(path):
                yield Raw(here, old, new, at, item=True)
            else:
                yield from _one_sided(old, new, here, at)
    else:
        yield Raw(path, before, after, where)


def _side(node: Node, *, came: bool) -> tuple[Node | None, Node | None]:
    return (None, node) if came else (node, None)


def _lists(old: Seq, new: Seq, path: Path, same: bool) -> Iterator[Raw]:
    before = {identity(item) or "": item for item in old.items}
    after = {identity(item) or "": item for item in new.items}
    for name, item in before.items():
        if name in after:
            yield from _differs(_long(item, path), _long(after[name], path), (*path, name), same, after[name].where)
        else:
            yield Raw((*path, name), item, None, item.where, item=True)
    for name, item in after.items():
        if name not in before:
            yield Raw((*path, name), None, item, item.where, item=True)
    kept, still = [n for n in before if n in after], [n for n in after if n in before]
    if path == ("stages",) and kept != still:
        yield Raw(path, old, new, new.where, order=True)


def _long(item: Node, path: Path) -> Node:
    """A thing named by its id alone, in the form that has room for more."""
    if isinstance(item, Scalar):
        key = "field" if path[-1] == "capture" else "id"
        place = (item.line, item.column)
        return Map({key: item}, {key: place}, item.line, item.column, item.file)
    return item


def _change(raw: Raw, sides: Sides, new: Whole, reverse: bool, prefix: Path = ()) -> Change:
    old, now = plain(raw.old), plain(raw.new)
    place = (*prefix, *raw.path)
    group, sideways = _group(raw, old, now, reverse)
    loosening = next((one for one in new.loaded.loosened if one.what == ".".join(raw.path)), None)
    subject, words = said(place, old, now, sides, item=raw.item, order=raw.order, renamed=raw.renamed)
    return Change(
        group, place, subject, words, old, now, loosening.at if loosening and raw.new is None else raw.where,
        why=loosening.why if loosening else "", until=loosening.until if loosening else None,
        sideways=sideways, breaks=_breaks(raw, group, now),
    )  # fmt: skip


def _group(raw: Raw, old: Any, new: Any, reverse: bool) -> tuple[str, bool]:
    path, key = raw.path, raw.path[-1]
    if raw.order or raw.renamed:
        return "changed", False
    if raw.item:
        return ("added" if raw.old is None else "removed"), False
    if is_reworded(path):
        return "reworded", False
    if key in _DEFAULTS:
        old = _DEFAULTS[key] if old is None and len(path) > 2 else old
        new = _DEFAULTS[key] if new is None and len(path) > 2 else new
    milder = _milder(path, old, new, reverse)
    harder = _milder(path, new, old, reverse)
    if milder:
        return "loosened", harder and key in _TWO_WAYS
    return ("tightened" if harder else "changed"), False


def _milder(path: Path, old: Any, new: Any, reverse: bool) -> bool:
    if new is None:
        return how_removed(path, old) is not None and path[-1] not in ("health", "category", "probability", "weight")
    return how_changed(path, old, new, reverse=reverse) is not None


def _breaks(raw: Raw, group: str, new: Any) -> bool:
    if raw.renamed:
        return True
    if not raw.item or len(raw.path) < 2:
        return False
    section = raw.path[-2]
    if group == "removed":
        return section in _NAMES_OTHERS_USE
    enforce = new.get("enforce", "block") if isinstance(new, dict) else "block"
    return raw.path[:-1] == ("stages",) or (section in _HOLDING_LISTS and enforce in ("block", "approve"))


def _advice(changes: tuple[Change, ...]) -> str:
    if any(change.group == "tightened" or change.sideways or change.breaks for change in changes):
        return "major"
    if any(change.group != "reworded" for change in changes):
        return "minor"
    return "patch" if changes else "none"
