"""What a check looks at: the process, the document it came from for places, and what its conditions can come to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from dealgate.model.condition import Condition, Named, Not, walk
from dealgate.model.diagnostics import Where
from dealgate.model.process import Criterion, Process, Stage

from ..nodes import Map, Node, Scalar, Seq
from ..places import identity
from ._solve import Solver


class Subject:
    """A process under the lint.

    ``root`` is its whole document, ``documents`` all that it uses, ``own_fields`` the ids of fields that are not the
    core catalogue's. ``whole`` is False where other mistakes keep a part of the process out of it.
    """

    def __init__(
        self,
        process: Process,
        root: Map | None = None,
        documents: Sequence[Node] = (),
        own_fields: frozenset[str] = frozenset(),
        *,
        whole: bool = True,
    ) -> None:
        self.process, self.root, self.own_fields, self.whole = process, root, own_fields, whole
        self.documents = documents or (() if root is None else (root,))

    @cached_property
    def solver(self) -> Solver:
        """What its conditions can come to."""
        return Solver(self.process)

    def has(self, *path: str) -> bool:
        """Whether the document has something at a path of keys and ids."""
        return self._find(path) is not None

    def at(self, *path: str) -> Where:
        """The place of the last key of a path of keys and ids, or of what stands there; the process's own if none."""
        found = self._find(path)
        if found is None:
            return self.process.at
        holder, node = found
        return holder.key_where(path[-1]) if isinstance(holder, Map) else node.where

    def _find(self, path: tuple[str, ...]) -> tuple[Node, Node] | None:
        holder: Node | None = self.root
        node: Node | None = self.root
        for key in path:
            holder, node = node, _inside(node, key)
        return None if holder is None or node is None else (holder, node)

    @cached_property
    def named(self) -> dict[str, frozenset[str]]:
        """Every text that stands at a key, by key, in all documents: to tell what is used nowhere."""
        found: dict[str, set[str]] = {}
        stack: list[Node] = list(self.documents)
        while stack:
            node = stack.pop()
            if isinstance(node, Seq):
                stack += node.items
            elif isinstance(node, Map):
                for key, value in node.items.items():
                    if isinstance(value, Scalar):
                        found.setdefault(key, set()).add(value.text)
                    else:
                        stack.append(value)
        return {key: frozenset(texts) for key, texts in found.items()}

    @property
    def lists(self) -> Iterator[tuple[Criterion, ...]]:
        """The criteria that are judged side by side: what a stage asks on entry, on exit, and each part outside."""
        for stage in self.process.stages:
            yield stage.enter
            yield stage.exit
        lead = self.process.lead
        yield from (lead.criteria if lead else (), self.process.won, self.process.lost, self.process.commit)

    def standing(self, stage: Stage) -> Iterator[Criterion]:
        """The criteria of earlier stages that are judged in this one too."""
        for earlier in self.process.stages:
            if earlier.id == stage.id:
                return
            yield from (k for k in (*earlier.enter, *earlier.exit) if k.stays)


def _inside(node: Node | None, key: str) -> Node | None:
    if isinstance(node, Map):
        return node.items.get(key)
    if isinstance(node, Seq):
        return next((item for item in node.items if identity(item) == key), None)
    return None


def positive(condition: Condition, holds: bool = True) -> Iterator[Condition]:
    """The tests of a condition that speak for it, not those under a `not`."""
    if isinstance(condition, Not):
        yield from positive(condition.part, not holds)
    elif isinstance(condition, Named):
        yield from positive(condition.body, holds)
    elif hasattr(condition, "parts"):
        for part in condition.parts:
            yield from positive(part, holds)
    elif holds:
        yield condition


def conditions(criterion: Criterion) -> Iterator[Condition]:
    """All nodes of a criterion's conditions."""
    yield from walk(criterion.check)
    if criterion.applies_when is not None:
        yield from walk(criterion.applies_when)
