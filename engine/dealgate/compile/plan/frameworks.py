"""Frameworks as values: each element's level and answer, scores as ranges, statuses and bands."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from ...model import condition as c
from ...model.framework import Band, Framework, Score
from ...model.operators import Operator
from ...model.values import Duration
from . import make
from .make import FALSE, NULL, TRUE
from .nodes import Aggregate, Column, Constant, IntDiv, Least, Param, Sign, Table, Value

if TYPE_CHECKING:
    from .fields import Fields

_EVIDENCE = Table("evidence")
_EPOCH = date(1970, 1, 1).toordinal()
_PLACES = 1 << 20
"""Pieces of evidence a deal may have."""
_ABOVE_ALL = 1 << 30
"""Higher than any level."""
_ONE = Constant(1)


@dataclass(frozen=True, slots=True)
class Element:
    """Where an element stands: its level (null: missing) and answer (yes, no, not_applicable, or null)."""

    level: Value
    answer: Value

    @property
    def excluded(self) -> Value:
        """Whether it does not apply."""
        return make.is_(make.compare("==", self.answer, make.constant("not_applicable")), True)


@dataclass(frozen=True, slots=True)
class Ratio:
    """An exact score: ``part`` over ``whole``, which is above 0."""

    part: Value
    whole: Value = _ONE

    def compared(self, sign: Sign, other: Value) -> Value:
        """The score compared with a number."""
        return make.compare(sign, self.part, make.product(other, self.whole))


class Frameworks:
    """Lowers tests on frameworks. ``holds`` lowers the conditions inside them."""

    def __init__(self, f: Fields, holds: Callable[[c.Condition], Value]) -> None:
        self.f, self.holds = f, holds
        self._elements: dict[tuple[str, str], Element] = {}
        self._scores: dict[tuple[str, str, int | None], tuple[Ratio, Ratio] | None] = {}
        self._statuses: dict[str, Value] = {}

    # ------------------------------------------------ evidence

    def _column(self, name: str, kind: str) -> Value:
        return self.f.column(name, kind, "evidence")

    def valid(self, max_age: Duration | None) -> Value:
        """Whether a piece of evidence still counts; never null."""
        dated, expires = self._column("dated", "date"), self._column("expires", "date")
        over = [make.is_(make.compare("<", expires, self.f.today), True)]
        if max_age is not None:
            over.append(make.is_(make.compare("<", dated, self.first_valid(max_age)), True))
        return make.conj([make.negate(o) for o in over])

    def first_valid(self, max_age: Duration) -> Value:
        """The first day on which evidence may be dated that is not older than ``max_age`` today."""
        moment = self.f.moment
        last = moment.today.toordinal()
        shift = moment.calendar.shift
        # what a day comes to never falls as days advance, so the first that reaches today can be halved out
        low = max(1, last - 366 * 200)
        found = bisect_left(range(low, last), moment.today, key=lambda n: shift(date.fromordinal(n), max_age))
        return Param(f"first_valid_{str(max_age).replace(' ', '_')}", date.fromordinal(low + found))

    def level(self, floor: int, *, concerns: bool = False) -> Value:
        """A piece's level: what is undated or dated after today is no better than 1."""
        level, dated = self._column("level", "level"), self._column("dated", "date")
        if floor == 1:
            level = make.coalesce(level, make.constant(1))
        elif level == NULL:
            return NULL
        sure = make.is_(make.compare("<=", dated, self.f.today), True)
        better = make.compare(">" if concerns else "<", level, make.constant(1))
        weak = make.case([(better, level)], make.constant(1))
        weak = weak if floor == 1 else make.case([(make.is_null(level), NULL)], weak)
        if isinstance(level, Constant) and level.value == 1:
            return level
        return make.case([(sure, level)], weak)

    def proof_level(self) -> Value:
        """A piece's level as proof of its type: asserted where it says nothing, or 0."""
        level = self.level(1)
        return make.case([(make.compare("==", level, make.constant(0)), make.constant(1))], level)

    def element(self, framework: Framework, name: str) -> Element:
        """Where an element stands, from its best valid evidence."""
        key = (framework.id, name)
        if key not in self._elements:
            found = framework.element(name)
            assert found is not None
            self._elements[key] = self._state(framework, name, found.max_age)
        return self._elements[key]

    def _state(self, framework: Framework, name: str, max_age: Duration | None) -> Element:
        f, hint = self.f, f"{framework.id}_{name}".replace("-", "_")
        if not f.has("element", "evidence"):
            return Element(NULL, NULL)
        own = make.compare("==", self._column("element", "reference"), make.constant(f"{framework.id}.{name}"))
        mine = make.conj([own, self.valid(max_age)])
        answer = self._column("answer", "choice")
        day = make.add(
            make.coalesce(make.day_number(self._column("dated", "date")), make.constant(1 - _EPOCH)),
            make.constant(_EPOCH),
        )
        level = self.level(framework.lowest, concerns=framework.concerns)
        if answer == NULL:
            best: Value = NULL if level == NULL else Aggregate("max", _EVIDENCE, mine, level)
            best = f.share(f"{hint}_level", best)
            return Element(best, make.case([(make.is_null(best), NULL)], make.constant("yes")))
        no, beside = (make.compare("==", answer, make.constant(word)) for word in ("no", "not_applicable"))
        positive = make.conj([mine, make.negate(make.is_(make.disj([no, beside]), True))])
        denied = f.share(f"{hint}_denied", Aggregate("max", _EVIDENCE, make.conj([mine, no]), day))
        after = make.disj([make.outer(make.is_null(denied)), make.compare(">", day, make.outer(denied))])
        since = make.conj([positive, after])
        best = NULL if level == NULL else Aggregate("max", _EVIDENCE, since, level)
        stands = make.compare(">", Aggregate("count", _EVIDENCE, since), make.constant(0))
        excluded = self._excluded(hint, mine, day, no, beside, answer)
        refused = make.conj([make.negate(make.is_null(denied)), make.negate(stands)])
        level_now = make.case([(excluded, NULL), (refused, make.constant(framework.denied))], best)
        level_now = f.share(f"{hint}_level", level_now)
        said = make.case(
            [
                (excluded, make.constant("not_applicable")),
                (refused, make.constant("no")),
                (make.is_null(level_now), NULL),
            ],
            make.constant("yes"),
        )
        return Element(level_now, f.share(f"{hint}_answer", said))

    def _excluded(self, hint: str, mine: Value, day: Value, no: Value, beside: Value, answer: Value) -> Value:
        """Whether the last that was said (a no before others of its day, then the first of them) is: not applicable.

        Day, no and place are packed into one number, so that the greatest is the one that counts.
        """
        reason = make.negate(make.is_null(self._column("reason", "text")))
        said = make.conj([mine, make.negate(make.is_null(answer)), make.disj([make.negate(beside), reason])])
        no, beside = (make.case([(truth, make.constant(1))], make.constant(0)) for truth in (no, beside))
        place = make.subtract(make.constant(_PLACES - 1), Column("position", "integer"))
        key = make.add(make.scaled(day, 4 * _PLACES), make.scaled(no, 2 * _PLACES), make.scaled(place, 2), beside)
        last = self.f.share(f"{hint}_said", Aggregate("max", _EVIDENCE, said, key))
        odd = make.compare("!=", make.scaled(IntDiv(last, 2), 2), last)
        return make.is_(odd, True)

    # ------------------------------------------------ scores

    def score(
        self, framework: Framework, method: str = "total", level: int | None = None
    ) -> tuple[Ratio, Ratio] | None:
        """The lowest and highest a score can be while missing elements range over all levels."""
        key = (framework.id, method, level)
        if key not in self._scores:
            score = framework.scored(method, level)
            hint = "_".join(str(part) for part in key if part not in ("total", None)).replace("-", "_")
            self._scores[key] = None if score is None else self._score(framework, score, hint)
        return self._scores[key]

    def _score(self, framework: Framework, score: Score, hint: str) -> tuple[Ratio, Ratio]:
        states = [self.element(framework, e.id) for e in framework.elements]
        sides = []
        for side, missing in (("low", framework.lowest), ("high", framework.highest)):
            levels = [make.coalesce(s.level, make.constant(missing)) for s in states]
            if score.method == "count_at_least":
                reach = [make.compare(">=", level, make.constant(score.level)) for level in levels]
                ones = [
                    make.case([(make.disj([s.excluded, r]), make.constant(1))], make.constant(0))
                    for s, r in zip(states, reach, strict=True)
                ]
                found = Ratio(make.add(*ones))
            elif score.method == "lowest":
                found = Ratio(self._lowest(states, levels, framework.highest))
            elif score.method == "sum":
                found = Ratio(make.add(*self._counting(states, levels, [1] * len(levels))))
            else:
                found = self._weighted(framework, states, levels)
            sides.append(Ratio(self.f.share(f"{hint}_{side}", found.part), self.f.share(f"{hint}_whole", found.whole)))
        return sides[0], sides[1]

    def _counting(self, states: Sequence[Element], levels: Sequence[Value], weights: Sequence[int]) -> list[Value]:
        return [
            make.case([(s.excluded, make.constant(0))], make.scaled(level, w) if w else make.constant(0))
            for s, level, w in zip(states, levels, weights, strict=True)
        ]

    def _lowest(self, states: Sequence[Element], levels: Sequence[Value], highest: int) -> Value:
        parts = [
            make.case([(s.excluded, make.constant(_ABOVE_ALL))], level) for s, level in zip(states, levels, strict=True)
        ]
        least: Value = Least(tuple(parts)) if len(parts) > 1 else parts[0] if parts else make.constant(highest)
        if not any(s.excluded != FALSE for s in states):
            return least
        none = make.conj([s.excluded for s in states])
        return make.case([(none, make.constant(highest))], least)

    def _weighted(self, framework: Framework, states: Sequence[Element], levels: Sequence[Value]) -> Ratio:
        """100 × Σ weight·level over Σ weight·highest, of the elements that apply; 100 where none weighs anything."""
        scale = max((-_exponent(e.weight) for e in framework.elements), default=0)
        weights = [int(Fraction(e.weight) * 10**scale) for e in framework.elements]
        ones = [make.constant(framework.highest)] * len(states)
        part = make.scaled(make.add(make.constant(0), *self._counting(states, levels, weights)), 100)
        whole = make.add(make.constant(0), *self._counting(states, ones, weights))
        nothing = make.compare("==", whole, make.constant(0))
        return Ratio(make.case([(nothing, make.constant(100))], part), make.case([(nothing, make.constant(1))], whole))

    # ------------------------------------------------ tests

    def test(self, node: c.Condition) -> Value:
        """Tests on a framework: element level or answer, status, score, band."""
        assert isinstance(node, (c.ElementLevel, c.ElementAnswer, c.FrameworkIs, c.FrameworkScore, c.FrameworkBand))
        framework = self.f.process.frameworks[node.framework]
        if isinstance(node, c.ElementLevel):
            operands = [self.f.operand(o, None, day=False) for o in node.operands]
            return self._level(self.element(framework, node.element), node.operator, operands)
        if isinstance(node, c.ElementAnswer):
            return make.compare("==", self.element(framework, node.element).answer, make.constant(node.answer))
        if isinstance(node, c.FrameworkIs):
            found = self.status(framework)
            inside = make.among(found, node.statuses)
            if "unknown" in node.statuses:
                return inside
            return make.case([(make.compare("==", found, make.constant("unknown")), NULL)], inside)
        if isinstance(node, c.FrameworkBand):
            span = self.score(framework)
            return NULL if span is None else self._band(framework, span, node)
        span = self.score(framework, node.method, node.level)
        if span is None:
            return NULL
        operands = [self.f.operand(o, None, day=False) for o in node.operands]
        if NULL in operands:
            return NULL
        missing = [o for o in operands if self.f.nullable(o, None)]
        return make.guarded(missing, _over_range(node.operator, *span, operands))

    def _level(self, state: Element, operator: Operator, operands: Sequence[Value]) -> Value:
        from .conditions import exact

        if operator.sees_missing:
            flag = operands[0]
            assert isinstance(flag, Constant)
            missing = make.is_null(state.answer)
            return make.negate(missing) if flag.value else missing
        if NULL in operands or state.level == NULL:
            answer: Value = NULL
        else:
            absent = [o for o in (state.level, *operands) if self.f.nullable(o, None)]
            answer = make.guarded(absent, exact(operator, state.level, operands))
        return make.case([(state.excluded, TRUE)], answer)

    def status(self, framework: Framework) -> Value:
        """qualified, not_qualified, disqualified, nurture or unknown; never null."""
        if framework.id in self._statuses:
            return self._statuses[framework.id]
        branches, doubts = [], []
        for disqualifier in framework.disqualify:
            answer = self.holds(disqualifier.when)
            branches.append((answer, make.constant(disqualifier.then)))
            doubts.append(make.is_(answer, None))
        if framework.qualified_when is not None:
            qualified = self.holds(framework.qualified_when)
        else:
            qualified = self._passes(framework)
        branches.append((make.conj([qualified, make.disj(doubts)]), make.constant("unknown")))
        branches.append((qualified, make.constant("qualified")))
        branches.append((make.is_(qualified, False), make.constant("not_qualified")))
        found = self.f.share(f"{framework.id.replace('-', '_')}_status", make.case(branches, make.constant("unknown")))
        self._statuses[framework.id] = found
        return found

    def _passes(self, framework: Framework) -> Value:
        score, span = framework.score, self.score(framework)
        if score is None or span is None or score.pass_mark is None:
            return NULL
        mark = make.constant(score.pass_mark)
        low, high = (side.compared("<=" if score.direction == "lower" else ">=", mark) for side in span)
        return make.case([(make.conj([low, high]), TRUE), (make.disj([low, high]), NULL)], FALSE)

    def _band(self, framework: Framework, span: tuple[Ratio, Ratio], node: c.FrameworkBand) -> Value:
        assert framework.score is not None
        bands = framework.score.bands
        wanted = make.constant([b.id for b in bands].index(node.band))
        low, high = (_place(bands, side) for side in span)
        if node.or_better:
            first, last = (make.compare("<=", place, wanted) for place in (low, high))
            return make.case([(make.conj([first, last]), TRUE), (make.disj([first, last]), NULL)], FALSE)
        here = [make.compare("==", place, wanted) for place in (low, high)]
        below, above = (make.conj([make.compare(s, p, wanted) for p in (low, high)]) for s in ("<", ">"))
        return make.case([(make.conj(here), TRUE), (make.disj([below, above]), FALSE)], NULL)


def _exponent(weight: Decimal) -> int:
    exponent = weight.as_tuple().exponent
    assert isinstance(exponent, int)
    return min(exponent, 0)


def _place(bands: Sequence[Band], score: Ratio) -> Value:
    """The place of the best band that a score reaches; after the last where it reaches none."""
    branches = []
    for n, band in enumerate(bands):
        marks = []
        if band.at_least is not None:
            marks.append(score.compared(">=", make.constant(band.at_least)))
        if band.at_most is not None:
            marks.append(score.compared("<=", make.constant(band.at_most)))
        branches.append((make.conj(marks), make.constant(n)))
    return make.case(branches, make.constant(len(bands)))


def _over_range(operator: Operator, low: Ratio, high: Ratio, operands: Sequence[Value]) -> Value:
    """An operator on a score known only to lie in [low, high] (see ``operators.over_range``)."""
    from .conditions import SIGNS

    key = operator.key
    if operator.over in ("rising", "falling"):
        first, last = (side.compared(SIGNS[key], operands[0]) for side in (low, high))
        return make.case([(make.conj([first, last]), TRUE), (make.disj([first, last]), NULL)], FALSE)
    if key == "between":
        a, b = operands
        inside = make.conj([low.compared(">=", a), high.compared("<=", b)])
        return make.case([(inside, TRUE), (make.disj([high.compared("<", a), low.compared(">", b)]), FALSE)], NULL)
    listed = isinstance(operands[0], Constant) and isinstance(operands[0].value, (tuple, frozenset, list))
    points = [make.constant(v) for v in operands[0].value] if listed else list(operands)  # type: ignore[union-attr]
    at = make.disj([make.conj([low.compared("==", p), high.compared("==", p)]) for p in points])
    touched = make.disj([make.conj([low.compared("<=", p), high.compared(">=", p)]) for p in points])
    found = make.case([(at, TRUE), (touched, NULL)], FALSE)
    return make.negate(found) if operator.over == "outside" else found
