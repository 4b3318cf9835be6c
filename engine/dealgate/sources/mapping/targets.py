"""Whether what a mapping writes fits the field it is for."""

from __future__ import annotations

from dealgate.documents.nodes import Map, Node
from dealgate.documents.places import plain
from dealgate.documents.suggest import meant
from dealgate.model.diagnostics import Diagnostic, Where, error
from dealgate.model.fields import TYPES, Field, Reading, read
from dealgate.model.values import Unfit

_NUMBERS = frozenset({"number", "integer", "money", "percent", "level", "duration"})
_KEYS = {
    "currency": frozenset({"money"}),
    "scale": frozenset({"percent"}),
    "times": _NUMBERS,
    "unit": frozenset({"duration"}),
    "format": frozenset({"date", "datetime"}),
    "time_zone": frozenset({"date", "datetime"}),
    "decimal_mark": _NUMBERS,
    "split": frozenset({"multi_choice"}),
    "empty": frozenset({"multi_choice"}),
}
"""Keys of a mapped field that go with some types only."""


def keys_fit(node: Map, target: Field, where: Where) -> list[Diagnostic]:
    """Keys that the field's type has no use for, and a value that comes from nowhere or from two places."""
    found: list[Diagnostic] = []
    for key, types in _KEYS.items():
        if key in node.items and target.type not in types:
            what = " or ".join(TYPES[name].words for name in sorted(types) if name != "level")
            message = f"`{key}` is for {what}, and `{target.id}` is {TYPES[target.type].words}."
            found.append(error("DG647", message, node.key_where(key), f"Take `{key}` away.", len(key)))
    if "from" in node.items and "value" in node.items:
        message = f"`{target.id}` has both a column and a fixed value."
        found.append(error("DG648", message, where, "Keep `from` or `value`."))
    if not node.items.keys() & {"from", "value", "values", "currency", "format", "scale", "times", "unit", "split"}:
        found.append(error("DG648", f"`{target.id}` takes its value from nowhere.", where, "Add `from: COLUMN`."))
    for key in ("otherwise", "unlisted"):
        if key == "unlisted" and key in node.items and "values" not in node.items:
            message = "`unlisted` says nothing without `values`."
            found.append(error("DG647", message, node.key_where(key), "List the values, or take it away.", len(key)))
    return found


def ours_fits(node: Node, target: Field, reading: Reading, unit: str | None) -> list[Diagnostic]:
    """What is wrong with a value of ours that the mapping writes; null is always fine."""
    mine = plain(node)
    if mine is None or (target.type == "duration" and isinstance(mine, int) and unit):
        return []
    if target.type == "multi_choice":
        mine = [mine]
    value = read(mine, target, reading)
    if value is not None and not isinstance(value, Unfit):
        return []
    word = str(plain(node))
    if isinstance(value, Unfit) and value.placeholder and target.type in ("text", "person", "reference"):
        return []
    hint: str | None = meant(word, target.options) if target.options else None
    if hint is None and target.options:
        hint = f"It takes {', '.join(target.options[:12])}, or null for none."
    elif hint is None:
        hint = f"Write {TYPES[target.type].words}, or null for none."
    said = (
        f"`{word}` is not {TYPES[target.type].words}" if not target.options else f"`{target.id}` has no option `{word}`"
    )
    return [error("DG646", said + ".", node.where, hint, max(1, len(word)))]
