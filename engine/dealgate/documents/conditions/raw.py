"""Reading raw nodes: words, numbers, places and the one exception that carries diagnostics up to its test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NoReturn

from dealgate.model.diagnostics import Diagnostic, Edit, Where, error

from ..nodes import Map, Node, Scalar, Seq
from ..suggest import meant


class Wrong(Exception):
    """What does not hold in one test; never leaves this package."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__()
        self.diagnostics = diagnostics


def width(node: Node) -> int:
    """How many characters a caret underlines."""
    return max(1, len(node.text) + (0 if node.plain else 2)) if isinstance(node, Scalar) else 1


def refuse(code: str, message: str, node: Node, suggestion: str | None = None, mend: tuple[Edit, ...] = ()) -> NoReturn:
    """Raise the diagnostic at a node; of one that was refused already nothing more is said."""
    if node.damaged:
        raise Wrong
    raise Wrong(error(code, message, node.where, suggestion, width(node), mend))


def key_where(node: Map, key: str) -> Where:
    """Where a key of a map stands."""
    line, column = node.keys.get(key, (node.where.line, node.where.column))
    value = node.items.get(key)
    return Where((value if value is not None else node).where.file, line, column)


def refuse_key(code: str, message: str, node: Map, key: str, suggestion: str | None = None) -> NoReturn:
    """Raise the diagnostic at a key of a map."""
    raise Wrong(error(code, message, key_where(node, key), suggestion, max(1, len(key))))


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The nearest known word as a suggestion."""
    return meant(word, known)


def listed(words: Iterable[str], limit: int = 12) -> str:
    """Words as a reader sees them: `a`, `b` and `c`."""
    shown = [f"`{w}`" for w in words]
    if len(shown) > limit:
        shown = [*shown[:limit], "…"]
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]])) if shown else "none"


def shape(node: Node, wanted: str) -> NoReturn:
    """Raise that a node has the wrong shape."""
    refuse("DG200", f"Here {wanted} is expected.", node)


def text(node: Node | None, wanted: str, at: Node) -> str:
    """A scalar's text. Raises Wrong where the node is none."""
    if not isinstance(node, Scalar) or not node.text:
        shape(node if node is not None else at, wanted)
    return node.text


def mapping(node: Node | None, wanted: str, at: Node) -> Map:
    """A map. Raises Wrong where the node is none."""
    if not isinstance(node, Map):
        shape(node if node is not None else at, wanted)
    return node


def sequence(node: Node | None, wanted: str, at: Node) -> tuple[Node, ...]:
    """A list's items. Raises Wrong where the node is none."""
    if not isinstance(node, Seq):
        shape(node if node is not None else at, wanted)
    return tuple(node.items)


def only(node: Map, allowed: Iterable[str], what: str) -> None:
    """Refuse keys that do not belong there."""
    known = set(allowed)
    for key in node.items:
        if key not in known:
            refuse_key("DG200", f"`{key}` does not belong in {what}.", node, key, did_you_mean(key, known))


def entries(node: Node | None) -> Iterator[tuple[str, Node]]:
    """The keys and values of a map; none of anything else."""
    if isinstance(node, Map):
        yield from node.items.items()


def members(node: Node | None) -> Iterator[Node]:
    """The items of a list; none of anything else."""
    if isinstance(node, Seq):
        yield from node.items
