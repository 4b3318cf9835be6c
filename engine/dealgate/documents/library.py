"""The library: finds a document by kind and reference, the workspace's before the bundled ones; each file read once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dealgate.bundled import bundled
from dealgate.model.diagnostics import NOWHERE, Diagnostic, Where, error

from .kinds import KINDS, Kind
from .lock import Locked, problem, read_lock
from .nodes import Map, Node, Scalar
from .suggest import meant
from .workspace import FILE, Workspace, build_workspace, find_workspace, yaml_files
from .yaml import parse, read_text

_REFERENCE = re.compile(r"([a-z0-9]+(?:[-_][a-z0-9]+)*)(?:@(\^?)(\d+(?:\.\d+){0,2}))?")
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_KIND = re.compile(r"^kind:[ \t]*[\"']?([a-z]+)/v1[\"']?[ \t]*(?:#.*)?$", re.M)
_ID = re.compile(r"^id:[ \t]*[\"']?([A-Za-z0-9_-]+)[\"']?[ \t]*(?:#.*)?$", re.M)


@dataclass(frozen=True, slots=True)
class Reference:
    """A document by id, with the version wanted: none, ``^1`` (that major) or ``1.2.0`` (that one)."""

    id: str
    version: tuple[int, ...] = ()
    from_there_on: bool = False

    @staticmethod
    def of(text: str) -> Reference | None:
        """The reference a text spells, or None where it spells none."""
        found = _REFERENCE.fullmatch(text.strip())
        if not found:
            return None
        version = tuple(int(part) for part in found[3].split(".")) if found[3] else ()
        return Reference(found[1], version, bool(found[2]))

    @property
    def wanted(self) -> str:
        """The version as written."""
        return ("^" if self.from_there_on else "") + ".".join(map(str, self.version))

    def takes(self, version: str) -> bool:
        """Whether a version is one that is wanted. Below 1.0.0 every second number is a break, as in semver."""
        if not self.version:
            return True
        if not _VERSION.fullmatch(version):
            return False
        have = tuple(int(part) for part in version.split("."))
        fixed = next((n for n, part in enumerate(self.version) if part), len(self.version) - 1) + 1
        if not self.from_there_on:
            fixed = len(self.version)
        return have[:fixed] == self.version[:fixed] and have >= self.version


@dataclass(frozen=True, slots=True)
class Document:
    """One file as read: its node tree, or what keeps it from having one. ``file`` is how a reader sees its path."""

    path: Path
    file: str
    text: str = ""
    root: Map | None = None
    diagnostics: tuple[Diagnostic, ...] = ()

    def word(self, key: str) -> str:
        """A text at the top of the document; empty where there is none."""
        node = self.root.items.get(key) if self.root else None
        return node.text if isinstance(node, Scalar) else ""

    def where(self, key: str) -> Where:
        """Where a value at the top stands; the file where it does not."""
        node = self.root.items.get(key) if self.root else None
        return node.where if node is not None else Where(self.file)

    @property
    def kind(self) -> Kind | None:
        """Its kind, by ``kind: NAME/v1``."""
        name, _, form = self.word("kind").partition("/")
        return KINDS.get(name) if form == "v1" else None


@dataclass(slots=True)
class Found:
    """A document that a reference led to, or why there is none."""

    document: Document | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)


class Library:
    """Documents by kind and reference.

    ``workspace`` is the folder with ``dealgate.yaml``; ``files`` are further documents that count as the workspace's.
    ``locked`` False reads past the workspace's lock, to what is bundled now.
    """

    def __init__(self, workspace: Path | None = None, files: Iterable[Path] = (), *, locked: bool = True) -> None:
        self.folder = workspace
        self._uses_lock = locked
        self._listed = list(files)
        self._read: dict[Path, Document] = {}
        self._heads: dict[Path, tuple[str, str]] = {}
        self._texts: dict[str, str] = {}

    @property
    def files(self) -> dict[str, str]:
        """The text of every file read so far, by its shown path."""
        return {document.file: document.text for document in self._read.values()} | self._texts

    def afresh(self) -> Library:
        """A library of the same documents that has read none: for looking something up that nothing rests on."""
        return Library(self.folder, self._listed, locked=self._uses_lock)

    @property
    def read(self) -> list[Document]:
        """Every document read so far."""
        return list(self._read.values())

    @cached_property
    def workspace(self) -> Workspace:
        """What ``dealgate.yaml`` says; nothing where there is none."""
        if self.folder is None:
            return Workspace(Path())
        document = self.open(self.folder / FILE)
        if document.root is None:
            return Workspace(self.folder, rules=(self.folder / "rules",))
        return build_workspace(document.root, self.folder)

    @cached_property
    def locked(self) -> dict[Path, Locked]:
        """The copies that the workspace's lock holds, by path."""
        if self.folder is None or not self._uses_lock:
            return {}
        return {(self.folder / one.file).resolve(): one for one in read_lock(self.folder)[0]}

    def suppose(self, path: Path, text: str) -> Document:
        """The document as if the file held this text."""
        key = path.resolve()
        root, found = parse(text, shown(key))
        self._read[key] = Document(key, shown(key), text, root if isinstance(root, Map) else None, tuple(found))
        return self._read[key]

    def open(self, path: Path) -> Document:
        """The document in a file, read once."""
        key = path.resolve()
        if key not in self._read:
            self._read[key] = self._open(key)
        return self._read[key]

    def text(self, path: Path) -> tuple[str | None, list[Diagnostic]]:
        """The text of a file that is no document, such as an article; or None and why it cannot be read."""
        file = shown(path)
        text, wrong = read_text(path, file)
        if text is not None:
            self._texts[file] = text
        return text, wrong

    def _open(self, path: Path) -> Document:
        file = shown(path)
        text, wrong = read_text(path, file)
        held = self.locked.get(path)
        changed = problem(held, text, file) if held is not None else None
        if changed is not None:
            return Document(path, file, text or "", None, (changed,))
        if text is None:
            return Document(path, file, "", None, tuple(wrong))
        root, found = parse(text, file)
        if root is not None and not isinstance(root, Map):
            found = [*found, _no_kind(file, root.where)]
        return Document(path, file, text, root if isinstance(root, Map) else None, tuple(found))

    def find(self, kind: str, text: str, at: Where = NOWHERE, leaving_out: Sequence[Path] = ()) -> Found:
        """The document a reference names. ``leaving_out``: files a chain of overlays has come through."""
        reference = Reference.of(text)
        if reference is None:
            message = f"`{text}` names no {kind}: a reference is an id, `id@^1` or `id@1.2.0`."
            return Found(None, [error("DG400", message, at, width=max(1, len(text)))])
        unfit: list[str] = []
        loop: list[Path] = []
        for layer in self._layers(kind, reference.id):
            here = [path for path in layer if self._head(path) == (kind, reference.id)]
            if not here:
                continue
            twice = [self._twice(path, here[0]) for path in here[1:]]
            if here[0] in leaving_out:
                loop = [*leaving_out[list(leaving_out).index(here[0]) :], here[0]]
                continue
            document = self.open(here[0])
            if reference.takes(document.word("version")):
                return Found(document, twice)
            unfit.append(document.word("version") or "no version")
        return Found(None, [self._missing(kind, reference, unfit, loop, at)])

    def _missing(self, kind: str, wanted: Reference, unfit: list[str], loop: list[Path], at: Where) -> Diagnostic:
        if unfit:
            message = f"The {kind} `{wanted.id}` is there as {' and '.join(unfit)}, but `{wanted.wanted}` is wanted."
            return error("DG402", message, at, "Ask for a version that is there, or bring the one you want.")
        if loop:
            names = " → ".join(self._head(path)[1] for path in loop)
            return error("DG405", f"The {kind} `{wanted.id}` extends itself: {names}.", at, "Extend another document.")
        known = self.ids(kind)
        hint = meant(wanted.id, known) or (f"There are {', '.join(known[:12])}." if known else None)
        return error("DG401", f"There is no {kind} `{wanted.id}`.", at, hint, max(1, len(wanted.id)))

    def ids(self, kind: str) -> list[str]:
        """The ids of all documents of a kind."""
        heads = (self._head(path) for layer in self._layers(kind) for path in layer)
        return sorted({name for found, name in heads if found == kind and name})

    def of_kind(self, kind: str) -> Iterator[Document]:
        """Every document of a kind, the workspace's first; one that another layer covers is left out."""
        seen: set[str] = set()
        for layer in self._layers(kind):
            here = [(name, path) for path in layer for found, name in [self._head(path)] if found == kind]
            for name, path in here:
                if name not in seen:
                    yield self.open(path)
            seen.update(name for name, _ in here)

    def duplicates(self) -> list[Diagnostic]:
        """Each document of the workspace whose id another one of its kind has already."""
        first: dict[tuple[str, str], Path] = {}
        found = []
        for path in self._own:
            head = self._head(path)
            if all(head) and first.setdefault(head, path) != path:
                found.append(self._twice(path, first[head]))
        return found

    def _twice(self, path: Path, first: Path) -> Diagnostic:
        kind, name = self._head(path)
        message = f"The {kind} `{name}` is in {shown(first)} already."
        where = self.open(path).where("id")
        return error("DG403", message, where, "Give one of them another id, or take it away.", len(name))

    @cached_property
    def _own(self) -> list[Path]:
        paths = [*self._listed, *(self.workspace.files() if self.folder else ())]
        return list(dict.fromkeys(path.resolve() for path in paths))

    def _layers(self, kind: str, name: str = "") -> Iterator[Sequence[Path]]:
        yield self._own
        if self.locked:
            yield [path for path, one in self.locked.items() if one.kind == kind and name in ("", one.id)]
        folder = bundled("rules") / KINDS[kind].folder
        likely = folder / f"{name}.yaml"
        if name and likely.is_file() and self._head(likely.resolve()) == (kind, name):
            # a shipped file bears its id, so that reading one document opens one file
            yield [likely.resolve()]
        elif folder.is_dir():
            yield [path.resolve() for path in sorted(folder.glob("*.yaml"))]

    def _head(self, path: Path) -> tuple[str, str]:
        """Kind and id of a file, from its top-level lines; only a document in another layout is parsed for it."""
        if path in self.locked:
            return self.locked[path].kind, self.locked[path].id
        if path not in self._heads:
            try:
                supposed = self._read.get(path)
                text = supposed.text if supposed else path.read_text("utf-8-sig", errors="replace")[:200_000]
            except OSError:
                text = ""
            kind, name = _KIND.search(text), _ID.search(text)
            if kind and (name or not KINDS.get(kind[1], KINDS["test"]).has_id):
                self._heads[path] = (kind[1], name[1] if name else "")
            else:
                document = self.open(path)
                self._heads[path] = (document.kind.name if document.kind else "", document.word("id"))
        return self._heads[path]


def may_share(library: Library, processes: Sequence[str]) -> bool:
    """Whether several of some processes may judge the same kind of record: as far as it is seen without resolving."""
    found = [one for name in processes if (one := library.find("process", name).document) is not None]
    records = [one.word("record") or "deal" for one in found]
    return len(found) > 1 and (len(records) > len(set(records)) or any(one.word("extends") for one in found))


def shown(path: Path) -> str:
    """A path as a reader sees it: bundled ones from ``rules/`` on, others from the current folder on."""
    path = path.resolve()
    top = bundled("rules").parent
    if path.is_relative_to(top / "rules"):
        return path.relative_to(top).as_posix()
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)


def library_of(start: Path, workspace: Path | None = None) -> Library:
    """The library that a file or folder stands in: its workspace's, else that of the files beside it."""
    folder = workspace or find_workspace(start if start.is_dir() else start.parent)
    if folder is None and start.is_file() and not start.resolve().is_relative_to(bundled("rules")):
        return Library(None, [path for path in yaml_files(start.parent) if path.parent == start.parent])
    return Library(folder)


def _no_kind(file: str, where: Where) -> Diagnostic:
    return error(
        "DG404", "This file is no document of ours: it has no `kind:`.", where, "Begin with `kind: process/v1`."
    )


def kind_problem(document: Document) -> Diagnostic | None:
    """What is wrong with a document's ``kind``, or None."""
    if document.root is None or document.kind is not None:
        return None
    node: Node | None = document.root.items.get("kind")
    if node is None:
        return _no_kind(document.file, Where(document.file, 1, 1))
    written = document.word("kind")
    known = [kind.written for kind in KINDS.values()]
    hint = meant(written, known) or f"It is one of {', '.join(known)}."
    return error("DG406", f"`{written}` is no kind of document.", node.where, hint, max(1, len(written)))
