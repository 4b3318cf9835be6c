"""One map of a document, read key by key; what does not fit is reported and its default taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import ParamSpec, TypeVar

from dealgate.model.diagnostics import NOWHERE, Diagnostic, Where
from dealgate.model.values import Duration, parse_date, parse_decimal

from ..conditions.literals import written_duration, written_flag, written_percent
from ..conditions.raw import Wrong, did_you_mean, entries, listed, members, refuse, shape, text
from ..nodes import Map, Node, Scalar

T = TypeVar("T")
P = ParamSpec("P")


class Reader:
    """A map's values by key; a missing map is an empty one."""

    __slots__ = ("node", "wrong")

    def __init__(self, node: Node | None, wrong: list[Diagnostic]) -> None:
        self.node, self.wrong = node, wrong
        if node is not None and not isinstance(node, Map):
            self.expect(node, "a map of keys and values")

    @property
    def where(self) -> Where:
        """Where the map stands."""
        return self.node.where if self.node is not None else NOWHERE

    def get(self, key: str) -> Node | None:
        """The raw value."""
        return self.node.items.get(key) if isinstance(self.node, Map) else None

    def inner(self, key: str) -> Reader:
        """The map under a key."""
        return Reader(self.get(key), self.wrong)

    def items(self, key: str) -> list[Node]:
        """The items of the list under a key."""
        node = self.get(key)
        found = list(members(node))
        if node is not None and not found and not hasattr(node, "items"):
            self.expect(node, "a list")
        return found

    def entries(self, key: str) -> list[tuple[str, Node]]:
        """The keys and values of the map under a key."""
        return list(entries(self.inner(key).node))

    def take(self, default: T, read: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        """What ``read`` gives, or the default where it reports what is wrong."""
        try:
            return read(*args, **more)
        except Wrong as e:
            self.wrong += e.diagnostics
            return default

    def report(self, code: str, message: str, at: Node, suggestion: str | None = None) -> None:
        """Say what is wrong at a node."""
        self.take(None, refuse, code, message, at, suggestion)

    def expect(self, at: Node, wanted: str) -> None:
        """Say what should stand at a node."""
        self.take(None, shape, at, wanted)

    def text(self, key: str, default: str = "") -> str:
        """A text."""
        node = self.get(key)
        return default if node is None else self.take(default, text, node, "a text", node)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        found = (self.take("", text, item, "a text", item) for item in self.items(key))
        return tuple(word for word in found if word)

    def word(self, key: str, known: Iterable[str], default: str) -> str:
        """One of the known words."""
        node, words = self.get(key), list(known)

        def read(node: Node) -> str:
            word = text(node, f"one of {listed(words)}", node)
            if word not in words:
                hint = did_you_mean(word, words) or f"it is one of {listed(words)}"
                refuse("DG240", f"`{word}` is no value of `{key}`.", node, hint)
            return word

        return default if node is None else self.take(default, read, node)

    def flag(self, key: str, default: bool = False) -> bool:
        """true or false."""
        node = self.get(key)
        return default if node is None else self.take(default, written_flag, node)

    def duration(self, key: str) -> Duration | None:
        """A duration."""
        node = self.get(key)
        return None if node is None else self.take(None, written_duration, node)

    def percent(self, key: str) -> Decimal | None:
        """A percentage as a fraction."""
        node = self.get(key)
        return None if node is None else self.take(None, written_percent, node)

    def number(self, key: str) -> Decimal | None:
        """A number."""
        node = self.get(key)

        def read(node: Node) -> Decimal:
            found = parse_decimal(node.text) if isinstance(node, Scalar) and node.plain else None
            if found is None:
                shape(node, "a number")
            return found

        return None if node is None else self.take(None, read, node)

    def date(self, key: str) -> date | None:
        """A date."""
        node = self.get(key)
        return None if node is None else self.take(None, written_date, node)


def written_date(node: Node) -> date:
    """A date as written. Raises Wrong."""
    word = text(node, "a date, such as 2026-12-31", node)
    found = parse_date(word)
    if found is None:
        refuse("DG240", f"`{word}` is no date.", node, "write it as 2026-12-31")
    return found
