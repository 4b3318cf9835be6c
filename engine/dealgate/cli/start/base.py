"""The bundled process that a workspace starts from, with the documents and tests it is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...bundled import bundled
from ...documents.library import Document, Library
from ...documents.load import load
from ...documents.nodes import Map, Scalar
from ...documents.resolve import Resolved, Resolver
from ...model.currencies import MINOR_DIGITS
from ...model.diagnostics import WrongUsage
from ...model.process import Process
from ...tailor.candidates import cases_of, made_of

_CURRENCY = re.compile(r"^currency:[ \t]*[\"']?[A-Z]{3}[\"']?", re.M)
_OWNER = re.compile(r"^owner:.*\n", re.M)


def shipped() -> Resolver:
    """The bundled documents alone, whatever workspace is around."""
    return Resolver(Library(None))


@dataclass(frozen=True, slots=True)
class Param:
    """A threshold of a process: as it is written, and the file it is written in."""

    name: str
    type: str
    default: str
    title: str
    file: str


@dataclass(frozen=True, slots=True)
class Base:
    """A bundled process."""

    resolved: Resolved
    resolver: Resolver

    @staticmethod
    def of(reference: str, resolver: Resolver) -> Base:
        """The bundled process of a reference. Raises WrongUsage, with the nearest, where there is none."""
        found, wrong = resolver.reference("process", reference)
        if found is None or found.root is None:
            raise WrongUsage(*wrong, *(found.diagnostics if found else ()))
        return Base(found, resolver)

    @property
    def root(self) -> Map:
        """The whole document."""
        assert self.resolved.root is not None
        return self.resolved.root

    @property
    def id(self) -> str:
        """Its id."""
        return self.resolved.word("id")

    @property
    def title(self) -> str:
        """Its title."""
        return self.resolved.word("title")

    @property
    def version(self) -> str:
        """Its version."""
        return self.resolved.word("version")

    @property
    def currency(self) -> str:
        """The currency of amounts that name none."""
        return self.resolved.word("currency") or "USD"

    def process(self) -> Process:
        """The checked process."""
        return load(self.resolved.document.path).need()

    def params(self) -> list[Param]:
        """Its thresholds that have one default."""
        section = self.root.items.get("params")
        found = []
        for name, node in section.items.items() if isinstance(section, Map) else ():
            words = {key: n for key, n in node.items.items() if isinstance(n, Scalar)} if isinstance(node, Map) else {}
            if "default" in words and "type" in words:
                title = words["title"].text if "title" in words else ""
                at = words["default"]
                found.append(Param(name, words["type"].text, at.text, title, at.file))
        return found

    def tests(self) -> list[Path]:
        """Its own test documents."""
        return cases_of("process", self.resolved.document)

    def copies(self, currency: str) -> dict[str, str]:
        """The text of every document it is made of, and of their tests, by path; amounts in another currency."""
        top = bundled("rules").resolve()
        found: dict[str, str] = {}
        for kind, document in made_of(self.resolved, self.resolver):
            text = document.text
            if kind == "process" and currency != self.currency and document is self._home_of_currency():
                text = in_currency(text, currency)
            found[_below(document.path, top)] = text
            for path in cases_of(kind, document) if kind in ("process", "framework") else ():
                found[_below(path, top)] = path.read_text("utf-8")
        return found

    def _home_of_currency(self) -> Document:
        """The document of the chain that says the currency; the one at its end where none does."""
        chain = self.resolved.chain
        return next((one for one in chain if one.root is not None and "currency" in one.root.items), chain[-1])


def _below(path: Path, top: Path) -> str:
    return (Path("rules") / path.resolve().relative_to(top)).as_posix()


def in_currency(text: str, currency: str) -> str:
    """A process's text with another currency: one line is changed, or added below its owner."""
    assert currency in MINOR_DIGITS
    changed, times = _CURRENCY.subn(f"currency: {currency}", text, count=1)
    return changed if times else _OWNER.sub(lambda found: f"{found[0]}currency: {currency}\n", text, count=1)
