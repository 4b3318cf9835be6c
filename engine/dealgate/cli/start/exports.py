"""The bundled mapping that reads a CRM's export, made one's own where it fits the process."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...documents.nodes import Map, Node, Scalar, Seq
from ...documents.resolve import Resolver, has_errors
from ...model.process import Process
from ...sources.mapping.load import build_mapping
from .crm import Route

_CURRENCY = re.compile(r"\bcurrency:[ ]*[A-Z]{3}\b")


@dataclass(frozen=True, slots=True)
class Export:
    """A mapping as a file of the workspace, and the tables of the export that it reads."""

    path: str
    text: str
    tables: tuple[str, ...]


def export_of(route: Route, process: Process, currency: str, resolver: Resolver) -> Export | None:
    """The mapping of a route, its amounts in ``currency``; None where there is none or it knows other stages."""
    found = resolver.reference("mapping", route.mapping)[0] if route.mapping else None
    if found is None or found.root is None:
        return None
    mapping, wrong = build_mapping(found.root, process)
    if mapping is None or has_errors(wrong):
        return None
    others = {"leads"} if process.record == "deal" else {"deals", "stage_changes"}
    sections = [node for key, node in found.root.items.items() if key not in others]
    tables = tuple(dict.fromkeys(name for node in sections for name in _tables(node)))
    text = _CURRENCY.sub(f"currency: {currency}", found.document.text)
    return Export(f"rules/mappings/{found.document.path.name}", text, tables)


def _tables(node: Node) -> Iterator[str]:
    if isinstance(node, Map):
        for key, value in node.items.items():
            if key == "from" and isinstance(value, Scalar) and value.text.endswith(".csv"):
                yield value.text
            else:
                yield from _tables(value)
    elif isinstance(node, Seq):
        for item in node.items:
            yield from _tables(item)
