"""An overlay on a base that moved: what goes by itself, and where two wills meet.

Three ways: the base as it was, as it is now, and the overlay. What only one side touches is taken. A stage that the new
base says it `replaces` keeps the overlay's changes under its new id. Where both touch one place and do not want the
same, it is a conflict, shown at both places; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dealgate.documents.edits import exactly, of_scalar
from dealgate.documents.library import Document, Reference
from dealgate.documents.nodes import Map, Node, Scalar, Seq
from dealgate.documents.overlay import merge, touched
from dealgate.documents.places import Path, plain
from dealgate.documents.resolve import has_errors
from dealgate.documents.whole import Whole
from dealgate.model.diagnostics import Diagnostic, Edit, Severity, Where

from .difference import Change, Difference, Raw, compare, differs, renames


@dataclass(frozen=True, slots=True)
class Note:
    """Something that goes by itself: what, and where in the overlay (nowhere: it is the base's alone)."""

    words: str
    where: Where | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two wills about one place. ``here``: the overlay's; ``there``: the new base's, or the old one's if it is gone."""

    place: Path
    words: str
    here: Where
    there: Where
    mend: str


@dataclass(frozen=True, slots=True)
class Rebased:
    """``text``: the overlay on the new base; None where there are conflicts. ``taken``: what the base changed and the
    overlay says nothing about, so that it now holds for the overlay too.
    """

    base: Difference
    notes: tuple[Note, ...]
    conflicts: tuple[Conflict, ...]
    taken: tuple[Change, ...]
    text: str | None
    diagnostics: tuple[Diagnostic, ...] = ()
    """What does not hold in the overlay on the new base beside the conflicts."""


def rebase(overlay: Document, old: Whole, new: Whole) -> Rebased:
    """The overlay, which was written on ``old``, on ``new``."""
    assert overlay.root is not None
    work = _Work(overlay, overlay.root, old, new)
    return work.run()


@dataclass
class _Work:
    overlay: Document
    over: Map
    old: Whole
    new: Whole
    edits: list[Edit] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    def run(self) -> Rebased:
        renamed = renames(self.old, self.new)
        changed = [raw for raw in differs(self.old.root, self.new.root, renamed) if not raw.renamed]
        met: set[Path] = set()
        for place, (where, value) in touched(self.old.root, self.over).items():
            met |= self.weigh(place, where, value, changed)
        self.rename(renamed)
        self.extend()
        base = compare(self.old, self.new)
        taken = tuple(c for c in base.changes if not any(_under(c.place, place) for place in met))
        if self.conflicts:
            return Rebased(base, tuple(self.notes), tuple(self.conflicts), taken, None)
        text = exactly(self.overlay.text, self.edits)
        return Rebased(base, tuple(self.notes), (), taken, text, tuple(self.problems(text)))

    # -- one touched place

    def weigh(self, place: Path, where: Where, value: Any, changed: list[Raw]) -> set[Path]:
        """Compares what the overlay does at a place with what the base did there; the places of the base's changes
        that it met."""
        met: set[Path] = set()
        for raw in changed:
            if not (_under(place, raw.path) or _under(raw.path, place)):
                continue
            met.add(raw.path)
            if raw.path == place and plain(raw.new) == value:
                self.agreed(place, where, value)
            elif raw.item and raw.new is None:
                self.conflict(place, where, raw, "the base has removed it", _GONE)
            elif value is None and _under(raw.path, place):
                self.conflict(place, where, raw, "the overlay removes what the base has changed", _REMOVED)
            elif raw.item and raw.old is None:
                self.conflict(place, where, raw, "the base now has one of its own", _BOTH)
            else:
                self.conflict(place, where, raw, "both change it", _BOTH)
        return met

    def agreed(self, place: Path, where: Where, value: Any) -> None:
        if value is None and self.drop(place):
            self.notes.append(Note(f"The base has removed `{'.'.join(place)}` itself; the line is taken out.", where))
        else:
            self.notes.append(Note(f"The base now says the same about `{'.'.join(place)}`.", where))

    def conflict(self, place: Path, where: Where, raw: Raw, words: str, mend: str) -> None:
        there = raw.where if raw.new is not None else (raw.old.where if raw.old is not None else raw.where)
        self.conflicts.append(Conflict(place, words, where, there, mend))

    # -- what is edited

    def drop(self, place: Path) -> bool:
        """Takes a path out of `remove`, with what `loosens` says of it; whether that could be done line by line."""
        dotted, lines = ".".join(place), [f"{line}\n" for line in self.overlay.text.split("\n")]
        made: dict[str, Edit] = {}
        for section in ("remove", "loosens"):
            listed = self.over.items.get(section)
            for item in listed.items if isinstance(listed, Seq) else ():
                named = item.items.get("what") if isinstance(item, Map) else item
                edit = _without(lines[item.line - 1], section, item) if _is(named, dotted) else None
                if edit is not None:
                    made[section] = edit
        if "remove" not in made:
            return False
        self.edits += made.values()
        return True

    def rename(self, renamed: Mapping[str, str]) -> None:
        """The overlay's words for stages that have another id now."""
        if not renamed:
            return
        places: dict[str, list[Where]] = {}
        for edit, stage in _renaming(self.over, renamed, ()):
            self.edits.append(edit)
            places.setdefault(stage, []).append(Where(self.overlay.file, edit.line, edit.column))
        for stage, wheres in places.items():
            more = f" and in {len(wheres) - 1} more places" if len(wheres) > 1 else ""
            words = f"The stage `{stage}` is now `{renamed[stage]}`: renamed here{more}."
            self.notes.append(Note(words, min(wheres, key=lambda one: (one.line, one.column))))

    def extend(self) -> None:
        """The version the overlay asks of its base, where the new one is not such a one."""
        node = self.over.items.get("extends")
        reference = Reference.of(node.text) if isinstance(node, Scalar) else None
        version = self.new.loaded.version
        if not isinstance(node, Scalar) or reference is None:
            return
        wanted = reference.id
        if reference.version and not reference.takes(version):
            numbers = version.split(".")[: len(reference.version)]
            wanted = f"{wanted}@{'^' if reference.from_there_on else ''}{'.'.join(numbers)}"
        elif reference.version:
            return
        if self.new.loaded.id != reference.id:
            wanted = self.new.loaded.id + wanted[len(reference.id) :]
        if wanted != node.text:
            self.edits.append(of_scalar(node, wanted))
            self.notes.append(Note(f"It extends `{wanted}` now.", node.where))

    def problems(self, text: str) -> Iterator[Diagnostic]:
        """What does not hold in the edited overlay on the new base."""
        from dealgate.documents.yaml import parse

        root, found = parse(text, self.overlay.file)
        yield from found
        if isinstance(root, Map) and not has_errors(found):
            merged = merge(self.new.root, [root])
            yield from (d for d in merged.diagnostics if d.severity is not Severity.INFO)


_GONE = "Take the change out, or add the thing as your own under `add`."
_REMOVED = "Look at what the base asks now: keep the line under `remove`, or take it out."
_BOTH = "Decide which of the two holds: take the overlay's out, or keep it and say so."


def _is(node: Node | None, text: str) -> bool:
    return isinstance(node, Scalar) and node.text == text


def _without(line: str, section: str, item: Node) -> Edit | None:
    """The line less one item: the whole line where it is all it holds, else the item of a list in brackets."""
    bare = line.partition(" #")[0].strip()
    text = item.text if isinstance(item, Scalar) else ""
    one_map = isinstance(item, Map) and bare.startswith("- {") and bare.endswith("}")
    if one_map or bare in (f"- {text}", f"{section}: [{text}]"):
        return Edit(item.line, 1, line, "")
    for old in (f"{text}, ", f", {text}"):
        at = line.find(old)
        if text and at >= 0:
            return Edit(item.line, at + 1, old, "")
    return None


def _under(place: Path, other: Path) -> bool:
    return place[: len(other)] == other


def _renaming(node: Node, renamed: Mapping[str, str], path: Path) -> Iterator[tuple[Edit, str]]:
    """Edits where an overlay names a stage: as a key under a section by stage, in a dotted path, in `after`, in a
    criterion's qualified id, as the stage an element is due by."""
    if isinstance(node, Map):
        by_stage = path == ("change", "stages") or (len(path) == 2 and path[0] == "add" and path[1] in _BY_STAGE)
        for key, value in node.items.items():
            if by_stage and key in renamed:
                line, column = node.keys[key]
                yield Edit(line, column, key, renamed[key]), key
            yield from _renaming(value, renamed, (*path, key))
    elif isinstance(node, Seq):
        for item in node.items:
            yield from _renaming(item, renamed, path)
    elif path[-1:] in (("after",), ("criterion",), ("what",)) or path == ("remove",) or path[-2:-1] == ("due",):
        stages, dot, rest = node.text.partition("stages.") if node.text.startswith("stages.") else ("", "", node.text)
        stage = next((one for one in renamed if rest == one or rest.startswith(f"{one}.")), None)
        if stage is not None:
            yield of_scalar(node, f"{stages}{dot}{renamed[stage]}{rest[len(stage) :]}"), stage


_BY_STAGE = frozenset(("enter", "exit", "capture", "slas", "health", "coaching", "failure_patterns"))
