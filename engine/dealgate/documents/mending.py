"""Mends what has one sure mend, in the text, and checks the documents again until nothing more is to be mended.

Nothing is written here: what comes back is the mended texts, what was changed in them, and what is left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dealgate.model.diagnostics import Diagnostic, Edit, Severity, Where, info

from .edits import edited, place
from .library import shown
from .load import Loaded, load_documents
from .ours import may_change
from .tabs import spaced
from .workspace import yaml_files
from .yaml import read_text

ROUNDS = 5
"""How often the documents are mended and checked again: a mend may let more be seen."""


@dataclass(frozen=True, slots=True)
class Mend:
    """The edits that mend one diagnostic of a file, all of them or none."""

    file: str
    edits: tuple[Edit, ...]

    @property
    def where(self) -> Where:
        """Where the first stands."""
        return Where(self.file, self.edits[0].line, self.edits[0].column)

    @property
    def words(self) -> tuple[str, str]:
        """What stood there, and what stands there now."""
        if not self.edits[0].old.strip():
            return "tab", "spaces"
        return " … ".join(e.old for e in self.edits), " … ".join(e.new for e in self.edits)


@dataclass(slots=True)
class Mending:
    """What came of it. ``texts``: by resolved path, the texts that are not as they were, with plain line ends."""

    loaded: list[Loaded]
    texts: dict[Path, str] = field(default_factory=dict)
    made: list[Mend] = field(default_factory=list)
    taken_back: list[Diagnostic] = field(default_factory=list)


def mended(paths: Sequence[Path | str]) -> Mending:
    """The documents in files and folders, as ``load_documents`` gives them, with what is sure mended in memory.

    Files that the installed package carries are read and not mended; nor is any that is not under ``paths``.
    """
    files = [file for path in map(Path, paths) for file in (yaml_files(path) if path.is_dir() else [path])]
    ours = {shown(file): file.resolve() for file in files if may_change(file)}
    found = Mending([])
    for name, path in ours.items():
        text, _ = read_text(path, name)
        mend = spaced(text, name) if text is not None and "\t" in text else ()
        if text is not None and mend:
            found.texts[path] = edited(text, mend)
            found.made.append(Mend(name, mend))
    found.loaded = load_documents(paths, texts=found.texts)
    tried: set[Mend] = set()
    for _ in range(ROUNDS):
        wanted = [mend for mend in _mends(found.loaded, ours) if mend not in tried]
        if not wanted:
            break
        tried.update(wanted)
        _round(paths, ours, wanted, found)
    return found


def _mends(loaded: list[Loaded], ours: dict[str, Path]) -> list[Mend]:
    """What the diagnostics would have mended in files of ours, at most one mend at a place."""
    sources = {name: text.split("\n") for one in loaded for name, text in one.files.items() if name in ours}
    found: dict[Where, Mend] = {}
    every = dict.fromkeys(d for one in loaded for d in one.diagnostics if d.mend and d.where.file in ours)
    for diagnostic in every:
        mend = Mend(diagnostic.where.file, diagnostic.mend)
        if all(place(sources[mend.file], edit) for edit in mend.edits):
            found.setdefault(mend.where, mend)
    return list(found.values())


def _round(paths: Sequence[Path | str], ours: dict[str, Path], wanted: list[Mend], found: Mending) -> None:
    """Makes the mends; of a file in which they bring errors each is tried by itself, and one that does is not made."""
    before = found.loaded
    texts = _with(found, ours, wanted)
    after = load_documents(paths, texts=texts)
    bad = {name for name in {mend.file for mend in wanted} if _brought(before, after, wanted, name)}
    made = [mend for mend in wanted if mend.file not in bad]
    for mend in [mend for mend in wanted if mend.file in bad]:
        trial = [*made, mend]
        after = load_documents(paths, texts=_with(found, ours, trial))
        errors = _brought(before, after, trial, mend.file)
        if errors:
            found.taken_back.append(_told(mend, errors[0]))
        else:
            made = trial
    if bad:
        texts = _with(found, ours, made)
        after = load_documents(paths, texts=texts)
    found.made += made
    found.texts, found.loaded = texts, after


def _with(found: Mending, ours: dict[str, Path], mends: list[Mend]) -> dict[Path, str]:
    """All texts that are not as in their files, with further mends made."""
    texts = dict(found.texts)
    sources = {name: text for one in found.loaded for name, text in one.files.items()}
    for name in dict.fromkeys(mend.file for mend in mends):
        texts[ours[name]] = edited(sources[name], (e for mend in mends if mend.file == name for e in mend.edits))
    return texts


def _brought(before: list[Loaded], after: list[Loaded], mends: list[Mend], name: str) -> list[Diagnostic]:
    """The errors that mends brought to a file: at what they wrote, or in its YAML. What stands elsewhere was there and
    is only seen now."""
    spans = _written([edit for mend in mends if mend.file == name for edit in mend.edits])
    known = Counter(map(_key, _errors(before, name)))
    found = []
    for one in _errors(after, name):
        known[_key(one)] -= 1
        here = any(a <= one.where.column < b for a, b in spans.get(one.where.line, ()))
        if known[_key(one)] < 0 and (here or one.code.startswith("DG0")):
            found.append(one)
    return found


def _written(edits: Iterable[Edit]) -> dict[int, list[tuple[int, int]]]:
    """By line, the columns that edits have written to, quotes around them included."""
    spans: dict[int, list[tuple[int, int]]] = {}
    moved: Counter[int] = Counter()
    for edit in sorted(set(edits), key=lambda e: (e.line, e.column)):
        start = edit.column + moved[edit.line]
        spans.setdefault(edit.line, []).append((start, start + len(edit.new) + 1))
        moved[edit.line] += len(edit.new) - len(edit.old)
    return spans


def _errors(loaded: list[Loaded], name: str) -> list[Diagnostic]:
    every = (d for one in loaded for d in one.diagnostics)
    return [d for d in dict.fromkeys(every) if d.severity is Severity.ERROR and d.where.file == name]


def _key(one: Diagnostic) -> tuple[str, str]:
    return one.code, one.message


def _told(mend: Mend, brought: Diagnostic) -> Diagnostic:
    old, new = mend.words
    message = f"Not mended: with `{new}` for `{old}` there would be {brought.code}: {brought.message}"
    return info("DG023", message, mend.where, "Mend it by hand.", len(mend.edits[0].old))
