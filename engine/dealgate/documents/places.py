"""Places in a document by id: what stands where, and under which name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dealgate.model.diagnostics import Where

from .nodes import Map, Node, Scalar, Seq, plain_data

Path = tuple[str, ...]

_LISTS = frozenset(
    [
        "stages",
        "enter",
        "exit",
        "capture",
        "slas",
        "require",
        "becomes_opportunity_when",
        "reasons",
        "criteria",
        "elements",
        "disqualify",
        "bands",
        "rules",
        "reviews",
        "plays",
        "frameworks",
        "inspections",
        "articles",
        "goals",
    ]
)
"""Lists whose items have ids."""
_MAPS = frozenset(["params", "fields", "evidence_types", "conditions", "collections", "becomes"])
"""Maps whose keys are ids: a new one is an addition, not a change."""
_ATOMS = frozenset(["check", "applies_when", "applies_to", "when", "where", "qualified_when"])
"""Conditions: a change gives the whole new one."""


def plain(node: Node | None) -> Any:
    """A node as plain Python values; None for none."""
    return None if node is None else plain_data(node)


def plain_at(node: Node | None, *path: str) -> Any:
    """What stands at a path of keys, plain; None where nothing does."""
    for key in path:
        node = node.items.get(key) if isinstance(node, Map) else None
    return plain(node)


def identity(node: Node) -> str | None:
    """The id by which a list's item is addressed: its id, the shared criterion or field it names, its text."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Map):
        for key in ("id", "use", "field"):
            named = node.items.get(key)
            if isinstance(named, Scalar):
                return named.text.split("@")[0].rsplit(".", 1)[-1] if key == "use" else named.text.split("@")[0]
    return None


def by_id(path: Path) -> bool:
    """Whether what stands at the path is a list or map of things with ids."""
    if not path or by_id(path[:-1]):
        return False
    return path[-1] in _LISTS or path[-1] in _MAPS or path == ("deal",)


def is_condition(path: Path) -> bool:
    """Whether what stands at the path is a condition."""
    if path[-1] in _ATOMS and not by_id(path[:-1]):
        return True
    return len(path) > 1 and path[-2] == "conditions" and by_id(path[:-1])


def ids_of(node: Node) -> list[str]:
    """The ids of a list's items."""
    return [name for name in map(identity, node.items) if name] if isinstance(node, Seq) else []


def leaves(node: Node, path: Path, where: Where) -> Iterator[tuple[Path, Node, Where]]:
    """Every value inside a node with its path and place; a condition is one value."""
    if isinstance(node, Map) and not is_condition(path):
        for key, child in node.items.items():
            yield from leaves(child, (*path, key), node.key_where(key))
    else:
        yield path, node, where
