"""Conditions as three-valued values: the walker of ``compile/reference.py``, for columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

from ...model import condition as c
from ...model.calendar import PERIODS
from ...model.operators import Operator
from . import make
from .fields import Fields
from .frameworks import Frameworks
from .history import changes
from .make import FALSE, NULL, TRUE
from .nodes import Aggregate, Case, Compare, Constant, Holds, Matches, Param, Placeholder, Rows, Sign, Table, Value

SIGNS: dict[str, Sign] = {
    "is": "==", "is_not": "!=", "at_least": ">=", "at_most": "<=", "above": ">", "below": "<", "before": "<",
    "after": ">", "on_or_before": "<=", "on_or_after": ">=", "older_than": "<",
}  # fmt: skip
"""Operators that compare with one operand."""
_HAS = {"has_any": "any", "has_all": "all", "has_none": "none"}
_OF_THE_RECORD = (c.All, c.AnyOf, c.Not, c.Test)
"""What may speak of a child row; anything else inside a ``where`` is asked of the deal."""


class Conditions:
    """Lowers conditions over the fields of a process. ``criterion`` gives a criterion's answer by id."""

    def __init__(self, f: Fields, criterion: Callable[[str], Value]) -> None:
        self.f, self.criterion = f, criterion
        self.frameworks = Frameworks(f, self.holds)
        self._named: dict[str, Value] = {}

    def holds(self, node: c.Condition, child: str | None = None) -> Value:
        """True, false or null, for the deal, or for a row of ``child``."""
        if isinstance(node, c.Named) and child is None:
            if node.name not in self._named:
                self._named[node.name] = self.f.share(node.name, self.holds(node.body))
            return self._named[node.name]
        if isinstance(node, c.Named):
            return self.holds(node.body, child)
        if child is not None and not isinstance(node, _OF_THE_RECORD):
            return make.outer(self.holds(node))
        match node:
            case c.All():
                return make.conj([self.holds(p, child) for p in node.parts])
            case c.AnyOf():
                return make.disj([self.holds(p, child) for p in node.parts])
            case c.Not():
                return make.negate(self.holds(node.part, child))
            case c.Test():
                return self.test(node, child)
            case c.Children():
                return self.children(node)
            case c.Count():
                return self.count(node)
            case c.Sum():
                return self.sum(node)
            case c.Changed():
                return self.changed(node)
            case c.Proof():
                return self.proof(node)
            case c.CriterionRef():
                return self.criterion(node.criterion)
        return self.frameworks.test(node)

    # ------------------------------------------------ one test

    def test(self, node: c.Test, child: str | None) -> Value:
        """One operator on one field."""
        f, ref, operator = self.f, node.ref, node.operator
        own = child if ref.child else None
        if operator.sees_missing:
            flag = node.operands[0]
            assert isinstance(flag, c.Literal)
            if operator.key == "placeholder":
                found: Value = Placeholder(ref.name) if f.has(f"{ref.name}.unfit", own) else FALSE
                found = found if own == child else make.outer(found)
                return found if flag.value else make.negate(found)
            raw = f.raw(ref, child)
            missing = make.empty(raw) if ref.field.type == "multi_choice" else make.is_null(raw)
            return make.negate(missing) if flag.value else missing
        if operator.operand == "pattern":
            pattern = node.operands[0]
            assert isinstance(pattern, c.Literal)
            raw = f.raw(ref, child)
            return NULL if raw == NULL else Matches(raw, pattern.value)
        if node.last_days is not None:
            day = f.comparable(ref, child, day=True)
            return NULL if day == NULL else self.in_last(day, *node.last_days)
        if node.span is not None and not node.day:
            other_end = f.instant(1 if operator.key == "within_next" else -1, node.span)
            bounds = {"within_last": (other_end, f.now()), "within_next": (f.now(), other_end)}
            return self.apply(operator, f.raw(ref, child), bounds.get(operator.key, (other_end,)))
        other = c.amount_beside(node)
        value = f.comparable(ref, child, day=node.day, rank=operator.ranks, beside=other)
        beside = ref if other is not None else None
        operands = [f.operand(o, child, day=node.day, rank=operator.ranks, beside=beside) for o in node.operands]
        return self.apply(operator, value, operands)

    def apply(self, operator: Operator, value: Value, operands: Sequence[Value]) -> Value:
        """An operator on a value that may be null."""
        if value == NULL or NULL in operands:
            return NULL
        key, first = operator.key, operands[0]
        if key in ("contains", "starts_with"):
            return Holds("contains" if key == "contains" else "starts_with", value, first)
        if key in _HAS:
            return make.has(_HAS[key], value, _constants(first))
        found = exact(operator, value, operands)
        pair = [o for o in operands if self.f.nullable(o, _anywhere(o))] if len(operands) > 1 else []
        return make.guarded(pair, found)

    def in_last(self, day: Value, count: int, period: str) -> Value:
        """Whether a day is among the last of its own period: so many days on, another period has begun."""

        def index(d: Value) -> Value:
            return make.period_index(d, period, self.f.process.calendar.fiscal_month, PERIODS)

        on = make.add_days(day, count)
        if isinstance(on, Case):  # beyond the calendar's end nothing follows
            return make.case([(on.branches[0][0], TRUE)], make.compare("!=", index(on.otherwise), index(day)))
        return make.compare("!=", index(on), index(day))

    # ------------------------------------------------ children

    def counts(self, collection: str, where: Value) -> tuple[Value, Value]:
        """How many rows surely match, and how many more may."""
        rows = Table(collection)
        if where == FALSE:
            return make.constant(0), make.constant(0)
        sure = make.constant(0) if where == NULL else Aggregate("count", rows, where)
        if not self.f.nullable(where, collection):
            return sure, make.constant(0)
        return sure, Aggregate("count", rows, make.is_(where, None))

    def _where(self, collection: str, where: c.Condition | None) -> Value:
        return TRUE if where is None else self.holds(where, collection)

    def children(self, node: c.Children) -> Value:
        """some, every and none."""
        synced = self.f.synced(node.collection)
        if synced == FALSE:
            return NULL
        where = self._where(node.collection, node.where)
        if node.kind == "every":
            where = make.negate(where)
        return self._known(synced, self._some(node.collection, where, negative=node.kind != "some"))

    def _some(self, collection: str, where: Value, *, negative: bool = False) -> Value:
        sure, maybe = self.counts(collection, where)
        found = make.compare(">", sure, make.constant(0))
        if maybe != make.constant(0):
            found = make.case([(found, TRUE), (make.compare(">", maybe, make.constant(0)), NULL)], FALSE)
        return make.negate(found) if negative else found

    def _known(self, synced: Value, answer: Value) -> Value:
        """The answer where a collection was synced, else null."""
        return answer if synced == TRUE else make.case([(synced, answer)], NULL)

    def count(self, node: c.Count) -> Value:
        """A number of rows, or of distinct values: a range while a row's ``where`` is unknown."""
        synced = self.f.synced(node.collection)
        operands = [self.f.operand(o, None, day=False) for o in node.operands]
        if synced == FALSE or NULL in operands:
            return NULL
        where = self._where(node.collection, node.where)
        if node.distinct is None:
            low, more = self.counts(node.collection, where)
        else:
            low, more = self._distinct(node.collection, node.distinct, where)
        high = low if more == make.constant(0) else make.add(low, more)
        return self._known(synced, self.guarded(operands, whole_range(node.operator, low, high, operands)))

    def guarded(self, operands: Sequence[Value], answer: Value) -> Value:
        """The answer, null where an operand is."""
        return make.guarded([o for o in operands if self.f.nullable(o, None)], answer)

    def _distinct(self, collection: str, of: c.Ref, where: Value) -> tuple[Value, Value]:
        rows, value = Table(collection), self.f.comparable(of, collection)
        maybe = make.negate(make.is_(where, False))
        if value == NULL:
            return make.constant(0), self._counted(rows, maybe)
        low = Aggregate("distinct", rows, where, value) if where not in (NULL, FALSE) else make.constant(0)
        high = Aggregate("distinct", rows, maybe, value)
        without = self._counted(rows, make.conj([maybe, make.is_null(value)]))
        return low, make.add(high, without, make.scaled(low, -1))

    def _counted(self, rows: Rows, where: Value) -> Value:
        return make.constant(0) if where == FALSE else Aggregate("count", rows, where)

    def sum(self, node: c.Sum) -> Value:
        """An exact sum; unknown where a part of it is."""
        synced = self.f.synced(node.collection)
        operands = [self.f.operand(o, None, day=False) for o in node.operands]
        if synced == FALSE or NULL in operands:
            return NULL
        where, rows = self._where(node.collection, node.where), Table(node.collection)
        value = self.f.comparable(node.of, node.collection)
        doubt = make.conj(
            [make.negate(make.is_(where, False)), make.disj([make.is_(where, None), make.is_null(value)])]
        )
        total = make.constant(0) if NULL in (value, where) or where == FALSE else Aggregate("sum", rows, where, value)
        known = make.compare("==", self._counted(rows, doubt), make.constant(0))
        answer = make.case([(known, self.apply(node.operator, total, operands))], NULL)
        return self._known(synced, self.guarded(operands, answer))

    # ------------------------------------------------ history and proof

    def changed(self, node: c.Changed) -> Value:
        """The field's changes, counted."""
        since = None if node.since is None else self.f.operand(node.since, None, day=True)
        if since == NULL:
            return NULL
        found = changes(self.f, node, since)
        if found is None:
            return NULL
        enough = make.compare(">=", found.count, make.constant(node.at_least))
        answer = make.case([(found.known, make.case([(enough, TRUE), (found.whole, FALSE)], NULL))], NULL)
        return answer if since is None else self.guarded([since], answer)

    def proof(self, node: c.Proof) -> Value:
        """Whether valid evidence of the type stands: each item's requirements as a truth, one of them enough."""
        f = self.f
        synced = f.synced("evidence")
        if synced == FALSE:
            return NULL
        kind = f.process.evidence_types.get(node.type)

        def column(name: str, kind: str) -> Value:
            return f.column(name, kind, "evidence")

        dated = column("dated", "date")
        needs: list[Value] = [
            self.frameworks.valid(kind.max_age if kind else None),
            make.negate(make.is_(make.compare("==", column("answer", "choice"), make.constant("no")), True)),
            make.compare(">=", self.frameworks.proof_level(), make.constant(node.at_least)),
        ]
        if node.type != "any":
            needs.append(make.is_(make.compare("==", column("type", "reference"), make.constant(node.type)), True))
        if node.within_last is not None:
            inside = [make.compare(">=", dated, f.first_since(node.within_last)), make.compare("<=", dated, f.today)]
            needs.append(make.conj(inside))
        if node.from_buyer is not None:
            needs.append(make.compare("==", column("from_buyer", "boolean"), make.constant(node.from_buyer)))
        return self._known(synced, self._some("evidence", make.conj(needs)))


def _constants(operand: Value) -> tuple[Any, ...]:
    assert isinstance(operand, Constant)
    listed: Any = operand.value
    return tuple(sorted(listed) if isinstance(listed, frozenset) else listed)


def _anywhere(value: Value) -> str | None:
    """Operands are nullable wherever they stand unless they are constants; a child's own columns are taken as such."""
    return None if isinstance(value, (Constant, Param)) else "?"


def whole_range(operator: Operator, low: Value, high: Value, operands: Sequence[Value]) -> Value:
    """An operator on a whole number known only to lie in [low, high] (see ``operators.over_range``)."""
    key = operator.key
    if low == high:
        return exact(operator, low, operands)
    if key in SIGNS and operator.over in ("rising", "falling"):
        first, last = (make.compare(SIGNS[key], side, operands[0]) for side in (low, high))
        return make.case([(first, make.case([(last, TRUE)], NULL)), (last, NULL)], FALSE)
    if key == "between":
        a, b = operands
        inside = make.conj([make.compare(">=", low, a), make.compare("<=", high, b)])
        return make.case([(inside, TRUE), (_none_between(low, high, a, b), FALSE)], NULL)
    values = _constants(operands[0]) if operator.operand == "list" else operands
    points = [v if isinstance(v, get_args(Value)) else make.constant(v) for v in dict.fromkeys(values)]
    found = _points(low, high, points)
    return make.negate(found) if operator.over == "outside" else found


def exact(operator: Operator, value: Value, operands: Sequence[Value]) -> Value:
    """An operator on a value and operands that are not null."""
    key, first = operator.key, operands[0]
    if key in SIGNS:
        return make.compare(SIGNS[key], value, first)
    if key in ("in", "not_in"):
        found = make.among(value, _constants(first))
        return found if key == "in" else make.negate(found)
    a, b = operands
    return make.conj([make.compare(">=", value, a), make.compare("<=", value, b)])


def _none_between(low: Value, high: Value, a: Value, b: Value) -> Value:
    """Whether no whole number of [low, high] lies between a and b, which may be fractions."""
    between = make.compare("<", make.floor(b), a)
    return make.disj([make.compare("<", high, a), make.compare(">", low, b), between])


def _points(low: Value, high: Value, points: Sequence[Value]) -> Value:
    """Whether the number is one of some points: sure where the range holds all or none of its numbers."""
    hits = [make.conj([make.compare("<=", low, p), make.compare(">=", high, p), *_whole(p)]) for p in points]
    touched = make.disj(hits)
    if len(points) == 1:
        sure = make.conj([make.compare("==", low, points[0]), make.compare("==", high, points[0])])
        return make.case([(sure, TRUE), (touched, NULL)], FALSE)
    number = make.add(*(make.case([(h, make.constant(1))], make.constant(0)) for h in hits))
    width = make.add(high, make.scaled(low, -1), make.constant(1))
    return make.case([(Compare("==", number, width), TRUE), (touched, NULL)], FALSE)


def _whole(point: Value) -> list[Value]:
    """Whether a point is a whole number at all, where it may be none."""
    floor = make.floor(point)
    return [] if floor == point else [make.compare("==", point, floor)]
