"""From a document as written to the whole one: its schema, the base it extends, the schema of what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dealgate.model.diagnostics import NOWHERE, Diagnostic, Severity, Where, error

from .bring import bring, written_out
from .kinds import Kind
from .library import Document, Library, kind_problem
from .loosens import Loosening
from .nodes import Map, Node, Scalar, Seq
from .overlay import merge
from .places import identity
from .schema import check
from .suggest import nearest


@dataclass(frozen=True, slots=True)
class Resolved:
    """A whole document: ``root`` is None where it does not hold; ``chain`` goes from it down to its base."""

    document: Document
    kind: Kind | None
    root: Map | None
    chain: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    loosened: tuple[Loosening, ...] = ()
    shared: tuple[Resolved, ...] = ()
    """The documents whose shared criteria it uses; in ``root`` these are written where they are used."""

    @property
    def holds(self) -> bool:
        """Whether nothing in it is an error."""
        return self.root is not None and not has_errors(self.diagnostics)

    def word(self, key: str) -> str:
        """A text at the top of the whole document; empty where there is none."""
        node = self.root.items.get(key) if self.root else None
        return node.text if isinstance(node, Scalar) else ""


def has_errors(diagnostics: Sequence[Diagnostic]) -> bool:
    """Whether one of them is an error."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


class Resolver:
    """Resolves the documents of a library, each once."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._known: dict[Path, Resolved] = {}

    def reference(self, kind: str, text: str, at: Where = NOWHERE) -> tuple[Resolved | None, list[Diagnostic]]:
        """The document a reference names, whole; or None and why."""
        found = self.library.find(kind, text, at)
        if found.document is None:
            return None, found.diagnostics
        return self.whole(found.document), found.diagnostics

    def whole(self, document: Document, below: tuple[Document, ...] = ()) -> Resolved:
        """The document with the bases it extends; ``below`` are the overlays that led here."""
        if document.path not in self._known:
            self._known[document.path] = self._whole(document, below)
        return self._known[document.path]

    def _whole(self, document: Document, below: tuple[Document, ...]) -> Resolved:
        wrong = list(document.diagnostics)
        problem = kind_problem(document)
        if problem:
            wrong.append(problem)
        kind, root = document.kind, document.root
        if kind is None or root is None:
            return Resolved(document, kind, None, (document,), tuple(wrong))
        wrong += check(root, kind.name)
        if "extends" not in root.items:
            return self._complete(Resolved(document, kind, root, (document,), tuple(wrong)))
        base = self._base(document, kind, (*below, document), wrong)
        if base is None or base.root is None or has_errors([*wrong, *base.diagnostics]):
            chain = (document, *(base.chain if base else ()))
            return Resolved(document, kind, None, chain, (*wrong, *(base.diagnostics if base else ())))
        return self._over(base, [document], wrong)

    def _over(self, base: Resolved, overlays: list[Document], wrong: list[Diagnostic]) -> Resolved:
        assert base.root is not None and base.kind is not None
        roots = [document.root for document in overlays if document.root is not None]
        merged = merge(base.root, roots)
        wrong = [*base.diagnostics, *wrong, *merged.diagnostics]
        if not has_errors(wrong):
            wrong += check(merged.root, base.kind.name)
        chain = (*reversed(overlays), *base.chain)
        loosened = (*base.loosened, *merged.loosened)
        made = Resolved(overlays[-1], base.kind, merged.root, chain, tuple(wrong), loosened, base.shared)
        return self._complete(made)

    def _complete(self, found: Resolved) -> Resolved:
        """A process with the shared criteria it uses written out, and what they rest on."""
        if found.kind is None or found.kind.name != "process" or found.root is None:
            return found
        used = shared_used(found.root)
        if not used:
            return found
        known = self.shared(found.root)
        wrong, nodes, documents = list(found.diagnostics), [], list(found.shared)
        for named in used:
            held = known.get(named.text)
            if held is None:
                near = nearest(named.text, known)
                hint = f"did you mean `{near}`?" if near else None
                message = f"There is no shared criterion `{named.text}`."
                wrong.append(error("DG237", message, named.where, hint, max(1, len(named.text))))
                continue
            nodes.append(held)
            documents += [held[1]] if all(held[1] is not one for one in documents) else []
        root = bring(found.root, [(node, one.root) for node, one in nodes if one.root is not None])
        root = written_out(root, {name: node for name, (node, _) in known.items()})
        return replace(found, root=root, diagnostics=tuple(wrong), shared=tuple(documents))

    def together(self, base: Resolved, overlays: Sequence[Document]) -> Resolved:
        """Several overlays on one base, which must not touch the same place."""
        wrong: list[Diagnostic] = []
        for document in overlays:
            wrong += document.diagnostics
            if document.root is None or document.kind is not base.kind:
                return replace(base, root=None, diagnostics=(*base.diagnostics, *wrong))
            wrong += check(document.root, base.kind.name) if base.kind else []
            wanted = document.word("extends").split("@")[0]
            if wanted != base.word("id"):
                message = f"This overlay extends `{wanted}`, and not `{base.word('id')}`."
                wrong.append(error("DG407", message, document.where("extends"), "Combine overlays of one base only."))
        if base.root is None or has_errors([*wrong, *base.diagnostics]):
            return replace(base, root=None, diagnostics=(*base.diagnostics, *wrong))
        return self._over(base, list(overlays), wrong)

    def _base(
        self, document: Document, kind: Kind, chain: tuple[Document, ...], wrong: list[Diagnostic]
    ) -> Resolved | None:
        text = document.word("extends")
        if not text:
            return None
        passed = [one.path for one in chain]
        found = self.library.find(kind.name, text, document.where("extends"), passed)
        wrong += found.diagnostics
        return self.whole(found.document, chain) if found.document else None

    def shared(self, root: Map) -> dict[str, tuple[Node, Resolved]]:
        """The shared criteria a process may use, by ``ID`` and ``DOCUMENT.ID``: of the documents that its ``use``
        names, else of all there are."""
        use = root.items.get("use")
        named = use.items.get("criteria") if isinstance(use, Map) else None
        if isinstance(named, Seq):
            documents = [self.reference("criteria", n.text, n.where)[0] for n in named.items if isinstance(n, Scalar)]
        else:
            documents = [self.whole(document) for document in self.library.of_kind("criteria")]
        found: dict[str, tuple[Node, Resolved]] = {}
        for one in documents:
            items = one.root.items.get("criteria") if one and one.root else None
            for item in items.items if one and isinstance(items, Seq) else ():
                name = identity(item)
                if one and name:
                    found.setdefault(name, (item, one))
                    found.setdefault(f"{one.word('id')}.{name}", (item, one))
        return found


def shared_used(root: Node) -> list[Scalar]:
    """The references to shared criteria in a document, in reading order."""
    if isinstance(root, Map):
        used = root.items.get("use")
        inner = [found for value in root.items.values() for found in shared_used(value)]
        return [used, *inner] if isinstance(used, Scalar) else inner
    return [found for item in root.items for found in shared_used(item)] if isinstance(root, Seq) else []
