"""What a YAML document is made of, each part with its place; and what a plain word stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from dealgate.model.diagnostics import Edit, Where

Plain: TypeAlias = "None | bool | int | Decimal | str | list[Plain] | dict[str, Plain]"
"""A document as plain data; decimals are exact."""

LONGEST_NUMBER = 40
"""Digits beyond which a number is taken for text: an id of some system, not an amount."""

_FIRST = frozenset("-0123456789tfn~")
_NUMBERS_BEGIN = frozenset("+-.0123456789")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z", re.ASCII)
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+\Z", re.ASCII)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_OTHERS_READ_A_WORD = re.compile(r"(?:y|yes|n|no|on|off|true|false|null)\Z", re.IGNORECASE | re.ASCII)
_OTHERS_READ_A_NUMBER = re.compile(
    r"[-+]?(?:"
    r"[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"  # 12:30 as 750
    r"|(?:[0-9][0-9_]*)?\.?[0-9_]+(?:e[-+]?[0-9]+)?"  # 012, 1_000, .5, 1e3
    r"|[0-9][0-9_]*\.[0-9_]*(?:e[-+]?[0-9]+)?"  # 5., 1.5e3
    r"|0x[0-9a-f_]+|0b[01_]+|0o[0-7_]+"
    r"|\.inf|\.nan"
    r")\Z",
    re.IGNORECASE | re.ASCII,
)


@dataclass(slots=True, eq=False)
class Scalar:
    """One value as it was written. ``plain``: without quotes, so what it stands for follows from its looks."""

    text: str
    plain: bool
    line: int
    column: int
    file: str
    damaged: bool = False
    """Stands in for something that was refused and reported already."""

    @property
    def where(self) -> Where:
        """Its place."""
        return Where(self.file, self.line, self.column)

    @property
    def value(self) -> None | bool | int | Decimal | str:
        """What it stands for: only `null`, `~`, nothing, `true`, `false`, integers and decimals are not text."""
        return stands_for(self.text) if self.plain else self.text

    @property
    def surprising(self) -> bool:
        """Text without quotes that other YAML readers turn into a truth value or a number: `no`, `012`, `1e3`."""
        return self.plain and surprise(self.text) is not None


@dataclass(slots=True, eq=False)
class Seq:
    """A list."""

    items: list[Node]
    line: int
    column: int
    file: str
    damaged: bool = False

    @property
    def where(self) -> Where:
        """Its place."""
        return Where(self.file, self.line, self.column)


@dataclass(slots=True, eq=False)
class Map:
    """Keys with their values, in the order written; ``keys`` has each key's line and column."""

    items: dict[str, Node]
    keys: dict[str, tuple[int, int]]
    line: int
    column: int
    file: str
    damaged: bool = False
    """Something in it was refused and reported already: what seems missing may have stood there."""

    @property
    def where(self) -> Where:
        """Its place."""
        return Where(self.file, self.line, self.column)

    def key_where(self, key: str) -> Where:
        """The place of a key, in its value's file, since an overlay's keys join those of its base.

        The map's own place where it has no such key.
        """
        file = self.items[key].file if key in self.items else self.file
        return Where(file, *self.keys.get(key, (self.line, self.column)))


Node: TypeAlias = Scalar | Seq | Map


def typed(node: Scalar) -> None | bool | int | Decimal | str:
    """What a scalar stands for."""
    return stands_for(node.text) if node.plain else node.text


def stands_for(text: str) -> None | bool | int | Decimal | str:
    """What a value without quotes stands for."""
    if text and (text[0] not in _FIRST or len(text) > LONGEST_NUMBER):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text):
        return int(text)
    return Decimal(text) if _DECIMAL.match(text) and not _leading_zero(text) else text


def surprise(text: str) -> type[bool] | type[int] | None:
    """Whether other YAML readers see a truth value (bool) or a number (int) where we see text; None: neither."""
    if not text or (text[0] not in _NUMBERS_BEGIN and len(text) > len("false")):
        return None  # nearly every text ends here
    if not isinstance(stands_for(text), str):
        return None
    if _OTHERS_READ_A_WORD.match(text):
        return bool
    return int if len(text) <= 400 and _OTHERS_READ_A_NUMBER.match(text) else None


def truth(text: str) -> str | None:
    """`true` or `false`, where other YAML readers see that in a word."""
    word = text.casefold()
    return "true" if word in ("y", "yes", "on", "true") else "false" if word in ("n", "no", "off", "false") else None


def in_place(node: Scalar, new: str) -> tuple[Edit, ...]:
    """The mend that puts another word in the place of one without quotes."""
    return (Edit(node.line, node.column, node.text, new),)


def quoted(node: Scalar) -> tuple[Edit, ...]:
    """The mend that quotes a word without quotes."""
    return in_place(node, f'"{node.text}"')


def plain_data(node: Node) -> Plain:
    """The document without its places."""
    if isinstance(node, Scalar):
        return stands_for(node.text) if node.plain else node.text
    if isinstance(node, Map):
        return {key: plain_data(value) for key, value in node.items.items()}
    return [plain_data(item) for item in node.items]


def _leading_zero(text: str) -> bool:
    digits = text.lstrip("-")
    return len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
