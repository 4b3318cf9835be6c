"""The Markdown files of a reading path: each beside the document that lists it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dealgate.bundled import bundled
from dealgate.model.diagnostics import Diagnostic, Where, warning

from .build.learn import file_of
from .build.reader import Reader
from .library import Document, Library, shown
from .nodes import Map, Node, Scalar
from .resolve import Resolved

README = "README.md"
"""Says what a folder holds, and is no article."""


class Shelf:
    """Where the articles of one reading path stand, base and overlays alike."""

    def __init__(self, resolved: Resolved, library: Library) -> None:
        self.document, self.library = resolved.document, library
        self.homes = {document.file: document for document in resolved.chain}
        rules = bundled("rules").resolve()
        self.shipped: set[str] = {one.file for one in resolved.chain if one.path.is_relative_to(rules)}
        """The files of it that come with dealgate, as a reader sees them."""
        self.removed = dict(_removed(resolved.chain))
        """What overlays take away, as links write it, and where they say so."""

    def beside(self, document: str, name: str) -> tuple[str, str | None]:
        """A file beside a document: as a reader sees it, and its text or None where it cannot be read."""
        home = self.homes.get(document, self.document)
        path = home.path.parent / name
        if home.file in self.shipped:
            self.shipped.add(shown(path))
        return shown(path), self.library.text(path)[0]

    def lines(self, document: str) -> Sequence[str]:
        """The lines of a document."""
        return self.homes.get(document, self.document).text.split("\n")

    def unlisted(self) -> Iterator[Diagnostic]:
        """A warning for each Markdown file beside the document that no reading path in that folder lists."""
        folder = self.document.path.parent
        beside = (one for one in self.library.of_kind("learn") if one.path.parent == folder)
        listed = {name for document in (self.document, *beside) for name in _listed(document)}
        for path in sorted(folder.glob("*.md")):
            if path.name not in listed and path.name != README:
                hint = f"List it under `articles` in {self.document.file}, or take it away."
                yield warning("DG443", "No reading path lists this article.", Where(shown(path)), hint)


def _listed(document: Document) -> Iterator[str]:
    """Every file that a document names as an article's, be it its own, added or changed."""
    root: Node | None = document.root
    for part in (Reader(root, []), Reader(root, []).inner("add"), Reader(root, []).inner("change")):
        held = part.get("articles")
        for item in held.items.values() if isinstance(held, Map) else part.items("articles"):
            yield file_of(Reader(item, []))[0]


def _removed(chain: Sequence[Document]) -> Iterator[tuple[str, Where]]:
    for document in chain:
        for item in Reader(document.root, []).items("remove"):
            section, _, name = item.text.partition(".") if isinstance(item, Scalar) else ("", "", "")
            if section in ("articles", "goals") and name:
                yield f"{section.removesuffix('s')}:{name}", item.where
