"""Fields as values: what a source gives, what is worked out where it does not, and the forms that operators compare."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from ...model import condition as c
from ...model.calendar import Moment
from ...model.fields import Field
from ...model.process import Process
from ...model.values import Duration, Money, later, local_date
from . import make
from .make import FALSE, NULL, TRUE
from .nodes import (
    Aggregate,
    Case,
    Coalesce,
    Column,
    Constant,
    DayOf,
    Empty,
    Folded,
    Is,
    IsNull,
    Outer,
    Param,
    Placeholder,
    Rank,
    Shared,
    Table,
    Value,
    inside,
)
from .plan import Shape

DAY = 86_400_000_000
"""Microseconds."""


class Fields:
    """A process at a moment over the columns there are."""

    def __init__(self, process: Process, moment: Moment, shape: Shape) -> None:
        self.process, self.moment, self.shape = process, moment, shape
        self.shared: dict[str, Value] = {}
        self._names: dict[Value, str] = {}
        self._derived: dict[str, Value] = {}
        self.today = Param("today", moment.today)

    def share(self, hint: str, value: Value) -> Value:
        """The value, worked out once under a name, unless it is plain."""
        if isinstance(value, (Constant, Param, Column, Shared)):
            return value
        if value not in self._names:
            name = f"_{hint}"
            while name in self.shared:
                name += "_"
            self.shared[name] = value
            self._names[value] = name
        return Shared(self._names[value])

    # ------------------------------------------------ columns

    def has(self, name: str, child: str | None) -> bool:
        """Whether there is such a column."""
        return name in (self.shape.deals if child is None else self.shape.children.get(child, frozenset()))

    def column(self, name: str, kind: str, child: str | None = None) -> Value:
        """A column of the deal or of a child row; null where there is none."""
        return Column(name, kind) if self.has(name, child) else NULL

    def synced(self, collection: str) -> Value:
        """Whether a collection was synced."""
        if collection not in self.shape.children:
            return FALSE
        flag = f"{collection}.synced"
        return Column(flag, "boolean") if flag in self.shape.deals else TRUE

    def nullable(self, value: Value, child: str | None) -> bool:
        """Whether a value can be null at all."""
        match value:
            case Column(name):
                return (name if child is None else f"{child}.{name}") not in self.shape.whole
            case Constant(held) | Param(_, held):
                return held is None
            case Shared(name):
                return self.nullable(self.shared[name], None)
            case Outer(inner):
                return self.nullable(inner, None)
            case Is() | IsNull() | Empty() | Placeholder():
                return False
            case Aggregate():
                return value.how == "max"
            case Case(branches, otherwise):
                return any(self.nullable(v, child) for v in (otherwise, *(v for _, v in branches)))
            case Coalesce(parts):
                return all(self.nullable(v, child) for v in parts)
            case Rank():
                return True
        return any(self.nullable(v, child) for v in inside(value))

    # ------------------------------------------------ the deal's fields

    def status(self) -> Value:
        """open, won, lost, cancelled or unmapped; never null."""
        return make.coalesce(self.column("status", "choice"), make.constant("unmapped"))

    def stage(self) -> Value:
        """The stage's id."""
        return self.column("stage", "choice")

    def deal(self, name: str, kind: str) -> Value:
        """A deal's field, worked out where the source does not give it."""
        found = self.column(name, kind)
        work_out = DERIVED.get(name)
        if work_out is None:
            return found
        if name not in self._derived:
            self._derived[name] = self.share(name, make.coalesce(found, work_out(self)))
        return self._derived[name]

    def raw(self, ref: c.Ref, child: str | None) -> Value:
        """A field's typed value, seen from a child row where ``child`` names a collection."""
        if ref.child:
            return self.column(ref.name, ref.field.type, child)
        value = self.deal(ref.name, ref.field.type)
        return value if child is None else make.outer(value)

    def comparable(
        self, ref: c.Ref, child: str | None, *, day: bool = False, rank: bool = False, beside: c.Ref | None = None
    ) -> Value:
        """A field in the form operators compare: folded text, minor units, rank, local day (``facts.comparable``)."""
        own = child if ref.child else None
        value = self.formed(self.raw(ref, own), ref.field, self._currency(ref, own), day=day, rank=rank)
        if beside is not None and ref.field.type == "money" and value != NULL:
            if ref.child != beside.child:
                value = value if ref.child or child is None else make.outer(value)
                own = child
            value = make.coalesce(value, self._alike(ref, beside, own))
        return value if ref.child or own == child else make.outer(value)

    def formed(self, raw: Value, field: Field, currency: Value, *, day: bool = False, rank: bool = False) -> Value:
        """A raw value of a field in the form operators compare."""
        if raw == NULL:
            return NULL
        if field.type == "choice":
            return Rank(raw, field.options) if rank else raw
        if field.type == "money":
            return self.rated(raw, currency)
        if field.type in ("text", "person", "reference"):
            return Folded(raw)
        if field.type == "datetime" and day:
            return DayOf(raw)
        return raw

    def _currency(self, ref: c.Ref, child: str | None) -> Value:
        """The code beside an amount; null where the amount is in the process's currency."""
        return self.column(f"{ref.name}.currency", "choice", child) if ref.field.type == "money" else NULL

    def rated(self, minor: Value, currency: Value) -> Value:
        """An amount in minor units of the process's currency; null where no rate is known."""
        own = self.process.currency
        if currency == NULL:
            return minor
        branches = [(make.disj([IsNull(currency), make.compare("==", currency, make.constant(own))]), minor)]
        rates = self.moment.rates
        for code in (rates.base, *rates.table) if rates is not None else ():
            factor = self._factor(code)
            if code != own and factor is not None:
                branches.append((make.compare("==", currency, make.constant(code)), make.scaled(minor, factor)))
        return make.case(branches, NULL)

    def _factor(self, code: str) -> object:
        return self.moment.minor(Money(1, code))

    def _alike(self, ref: c.Ref, beside: c.Ref, child: str | None) -> Value:
        """The amount's own minor units where the other amount is of the same currency (``facts.minor_beside``)."""
        codes: list[Value] = []
        values: list[Value] = []
        for one in (ref, beside):
            place = child if one.child else None
            code = self._currency(one, place)
            value = self.raw(one, place)
            own = make.constant(self.process.currency)
            code = make.coalesce(code, own)
            if not one.child and child is not None:
                code, value = make.outer(code), make.outer(value)
            codes.append(code)
            values.append(value)
        if NULL in values:
            return NULL
        same = make.conj([make.compare("==", codes[0], codes[1]), make.negate(make.is_null(values[1]))])
        return make.case([(same, values[0])], NULL)

    # ------------------------------------------------ operands

    def operand(
        self, operand: c.Operand, child: str | None, *, day: bool, rank: bool = False, beside: c.Ref | None = None
    ) -> Value:
        """An operand's comparable value; ``beside`` is the amount it is compared with."""
        if isinstance(operand, c.Literal):
            value = operand.value
            if day and isinstance(value, datetime):
                value = local_date(value, self.moment.calendar.zone)
            return make.constant(value)
        if isinstance(operand, c.Clock):
            return self.clock(operand)
        if isinstance(operand, c.ByField):
            chosen = self.raw(operand.ref, child)
            branches = [(make.is_null(chosen), NULL)]
            for key, literal in operand.values:
                branches.append((make.compare("==", chosen, make.constant(key)), make.constant(literal.value)))
            return make.case(branches, NULL if operand.otherwise is None else make.constant(operand.otherwise.value))
        value = self.comparable(operand.ref, child, day=day, rank=rank, beside=beside)
        if operand.times is not None:
            return value if value == NULL else make.scaled(value, operand.times)
        if operand.plus is None:
            return value
        if operand.ref.field.type == "datetime" and not day:
            assert operand.plus.delta is not None
            return make.add_time(value, operand.plus.delta)
        assert operand.plus.delta is not None  # months and business days are added to clock words only
        return make.add_days(value, operand.plus.delta.days)

    def clock(self, clock: c.Clock) -> Value:
        """A clock word's day, by a name that says which."""
        moment = self.moment
        day = moment.calendar.word(clock.word, moment.today)
        if clock.plus is None:
            return Param(clock.word, day)
        return Param(f"{clock.word}{_said(clock.plus)}", moment.calendar.shift(day, clock.plus))

    def first_since(self, span: Duration) -> Value:
        """The first day of a window that ends today."""
        return Param(f"today{_said(-span)}", self.moment.calendar.shift(self.moment.today, -span))

    def instant(self, sign: int, span: Duration) -> Value:
        """Now, and a span before (or after) it."""
        assert span.delta is not None
        name = f"now{_said(span if sign > 0 else -span)}"
        return Param(name, later(self.moment.as_of, span.delta * sign))

    def now(self) -> Value:
        """The moment itself."""
        return Param("now", self.moment.as_of.astimezone(UTC))

    # ------------------------------------------------ what is worked out

    def known_day(self, at: Value) -> Value:
        """The local day of a child's instant that is not after the moment, else null."""
        return make.case([(make.compare("<=", at, self.now()), make.day_of(at))], NULL)

    def latest(self, collection: str, value: Value, where: Value) -> Value:
        """The latest day among a collection's rows that is not after today; null where there is none."""
        if collection not in self.shape.children or value == NULL:
            return NULL
        in_time = make.compare("<=", value, self.today)
        return Aggregate("max", Table(collection), make.conj([where, in_time]), value, "day")


def _said(by: Duration) -> str:
    sign = "plus" if by.count >= 0 else "minus"
    business = "business_" if by.business else ""
    return f"_{sign}_{abs(by.count)}_{business}{by.unit}{'' if abs(by.count) == 1 else 's'}"


def _entered(f: Fields) -> Value:
    if not f.has("entered", "visits") or not f.has("stage", "visits") or f.stage() == NULL:
        return NULL
    at = Column("entered", "datetime")
    here = make.compare("==", Column("stage", "choice"), make.outer(f.stage()))
    in_time = make.compare("<=", at, f.now())
    return Aggregate("max", Table("visits"), make.conj([here, in_time]), DayOf(at), "day")


def _in_stage(f: Fields) -> Value:
    entered = f.deal("stage_entered_on", "date")
    closed = f.column("closed_on", "date")
    past = [s.id for s in f.process.stages if s.after is not None]
    stage_ends = make.negate(make.is_(make.among(f.stage(), past), True)) if past else TRUE
    over = make.conj(
        [
            make.compare("!=", f.status(), make.constant("open")),
            make.negate(make.is_null(closed)),
            stage_ends,
            make.compare("<", closed, f.today),
        ]
    )
    last = make.case([(over, closed)], f.today)
    if entered == NULL:
        return NULL
    days = make.subtract(make.day_number(last), make.day_number(entered))
    return make.case([(make.compare("<=", entered, last), make.scaled(days, DAY))], NULL)


def _took_place(f: Fields) -> Value:
    return make.negate(make.is_(f.column("held", "boolean", "activities"), False))


def _last_activity(f: Fields) -> Value:
    return f.latest("activities", f.known_day(f.column("at", "datetime", "activities")), _took_place(f))


def _last_two_way(f: Fields) -> Value:
    two_way = make.is_(f.column("two_way", "boolean", "activities"), True)
    held = make.conj([two_way, _took_place(f)])
    talked = f.latest("activities", f.known_day(f.column("at", "datetime", "activities")), held)
    answered = f.latest("contacts", f.column("last_two_way_on", "date", "contacts"), TRUE)
    if NULL in (talked, answered):
        return make.coalesce(talked, answered)
    later_is_talk = make.compare(">=", talked, answered)
    return make.case([(later_is_talk, talked)], make.coalesce(answered, talked))


def _pushes(f: Fields) -> Value:
    from .history import changes

    if "close_date" not in f.process.catalogue.deal:
        return NULL
    ref = c.Ref(f.process.catalogue.deal["close_date"])
    found = changes(f, c.Changed(ref, "later", "quarter", ignore=("owner_change",)), None)
    return NULL if found is None else make.case([(make.conj([found.known, found.whole]), found.count)], NULL)


def _category(f: Fields) -> Value:
    stage = f.stage()
    known = [(make.compare("==", stage, make.constant(s.id)), make.constant(s.category)) for s in f.process.stages]
    return NULL if stage == NULL else make.case(known, NULL)


DERIVED: dict[str, Callable[[Fields], Value]] = {
    "stage_entered_on": _entered,
    "days_in_stage": _in_stage,
    "last_activity_on": _last_activity,
    "last_two_way_on": _last_two_way,
    "pushes": _pushes,
    "forecast_category": _category,
}
"""The columns' form of ``facts.DERIVED``."""
