"""Plans carried out for one deal at a time by the oracle of the algebra."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dealgate.compile.plan import nodes as n
from dealgate.compile.plan.plan import Judged, Plan, Shape
from dealgate.model.deal import Deal
from dealgate.model.fields import read
from dealgate.model.process import Process
from dealgate.model.values import Money, Unfit

from .plan_oracle import Oracle

Row = dict[str, Any]


def flat(record: Mapping[str, Any], unfit: Mapping[str, Unfit]) -> Row:
    """A record as columns hold it: minor units beside their currency."""
    row: Row = {f"{name}.unfit": value for name, value in unfit.items()}
    for name, value in record.items():
        if isinstance(value, Money):
            row[name], row[f"{name}.currency"] = value
        else:
            row[name] = value
    return row


def rows_of(deal: Deal, process: Process) -> tuple[Row, dict[str, list[Row]]]:
    """A deal as a row, and its children as rows by collection."""
    row = flat(deal.fields, {k: v for k, v in deal.unfit.items() if "[" not in k}) | {"id": deal.id}
    children: dict[str, list[Row]] = {}
    for name in process.catalogue.collections:
        row[f"{name}.synced"] = name in deal.children
        children[name] = []
        for place, record in enumerate(deal.children.get(name, ())):
            start = f"{name}[{place}]."
            mine = flat(record, {k[len(start) :]: v for k, v in deal.unfit.items() if k.startswith(start)})
            if name == "changes":
                mine |= _sides(record, process)
            children[name].append(mine | {"position": place})
    return row, children


def _sides(change: Mapping[str, Any], process: Process) -> Row:
    """A change's values before and after, typed as its field."""
    field = process.catalogue.deal.get(change.get("field", ""))
    found: Row = {}
    for side in ("from", "to") if field is not None else ():
        value = read(change.get(side), field, process.reading)  # type: ignore[arg-type]
        if value is not None and not isinstance(value, Unfit):
            found |= flat({f"{field.id}.{side}": value}, {})  # type: ignore[union-attr]
    return found


def shape_of(data: Iterable[tuple[Row, dict[str, list[Row]]]]) -> Shape:
    """The columns that some rows have."""
    deals: set[str] = set()
    children: dict[str, set[str]] = {}
    for row, records in data:
        deals |= set(row)
        for name, mine in records.items():
            children.setdefault(name, {"position"}).update(*mine)
    return Shape(frozenset(deals), {name: frozenset(columns) for name, columns in children.items()})


class Interpreter:
    """A plan carried out for one deal."""

    def __init__(self, plan: Plan, row: Row, children: dict[str, list[Row]]) -> None:
        self.oracle = Oracle(row, plan.process.calendar.zone, children)
        for step in plan.steps:
            for values in (step.aggregates, step.values):
                found = {name: self.value(value) for name, value in values.items()}
                self.oracle.shared = {**self.oracle.shared, **found}

    def value(self, value: n.Value) -> Any:
        """A value of the deal."""
        return self.oracle.value(value)

    def status(self, judged: Judged) -> str:
        """A criterion's status."""
        holds = self.value(judged.holds)
        if judged.applies is not None and self.value(judged.applies) is False:
            return "not_applicable"
        if holds is True:
            return "met"
        if judged.waived is not None and self.value(judged.waived) is True:
            return "waived"
        return "unmet" if holds is False else "unknown"
