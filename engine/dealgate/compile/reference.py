"""The language's meaning: a small tree walker. Every other back end must agree with it to the last unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..model import condition as c
from ..model.calendar import Moment
from ..model.deal import Deal, Record
from ..model.framework import Framework
from ..model.operators import Operator, over_range
from ..model.process import Criterion, Process
from ..model.values import Duration, later, local_date, times
from ..model.verdict import FrameworkResult, Status
from . import facts


@dataclass(slots=True)
class Walk:
    """One deal at one moment under one process; remembers what several conditions ask."""

    process: Process
    deal: Deal
    moment: Moment
    _elements: dict[str, dict[str, facts.ElementState]] = field(default_factory=dict)
    _statuses: dict[str, Status] = field(default_factory=dict)
    _criteria: Mapping[str, Criterion] = field(default_factory=dict)
    _place: str = ""
    """Where the record stands whose ``where`` is asked, as ``Deal.unfit`` spells it."""

    # ------------------------------------------------ reading

    def value(self, ref: c.Ref, child: Record | None) -> Any:
        """A field's typed value, None where missing."""
        if ref.child:
            assert child is not None
            return child.get(ref.name)
        return facts.deal_value(self.deal, ref.name, self.moment, self.process)

    def operand(
        self, operand: c.Operand, child: Record | None, *, day: bool, rank: bool = False, beside: Any = None
    ) -> Any:
        """An operand's comparable value, None where missing; ``beside`` is the amount it is compared with."""
        if isinstance(operand, c.Literal):
            value = operand.value
            return local_date(value, self.moment.calendar.zone) if day and isinstance(value, datetime) else value
        if isinstance(operand, c.Clock):
            today = self.moment.calendar.word(operand.word, self.moment.today)
            return self.moment.calendar.shift(today, operand.plus) if operand.plus else today
        if isinstance(operand, c.ByField):
            chosen = self.value(operand.ref, child)
            found = dict(operand.values).get(chosen, operand.otherwise) if chosen is not None else None
            return None if found is None else found.value
        value = self.value(operand.ref, child)
        value = facts.comparable(value, operand.ref.field, self.moment, day=day, rank=rank, beside=beside)
        if value is None:
            return None
        return shifted(value, operand, self.moment)

    # ------------------------------------------------ conditions

    def holds(self, node: c.Condition, child: Record | None = None) -> bool | None:
        """True, false or None (unknown)."""
        match node:
            case c.All():
                return all_of([self.holds(p, child) for p in node.parts])
            case c.AnyOf():
                return invert(all_of([invert(self.holds(p, child)) for p in node.parts]))
            case c.Not():
                return invert(self.holds(node.part, child))
            case c.Named():
                return self.holds(node.body, child)
            case c.Test():
                return self.test(node, child)
            case c.Children() | c.Count() | c.Sum():
                return self.children(node)
            case c.Changed():
                return self.changed(node, child)
            case c.Proof():
                kind = self.process.evidence_types.get(node.type)
                return facts.proof(node, kind.max_age if kind else None, self.deal, self.moment)
            case c.CriterionRef():
                return {Status.MET: True, Status.NOT_APPLICABLE: True, Status.UNMET: False}.get(
                    self.status(node.criterion)
                )
        return self.framework(node, child)

    def test(self, node: c.Test, child: Record | None) -> bool | None:
        """One operator on one field."""
        ref, operator = node.ref, node.operator
        value = self.value(ref, child)
        if operator.key == "placeholder":
            raw = self.deal.unfit.get(f"{self._place}.{ref.name}" if ref.child else ref.name)
            want = self.operand(node.operands[0], child, day=False)
            return operator.test(raw is not None and raw.placeholder, want)
        if operator.key == "filled":
            return operator.test(value, self.operand(node.operands[0], child, day=False))
        if value is None:
            return None
        if operator.operand == "pattern":
            pattern = node.operands[0]
            assert isinstance(pattern, c.Literal)
            return operator.test(value.strip(), pattern.value)
        if node.last_days is not None:
            return in_last(local_date(value, self.moment.calendar.zone), node.last_days, self.moment)
        if node.span is not None and not node.day:
            return operator.test(value, *span_bounds(operator.key, node.span, self.moment))
        other = c.amount_beside(node)
        beside, mine = (self.value(other, child), value) if other is not None else (None, None)
        value = facts.comparable(value, ref.field, self.moment, day=node.day, rank=operator.ranks, beside=beside)
        operands = [self.operand(o, child, day=node.day, rank=operator.ranks, beside=mine) for o in node.operands]
        return None if value is None or None in operands else operator.test(value, *operands)

    def children(self, node: c.Children | c.Count | c.Sum) -> bool | None:
        """some, every, none, count and sum over a collection: ranges while a record's ``where`` is unknown."""
        records = self.deal.children.get(node.collection)
        if records is None:
            return None
        found: list[tuple[Record, bool | None]] = []
        for n, record in enumerate(records):
            self._place = f"{node.collection}[{n}]"
            found.append((record, True if node.where is None else self.holds(node.where, record)))
        if isinstance(node, c.Children):
            if node.kind == "every":
                return all_of([answer for _, answer in found])
            some = invert(all_of([invert(answer) for _, answer in found]))
            return some if node.kind == "some" else invert(some)
        operands = [self.operand(o, None, day=False) for o in node.operands]
        if isinstance(node, c.Sum):
            values = [
                (facts.comparable(r.get(node.of.name), node.of.field, self.moment), a)
                for r, a in found
                if a is not False
            ]
            if any(v is None or a is None for v, a in values) or None in operands:
                return None
            return node.operator.test(total([v for v, _ in values], node.of.field.type), *operands)
        low, high = counted(found, node.distinct, self.moment)
        return None if None in operands else over_range(node.operator, low, high, tuple(operands))

    def changed(self, node: c.Changed, child: Record | None) -> bool | None:
        """The field's changes, counted."""
        since = None
        if node.since is not None:
            since = self.operand(node.since, child, day=True)
            if since is None:
                return None
        counted_ = facts.count_changes(node, since, self.deal, self.moment, self.process.reading)
        if counted_ is None:
            return None
        count, whole = counted_
        return True if count >= node.at_least else False if whole else None

    # ------------------------------------------------ frameworks

    def states(self, framework: Framework) -> dict[str, facts.ElementState]:
        """Where each element stands."""
        if framework.id not in self._elements:
            self._elements[framework.id] = facts.elements(self.deal, framework, self.moment)
        return self._elements[framework.id]

    def framework(self, node: c.Condition, child: Record | None) -> bool | None:
        """Tests on a framework: element level or answer, status, score, band."""
        assert isinstance(node, (c.ElementLevel, c.ElementAnswer, c.FrameworkIs, c.FrameworkScore, c.FrameworkBand))
        framework = self.process.frameworks[node.framework]
        states = self.states(framework)
        if isinstance(node, c.ElementLevel):
            operands = [self.operand(o, child, day=False) for o in node.operands]
            return level_test(states[node.element], node.operator, operands)
        if isinstance(node, c.ElementAnswer):
            answer = states[node.element].answer
            return None if answer is None else answer == node.answer
        if isinstance(node, c.FrameworkIs):
            status = self.framework_status(framework)[0]
            return None if status == "unknown" and "unknown" not in node.statuses else status in node.statuses
        score = framework.scored(node.method, node.level) if isinstance(node, c.FrameworkScore) else framework.score
        span = facts.score_range(framework, states, score)
        if span is None:
            return None
        if isinstance(node, c.FrameworkScore):
            operands = [self.operand(o, child, day=False) for o in node.operands]
            return None if None in operands else over_range(node.operator, *span, fractions(operands))
        return band_test(framework, span, node)

    def framework_status(self, framework: Framework) -> tuple[str, str | None]:
        """The framework's status and what disqualified the deal, if anything did."""
        undecided = False
        for disqualifier in framework.disqualify:
            answer = self.holds(disqualifier.when)
            if answer:
                return disqualifier.then, disqualifier.id
            undecided = undecided or answer is None
        if framework.qualified_when is not None:
            answer = self.holds(framework.qualified_when)
        else:
            span = facts.score_range(framework, self.states(framework), framework.score)
            has_mark = span is not None and framework.score is not None and framework.score.pass_mark is not None
            answer = facts.passes(framework, span) if span is not None and has_mark else None
        if answer and undecided:
            return "unknown", None  # what may yet disqualify it has not been asked
        return {True: "qualified", False: "not_qualified", None: "unknown"}[answer], None

    def framework_result(self, framework: Framework) -> FrameworkResult:
        """The scorecard."""
        states = self.states(framework)
        span = facts.score_range(framework, states, framework.score)
        band = None
        if span is not None and framework.score is not None and framework.score.bands:
            low, high = (facts.band_of(framework, s) for s in span)
            band = low.id if low is not None and low == high else None
        status, by = self.framework_status(framework)
        return FrameworkResult(
            framework.id,
            status,
            {k: s.level for k, s in states.items()},
            {k: s.answer for k, s in states.items() if s.answer is not None},
            span,
            band,
            tuple(k for k, s in states.items() if s.level is None and s.answer is None),
            tuple(k for k, s in states.items() if s.undated),
            by,
        )

    # ------------------------------------------------ criteria

    def status(self, criterion_id: str) -> Status:
        """A criterion's verdict before overrides."""
        if criterion_id not in self._statuses:
            if not self._criteria:
                self._criteria = {k.id: k for k in self.process.criteria}
            self._statuses[criterion_id] = self.verdict(self._criteria[criterion_id])
        return self._statuses[criterion_id]

    def verdict(self, criterion: Criterion) -> Status:
        """``(not applies_when) or check``; not applicable where applies_when is false."""
        applies = True if criterion.applies_when is None else self.holds(criterion.applies_when)
        if applies is False:
            return Status.NOT_APPLICABLE
        check = self.holds(criterion.check)
        if check:
            return Status.MET
        return Status.UNMET if check is False and applies else Status.UNKNOWN


def invert(answer: bool | None) -> bool | None:
    """Three-valued not."""
    return None if answer is None else not answer


def all_of(answers: list[bool | None]) -> bool | None:
    """Three-valued and: false if any is false, else unknown if any is unknown."""
    return False if False in answers else None if None in answers else True


def shifted(value: Any, operand: c.FieldOperand, moment: Moment) -> Any:
    """A field's value times a ratio, or plus a duration."""
    if operand.times is not None:
        return _longer(value, operand.times) if isinstance(value, timedelta) else times(value, operand.times)
    if operand.plus is None:
        return value
    if isinstance(value, datetime):
        delta = operand.plus.delta
        assert delta is not None
        return later(value, delta)
    return moment.calendar.shift(value, operand.plus)


def _longer(length: timedelta, ratio: Decimal) -> timedelta:
    microseconds = Fraction(length // timedelta(microseconds=1)) * Fraction(ratio)
    try:
        return timedelta(microseconds=round(microseconds))
    except OverflowError:
        return timedelta.max if microseconds > 0 else timedelta.min


def span_bounds(key: str, span: Duration, moment: Moment) -> tuple[datetime, ...]:
    """The instants of within_last, within_next and older_than in hours or minutes."""
    now, length = moment.as_of, span.delta
    assert length is not None  # the checker refuses business hours here
    before = later(now, -length)
    return {"within_last": (before, now), "within_next": (now, later(now, length)), "older_than": (before,)}[key]


def in_last(day: Any, last_days: tuple[int, str], moment: Moment) -> bool:
    """Whether a day is among the last of its own period."""
    count, period = last_days
    last = moment.calendar.period(day, period)[1]
    return bool((last - day).days < count)


def total(values: list[Any], kind: str) -> Any:
    """An exact sum; of nothing it is 0 (of durations, no time)."""
    if kind == "duration":
        return sum(values, timedelta())
    return sum((Fraction(v) for v in values), Fraction(0))


def counted(found: list[tuple[Record, bool | None]], distinct: c.Ref | None, moment: Moment) -> tuple[int, int]:
    """Sure and possible matches, or distinct values among them (a record without the value may hold another one)."""
    sure = [r for r, answer in found if answer]
    maybe = [r for r, answer in found if answer is not False]
    if distinct is None:
        return len(sure), len(maybe)
    low, high = (
        [facts.comparable(r.get(distinct.name), distinct.field, moment) for r in records] for records in (sure, maybe)
    )
    return len({*low} - {None}), len({*high} - {None}) + high.count(None)


def level_test(state: facts.ElementState, operator: Operator, operands: list[Any]) -> bool | None:
    """An operator on an element's level: what does not apply needs no proof; what is missing is unknown."""
    if operator.sees_missing:
        return operator.test(state.answer, *operands)
    if state.answer == "not_applicable":
        return True
    return None if state.level is None or None in operands else operator.test(state.level, *operands)


def band_test(framework: Framework, span: tuple[Fraction, Fraction], node: c.FrameworkBand) -> bool | None:
    """Whether a score range lies in a band (or better), None while it can be either."""
    assert framework.score is not None
    order = [b.id for b in framework.score.bands]
    wanted = order.index(node.band)
    answers = set()
    bands = [facts.band_of(framework, s) for s in span]
    places = [order.index(b.id) if b is not None else len(order) for b in bands]
    for place in range(min(places), max(places) + 1):
        answers.add(place <= wanted if node.or_better else place == wanted)
    return answers.pop() if len(answers) == 1 else None


def fractions(operands: list[Any]) -> tuple[Any, ...]:
    """Operands as exact fractions, which scores are."""
    return tuple(
        tuple(Fraction(x) for x in o) if isinstance(o, (tuple, frozenset, list)) else Fraction(o) for o in operands
    )
