"""A checked process at a moment, lowered to a plan over the columns there are."""

from __future__ import annotations

from collections.abc import Mapping

from ...model.calendar import Moment
from ...model.condition import Condition
from ...model.process import Criterion, Process
from ..becomes import former_names, names_of
from . import make
from .conditions import Conditions
from .fields import Fields
from .make import FALSE, NULL, TRUE
from .nodes import Aggregate, Column, Folded, Table, Value
from .order import ordered
from .plan import Judged, Plan, Required, Shape


def build(process: Process, moment: Moment, shape: Shape) -> Plan:
    """Every criterion of a process (in its order), the deal's group and what each stage asks."""
    return _Builder(process, moment, shape).plan()


def questions(process: Process, conditions: Mapping[str, Condition], moment: Moment, shape: Shape) -> Plan:
    """Conditions of the process, by name, each judged as if it were a criterion; and nothing else."""
    builder = _Builder(process, moment, shape)
    judged = tuple(
        Judged(Criterion(name, name, node, "question"), builder.conditions.holds(node))
        for name, node in conditions.items()
    )
    return ordered(Plan(process, (), judged, (), make.constant("open"), FALSE), builder.f.shared)


class _Builder:
    def __init__(self, process: Process, moment: Moment, shape: Shape) -> None:
        self.process, self.moment = process, moment
        self.f = Fields(process, moment, shape)
        self.criteria = {k.id: k for k in process.criteria}
        self.conditions = Conditions(self.f, self._asked)
        self._answers: dict[str, tuple[Value, Value | None]] = {}
        self._valid_overrides = self._overrides()
        self._former = former_names(process)

    def plan(self) -> Plan:
        """The whole plan."""
        process = self.process
        judged = [self._judged(k) for k in process.criteria]
        group, counted = self._group()
        frameworks = {f.id: self.conditions.frameworks.status(f) for f in process.frameworks.values()}
        places = {k.id: n for n, k in enumerate(process.criteria)}
        required = tuple(
            Required(s.id, tuple(places[k.id] for k in process.asked_in(s)))
            for s in process.stages
            if s.after in (None, "won")
        )
        return ordered(Plan(process, (), tuple(judged), required, group, counted, frameworks), self.f.shared)

    # ------------------------------------------------ criteria

    def _asked(self, name: str) -> Value:
        """A criterion's answer before overrides, for another that leans on it."""
        return self.f.share(f"criterion_{name.replace('.', '_').replace('-', '_')}", self._answer(name)[0])

    def _answer(self, name: str) -> tuple[Value, Value | None]:
        """``(not applies_when) or check``, and applies_when."""
        if name not in self._answers:
            criterion = self.criteria[name]
            check = self.conditions.holds(criterion.check)
            applies = None
            if criterion.applies_when is not None:
                applies = self.conditions.holds(criterion.applies_when)
                check = make.disj([make.negate(applies), check])
            self._answers[name] = check, applies
        return self._answers[name]

    def _judged(self, criterion: Criterion) -> Judged:
        holds, applies = self._answer(criterion.id)
        binds = self._in_force(criterion)
        if binds != TRUE:
            applies = binds if applies is None else make.conj([binds, applies])
            holds = make.disj([make.negate(binds), holds])
        return Judged(criterion, holds, applies, self._waived(criterion))

    def _in_force(self, criterion: Criterion) -> Value:
        """Whether a criterion with ``since`` already binds the deal; never null."""
        today = self.moment.today
        if criterion.since is None:
            return TRUE
        if criterion.since > today:
            return FALSE
        if criterion.in_flight == "immediate":
            return TRUE
        entered = self.f.deal("stage_entered_on", "date")
        before = make.is_(make.compare("<", entered, make.constant(criterion.since)), True)
        if criterion.stage is None:
            return make.negate(before)
        here = make.is_(make.compare("==", self.f.stage(), make.constant(criterion.stage)), True)
        return make.negate(make.conj([before, here]))

    def _overrides(self) -> Value:
        """Whether a row of overrides holds today; false where there are none."""
        f, rule = self.f, self.process.overrides
        needed = ("criterion", "approver", "approved_on")
        if not all(f.has(name, "overrides") for name in needed):
            return FALSE

        def column(name: str, kind: str) -> Value:
            return f.column(name, kind, "overrides")

        approved, approver = column("approved_on", "date"), column("approver", "person")
        requester: Value = NULL
        if f.has("requester", "overrides"):
            requester = Folded(column("requester", "person"))
        parts = [
            make.negate(make.is_null(approver)),
            make.negate(make.is_(make.compare("==", Folded(approver), requester), True)),
            make.compare("<=", approved, f.today),
            make.negate(make.is_(make.compare("<", column("expires", "date"), f.today), True)),
            make.negate(make.is_(make.compare("<=", column("revoked_on", "date"), f.today), True)),
        ]
        if rule.expires is not None:
            parts.append(make.compare(">=", approved, self.conditions.frameworks.first_valid(rule.expires)))
        return make.conj(parts)

    def _waived(self, criterion: Criterion) -> Value | None:
        if self._valid_overrides == FALSE:
            return None
        named, names = Column("criterion", "text"), names_of(criterion, self._former)
        mine = make.compare("==", named, make.constant(criterion.id))
        if len(names) > 1:
            mine = make.among(named, names)
        count = Aggregate("count", Table("overrides"), make.conj([mine, self._valid_overrides]))
        return make.compare(">", count, make.constant(0))

    # ------------------------------------------------ standing

    def _group(self) -> tuple[Value, Value]:
        """open, won, lost, cancelled or unmapped; and whether the deal is judged in its stage."""
        f, process = self.f, self.process
        status, stage = f.status(), f.stage()
        pipeline = make.is_(make.among(stage, [s.id for s in process.stages if s.after is None]), True)
        is_open, is_won = (make.compare("==", status, make.constant(word)) for word in ("open", "won"))
        lost_place = make.conj([is_open, make.negate(pipeline)])
        strange = [lost_place]
        if process.applies_to is not None:
            strange.append(make.is_(self.conditions.holds(process.applies_to), False))
        unmapped = make.disj(strange)
        group = make.case([(unmapped, make.constant("unmapped"))], status)
        after_won = make.is_(make.among(stage, [s.id for s in process.stages if s.after == "won"]), True)
        counted = make.disj([is_open, make.conj([is_won, after_won])])
        return f.share("group", group), make.conj([make.negate(unmapped), counted])
