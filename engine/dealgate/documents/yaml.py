"""Strict YAML: one document of maps, lists and text, every part with its place, every surprise refused.

Built from the parser's events, not by its composer: events need no recursion, so depth is counted before it can hurt,
and anchors, tags and duplicate keys are seen where they stand.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml as pyyaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from dealgate.model.diagnostics import Diagnostic, Where, error, info

from .nodes import Map, Node, Plain, Scalar, Seq, plain_data, stands_for, surprise, typed

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_FOUND",
    "Map",
    "Node",
    "Plain",
    "Scalar",
    "Seq",
    "decoded",
    "limited",
    "parse",
    "plain_data",
    "read_text",
    "stands_for",
    "surprise",
    "typed",
]

MAX_BYTES = 5_000_000
"""The largest file that is read, in bytes."""
MAX_DEPTH = 100
"""How deep maps and lists may stand in each other."""
MAX_FOUND = 200
"""How many problems of one file are told."""

_FAST: type[Any] | None = getattr(pyyaml, "CSafeLoader", None)
_UNFIT_ASCII = "[^\t\n -~]"
_UNFIT = "[^\t\n -~\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
"""Control characters, line breaks that editors do not show, and marks that reorder the text a reader sees."""
_INVISIBLE = "[\xa0\xad\u200b\u200c\u2000-\u200a\u2028-\u202f\u205f\u2060\u3000]"
_CONTROL = "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]"
_RESCANNED = 100_000
"""Characters that the slow scanner takes no noticeable time for."""
_DROPPED = "\0"
"""Stands for a key that was refused, so that its value is dropped."""


@cache
def _found(characters: str) -> re.Pattern[str]:
    """A class of characters, compiled when first needed: the large ones take milliseconds, most documents need none."""
    return re.compile(characters)


def read_text(path: Path, file: str | None = None) -> tuple[str | None, list[Diagnostic]]:
    """A file's text with plain line ends, or None and why not. ``file``: the path as a reader knows it."""
    place = Where(file if file is not None else str(path))
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a file"
            return None, [error("DG001", f"This is {what}, so it cannot be read as a document.", place)]
        if status.st_size > MAX_BYTES:
            return None, [_too_large(place)]
        with path.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as problem:
        why = "There is no such file" if isinstance(problem, FileNotFoundError) else "The file cannot be read"
        detail = getattr(problem, "strerror", None) if why == "The file cannot be read" else None
        return None, [error("DG001", f"{why}{f': {detail}' if detail else ''}.", place, "Check the path.")]
    if len(raw) > MAX_BYTES:
        return None, [_too_large(place)]
    return decoded(raw, place)


def parse(text: str, file: str) -> tuple[Node | None, list[Diagnostic]]:
    """The node tree of a document and everything wrong with its YAML, in the order found.

    The tree is None where the text could not be read to its end. Elsewhere it leaves out what was refused, marking
    the spot ``damaged``, so that later checks need not report it again. Never raises on any text.
    """
    return _read(text, file, _FAST or pyyaml.SafeLoader)


def limited(found: list[Diagnostic], file: str, more: int = 0) -> list[Diagnostic]:
    """The first problems of a file, and how many there are beyond them; ``more`` are counted already."""
    more += max(0, len(found) - MAX_FOUND)
    if not more:
        return found
    message = f"{more:,} more problem{'s' if more > 1 else ''} in this file {'are' if more > 1 else 'is'} not shown."
    return [*found[:MAX_FOUND], info("DG007", message, Where(file), "Mend the first ones, then check again.")]


def _too_large(place: Where) -> Diagnostic:
    return error("DG002", "The file is larger than 5 MB.", place, "Split it into several documents.")


def decoded(raw: bytes, place: Where) -> tuple[str | None, list[Diagnostic]]:
    """The text of a document's bytes with plain line ends, or None and why not."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")) or raw[:2].count(0) == 1:
        return None, [error("DG003", "The file is UTF-16 or UTF-32.", place, "Save it as UTF-8.")]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        before = raw[: problem.start]
        start = before.rfind(b"\n") + 1
        column = len(before[start:].decode("utf-8-sig", "replace")) + 1
        where = Where(place.file, before.count(b"\n") + 1, column)
        return None, [error("DG003", "Here stands a byte that is not UTF-8.", where, "Save the file as UTF-8.")]
    return _unix(text), []


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _unfit(text: str, file: str) -> list[Diagnostic]:
    """Characters that must not stand in a document, one diagnostic a line."""
    found: list[Diagnostic] = []
    line, start, told = 1, 0, 0
    for hit in _found(_UNFIT_ASCII if text.isascii() else _UNFIT).finditer(text):
        at = hit.start()
        line += text.count("\n", start, at)
        start = at
        if line != told:
            message = (
                f"Here stands the character U+{ord(hit[0]):04X}, which is invisible and has no place in a document."
            )
            where = Where(file, line, at - text.rfind("\n", 0, at))
            found.append(error("DG004", message, where, "Delete it."))
        told = line
    return found


def _read(text: str, file: str, loader_type: type[Any]) -> tuple[Node | None, list[Diagnostic]]:
    if len(text) > MAX_BYTES:
        return None, [_too_large(Where(file))]
    text = _unix(text.removeprefix("\ufeff"))
    unfit = _unfit(text, file)
    if unfit:
        return None, limited(unfit, file)
    loader = loader_type(text)
    builder = _Builder(text, file)
    try:
        root = builder.build(loader.get_event)
    except pyyaml.YAMLError as problem:
        if "nesting depth" in str(getattr(problem, "problem", "")):
            # libyaml looks ahead, and meets a limit of its own before the place is told where ours is passed
            if len(text) <= _RESCANNED and loader_type is not pyyaml.SafeLoader:
                return _read(text, file, pyyaml.SafeLoader)
            builder.too_deep(getattr(problem, "problem_mark", None))
            return None, limited(builder.found, file, builder.more)
        from .syntax import told  # only on failure

        return None, [*limited(builder.found, file, builder.more), told(problem, text, file)]
    except (ValueError, OverflowError):  # an escape beyond Unicode: the pure Python scanner stumbles over it
        message = "A character after a `\\` in a quoted text is none."
        return None, [
            *limited(builder.found, file, builder.more),
            error("DG010", message, Where(file), "Write `\\\\`."),
        ]
    finally:
        loader.dispose()
    return root, limited(builder.found, file, builder.more)


class _Builder:
    """Turns the parser's events into nodes."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.found: list[Diagnostic] = []
        self.more = 0

    def build(self, next_event: Callable[[], Any]) -> Node | None:
        """The root; None where there is none or it is too deep. Raises YAMLError where the text is not YAML."""
        file = self.file
        root: Node | None = None
        documents = 0
        # the container being filled, the key whose value comes next, and whether it is in flow style
        top: Map | Seq | None = None
        key: str | None = None
        flow = False
        key_mark: Any = None
        key_end = 0
        stack: list[tuple[Map | Seq | None, str | None, bool]] = []
        node: Node
        while True:
            event = next_event()
            kind = type(event)
            if kind is ScalarEvent:
                mark = event.start_mark
                plain = event.implicit[0]
                node = Scalar(event.value, plain, mark.line + 1, mark.column + 1, file)
                if event.anchor is not None or event.tag is not None:
                    self._decorated(event, node)
                if event.style == '"' and not node.text.isprintable() and _found(_CONTROL).search(node.text):
                    self.report("DG004", "This text holds a control character, by an escape.", mark, "Leave it out.")
                if top is None:
                    root = node
                elif isinstance(top, Seq):
                    top.items.append(node)
                elif key is None:
                    key = self._key(top, node, event)
                    key_mark, key_end = mark, event.end_mark.index
                elif flow and plain and not node.text and ":" not in self.text[key_end : mark.index]:
                    if key != _DROPPED:
                        self._comma(top, key, key_mark)
                    key = None
                else:
                    if key != _DROPPED:
                        top.items[key] = node
                    key = None
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                mark = event.start_mark
                if kind is MappingStartEvent:
                    node = Map({}, {}, mark.line + 1, mark.column + 1, file)
                else:
                    node = Seq([], mark.line + 1, mark.column + 1, file)
                if event.anchor is not None or event.tag is not None:
                    self._decorated(event, node)
                if top is None:
                    root = node
                elif isinstance(top, Seq):
                    top.items.append(node)
                elif key is None:
                    self._complex(top, mark)
                    key = _DROPPED
                else:
                    if key != _DROPPED:
                        top.items[key] = node
                    key = None
                if len(stack) >= MAX_DEPTH:
                    self.too_deep(mark)
                    return None
                stack.append((top, key, flow))
                top, key, flow = node, None, bool(event.flow_style)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                top, key, flow = stack.pop()
            elif kind is AliasEvent:
                mark = event.start_mark
                message = f"`*{event.anchor}` would repeat something from elsewhere; aliases are not read."
                self.report("DG013", message, mark, "Write it out; if it is text, quote it.", len(event.anchor) + 1)
                node = Scalar("", True, mark.line + 1, mark.column + 1, file, damaged=True)
                if top is None:
                    root = node
                elif isinstance(top, Seq):
                    top.items.append(node)
                elif key is None:
                    top.damaged = True
                    key = _DROPPED
                else:
                    if key != _DROPPED:
                        top.items[key] = node
                    key = None
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self.report("DG016", "A second document begins here; a file holds one.", event.start_mark,
                                "Move it to a file of its own.", 3)  # fmt: skip
                    break
            elif kind is StreamEndEvent:
                break
        if root is None or (isinstance(root, Scalar) and root.plain and not root.text and not root.damaged):
            message = "The file is empty: there is no document in it."
            self.found.append(error("DG005", message, Where(file), "Begin with `kind:`."))
            return None
        return root

    def too_deep(self, mark: Any) -> None:
        """Tells of a nesting that no document needs."""
        message = f"Here maps and lists are nested more than {MAX_DEPTH} deep."
        self.report("DG006", message, mark, "Check the brackets and the indentation.")

    def report(self, code: str, message: str, mark: Any, suggestion: str | None = None, width: int = 1) -> None:
        """Take down a problem at a mark of the parser's; beyond the limit only count it."""
        if len(self.found) >= MAX_FOUND:
            self.more += 1
            return
        where = Where(self.file, mark.line + 1, mark.column + 1)
        self.found.append(error(code, message, where, suggestion, width))

    def _key(self, top: Map, node: Scalar, event: Any) -> str:
        text, mark = node.text, event.start_mark
        if text == "<<" and node.plain:
            message = "`<<` would merge another map in; merge keys are not read."
            self.report("DG015", message, mark, "Write the keys out.", 2)
        elif not text or "\n" in text or event.style in ("|", ">"):
            self.report("DG017", "A key must be a text on one line.", mark, "Write `key: value`.")
        elif text in top.keys:
            line, _ = top.keys[text]
            message = f"`{_short(text)}` stands here a second time; the first is on line {line}."
            self.report("DG012", message, mark, "Keep one of the two.", len(text))
            return _DROPPED
        elif not (text.isascii() and text.isprintable()) and _found(f"{_INVISIBLE}|{_CONTROL}").search(text):
            message = "This key holds an invisible character, such as a no-break space."
            self.report("DG004", message, mark, "Delete the line and type it anew.", len(text))
        else:
            top.keys[text] = (node.line, node.column)
            return text
        top.damaged = True
        return _DROPPED

    def _comma(self, top: Map, key: str, mark: Any) -> None:
        del top.keys[key]
        suggestion = "A comma in a text? Quote the whole text. Else write `key: value`."
        self.report("DG018", f"`{_short(key)}` has no value.", mark, suggestion, len(key))

    def _complex(self, top: Map, mark: Any) -> None:
        top.damaged = True
        braces = self.text.startswith(("{{", "{%"), mark.index - 1) and mark.index > 0
        suggestion = "Templates are not filled in here; if it is text, quote it." if braces else "Write `key: value`."
        self.report("DG017", "A list or a map cannot be a key; a key is text.", mark, suggestion)

    def _decorated(self, event: Any, node: Node) -> None:
        mark = event.start_mark
        if event.anchor is not None:
            message = f"`&{event.anchor}` would name this for use elsewhere; anchors are not read."
            self.report("DG013", message, mark, "Take it out; if it is text, quote it.", len(event.anchor) + 1)
        if event.tag is not None:
            message = "A word beginning with `!` is a type tag; tags are not read."
            self.report("DG014", message, mark, "Take it out; if it is text, quote it.")
        node.damaged = isinstance(node, Scalar)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
