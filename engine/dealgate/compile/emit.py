"""What generated code reads: names for constants, fields and clock words, each worked out once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ..model import condition as c
from ..model.calendar import Moment
from ..model.deal import Deal
from ..model.operators import over_range
from ..model.process import Process
from ..model.values import local_date, times
from ..model.verdict import Status, Verdict
from . import facts
from .reference import Walk, level_test, shifted

Pair = tuple[str, str]
"""The expressions "is true" and "is false" of a condition."""


class AskWalker(Exception):
    """Raised inside a loop's ``where`` that only the walker can answer."""


NOBODY = Deal("", {})


@dataclass(slots=True)
class Loop:
    """What one walk over a collection has to count: (where, sure variable, possible variable)."""

    variable: str
    loads: dict[str, str] = field(default_factory=dict)
    counts: list[tuple[Pair | None, str, str]] = field(default_factory=list)


class Names:
    """The generated function's names: constants, what is read of the deal, what its loops count."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.names: dict[str, Any] = {
            "V": Verdict, "MET": Status.MET, "UNMET": Status.UNMET, "UNKNOWN": Status.UNKNOWN,
            "NA": Status.NOT_APPLICABLE, "Walk": Walk, "PROCESS": process, "local_date": local_date,
            "shifted": shifted, "minor_beside": facts.minor_beside, "times": times, "over_range": over_range,
            "level_test": level_test, "elements": facts.elements,
        }  # fmt: skip
        self.lines: dict[str, str] = {}
        """Code → the variable that holds it, worked out first."""
        self.loops: dict[str, Loop] = {}
        self.after: dict[str, str] = {}
        self.body: list[str] = []
        self.clocks: list[Callable[[Moment], Any]] = []
        self.memo: dict[Any, Any] = {}
        self.loop: Loop | None = None
        self.walks = False
        self.zoned = False

    # ------------------------------------------------ names

    def bind(self, value: Any) -> str:
        """A constant: written out where that is plain, else a bound global."""
        if value is None or isinstance(value, (bool, int, str)):
            return repr(value)
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def clock(self, work_out: Callable[[Moment], Any]) -> str:
        """A constant of the moment."""
        self.clocks.append(work_out)
        return f"t{len(self.clocks) - 1}"

    def let(self, code: str, *, child: bool = False) -> str:
        """A variable holding ``code``, the same one for the same code."""
        place = self.loop.loads if child and self.loop is not None else self.lines
        return place.setdefault(code, f"{'c' if child else 'v'}{len(place)}")

    def walker(self, node: c.Condition) -> str:
        """The walker's answer to a whole condition of the deal."""
        self.walks = True
        return self.let(f"w.holds({self.bind(node)})")

    # ------------------------------------------------ values

    def raw(self, ref: c.Ref) -> str:
        """The typed value as it stands."""
        if ref.child:
            return self.let(f"x.get({ref.name!r})", child=True)
        name = self.let(f"get({ref.name!r})")
        if ref.name in facts.DERIVED:
            derive = self.bind(facts.DERIVED[ref.name])
            return self.let(f"{derive}(deal, moment, PROCESS) if {name} is None else {name}")
        return name

    def local(self, raw: str) -> str:
        """The calendar day of a moment, in the process's zone."""
        self.zoned = True
        return f"local_date({raw}, zone)"

    def comparable(self, ref: c.Ref, *, day: bool = False, rank: bool = False, beside: c.Ref | None = None) -> str:
        """The value in the form operators compare (see ``facts.comparable``)."""
        raw, kind = self.raw(ref), ref.field.type
        if kind == "choice":
            if not rank:
                return raw
            ranks = self.bind({option: n for n, option in enumerate(ref.field.options)})
            return self.let(f"{ranks}.get({raw})", child=ref.child)
        if kind == "money":
            own = self.process.currency
            code = f"None if {raw} is None else {raw}[0] if {raw}[1] == {own!r} else moment.minor({raw})"
            if beside is not None:
                value = self.let(code, child=ref.child)
                code = f"{value} if {value} is not None else minor_beside({raw}, {self.raw(beside)})"
                return self.let(code, child=ref.child or beside.child)
        elif kind in ("text", "person", "reference"):
            code = f"None if {raw} is None else {raw}.strip().casefold()"
        elif kind == "datetime" and day:
            code = f"None if {raw} is None else {self.local(raw)}"
        else:
            return raw
        return self.let(code, child=ref.child)

    def operand(
        self, operand: c.Operand, *, day: bool, rank: bool = False, beside: c.Ref | None = None
    ) -> tuple[str, bool]:
        """An operand's expression, and whether it can be missing; ``beside`` is the amount it is compared with."""
        if isinstance(operand, c.Literal):
            value = operand.value
            if day and isinstance(value, datetime):
                return self.clock(lambda m: local_date(value, m.calendar.zone)), False
            return self.bind(frozenset(value) if isinstance(value, (list, tuple)) else value), value is None
        if isinstance(operand, c.Clock):
            return self.clock(lambda m: Walk(self.process, NOBODY, m).operand(operand, None, day=day)), False
        child = operand.ref.child
        if isinstance(operand, c.ByField):
            table = self.bind({key: literal.value for key, literal in operand.values})
            otherwise = self.bind(operand.otherwise.value) if operand.otherwise is not None else "None"
            chosen = self.raw(operand.ref)
            return self.let(f"None if {chosen} is None else {table}.get({chosen}, {otherwise})", child=child), True
        value_name = self.comparable(operand.ref, day=day, rank=rank, beside=beside)
        if operand.times is None and operand.plus is None:
            return value_name, True
        code = f"None if {value_name} is None else {self.moved(operand, value_name, day=day)}"
        return self.let(code, child=child or (beside is not None and beside.child)), True

    def moved(self, operand: c.FieldOperand, value: str, *, day: bool) -> str:
        """A field's value, not missing, times a ratio or plus a duration: at once where it is plain how."""
        kind, plus = operand.ref.field.type, operand.plus
        if operand.times is not None and kind != "duration":
            return f"times({value}, {self.bind(operand.times)})"
        if operand.times is None and plus is not None and plus.delta is not None and plus.in_days:
            if kind == "date" or (kind == "datetime" and day):
                # a day stops at the calendar's ends
                delta, ahead = plus.delta, plus.count >= 0
                limit = self.bind(date.max - delta if ahead else date.min - delta)
                stop = self.bind(date.max if ahead else date.min)
                return f"{value} + {self.bind(delta)} if {value} {'<=' if ahead else '>='} {limit} else {stop}"
        return f"shifted({value}, {self.bind(operand)}, moment)"
