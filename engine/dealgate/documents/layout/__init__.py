"""One layout for documents: indentation, spaces and empty lines; comments, order, quotes and line breaks stay.

Works on the text, not on what it means: nothing is loaded and dumped. ``laid_out`` reads its own work again and gives
it out only where the document is the same as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dealgate.model.diagnostics import Diagnostic, Severity, Where, error

from ..nodes import Map, Node, Scalar
from ..yaml import parse
from .pieces import Unsettled
from .printer import printed

__all__ = ["Laid", "laid_out"]


@dataclass(frozen=True, slots=True)
class Laid:
    """A document's text in its layout, or None and why it is left as it is."""

    text: str | None
    diagnostics: tuple[Diagnostic, ...] = ()


def laid_out(text: str, file: str) -> Laid:
    """The text in the one layout. ``text``: as ``read_text`` gives it, with plain line ends.

    A document with an error in its YAML is not touched: it is told what ``parse`` tells of it. Never raises.
    """
    root, found = parse(text, file)
    if root is None or any(d.severity is Severity.ERROR for d in found):
        return Laid(None, tuple(found))
    if isinstance(root, Scalar):
        return Laid(text)
    try:
        first = printed(text.removeprefix("\ufeff"))
        again, _ = parse(first.text, file)
        second = printed(first.text) if again is not None else None
    except Unsettled as what:
        return _left(file, f"there is {what} in it")
    if again is None or second is None or shape(again) != shape(root):
        return _left(file, "it would not mean the same")
    if second.text != first.text or second.comments != first.comments:
        return _left(file, "its comments would not stay")
    return Laid(first.text)


def _left(file: str, why: str) -> Laid:
    message = f"This file is left as it is: {why}."
    return Laid(None, (error("DG020", message, Where(file), "Lay it out by hand, and please report it."),))


def shape(node: Node) -> Any:
    """A document without its places, every value as it was written and whether it had quotes."""
    if isinstance(node, Scalar):
        return node.text, node.plain
    if isinstance(node, Map):
        return [(key, shape(value)) for key, value in node.items.items()]
    return [shape(item) for item in node.items]
