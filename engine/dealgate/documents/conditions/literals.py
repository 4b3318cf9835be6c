"""Constants of a rule: what is written becomes the form that a test compares, or a diagnostic says why not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn

from dealgate.model.condition import Literal
from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.diagnostics import Edit
from dealgate.model.fields import TYPES, Field
from dealgate.model.values import (
    Duration,
    money,
    parse_date,
    parse_datetime,
    parse_decimal,
    parse_duration,
    parse_percent,
)

from ..nodes import Map, Node, Scalar, quoted
from .raw import did_you_mean, listed, refuse, shape, text

FAMILIES = {
    "text": "text", "person": "text", "reference": "text", "integer": "number", "number": "number", "level": "number",
    "money": "money", "percent": "percent", "date": "date", "datetime": "date", "duration": "duration",
    "boolean": "boolean", "choice": "choice", "multi_choice": "choice",
}  # fmt: skip
"""Types that compare with each other."""


class Wanted(NamedTuple):
    """What a literal is compared with: the field, the default currency, and whether by rank."""

    field: Field
    currency: str
    rank: bool = False


def _unfit(node: Node, want: Wanted, suggestion: str | None = None, mend: tuple[Edit, ...] = ()) -> NoReturn:
    said = f"`{node.text}`" if isinstance(node, Scalar) else "this"
    words = TYPES[want.field.type].words
    refuse("DG204", f"`{want.field.id}` holds {words}; {said} is none.", node, suggestion, mend)


def _text(node: Scalar, value: Any, want: Wanted) -> Literal:
    if not isinstance(value, str):
        _unfit(node, want, f'quote it: "{node.text}"', quoted(node))
    if not node.text.strip():
        refuse("DG204", "An empty text is never there.", node, "use `filled: false`")
    return Literal(node.text.strip().casefold(), node.text.strip())


def _plain_number(node: Scalar, value: Any, want: Wanted) -> Decimal:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        number = parse_decimal(node.text)
        return number if number is not None else Decimal(value)
    bare = node.text.replace(",", "").replace("_", "").replace(" ", "")
    number = parse_decimal(bare)
    _unfit(node, want, f"write {bare}" if number is not None else None)


def _number(node: Scalar, value: Any, want: Wanted) -> Literal:
    number = _plain_number(node, value, want)
    return Literal(number, number)


def _whole(node: Scalar, value: Any, want: Wanted) -> Literal:
    number = _plain_number(node, value, want)
    if number != number.to_integral_value() or (want.field.type == "level" and number < 0):
        _unfit(node, want)
    return Literal(int(number), int(number))


def _money(node: Scalar, value: Any, want: Wanted) -> Literal:
    amount: object = value
    if isinstance(value, str) and value[-4:-3] == " ":
        code = value[-3:]
        if code not in MINOR_DIGITS:
            refuse("DG209", f"`{code}` is no currency of ISO 4217.", node, did_you_mean(code, MINOR_DIGITS))
        if code != want.currency:
            message = f"A rule's amounts are in the process's currency, {want.currency}; this one is in {code}."
            refuse("DG209", message, node, f"write the amount in {want.currency}, without a code")
        amount = value[:-4]
    else:
        amount = _plain_number(node, value, want)
    number = parse_decimal(amount)
    if number is None:
        _unfit(node, want)
    found = money(number, want.currency)
    if found is None:
        digits = MINOR_DIGITS.get(want.currency)
        refuse("DG209", f"{want.currency} has {digits} decimals; `{node.text}` has more.", node)
    return Literal(found.minor, found)


def _percent(node: Scalar, value: Any, want: Wanted) -> Literal:
    if isinstance(value, str):
        share = parse_percent(value)
        if share is None:
            _unfit(node, want, "write 15%")
        return Literal(share, share)
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        number = Decimal(value)
        number = number * 100 if 0 < abs(number) < 1 else number
        meant = f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"
        refuse("DG208", f"A percentage carries its % sign; `{node.text}` has none.", node, f"write {meant}%")
    _unfit(node, want)


def _date(node: Scalar, value: Any, want: Wanted) -> Literal:
    day = parse_date(node.text)
    if day is None:
        moment = parse_datetime(node.text)
        hint = "write it as 2026-12-31"
        if moment is not None and "T" in node.text:
            hint = f"write the day alone: {node.text[:10]}"
        elif node.text in ("today", "yesterday", "tomorrow") or "_of_" in node.text:
            hint = f"write {{date: {node.text}}}"
        refuse("DG204", f"`{want.field.id}` is compared with a date; `{node.text}` is none.", node, hint)
    return Literal(day, day)


def _duration(node: Scalar, value: Any, want: Wanted) -> Literal:
    found = written_duration(node)
    if found.delta is None:
        message = f"`{want.field.id}` is a length of time, and {found} has no fixed length."
        refuse("DG214", message, node, "write it in days, hours or minutes")
    return Literal(found.delta, found)


def _boolean(node: Scalar, value: Any, want: Wanted) -> Literal:
    if not isinstance(value, bool):
        meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(node.text.lower(), node.text.lower())
        _unfit(node, want, f"write {meant}" if meant in ("true", "false") else "write true or false")
    return Literal(value, value)


def _choice(node: Scalar, value: Any, want: Wanted) -> Literal:
    field, word = want.field, node.text
    if isinstance(value, bool):
        _unfit(node, want, f'quote it: "{word}"', quoted(node) if word in field.options else ())
    if want.rank and not field.options:
        refuse("DG203", f"The order of `{field.id}` is not known here.", node)
    if word not in field.options and (want.rank or (field.options and not field.open)):
        hint = did_you_mean(word, field.options) or f"it has {listed(field.options)}"
        refuse("DG205", f"`{field.id}` has no option `{word}`.", node, hint)
    return Literal(field.options.index(word) if want.rank else word, word)


_READ: dict[str, Callable[[Scalar, Any, Wanted], Literal]] = {
    "text": _text, "person": _text, "reference": _text, "integer": _whole, "level": _whole, "number": _number,
    "money": _money, "percent": _percent, "date": _date, "datetime": _date, "duration": _duration,
    "boolean": _boolean, "choice": _choice, "multi_choice": _choice,
}  # fmt: skip


def literal(node: Node, want: Wanted) -> Literal:
    """A scalar as the constant that ``want.field`` is compared with. Raises Wrong."""
    if not isinstance(node, Scalar):
        if isinstance(node, Map):
            shape(node, "a single value, or {field: …}, {param: …} or {date: …}")
        shape(node, "a single value")
    value = node.value
    if value is None:
        refuse("DG207", f"`{want.field.id}` cannot be compared with nothing.", node, "use `filled: false`")
    return _READ[want.field.type](node, value, want)


def written_duration(node: Node) -> Duration:
    """A duration as written. Raises Wrong."""
    word = text(node, "a duration, such as 14 days", node)
    found = parse_duration(word)
    if found is None:
        hint = f"write {word.strip()} days" if word.strip().isdigit() else "write it as 14 days or 2 business days"
        refuse("DG204", f"`{word}` is no duration.", node, hint)
    return found


def written_percent(node: Node) -> Decimal:
    """A percentage as an exact fraction. Raises Wrong."""
    found = literal(node, Wanted(Field("a share", "percent", "Share"), "USD")).value
    assert isinstance(found, Decimal)
    return found


def written_flag(node: Node) -> bool:
    """true or false. Raises Wrong."""
    value = node.value if isinstance(node, Scalar) else None
    if not isinstance(value, bool):
        shape(node, "true or false")
    return value
