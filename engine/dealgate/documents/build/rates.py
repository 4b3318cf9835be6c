"""A document of exchange rates becomes checked rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from dealgate.model.calendar import Rates
from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.diagnostics import Diagnostic, Where

from ..conditions.raw import did_you_mean, refuse, text
from ..nodes import Node
from .reader import Reader


def build_rates(node: Node, wrong: list[Diagnostic]) -> dict[str, Rates]:
    """Rates by the currency they lead into, as they are written: nothing is inverted or chained."""
    reader = Reader(node, wrong)
    max_age = reader.duration("max_age")
    found: dict[str, dict[str, dict[date, Decimal]]] = {}
    first: dict[tuple[str, str, date], Where] = {}
    for item in reader.items("rates"):
        one = Reader(item, wrong)
        source, into = _code(one, "from"), _code(one, "to")
        day, rate = one.date("dated"), one.number("rate")
        if source is None or into is None or day is None or rate is None:
            continue
        if source == into:
            one.report("DG246", f"{source} is worth itself.", one.get("to") or item, "Name two currencies.")
        elif (source, into, day) in first:
            line = first[source, into, day].line
            message = f"The rate of {source} in {into} from {day} is there twice; the first stands at line {line}."
            one.report("DG246", message, item, "Keep one of the two.")
        else:
            first[source, into, day] = one.where
            found.setdefault(into, {}).setdefault(source, {})[day] = rate
    return {
        into: Rates(into, {source: tuple(sorted(days.items())) for source, days in table.items()}, max_age)
        for into, table in found.items()
    }


def _code(reader: Reader, key: str) -> str | None:
    node = reader.get(key)

    def read(node: Node) -> str:
        word = text(node, "a currency", node)
        if word not in MINOR_DIGITS:
            refuse("DG209", f"`{word}` is no currency of ISO 4217.", node, did_you_mean(word, MINOR_DIGITS))
        return word

    return None if node is None else reader.take(None, read, node)
