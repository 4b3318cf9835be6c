"""As much of OData as the Web API takes: filters, order, and links to the next page."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]
Test = Callable[[Row], bool]
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<guid>[0-9a-fA-F]{8}-[0-9a-fA-F-]{27})"
    r"|(?P<moment>\d{4}-\d\d-\d\dT[\d:.]+Z)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_][\w./]*)|(?P<sign>[(),=\[\]]))"
)


class Bad(Exception):
    """What the Web API does not take, with the words that it answers."""


def compiled(text: str) -> Test:
    """A filter as a function of a row. Raises Bad."""
    return _Filter(text).whole() if text else lambda _row: True


class _Filter:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if found is None:
                raise Bad(f"Syntax error at position {place} in the filter.")
            kind = str(found.lastgroup)
            self.tokens.append((kind, found.group(kind)))
            place = found.end()
        self.place = 0

    def whole(self) -> Test:
        made = self.either()
        if self.place != len(self.tokens):
            raise Bad("Syntax error: the filter goes on after its end.")
        return made

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("", "")

    def take(self, *wanted: str) -> str:
        kind, text = self.peek()
        if wanted and text not in wanted and kind not in wanted:
            raise Bad(f"Syntax error: {' or '.join(wanted)} expected in the filter, not {text!r}.")
        self.place += 1
        return text

    def either(self) -> Test:
        sides = [self.both()]
        while self.peek()[1] == "or":
            self.take()
            sides.append(self.both())
        return lambda row: any(side(row) for side in sides)

    def both(self) -> Test:
        sides = [self.one()]
        while self.peek()[1] == "and":
            self.take()
            sides.append(self.one())
        return lambda row: all(side(row) for side in sides)

    def one(self) -> Test:
        _, text = self.peek()
        if text == "(":
            self.take()
            inner = self.either()
            self.take(")")
            return inner
        if text == "not":
            self.take()
            denied = self.one()
            return lambda row: not denied(row)
        if text == "Microsoft.Dynamics.CRM.In":
            return self.among()
        column, sign, value = self.take("word"), self.take("eq", "ne", "gt", "ge", "lt", "le"), self.value()
        return lambda row: _holds(row.get(column), sign, value)

    def among(self) -> Test:
        for wanted in ("Microsoft.Dynamics.CRM.In", "(", "PropertyName", "="):
            self.take(wanted)
        column = self.value()
        for wanted in (",", "PropertyValues", "=", "["):
            self.take(wanted)
        values = {self.value()}
        while self.peek()[1] == ",":
            self.take()
            values.add(self.value())
        self.take("]")
        self.take(")")
        return lambda row: row.get(column, row.get(f"_{column}_value")) in values

    def value(self) -> Any:
        kind, text = self.peek()
        self.place += 1
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text)
        if kind in ("guid", "moment"):
            return text.lower() if kind == "guid" else text
        words = {"null": None, "true": True, "false": False}
        if text in words:
            return words[text]
        raise Bad(f"Syntax error: a value expected in the filter, not {text!r}.")


def _holds(held: Any, sign: str, value: Any) -> bool:
    if sign in ("eq", "ne"):
        return bool((held == value) is (sign == "eq"))
    if held is None or value is None:
        return False
    if isinstance(held, str) and not isinstance(value, str):
        raise Bad("A binary operator with incompatible types was detected.")
    return bool({"gt": held > value, "ge": held >= value, "lt": held < value, "le": held <= value}[sign])


def ordered(rows: list[dict[str, Any]], order: str) -> list[dict[str, Any]]:
    """Rows in the order that is asked for; None comes first."""
    for piece in reversed([one.strip() for one in order.split(",") if one.strip()]):
        column, _, way = piece.partition(" ")
        rows = sorted(rows, key=lambda row: (row.get(column) is not None, row.get(column) or 0), reverse=way == "desc")
    return rows


def cookie(held: Any) -> str:
    """A place in a list, as text that nobody should read."""
    return base64.urlsafe_b64encode(json.dumps(held, default=str).encode()).decode()


def opened(text: str) -> Any:
    """The place that a cookie holds. Raises Bad."""
    try:
        return json.loads(base64.urlsafe_b64decode(text.encode()))
    except ValueError:
        raise Bad("The paging cookie is malformed.") from None
