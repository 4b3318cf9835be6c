"""What ships with dealgate: the processes and frameworks that say whom they suit, and all that a process is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..documents.build.reader import Reader
from ..documents.build.suits import build_suits
from ..documents.kinds import KINDS
from ..documents.library import Document
from ..documents.nodes import Map, Seq
from ..documents.places import identity
from ..documents.resolve import Resolved, Resolver
from ..model.diagnostics import DocumentsDoNotHold
from .recommend import Candidate

_SUBJECT = re.compile(r"^(process|framework):[ \t]*[\"']?([a-z0-9-]+)", re.M)


def candidates(resolver: Resolver, kind: str) -> tuple[Candidate, ...]:
    """Every bundled process for deals, or every framework (``kind``), that declares ``suits``."""
    return tuple(
        Candidate(
            one.word("id"),
            one.word("title"),
            suits,
            (one.word("currency") or "USD") if kind == "process" else None,
            tuple(used_frameworks(one.root)),
        )
        for document in resolver.library.of_kind(kind)
        if (one := resolver.whole(document)).root is not None and (one.word("record") or "deal") == "deal"
        if (suits := build_suits(Reader(one.root, []))) is not None
    )


def used_frameworks(root: Map) -> Iterator[str]:
    """The ids of the frameworks that a process uses, as it orders them."""
    for name in _used(root, "frameworks"):
        yield name.partition("@")[0]


def _used(root: Map, key: str) -> Iterator[str]:
    use = root.items.get("use")
    listed = use.items.get(key) if isinstance(use, Map) else None
    for item in listed.items if isinstance(listed, Seq) else ():
        name = identity(item)
        if name:
            yield name


def made_of(process: Resolved, resolver: Resolver) -> list[tuple[str, Document]]:
    """The documents a process is made of, each once with the name of its kind: itself, those it extends, and those it
    uses. The core fields, which every process stands on, are not among them."""
    assert process.root is not None and process.kind is not None
    found = {document.path: (process.kind.name, document) for document in process.chain}
    for kind in KINDS.values():
        for name in _used(process.root, kind.use) if kind.use else ():
            one, wrong = resolver.reference(kind.name, name)
            if one is None:
                raise DocumentsDoNotHold(*wrong)
            found.update({document.path: (kind.name, document) for document in one.chain})
    for one in process.shared:
        found.update({document.path: ("criteria", document) for document in one.chain})
    return list(found.values())


def cases_of(kind: str, document: Document) -> list[Path]:
    """The test documents beside a process or framework that test it."""
    paths = sorted(document.path.parent.glob("*.test.yaml"))
    return [path for path in paths if (kind, document.word("id")) in _subjects(path)]


def _subjects(path: Path) -> list[tuple[str, str]]:
    found = _SUBJECT.search(path.read_text("utf-8"))
    return [(found[1], found[2])] if found else []
