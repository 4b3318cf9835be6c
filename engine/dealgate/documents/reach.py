"""What documents use, and what plays reach from there: the rules of inspections, and the line that names them."""

from __future__ import annotations

from dealgate.bundled import bundled
from dealgate.model.diagnostics import Where

from .kinds import KINDS
from .nodes import Map, Scalar, Seq
from .resolve import Resolved, Resolver


def rules_in_reach(resolver: Resolver) -> list[str]:
    """The ids of the rules of every inspection that is there, an overlay's with its base's."""
    wholes = [resolver.whole(document).root for document in resolver.library.of_kind("inspection")]
    rules = [root.items.get("rules") for root in wholes if root is not None]
    items = [item for held in rules if isinstance(held, Seq) for item in held.items]
    named = [item.items.get("id") for item in items if isinstance(item, Map)]
    return [node.text for node in named if isinstance(node, Scalar)]


def ships(one: Resolved) -> bool:
    """Whether a document is one of those that ship."""
    return one.document.path.resolve().is_relative_to(bundled("rules"))


def used(root: Map, kind: str) -> list[Scalar]:
    """The names of documents of a kind in the ``use`` of a process or workspace, as they are written."""
    use = root.items.get("use")
    listed = use.items.get(KINDS[kind].use) if isinstance(use, Map) else None
    items = listed.items if isinstance(listed, Seq) else ()
    named = (item.items.get("id") if isinstance(item, Map) else item for item in items)
    return [node for node in named if isinstance(node, Scalar)]


def used_at(root: Map, name: str) -> Where:
    """Where the ``use`` of a process or workspace names a document of plays."""
    return next((node.where for node in used(root, "plays") if node.text.partition("@")[0] == name), root.where)
