"""Parts of a mapping's document as plain values; the schema has seen to their shape."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from functools import cache

from dealgate.documents.nodes import Map, Node, Scalar, Seq
from dealgate.documents.places import plain

from .model import Keep, fold


def keep(node: Node | None) -> Keep:
    """Columns with the folded values they must have, or whether they must be filled."""
    found: dict[str, frozenset[str] | bool] = {}
    for name, wanted in items(node if isinstance(node, Map) else None):
        if isinstance(wanted, Map):
            found[name] = plain(wanted.items.get("filled")) is True
        else:
            found[name] = frozenset(map(fold, texts(wanted)))
    return found


@cache
def zone_of(name: str) -> tzinfo | None:
    """The zone of that name."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return None


def need(node: Map | None) -> Map:
    """The map that is there."""
    assert node is not None
    return node


def map_at(node: Map | None, key: str) -> Map | None:
    """The map under a key."""
    found = node.items.get(key) if node is not None else None
    return found if isinstance(found, Map) else None


def items(node: Map | None) -> Iterable[tuple[str, Node]]:
    """The keys and values of a map."""
    return node.items.items() if node is not None else ()


def maps(node: Node | None) -> list[Map]:
    """The maps of a list."""
    return [one for one in node.items if isinstance(one, Map)] if isinstance(node, Seq) else []


def scalar(node: Node | None) -> str:
    """A single value as written; empty for none."""
    return node.text if isinstance(node, Scalar) else ""


def text_at(node: Map | None, key: str) -> str:
    """The text under a key; empty where there is none."""
    return scalar(node.items.get(key)) if node is not None else ""


def texts(node: Node | None) -> tuple[str, ...]:
    """A text, or a list of texts, as written: ``012`` stays itself."""
    if isinstance(node, Seq):
        return tuple(scalar(one) for one in node.items)
    return (node.text,) if isinstance(node, Scalar) else ()


def folded(node: Node | None) -> frozenset[str]:
    """A list of words, folded."""
    return frozenset(map(fold, texts(node)))
