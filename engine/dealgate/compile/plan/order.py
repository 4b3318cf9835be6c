"""The order in which a plan is worked out: aggregates named, what several read worked out once, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from .nodes import (
    Aggregate,
    And,
    Case,
    Column,
    Constant,
    DayOf,
    Folded,
    Grouped,
    Matches,
    Or,
    Outer,
    Param,
    Rank,
    Shared,
    Value,
    inside,
)
from .plan import Judged, Plan, Step

_WORTH_SHARING = (And, Or, Case, Folded, Matches, Rank, DayOf)
"""What costs more to work out twice than to keep."""


def ordered(plan: Plan, shared: Mapping[str, Value]) -> Plan:
    """The plan with its steps: columns and shared names alone are left in its values."""
    return _Order(plan, shared).run()


class _Order:
    def __init__(self, plan: Plan, shared: Mapping[str, Value]) -> None:
        self.plan = plan
        self.values: dict[str, Value] = dict(shared)
        """Values worked out once, as built, by name."""
        self.named: dict[Value, str] = {}
        self.aggregates: dict[Aggregate, str] = {}
        self._plain: dict[Value, Value] = {}
        self._rows: dict[Value, Value] = {}
        self._by_name: dict[str, Aggregate] = {}
        self._steps: dict[str, int] = {}
        self._read: dict[Value, tuple[str, ...]] = {}

    def run(self) -> Plan:
        """The plan in order."""
        plan = self.plan
        self._find_repeated()
        judged = tuple(
            Judged(
                j.criterion,
                self.plain(j.holds),
                None if j.applies is None else self.plain(j.applies),
                None if j.waived is None else self.plain(j.waived),
            )
            for j in plan.judged
        )
        group, counted = self.plain(plan.group), self.plain(plan.counted)
        frameworks = {name: self.plain(value) for name, value in plan.frameworks.items()}
        roots = [v for j in judged for v in (j.holds, j.applies, j.waived) if v is not None]
        steps = self._in_steps([*roots, group, counted, *frameworks.values()])
        return replace(plan, steps=steps, judged=judged, group=group, counted=counted, frameworks=frameworks)

    # ------------------------------------------------ sharing

    def _find_repeated(self) -> None:
        """Names what stands in several places; a part of what is repeated is not repeated for that."""
        plan = self.plan
        roots = [v for j in plan.judged for v in (j.holds, j.applies, j.waived) if v is not None]
        waiting = [*roots, plan.group, plan.counted, *plan.frameworks.values()]
        seen: Counter[Value] = Counter()
        opened: set[str] = set()
        while waiting:
            value = waiting.pop()
            seen[value] += 1
            if seen[value] > 1:
                continue
            if isinstance(value, Shared):
                if value.name not in opened:
                    opened.add(value.name)
                    waiting.append(self.values[value.name])
            else:
                waiting += _outers(value) if isinstance(value, Aggregate) else inside(value)
        direct = {value for name, value in self.values.items() if name in opened}
        for value, count in seen.items():
            if count > 1 and isinstance(value, _WORTH_SHARING) and value not in direct:
                self._name(value)

    def _name(self, value: Value) -> str:
        if value not in self.named:
            name = f"_x{len(self.named)}"
            self.named[value], self.values[name] = name, value
        return self.named[value]

    # ------------------------------------------------ names in place of what is worked out before

    def plain(self, value: Value) -> Value:
        """A value of the deal that reads columns and names alone."""
        if isinstance(value, (Column, Constant, Param, Shared)):
            return value
        if value in self.named:
            return Shared(self.named[value])
        return self._rewritten(value)

    def _rewritten(self, value: Value) -> Value:
        if value not in self._plain:
            if isinstance(value, Aggregate):
                self._plain[value] = Shared(self._aggregate(value))
            else:
                self._plain[value] = _rebuilt(value, self.plain)
        return self._plain[value]

    def _aggregate(self, value: Aggregate) -> str:
        found = _rebuilt(value, self._of_the_row)
        assert isinstance(found, Aggregate)
        name = self.aggregates.setdefault(found, f"_a{len(self.aggregates)}")
        self._by_name[name] = found
        return name

    def _of_the_row(self, value: Value) -> Value:
        """A child row's value: what it reads of its deal is a column or a name."""
        if isinstance(value, (Column, Constant, Param)):
            return value
        if value not in self._rows:
            self._rows[value] = self._outer(value) if isinstance(value, Outer) else _rebuilt(value, self._of_the_row)
        return self._rows[value]

    def _outer(self, value: Outer) -> Value:
        held = value.value
        if not isinstance(held, (Column, Shared)):
            held = self.plain(held)
            if not isinstance(held, (Column, Shared)):
                held = Shared(self._name(value.value))
        return Outer(held)

    # ------------------------------------------------ steps

    def _reads(self, value: Value) -> tuple[str, ...]:
        """The shared names a value reads."""
        if isinstance(value, Shared):
            return (value.name,)
        if value not in self._read:
            names = (name for part in inside(value) for name in self._reads(part))
            self._read[value] = tuple(dict.fromkeys(names))
        return self._read[value]

    def _in_steps(self, roots: list[Value]) -> tuple[Step, ...]:
        values: dict[str, Value] = {}
        aggregates: dict[str, Aggregate] = {}
        waiting = [name for root in roots for name in self._reads(root)]
        while waiting:
            name = waiting.pop()
            if name in values or name in aggregates:
                continue
            if name in self.values:
                values[name] = self._rewritten(self.values[name])
                waiting += self._reads(values[name])
            else:
                aggregates[name] = self._by_name[name]
                waiting += self._reads(aggregates[name])
        found: dict[int, tuple[dict[str, Aggregate], dict[str, Value]]] = {}

        def step(name: str) -> int:
            if name not in self._steps:
                if name in aggregates:
                    self._steps[name] = max((step(n) + 1 for n in self._reads(aggregates[name])), default=0)
                else:
                    self._steps[name] = max((step(n) + (n in values) for n in self._reads(values[name])), default=0)
            return self._steps[name]

        for name, aggregate in aggregates.items():
            found.setdefault(step(name), ({}, {}))[0][name] = aggregate
        for name, value in values.items():
            found.setdefault(step(name), ({}, {}))[1][name] = value
        return tuple(Step(*found[n]) for n in sorted(found))


def _outers(value: Value) -> Iterator[Value]:
    """What an aggregate reads of the deal."""
    for part in inside(value):
        if isinstance(part, Outer):
            yield part.value
        else:
            yield from _outers(part)


def _rebuilt(value: Value, change: Callable[[Value], Value]) -> Value:
    """The same kind of value with the values inside it changed."""
    if isinstance(value, (Constant, Param, Column, Shared)):
        return value
    changed: dict[str, Any] = {f.name: _changed(getattr(value, f.name), change) for f in fields(value)}
    return replace(value, **changed)


def _changed(held: object, change: Callable[[Value], Value]) -> object:
    if isinstance(held, tuple):
        return tuple(_changed(item, change) for item in held)
    if isinstance(held, Grouped):
        changed: dict[str, Any] = {f.name: _changed(getattr(held, f.name), change) for f in fields(held)}
        return replace(held, **changed)
    return change(held) if isinstance(held, Value) else held
