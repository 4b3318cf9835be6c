"""What a column holds and which field it may be, told by its name and its values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.fields import Catalogue, Field
from dealgate.sources.forms import (
    Ambiguous,
    detect_date_format,
    detect_decimal_mark,
    detect_percent_scale,
    parse_boolean,
    read_number,
)
from dealgate.sources.mapping.cells import cell_text
from dealgate.sources.mapping.model import DecimalMark
from dealgate.sources.table import Table
from dealgate.sources.words import CHOICES, FIELDS, folded, folded_words

_SAMPLE = 5_000
_MOST = 0.9
_FEW = 25
_NEAR = 90
_SYMBOLS = {"€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₩": "KRW", "zł": "PLN", "Kč": "CZK", "R$": "BRL"}


@dataclass(slots=True)
class Column:
    """A column looked at. ``kind`` is empty, date, number, flag, choice or text; ``values`` its distinct texts."""

    name: str
    kind: str
    filled: int
    rows: int
    values: list[str]
    unique: bool = False
    typed: bool = False
    date_format: str | Ambiguous | None = None
    decimal_mark: str | Ambiguous | None = None
    scale: str | Ambiguous | None = None
    percent: bool = False
    fractions: bool = False
    currency: str | None = None
    split: str | None = None

    @property
    def words(self) -> str:
        """What it holds, for a reader."""
        if self.kind == "empty":
            return "empty"
        what = {"date": "dates", "number": "numbers", "flag": "yes or no", "choice": "few values", "text": "text"}
        return f"{what[self.kind]}, {self.filled:,} of {self.rows:,} rows filled"


@dataclass(slots=True)
class Match:
    """A column that may be a field, and why."""

    column: Column
    why: str


def look(table: Table, name: str) -> Column:
    """What the column holds."""
    series = table.frame[name]
    texts = [text for text in map(cell_text, series.to_list()) if text]
    counts = Counter(texts)
    values = [value for value, _ in counts.most_common()]
    column = Column(name, "text", len(texts), len(table), values)
    column.unique = len(texts) == len(table) == len(counts) > 0
    column.typed = series.dtype.is_temporal()
    sample = values[:_SAMPLE]
    if not sample:
        column.kind = "empty"
        return column
    if column.typed:
        column.kind = "date"
        return column
    numbers = sum(read_number(text, ".") is not None or read_number(text, ",") is not None for text in sample)
    if numbers >= _MOST * len(sample):
        _numeric(column, sample)
        return column
    column.date_format = detect_date_format(sample)
    if column.date_format is not None:
        column.kind = "date"
    elif all(parse_boolean(text) is not None for text in sample):
        column.kind = "flag"
    elif len(counts) <= _FEW and len(counts) * 2 <= max(4, len(texts)):
        column.kind = "choice"
    if any(";" in text for text in sample) and column.kind != "date":
        column.split = ";"
    return column


def _numeric(column: Column, sample: list[str]) -> None:
    column.kind = "number"
    column.decimal_mark = detect_decimal_mark(sample)
    mark: DecimalMark = "," if column.decimal_mark == "," else "."
    column.scale = detect_percent_scale(sample, mark)
    read = [number for number in (read_number(text, mark) for text in sample) if number is not None]
    column.percent = any(number.percent for number in read)
    column.fractions = any(number.value != number.value.to_integral_value() for number in read)
    symbols = {number.currency for number in read if number.currency}
    codes = {_SYMBOLS.get(symbol, symbol if symbol in MINOR_DIGITS else None) for symbol in symbols}
    if len(codes) == 1:
        column.currency = codes.pop()
    for code in MINOR_DIGITS:
        if not column.currency and f"({code})" in column.name.upper().replace("[", "(").replace("]", ")"):
            column.currency = code
    for symbol, code in _SYMBOLS.items():
        if not column.currency and symbol in column.name:
            column.currency = code


def match_columns(columns: Iterable[Column], catalogue: Catalogue) -> dict[str, Match]:
    """For each field the column that is most likely it; every column is used once, the surest first."""
    scored: list[tuple[int, int, str, Column, str]] = []
    for order, column in enumerate(columns):
        for name, (score, why) in _by_name(column.name, catalogue).items():
            target = catalogue.deal.get(name)
            fits = name == "id" or (target is not None and _fits(column, target))
            if fits:
                scored.append((-score, order, name, column, why))
    found: dict[str, Match] = {}
    taken: set[str] = set()
    for _, _, name, column, why in sorted(scored, key=lambda one: one[:3]):
        if name not in found and column.name not in taken:
            found[name] = Match(column, why)
            taken.add(column.name)
    order_of = {name: place for place, name in enumerate(FIELDS)}
    return dict(sorted(found.items(), key=lambda one: order_of.get(one[0], len(order_of))))


def _by_name(header: str, catalogue: Catalogue) -> dict[str, tuple[int, str]]:
    """Fields by how well the header names them."""
    from rapidfuzz import fuzz

    word = folded(header)
    if not word:
        return {}
    found: dict[str, tuple[int, str]] = {}
    for name, words in _field_words().items():
        if word in words:
            found[name] = (100, f"the header means {_title(name, catalogue)}")
            continue
        near = max((fuzz.ratio(word, one) for one in words if len(one) > 4), default=0)
        if near >= _NEAR and len(word) > 4:
            found[name] = (int(near), f"the header is near to a word for {_title(name, catalogue)}")
    for name, target in catalogue.deal.items():
        if word in (folded(name), folded(target.title)) and name not in found:
            found[name] = (100, "the header is our own word")
    return found


def _title(name: str, catalogue: Catalogue) -> str:
    target = catalogue.deal.get(name)
    return target.title.lower() if target else "the id"


@cache
def _field_words() -> dict[str, frozenset[str]]:
    return {name: folded_words(words) for name, words in FIELDS.items()}


def _fits(column: Column, target: Field) -> bool:
    """Whether the values could be of the field's type; an empty column fits any."""
    if column.kind == "empty":
        return target.type in ("text", "person", "reference")
    kinds = {
        "date": {"date"},
        "datetime": {"date"},
        "money": {"number"},
        "number": {"number"},
        "integer": {"number"},
        "percent": {"number"},
        "level": {"number", "choice"},
        "duration": {"number"},
        "boolean": {"flag", "number"},
    }.get(target.type)
    if kinds is not None:
        return column.kind in kinds
    if target.type == "choice" and (target.options or target.role):
        return len(column.values) <= 2 * _FEW
    return column.kind != "date"


def option_for(field: str, value: str, options: tuple[str, ...]) -> str | None:
    """The option that a source's word means, by its own name or a known one; None where none is sure."""
    word = folded(value)
    for option in options:
        if word == folded(option):
            return option
    for option, words in _choice_words(field).items():
        if option in options and word in words:
            return option
    return None


@cache
def _choice_words(field: str) -> dict[str, frozenset[str]]:
    return {option: folded_words(words) for option, words in CHOICES.get(field, {}).items()}
