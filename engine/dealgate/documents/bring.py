"""What shared criteria rest on (parameters, kinds of proof, named conditions) joins the process that uses them.

It joins before an overlay is put on, so that a client changes a shared threshold as any other. What the process
declares itself under the same name stands, and is what the shared criterion then means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from .nodes import Map, Node, Scalar, Seq

# the key of a condition that names a thing -> the section that declares it
_NAMED = {"param": "params", "evidence": "evidence_types", "condition": "conditions"}


def bring(root: Map, used: Iterable[tuple[Node, Map]]) -> Map:
    """The process with what the shared criteria it uses (each with its document's root) rest on."""
    missing: dict[str, dict[str, tuple[Node, tuple[int, int]]]] = {}
    for node, home in used:
        seen: set[tuple[str, str]] = set()
        wanted = list(_names(node))
        while wanted:
            section, name = one = wanted.pop()
            held, lent = root.items.get(section), home.items.get(section)
            if one in seen or not isinstance(lent, Map) or name not in lent.items:
                continue
            seen.add(one)
            if isinstance(held, Map) and name in held.items:
                continue
            missing.setdefault(section, {}).setdefault(name, (lent.items[name], lent.keys[name]))
            wanted += _names(lent.items[name])
    for section, found in missing.items():
        root = _joined(root, section, found)
    return root


def written_out(node: Map, shared: Mapping[str, Node]) -> Map:
    """The process with each shared criterion written where it is used, its own words over the shared ones.

    Every node keeps its own file and line.
    """
    found = _written(node, shared)
    assert isinstance(found, Map)
    return found


def _written(node: Node, shared: Mapping[str, Node]) -> Node:
    if isinstance(node, Seq):
        written = [_written(item, shared) for item in node.items]
        return node if all(a is b for a, b in zip(written, node.items, strict=True)) else replace(node, items=written)
    if not isinstance(node, Map):
        return node
    used = node.items.get("use")
    under = shared.get(used.text) if isinstance(used, Scalar) else None
    if isinstance(under, Map):
        own = {key: value for key, value in node.items.items() if key != "use"}
        return replace(node, items={**under.items, **own}, keys={**under.keys, **node.keys})
    items = {key: _written(value, shared) for key, value in node.items.items()}
    return node if all(value is node.items[key] for key, value in items.items()) else replace(node, items=items)


def _joined(root: Map, section: str, found: Mapping[str, tuple[Node, tuple[int, int]]]) -> Map:
    held = root.items.get(section)
    if not isinstance(held, Map):
        held = Map({}, {}, root.line, root.column, root.file)
    held = replace(
        held,
        items={**held.items, **{name: node for name, (node, _) in found.items()}},
        keys={**held.keys, **{name: place for name, (_, place) in found.items()}},
    )
    keys = root.keys if section in root.keys else {**root.keys, section: (root.line, root.column)}
    return replace(root, items={**root.items, section: held}, keys=keys)


def _names(node: Node) -> Iterator[tuple[str, str]]:
    """What a criterion or condition names, as (section, name)."""
    if isinstance(node, Map):
        for key, value in node.items.items():
            if key in _NAMED and isinstance(value, Scalar):
                yield _NAMED[key], value.text
            else:
                yield from _names(value)
    elif isinstance(node, Seq):
        for item in node.items:
            yield from _names(item)
