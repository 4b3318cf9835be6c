"""Rules and deals made at random: conditions as plain YAML data, through the checker, over a rich catalogue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from dealgate.documents.conditions.children import COMPARISONS
from dealgate.documents.conditions.tests import fits
from dealgate.model.calendar import CLOCK_WORDS, Moment, Rates
from dealgate.model.deal import Deal, deal_from
from dealgate.model.fields import Field
from dealgate.model.operators import DATES, OPERATORS, Operator
from dealgate.model.process import Criterion, Process, Stage
from dealgate.model.values import end_of_day

from .world import PLACES, checked, process

AS_OF = (
    date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1), date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 1),
    date(2026, 5, 31), date(2026, 11, 23),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 15, tzinfo=UTC),
)  # fmt: skip
CURRENCIES = ("USD", "EUR", "JPY", "KWD")
WORDS = ("Budget", " BUDGET ", "the budget of ACME", "tbd", "n/a", "PO-123", "straße", "x", "", "İstanbul")
PATTERNS = ("^po-[0-9]+$", "budget|plan", "[^a-z ]", "(a|b)*c?", "a{1,2}", ".")
DURATIONS = ("0 days", "1 day", "14 days", "2 weeks", "1 month", "1 quarter", "1 year", "3 business days", "40 days")
HOURS = ("1 hour", "24 hours", "90 minutes")
FIELDS = (
    "name", "pipeline", "stage", "status", "outcome_reason", "amount", "list_amount", "discount", "approved_discount",
    "probability", "close_date", "decision_date", "created_at", "updated_at", "channel", "deal_type",
    "forecast_category", "accepted", "accepted_by", "account.employees", "account.technologies", "stage_entered_on",
    "days_in_stage", "last_two_way_on", "last_activity_on", "pushes", "closed_on", "history_since", "tools", "tier",
    "wanted_tier", "answered", "cycle", "maturity", "fit", "seats",
)  # fmt: skip
COLLECTIONS = ("contacts", "activities", "line_items", "plan_steps", "visits")


class Maker:
    """Makes conditions (plain data) and deals (plain records) from one source of chance."""

    def __init__(self, chance: Random, base: Process, as_of: date | datetime) -> None:
        self.chance, self.base = chance, base
        self.today = as_of.date() if isinstance(as_of, datetime) else as_of
        self.number = chance.randint

    def one(self, *of: Any) -> Any:
        return self.chance.choice(of)

    def likely(self, percent: int) -> bool:
        return self.number(1, 100) <= percent

    # ------------------------------------------------ values

    def day(self) -> date:
        off = self.one(0, 1, -1, 13, 14, 15, -14, -13, -15, -31, -30, 30, 90, -90, -400, self.number(-120, 120))
        return self.today + timedelta(days=off)

    def moment(self) -> datetime:
        at = time(*self.one((0, 0), (23, 59), (12, 30), (2, 30), (1, 15), (5, 0)))
        zone = self.one(UTC, UTC, self.base.calendar.zone)
        return datetime.combine(self.day(), at, zone)

    def digits(self) -> Decimal:
        whole = self.one(0, 1, 10, 99, 100, 500, self.number(0, 3000))
        return Decimal(whole) + Decimal(self.one("0", "0.5", "0.25"))

    def literal(self, field: Field) -> Any:
        """A constant as a rule writes it."""
        kind = field.type
        if kind in ("text", "person", "reference"):
            return self.one("budget", "BUDGET", "the budget of acme", "po-123", "STRASSE", "x")
        if kind in ("integer", "level"):
            return self.number(0, 4)
        if kind == "number":
            return self.digits()
        if kind == "money":
            return self.one(0, 10, 99, 100, 500, 1000)
        if kind == "percent":
            return self.one("0%", "15%", "12.5%", "100%")
        if kind in DATES:
            return self.day().isoformat()
        if kind == "duration":
            return self.one("0 days", "14 days", "2 weeks", "36 hours")
        if kind == "boolean":
            return self.likely(50)
        return self.one(*(field.options or ("new", "x", "emea")))

    def raw(self, field: Field) -> Any:
        """A value as a source writes it: mostly sound."""
        if self.likely(6):
            return self.one("tbd", "n/a", "?", "31/31/2026", "NaN", "1e3", [], {}, -1, "  ")
        kind = field.type
        if kind in ("text", "person", "reference"):
            return self.one(*WORDS)
        if kind in ("integer", "level"):
            return self.number(0, 4)
        if kind == "number":
            return self.one(self.digits(), self.digits() / 7)
        if kind == "money":
            own = {"amount": self.one(0, 10, 99, 100, 500, 1000), "currency": self.base.currency}
            return self.one(own, own, {"amount": self.one(1, 100, 999), "currency": self.one(*CURRENCIES)})
        if kind == "percent":
            return self.one("0%", "15%", "12.5%", Decimal("0.15"), Decimal(1))
        if kind == "date":
            return self.day()
        if kind == "datetime":
            return self.one(self.moment(), self.moment(), self.day(), datetime(1, 1, 1, tzinfo=UTC))
        if kind == "duration":
            return self.one("0 days", "14 days", "2 weeks", "36 hours", timedelta(days=self.number(0, 50)))
        if kind == "boolean":
            return self.likely(50)
        options = field.options or ("new", "x", "emea")
        if kind == "multi_choice":
            return self.chance.sample(options, self.number(0, len(options)))
        return self.one(*options)

    def record(self, fields: dict[str, Field], some: int = 75) -> dict[str, Any]:
        return {name: self.raw(f) for name, f in fields.items() if self.likely(some)}

    def deal(self) -> dict[str, Any]:
        """A plain record of a deal."""
        known = self.base.catalogue
        if self.likely(3):
            return {}
        record = self.record({name: known.deal[name] for name in FIELDS}, self.one(20, 60, 90))
        for name in ("days_in_stage", "stage_entered_on", "pushes", "last_two_way_on", "history_since"):
            if self.likely(70):
                record.pop(name, None)
        for name, collection in known.collections.items():
            if self.likely(20):
                continue
            many = self.one(0, 1, 2, 3, 4)
            record[name] = [self.child(name, dict(collection.fields)) for _ in range(many)]
        return record

    def child(self, name: str, fields: dict[str, Field]) -> dict[str, Any]:
        found = self.record(fields)
        if name == "evidence":
            framework = self.one(*self.base.frameworks.values())
            found["element"] = f"{framework.id}.{self.one(*framework.elements).id}"
            found["type"] = self.one("recap", "contract", "other")
            found["level"] = self.number(0, 3)
            if self.likely(60):
                found.pop("answer", None)
            for key in ("element", "type", "level", "expires"):
                if self.likely(20):
                    found.pop(key, None)
        if name == "changes":
            changed = self.one("amount", "close_date", "owner.id", "name", "tier", "created_at")
            found["field"] = changed
            field = self.base.catalogue.deal[changed]
            for side in ("from", "to"):
                value = self.raw(field)
                if isinstance(value, dict):
                    value = f"{value.get('amount')} {value.get('currency')}" if value else None
                found[side] = value if not isinstance(value, (list, timedelta)) else None
        if name == "overrides":
            found["criterion"] = f"first.c{self.number(0, 5)}"
        return found

    # ------------------------------------------------ operands

    def duration(self, field: Field | None = None) -> str:
        hours = field is not None and field.type == "datetime" and self.likely(30)
        return str(self.one(*(HOURS if hours else DURATIONS)))

    def operand(self, field: Field, own: dict[str, Field] | None, *, rank: bool = False) -> Any:
        """A literal, a parameter, a clock word or another field."""
        if self.likely(55):
            return self.literal(field)
        kind = field.type
        if kind in DATES and self.likely(60):
            clock: dict[str, Any] = {"date": self.one(*CLOCK_WORDS)}
            if self.likely(50):
                clock[self.one("plus", "minus")] = self.one(*DURATIONS)
            return clock
        if kind == "money" and self.likely(50):
            return {"param": self.one("large", "by_tier")}
        if kind == "percent" and self.likely(50):
            return {"param": "limit"}
        if kind == "integer" and self.likely(50):
            return {"param": self.one("people", "by_kind")}
        return self.other_field(field, own, rank=rank)

    def other_field(self, field: Field, own: dict[str, Field] | None, *, rank: bool) -> Any:
        families = {"integer": "number", "level": "number", "datetime": "date", "person": "text", "reference": "text"}

        def same(other: Field) -> bool:
            if families.get(other.type, other.type) != families.get(field.type, field.type):
                return False
            if field.type != "choice":
                return True
            apart = field.options and other.options and field.options != other.options
            return not apart and not (rank and not (field.options and other.options))

        deal = [name for name in FIELDS if same(self.base.catalogue.deal[name])]
        names = deal if own is None else [f"deal.{name}" for name in deal]
        names += [name for name, f in (own or {}).items() if same(f)]
        if not names:
            return self.literal(field)
        name = self.one(*names)
        other = self.base.catalogue.deal[name.removeprefix("deal.")] if name not in (own or {}) else (own or {})[name]
        found: dict[str, Any] = {"field": name}
        if other.type in ("integer", "number", "money", "percent", "duration") and self.likely(40):
            found["times"] = self.one(Decimal("0.8"), Decimal("1.5"), 2)
        if other.type in DATES and self.likely(40):
            both = other.type == "datetime" and field.type == "datetime"
            found[self.one("plus", "minus")] = self.one(*(("1 hour", "3 days") if both else ("3 days", "2 weeks")))
        return found

    def operands(self, operator: Operator, field: Field, own: dict[str, Field] | None) -> Any:
        """What stands behind an operator."""
        form, rank = operator.operand, operator.ranks and field.type == "choice"
        if form in ("one", "date", "words"):
            return self.operand(field, own, rank=rank)
        if form in ("list", "options"):
            return [self.literal(field) for _ in range(self.number(1, 3))]
        if form == "pair":
            return [self.operand(field, own, rank=rank), self.operand(field, own, rank=rank)]
        if form == "span":
            return self.one(self.duration(field), {"param": "window"})
        if form == "flag":
            return self.likely(60)
        if form == "pattern":
            return self.one(*PATTERNS)
        if form == "last_days":
            return {"days": self.number(1, 10), "of": self.one("week", "month", "quarter", "half", "year")}
        return self.changes(field)

    def changes(self, field: Field) -> dict[str, Any]:
        """The keys of ``changed``."""
        found: dict[str, Any] = {}
        kind = field.type
        if kind in DATES:
            found["direction"] = self.one("later", "earlier", "any")
            if self.likely(50):
                found["across"] = self.one("week", "month", "quarter", "half", "year")
            if self.likely(30):
                found["by"] = {self.one("above", "at_most"): "14 days"}
        elif kind == "money":
            found["direction"] = self.one("up", "down", "any")
            if self.likely(60):
                found["by"] = {self.one("above", "at_least", "below"): self.one("20%", {"param": "limit"}, 100)}
        if self.likely(30):
            found["since"] = self.one(
                {"field": "stage_entered_on"}, self.day().isoformat(), {"date": "start_of_quarter"}
            )
        if self.likely(30):
            found["within_last"] = self.one("60 days", "1 month", "10 business days")
        if self.likely(30):
            found["ignore"] = ["owner_change", "import"]
        if self.likely(40):
            found["at_least"] = self.number(1, 3)
        return found or {"direction": "any"}

    # ------------------------------------------------ conditions

    def test(self, own: dict[str, Field] | None = None) -> dict[str, Any]:
        """One test of one field, with one or two operators."""
        reach_out = own is not None and self.likely(20)
        if own is None or reach_out:
            name = self.one(*FIELDS)
            field = self.base.catalogue.deal[name]
            spelled = f"deal.{name}" if reach_out else name
        else:
            spelled = name = self.one(*own)
            field = own[name]
        fitting = [
            o for o in OPERATORS.values()
            if fits(o, field) and not (o.key == "changed" and own is not None)
            and not (o.ranks and field.type == "choice" and not field.options)
        ]  # fmt: skip
        chosen = self.chance.sample(fitting, min(len(fitting), self.one(1, 1, 1, 2)))
        return {"field": spelled, **{o.key: self.operands(o, field, own) for o in chosen}}

    def where(self, collection: str, depth: int = 0) -> dict[str, Any]:
        own = dict(self.base.catalogue.collections[collection].fields)
        if depth > 2 or self.likely(60):
            return self.test(own)
        if self.likely(20):
            return {"not": self.where(collection, depth + 1)}
        return {self.one("all", "any"): [self.where(collection, depth + 1) for _ in range(self.number(1, 3))]}

    def compared(self, field: Field) -> dict[str, Any]:
        operator = self.one(*COMPARISONS.values())
        return {operator.key: self.operands(operator, field, None)}

    def records(self) -> dict[str, Any]:
        """A test on a collection."""
        collection = self.one(*COLLECTIONS, "evidence")
        kind = self.one("some", "every", "none", "count", "count", "sum")
        where = {"where": self.where(collection)} if self.likely(80) or kind == "every" else {}
        if kind == "sum":
            of = self.one("amount", "pieces", "quantity", "lead_time")
            field = self.base.catalogue.collections["line_items"].fields[of]
            where = {"where": self.where("line_items")} if where else {}
            return {"sum": "line_items", "of": of, **where, **self.compared(field)}
        if kind == "count":
            distinct = {"distinct": self.one(*self.base.catalogue.collections[collection].fields)}
            counted = Field("count", "integer", "Count")
            return {"count": collection, **where, **(distinct if self.likely(40) else {}), **self.compared(counted)}
        return {kind: collection, **where}

    def framework(self) -> dict[str, Any]:
        """A test on a framework."""
        framework = self.one(*self.base.frameworks.values())
        element = self.one(*framework.elements).id
        found: dict[str, Any] = {"framework": framework.id}
        kind = self.one("level", "level", "filled", "answer", "is", "score", "band")
        if kind == "score" and (framework.score or self.likely(50)):
            method = self.one("count_at_least", "sum", "weighted", "lowest", *["total"] * 4 * bool(framework.score))
            counted = {"level": self.number(framework.lowest, framework.highest)} if method == "count_at_least" else {}
            return {**found, "score": method, **counted, **self.compared(Field("score", "number", "Score"))}
        if kind == "band" and framework.score and framework.score.bands:
            return {**found, "band": self.one(*framework.score.bands).id, "or_better": self.likely(50)}
        if kind == "answer":
            return {**found, "element": element, "answer": self.one("yes", "no", "not_applicable")}
        if kind == "is":
            words = self.chance.sample(["qualified", "not_qualified", "disqualified", "nurture", "unknown"], 2)
            return {**found, **self.one({"is": words[0]}, {"in": words}, {"is_not": words[0]}, {"not_in": words})}
        if kind == "filled":
            return {**found, "element": element, "filled": self.likely(50)}
        level: Callable[[], int] = lambda: self.number(framework.lowest, framework.highest)  # noqa: E731
        key = self.one(*COMPARISONS)
        operand = {"list": [level(), level()], "pair": [level(), level()]}.get(OPERATORS[key].operand, level())
        return {**found, "element": element, key: operand}

    def evidence(self) -> dict[str, Any]:
        found: dict[str, Any] = {"evidence": self.one("recap", "contract", "any")}
        if self.likely(60):
            found["at_least"] = self.number(1, 3)
        if self.likely(40):
            found["from_buyer"] = self.likely(50)
        if self.likely(40):
            found["within_last"] = self.one("30 days", "1 month", "10 business days")
        return found

    def condition(self, before: tuple[str, ...] = (), depth: int = 0) -> dict[str, Any]:
        """Any condition; ``before`` are the criteria it may lean on."""
        if depth == 0 and self.likely(3):
            found = self.test()
            for _ in range(40):
                found = {self.one("all", "any"): [found, self.test()]} if self.likely(80) else {"not": found}
            return found
        if depth < 3 and self.likely(35):
            if self.likely(30):
                return {"not": self.condition(before, depth + 1)}
            many = self.number(1, 3)
            return {self.one("all", "any"): [self.condition(before, depth + 1) for _ in range(many)]}
        kind = self.one("test", "test", "test", "records", "records", "framework", "evidence", "named", "criterion")
        if kind == "criterion" and before:
            return {"criterion": self.one(*before)}
        if kind == "named":
            return {"condition": self.one("engaged", "large-deal")}
        return {"records": self.records, "framework": self.framework, "evidence": self.evidence}.get(kind, self.test)()


@dataclass(repr=False)
class Generated:
    """A process with criteria made at random, a moment, and deals."""

    process: Process
    rules: tuple[Any, ...]
    moment: Moment
    rates: Rates | None
    deals: tuple[Deal, ...]
    seed: int = 0

    def __repr__(self) -> str:
        return f"generate(Random({self.seed}))"


def seeded(seed: int, criteria: int, deals: int) -> Generated:
    """What a seed makes."""
    made = generate(Random(seed), criteria, deals)
    made.seed = seed
    return made


def generate(chance: Random, criteria: int = 6, deals: int = 4) -> Generated:
    """Criteria that lean on each other, and deals, all from one source of chance."""
    place = chance.randrange(len(PLACES))
    base, as_of = process(place), chance.choice(AS_OF)
    make = Maker(chance, base, as_of)
    before: tuple[str, ...] = ()
    built, rules = [], []
    for n in range(criteria):
        name = f"first.c{n}"
        check = make.condition(before)
        applies = make.condition(before) if make.likely(30) else None
        rules.append((check, applies))
        built.append(
            Criterion(
                name,
                f"Criterion {n}",
                checked(check, base, place, before),
                "exit",
                "first",
                applies_when=None if applies is None else checked(applies, base, place, before),
            )
        )
        before = (*before, name)
    chance.shuffle(built)
    stages = (Stage("first", "First", exit=tuple(built)), *base.stages[1:])
    whole = base.replace(stages=stages)
    rates = None
    if make.likely(60):
        early, late = date(2025, 1, 1), date(2026, 11, 1)
        table = {c: ((early, Decimal("0.9")), (late, Decimal("1.1"))) for c in CURRENCIES if c != base.currency}
        table.pop(make.one("JPY", "none"), None)
        rates = Rates(base.currency, table)
    at = as_of if isinstance(as_of, datetime) else end_of_day(as_of, base.calendar.zone)
    made = tuple(deal_from({"id": str(n), **make.deal()}, whole.catalogue, whole.reading)[0] for n in range(deals))
    return Generated(whole, tuple(rules), Moment(at, base.calendar, base.currency, rates), rates, made)


def cases(criteria: int = 6, deals: int = 4) -> st.SearchStrategy[Generated]:
    """Generated processes with deals; a seed finds any of them again."""
    return st.integers(0, 2**48).map(lambda seed: seeded(seed, criteria, deals))
