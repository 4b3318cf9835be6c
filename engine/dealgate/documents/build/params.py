"""A document's parameters: each default, and each value by a choice, must fit the parameter's type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dealgate.model.diagnostics import Diagnostic
from dealgate.model.fields import TYPES, Catalogue, Field

from ..conditions.literals import Wanted, literal, written_duration
from ..conditions.raw import did_you_mean, entries, listed, refuse, refuse_key, text
from ..conditions.scope import Param
from ..nodes import Map, Node, Seq
from .reader import Reader


def build_params(
    node: Node | None, catalogue: Catalogue, currency: str, diagnostics: list[Diagnostic]
) -> dict[str, Param]:
    """The parameters by name; a bare value is a parameter without a type."""
    found: dict[str, Param] = {}
    for name, raw in entries(Reader(node, diagnostics).node):
        if isinstance(raw, Map):
            found[name] = _param(name, raw, catalogue, currency, diagnostics)
        else:
            found[name] = Param(name, "", None, raw)
    return found


def param_values(params: Mapping[str, Param], currency: str) -> dict[str, Any]:
    """What each parameter holds, for a reader; those that do not fit are left out."""
    values: dict[str, Any] = {}
    for name, param in params.items():
        if param.default is None or param.broken:
            continue
        reader = Reader(None, [])
        shown = reader.take(None, _value, param.default, param.type or "text", name, currency)
        if shown is not None:
            values[name] = shown
    return values


def _param(name: str, node: Map, catalogue: Catalogue, currency: str, wrong: list[Diagnostic]) -> Param:
    reader, size = Reader(node, wrong), len(wrong)
    kind = reader.word("type", TYPES, "") or None
    default = reader.get("default")
    if default is not None and kind is not None:
        reader.take(None, _value, default, kind, name, currency)
    by, values = _by(reader.get("by"), kind, name, catalogue, currency, reader)
    if default is None and by is None:
        message = f"The parameter `{name}` has no value."
        reader.report("DG211", message, node, "add `default: …`")
    return Param(name, reader.text("title"), kind, default, by, values, broken=len(wrong) > size)


def _value(node: Node, kind: str, name: str, currency: str) -> Any:
    """A default as its type has it. Raises Wrong."""
    if kind == "duration":
        return written_duration(node)
    want = Wanted(Field(name, kind, name, open=True), currency)
    if isinstance(node, Seq):
        return tuple(literal(item, want).shown for item in node.items)
    return literal(node, want).shown


def _by(
    node: Node | None, kind: str | None, name: str, catalogue: Catalogue, currency: str, reader: Reader
) -> tuple[Field | None, tuple[tuple[str, Node], ...]]:
    if node is None:
        return None, ()
    inner = Reader(node, reader.wrong)
    field = inner.take(None, _choice, inner.get("field"), node, catalogue)
    values: list[tuple[str, Node]] = []
    held = inner.get("values")
    for key, value in inner.entries("values"):
        if field is not None and isinstance(held, Map):
            inner.take(None, _option, field, key, held)
        if kind is not None:
            inner.take(None, _value, value, kind, name, currency)
        values.append((key, value))
    return field, tuple(values)


def _choice(node: Node | None, at: Node, catalogue: Catalogue) -> Field:
    name = text(node, "the id of a choice field", at)
    field = catalogue.deal.get(name)
    if field is None:
        refuse("DG201", f"There is no field `{name}`.", node or at, did_you_mean(name, catalogue.deal))
    if field.type != "choice":
        message = f"A parameter varies by a choice; `{name}` holds {TYPES[field.type].words}."
        refuse("DG211", message, node or at)
    return field


def _option(field: Field, key: str, held: Map) -> None:
    if field.options and not field.open and key not in field.options:
        hint = did_you_mean(key, field.options) or f"it has {listed(field.options)}"
        refuse_key("DG205", f"`{field.id}` has no option `{key}`.", held, key, hint)
