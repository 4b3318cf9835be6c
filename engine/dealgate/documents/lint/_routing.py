"""Whether several processes share records well: records that two of them take, and records that none takes.

Only what is proven is said: conditions over values of fields. Of all else the deals tell, when they are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

from dealgate.model import condition as c
from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.diagnostics import Diagnostic, Where, warning
from dealgate.model.fields import Field
from dealgate.model.operators import DATES
from dealgate.model.process import Process

from ._leaves import OTHER, PRESENT, Key
from ._solve import Formula, Solver

_SHAPES = (c.All, c.AnyOf, c.Not, c.Named, c.Test)
"""What a condition may be made of to be decided here."""


def check(processes: Sequence[tuple[Process, Where]]) -> Iterator[Diagnostic]:
    """One for each two processes that take the same records, and one for records that none takes.

    ``processes`` judge the same kind of record; each with the place that names it.
    """
    solver = Solver(processes[0][0])
    fields: dict[str, Field] = {}
    made = [_formula(process, solver, fields) for process, _ in processes]
    record = processes[0][0].record
    for (n, (one, _)), (m, (other, at)) in combinations(enumerate(processes), 2):
        both = _overlap(one, made[n], other, made[m], solver, fields)
        if both is not None:
            message = f"`{one.id}` and `{other.id}` both take {both.format(record=record)}, which neither then judges."
            hint = "change `applies_to` of one of them, so that it leaves out what the other takes"
            yield warning("DG330", message, at, hint, len(other.id))
    if any(process.applies_to is None for process, _ in processes) or None in made:
        return
    found = solver.witness([(formula, False) for formula in made if formula is not None])
    if found is not None:
        words = _words(found, fields, processes[0][0].currency)
        message = f"No process takes a {record} with {words}."
        at = processes[-1][1]
        yield warning("DG331", message, at, "widen `applies_to` of one, or add a process for the rest")


def _overlap(
    one: Process,
    mine: Formula | None,
    other: Process,
    theirs: Formula | None,
    solver: Solver,
    fields: Mapping[str, Field],
) -> str | None:
    """What both take, in words; None where nothing is proven."""
    if one.applies_to is None and other.applies_to is None:
        return "every {record}"
    asked = [(f, True) for p, f in ((one, mine), (other, theirs)) if p.applies_to is not None and f is not None]
    if len(asked) < (one.applies_to is not None) + (other.applies_to is not None):
        return None
    found = solver.witness(asked)
    if found is None:
        return None
    words = _words(found, fields, one.currency)
    return "a {record} with " + words.replace("{", "{{").replace("}", "}}")


def _formula(process: Process, solver: Solver, fields: dict[str, Field]) -> Formula | None:
    """The process's ``applies_to``, where all it rests on is values of the record's own fields."""
    condition = process.applies_to
    if condition is None:
        return None
    for node in c.walk(condition):
        if not isinstance(node, _SHAPES):
            return None
        if isinstance(node, c.Test):
            if (
                node.ref.child
                or node.span is not None
                or fields.setdefault(node.ref.name, node.ref.field).type != node.ref.field.type
            ):
                return None
    formula = solver.formula(condition)
    return formula if all(_decided(key) for key in _keys(formula)) else None


def _keys(formula: Formula) -> Iterator[Key]:
    if formula.leaf is not None:
        yield from (quantity.key for quantity in formula.leaf.reads)
    for part in formula.parts:
        yield from _keys(part)


def _decided(key: Key) -> bool:
    return isinstance(key, tuple) and (key[0] == "filled" or (key[0] == "value" and key[-1] == ""))


def _words(values: Mapping[Key, Any], fields: Mapping[str, Field], currency: str) -> str:
    """An example for a reader: `segment: smb, region: eu`."""
    told = []
    absent = {key[1][0] for key, v in values.items() if isinstance(key, tuple) and key[0] == "filled" and v != PRESENT}
    for key, value in values.items():
        assert isinstance(key, tuple)
        if key[0] == "value" and key[1] not in absent:
            told.append(f"{key[1]}: {_shown(value, fields[key[1]], currency)}")
    told += [f"no {name}" for name in sorted(absent)]
    return ", ".join(told) or "any values"


def _shown(value: Any, field: Field, currency: str) -> str:
    if value == OTHER:
        return "another value"
    if isinstance(value, frozenset):
        return " and ".join(sorted("another value" if v == OTHER else str(v) for v in value)) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    if field.type in DATES:
        return date.fromordinal(int(value)).isoformat()
    if field.type == "money":
        return f"{Decimal(int(value)).scaleb(-MINOR_DIGITS[currency]).normalize():f}"
    if isinstance(value, timedelta):
        return f"{value.days} days"
    if field.type == "percent":
        return f"{float(value) * 100:g}%"
    return f"{value:g}" if isinstance(value, float) else str(value)
