"""Ids that may stand once in their list."""

from __future__ import annotations

from dealgate.model.diagnostics import Diagnostic, Where

from ..conditions.raw import text
from ..nodes import Map, Node
from .reader import Reader


class Ids:
    """The ids seen so far in one list; a second of the same is reported at its place."""

    __slots__ = ("seen", "what", "wrong")

    def __init__(self, what: str, wrong: list[Diagnostic]) -> None:
        self.what, self.wrong = what, wrong
        self.seen: dict[str, Where] = {}

    def new(self, node: Node) -> bool:
        """Whether a map's ``id`` is there and new; else it is reported."""
        named = node.items.get("id") if isinstance(node, Map) else None
        reader = Reader(None, self.wrong)
        name = reader.take("", text, named, f"the id of a {self.what}", node)
        return bool(name) and self.add(name, named or node)

    def add(self, name: str, at: Node) -> bool:
        """Whether a name is new; else it is reported."""
        first = self.seen.get(name)
        if first is None:
            self.seen[name] = at.where
            return True
        message = f"The {self.what} `{name}` is there twice; the first stands at line {first.line}."
        Reader(None, self.wrong).report("DG231", message, at, "give one of them another id")
        return False
