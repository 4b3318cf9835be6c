"""The part of SOQL that clients use: SELECT fields FROM object WHERE … ORDER BY … LIMIT n, and COUNT()."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<moment>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))|(?P<day>\d{4}-\d\d-\d\d)"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w.]*)|(?P<sign><=|>=|!=|<>|[=<>(),]))"
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "\\": "\\", "'": "'", '"': '"', "%": "%", "_": "_"}
Row = Mapping[str, Any]
Reads = Callable[[Row, str], Any]


class Malformed(Exception):
    """MALFORMED_QUERY."""


@dataclass
class Query:
    """``names`` are empty for COUNT(). ``used``: every field that is named anywhere."""

    names: list[str]
    table: str
    test: Callable[[Row, Reads], bool] = lambda row, reads: True
    order: list[tuple[str, bool]] = field(default_factory=list)
    limit: int | None = None
    used: list[str] = field(default_factory=list)


def parsed(text: str) -> Query:
    """A query. Raises Malformed."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at, text = 0, text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise Malformed(f"unexpected token: {text[at : at + 10]!r}")
            self.tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()
        self.at = 0
        self.used: list[str] = []

    def peek(self, *words: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at][1].upper() in words

    def take(self, *words: str) -> str:
        if self.at >= len(self.tokens) or (words and not self.peek(*words)):
            raise Malformed(f"expecting {' or '.join(words) or 'more'}")
        self.at += 1
        return self.tokens[self.at - 1][1]

    def name(self) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at][0] != "name":
            raise Malformed("expecting a name")
        return self.take()

    def query(self) -> Query:
        self.take("SELECT")
        names = self.names()
        self.take("FROM")
        made = Query(names, self.name())
        if self.peek("WHERE"):
            self.take()
            made.test = self.either()
        if self.peek("ORDER"):
            self.take()
            self.take("BY")
            made.order = [self.ordered()]
            while self.peek(","):
                self.take()
                made.order.append(self.ordered())
        if self.peek("LIMIT"):
            self.take()
            made.limit = int(self.take())
        if self.at != len(self.tokens):
            raise Malformed(f"unexpected token: {self.tokens[self.at][1]}")
        made.used = [*names, *self.used, *(one for one, _ in made.order)]
        return made

    def names(self) -> list[str]:
        if self.peek("COUNT"):
            self.take()
            self.take("(")
            self.take(")")
            return []
        names = [self.name()]
        while self.peek(","):
            self.take()
            names.append(self.name())
        if len({one.lower() for one in names}) < len(names):
            raise Malformed("duplicate field selected")
        return names

    def ordered(self) -> tuple[str, bool]:
        return self.name(), self.peek("ASC", "DESC") and self.take().upper() == "DESC"

    def either(self) -> Callable[[Row, Reads], bool]:
        """AND and OR do not stand beside each other without parentheses: Salesforce refuses that."""
        parts, word = [self.one()], ""
        while self.peek("AND", "OR"):
            said = self.take().upper()
            if word and said != word:
                raise Malformed("unexpected token: " + said)
            word = said
            parts.append(self.one())
        some = any if word == "OR" else all
        return lambda row, reads: some(part(row, reads) for part in parts)

    def one(self) -> Callable[[Row, Reads], bool]:
        if self.peek("("):
            self.take()
            inner = self.either()
            self.take(")")
            return inner
        if self.peek("NOT"):
            self.take()
            inner = self.one()
            return lambda row, reads: not inner(row, reads)
        name = self.name()
        self.used.append(name)
        sign = self.take().upper()
        if sign == "IN":
            self.take("(")
            values = [self.value()]
            while self.peek(","):
                self.take()
                values.append(self.value())
            self.take(")")
            return lambda row, reads: reads(row, name) in values
        value = self.value()
        if sign == "LIKE":
            pattern = re.escape(str(value)).replace("%", ".*").replace("_", ".")
            return lambda row, reads: re.fullmatch(pattern, str(reads(row, name) or ""), re.I | re.S) is not None
        if sign not in _SIGNS:
            raise Malformed(f"unexpected token: {sign}")
        return lambda row, reads: _SIGNS[sign](reads(row, name), value)

    def value(self) -> Any:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        self.take()
        if kind == "text":
            return re.sub(r"\\(.)", lambda found: _escaped(found[1]), text[1:-1])
        if kind == "moment":
            return datetime.fromisoformat(text).astimezone(UTC)
        if kind == "day":
            return date.fromisoformat(text)
        if kind == "number":
            return float(text) if "." in text else int(text)
        if text.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text.lower()]
        raise Malformed(f"unexpected token: {text}")


def _escaped(letter: str) -> str:
    if letter not in _ESCAPES:
        raise Malformed(f"Invalid string literal: \\{letter}")
    return _ESCAPES[letter]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str) and not _like_ids(one, other):
        return one.casefold() == other.casefold()  # texts are compared without regard to case
    return bool(one == other)


def _like_ids(*texts: str) -> bool:
    return all(re.fullmatch(r"[A-Za-z0-9]{18}", one) for one in texts)


def _ordered(one: Any, other: Any, way: Callable[[Any, Any], bool]) -> bool:
    return one is not None and other is not None and way(one, other)


_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": _same,
    "!=": lambda one, other: not _same(one, other),
    "<>": lambda one, other: not _same(one, other),
    "<": lambda one, other: _ordered(one, other, lambda a, b: a < b),
    ">": lambda one, other: _ordered(one, other, lambda a, b: a > b),
    "<=": lambda one, other: _ordered(one, other, lambda a, b: a <= b),
    ">=": lambda one, other: _ordered(one, other, lambda a, b: a >= b),
}
