"""COQL, as far as it is documented: read by a parser of its own, so that whatever is no query is an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .metadata import FIELDS, UNREAD

MOST, COLUMNS, AMONG = 2_000, 500, 100
_TOKEN = re.compile(r"\s*(?:('(?:[^'\\]|\\.)*')|([$A-Za-z_][\w.$]*)|([0-9]+)|(>=|<=|!=|[=<>(),]))")
RESERVED = {"external", "order", "group", "user", "select", "from", "where"}
"""Words that are no column's name unless they stand in quotes."""
Row = Mapping[str, Any]


class Wrong(Exception):
    """A query that Zoho refuses: code, details, message."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.body = {"code": code, "details": details, "message": message, "status": "error"}


@dataclass
class Query:
    columns: list[str]
    module: str
    holds: Callable[[Row], bool]
    order: list[tuple[str, bool]]
    limit: int
    offset: int


class Parser:
    def __init__(self, text: str) -> None:
        self.words: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise Wrong("SYNTAX_ERROR", "error occured while parsing the query", near=text[at : at + 20])
            kind = ("text", "name", "number", "sign")[found.lastindex - 1]  # type: ignore[operator]
            self.words.append((kind, found.group(found.lastindex)))  # type: ignore[arg-type]
            at = found.end()
        self.at = 0
        self.module = ""
        self.ranged: list[str] = []
        self.criteria = 0

    def parse(self) -> Query:
        self.need("select")
        columns = [self.named()]
        while self.take(","):
            columns.append(self.named())
        self.need("from")
        self.module = self.name()
        if self.module not in FIELDS:
            raise Wrong("INVALID_MODULE", "the module name given seems to be invalid", module=self.module)
        for name in columns:
            self.column(name)
        if len(set(columns)) < len(columns):
            raise Wrong("DUPLICATE_DATA", "duplicate columns", column_name=columns[0])
        if len(columns) > COLUMNS:
            raise Wrong("LIMIT_EXCEEDED", "select columns exceed the limit")
        self.need("where")
        holds = self.either()
        if len(self.ranged) > len(set(self.ranged)):
            raise Wrong("INVALID_QUERY", "invalid operator found", column_name=self.ranged[0], operator=">")
        order = []
        if self.take("order"):
            self.need("by")
            order.append(self.ordered())
            while self.take(","):
                order.append(self.ordered())
        limit, offset = 200, 0
        if self.take("limit"):
            limit = self.number()
            if self.take(","):
                offset, limit = limit, self.number()
        if self.take("offset"):
            offset = self.number()
        if self.at < len(self.words):
            raise self.syntax()
        if not 1 <= limit <= MOST:
            raise Wrong("INVALID_QUERY", "limit exceeded", limit=str(MOST))
        return Query(columns, self.module, holds, order, limit, offset)

    def column(self, name: str) -> str:
        kind = FIELDS[self.module].get(name)
        if kind is None:
            raise Wrong("INVALID_QUERY", "column given seems to be invalid", column_name=name)
        if kind in UNREAD:
            raise Wrong("INVALID_QUERY", "unsupported column", column_name=name)
        return kind

    def ordered(self) -> tuple[str, bool]:
        name = self.name()
        self.column(name)
        return name, not (self.take("desc") or (self.take("asc") and False))

    def either(self) -> Callable[[Row], bool]:
        left = self.one()
        for word in ("and", "or"):
            if self.take(word):
                right = self.one()
                if self.peek() in ("and", "or"):
                    raise Wrong("SYNTAX_ERROR", "error occured while parsing the query", clause="where")
                return _both(left, right) if word == "and" else _any(left, right)
        return left

    def one(self) -> Callable[[Row], bool]:
        if self.take("("):
            inner = self.either()
            self.need(")")
            return inner
        self.criteria += 1
        name = self.name()
        kind = self.column(name)
        if kind == "textarea":
            raise Wrong("INVALID_QUERY", "unsupported criteria", column_name=name)
        if self.take("is"):
            wanted = not self.take("not")
            self.need("null")
            return lambda row: (_plain(row.get(name)) is None) is wanted
        if self.take("in"):
            self.need("(")
            values = [self.value(kind)]
            while self.take(","):
                values.append(self.value(kind))
            self.need(")")
            if len(values) > AMONG:
                raise Wrong("LIMIT_EXCEEDED", "in clause exceeds the limit")
            return lambda row: _typed(kind, row.get(name)) in values
        sign = self.next()[1]
        if sign not in ("=", ">", "<", ">=", "<="):
            raise Wrong("INVALID_QUERY", "invalid operator found", column_name=name, operator=sign)
        value = self.value(kind)
        if kind == "datetime" and sign != "=":
            self.ranged.append(name)
        return lambda row: _compare(_typed(kind, row.get(name)), sign, value)

    def value(self, kind: str) -> Any:
        word, text = self.next()
        if word == "text":
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        elif word != "number":
            raise self.syntax()
        if kind == "datetime" and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+\d\d:\d\d", text):
            raise Wrong("INVALID_QUERY", "invalid value", column_name="", value=text)
        if kind in ("bigint", "lookup", "ownerlookup") and not text.isdecimal():
            raise Wrong("INVALID_QUERY", "invalid value", column_name="", value=text)
        return _typed(kind, text)

    def syntax(self) -> Wrong:
        near = self.words[self.at][1] if self.at < len(self.words) else "end"
        return Wrong("SYNTAX_ERROR", "error occured while parsing the query", near=near)

    def peek(self) -> str:
        return self.words[self.at][1].casefold() if self.at < len(self.words) else ""

    def next(self) -> tuple[str, str]:
        if self.at >= len(self.words):
            raise self.syntax()
        self.at += 1
        return self.words[self.at - 1]

    def take(self, word: str) -> bool:
        if self.peek() == word:
            self.at += 1
            return True
        return False

    def need(self, word: str) -> None:
        if not self.take(word):
            raise self.syntax()

    def name(self) -> str:
        kind, text = self.next()
        if kind != "name":
            self.at -= 1
            raise self.syntax()
        return text

    def named(self) -> str:
        """A column that is asked for."""
        if self.at < len(self.words) and self.words[self.at][0] == "text":
            return self.next()[1][1:-1]
        if self.peek() in RESERVED:
            raise self.syntax()
        return self.name()

    def number(self) -> int:
        kind, text = self.next()
        if kind != "number":
            raise self.syntax()
        return int(text)


def _both(a: Callable[[Row], bool], b: Callable[[Row], bool]) -> Callable[[Row], bool]:
    return lambda row: a(row) and b(row)


def _any(a: Callable[[Row], bool], b: Callable[[Row], bool]) -> Callable[[Row], bool]:
    return lambda row: a(row) or b(row)


def answered(text: str, rows: Callable[[str], list[Row]]) -> dict[str, Any] | None:
    """What a query gives; None where it gives nothing. Raises Wrong."""
    query = Parser(text).parse()
    kinds = FIELDS[query.module]
    found = [row for row in rows(query.module) if query.holds(row)]
    found.sort(key=lambda row: int(row["id"]))
    for name, ascending in reversed(query.order):
        found.sort(
            key=lambda row: (row.get(name) is not None, _typed(kinds[name], row.get(name))), reverse=not ascending
        )
    some = found[query.offset : query.offset + query.limit]
    if not some:
        return None
    data = [{name: _shown(row.get(name)) for name in query.columns} | {"id": row["id"]} for row in some]
    return {"data": data, "info": {"count": len(data), "more_records": len(found) > query.offset + query.limit}}


def credits_of(text: str) -> int:
    """What a query costs, by its limit."""
    limit = Parser(text).parse().limit
    return 1 if limit <= 200 else 2 if limit <= 1_000 else 3


def _shown(value: Any) -> Any:
    """A query tells of what a record points to the id alone."""
    return {"id": value["id"]} if isinstance(value, dict) and "id" in value else value


def _plain(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else value


def _typed(kind: str, value: Any) -> Any:
    value = _plain(value)
    if value is None:
        return None
    if kind == "datetime":
        return datetime.fromisoformat(value)
    if kind in ("bigint", "lookup", "ownerlookup"):
        return int(value)
    return value


def _compare(held: Any, sign: str, value: Any) -> bool:
    if held is None:
        return False
    if sign == "=":
        return bool(held == value)
    return bool({">": held > value, "<": held < value, ">=": held >= value, "<=": held <= value}[sign])
