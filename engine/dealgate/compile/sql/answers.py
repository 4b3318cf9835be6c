"""What a deal comes to in SQL: a criterion's status, the state in its stage, and the weights behind readiness."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from ..plan import nodes as n
from ..plan.plan import Judged, Plan
from .dialects import Dialect
from .exact import CannotSay, Printed, added
from .printer import Printer, Scope
from .words import apart, binary, cast, text, whole

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

WORDS = ("met", "unmet", "unknown", "not_applicable", "waived")
DONE, APPLYING = ("met", "waived"), ("met", "waived", "unmet", "unknown")
"""Which statuses count as done, and which apply at all."""


def status(say: Printer, judged: Judged, scope: Scope) -> Printed:
    """A criterion's status, the first that applies (see ``Judged``)."""
    from sqlglot import exp

    holds = say.expr(judged.holds, scope)
    if isinstance(holds, exp.Null):  # PostgreSQL asks of what type it is
        holds = exp.cast(holds, "boolean")
    waived = None if judged.waived is None else say.expr(judged.waived, scope)

    def unless_waived(word: str) -> Expr:
        if waived is None:
            return text(word)
        return exp.Case(ifs=[exp.If(this=waived.copy(), true=text("waived"))], default=text(word))

    answers = [
        exp.If(this=exp.Boolean(this=True), true=text("met")),
        exp.If(this=exp.Boolean(this=False), true=unless_waived("unmet")),
    ]
    made = exp.Case(this=apart(holds), ifs=answers, default=unless_waived("unknown"))
    if judged.applies is not None:
        no = exp.Not(this=apart(say.expr(judged.applies, scope)))
        made = exp.Case(ifs=[exp.If(this=no, true=text("not_applicable"))], default=made)
    return Printed(made, "text")


def _by_stage(plan: Plan, scope: Scope, each: dict[str, Expr]) -> Expr:
    """What each stage's deals come to, where they are judged in it; else null."""
    from sqlglot import exp

    counted = scope.shared("?counted").expr  # type: ignore[misc]
    if not each:
        raise CannotSay("has no stage that can be judged")
    stage = scope.column("stage", "value").expr
    chosen = exp.Case(this=stage, ifs=[exp.If(this=text(name), true=value) for name, value in each.items()])
    return exp.Case(ifs=[exp.If(this=counted, true=chosen)])


def _statuses(plan: Plan, places: Sequence[int], scope: Scope) -> list[Expr] | None:
    """The statuses at some places; None where one of them cannot be said."""
    assert scope.shared is not None
    try:
        return [scope.shared(f"?{plan.judged[place].criterion.id}").expr for place in places]
    except CannotSay:
        return None


def state(plan: Plan, scope: Scope) -> Printed:
    """ready, blocked or unknown in the deal's stage."""
    from sqlglot import exp

    each: dict[str, Expr] = {}
    for required in plan.required:
        if _statuses(plan, required.places, scope) is None:
            continue
        held = _statuses(plan, [p for p in required.places if plan.judged[p].criterion.holds], scope)
        if held:
            ifs = [
                exp.If(this=exp.In(this=text("unmet"), expressions=held), true=text("blocked")),
                exp.If(this=exp.In(this=text("unknown"), expressions=[h.copy() for h in held]), true=text("unknown")),
            ]
            each[required.stage] = exp.Case(ifs=ifs, default=text("ready"))
        else:
            each[required.stage] = text("ready")
    return Printed(_by_stage(plan, scope, each), "text")


def judged_stage(scope: Scope) -> Printed:
    """The stage of a deal that is judged in it."""
    from sqlglot import exp

    counted = scope.shared("?counted").expr  # type: ignore[misc]
    stage = scope.column("stage", "value").expr
    return Printed(exp.Case(ifs=[exp.If(this=counted, true=stage)]), "text")


def weight_scale(plan: Plan) -> int:
    """What all weights are multiplied by to be whole numbers."""
    return lcm(*(Fraction(j.criterion.weight).denominator for j in plan.judged))


def weighed(say: Printer, plan: Plan, scope: Scope, statuses: Sequence[str]) -> Printed:
    """The weights of the stage's criteria whose status is one of some."""
    from sqlglot import exp

    scale, each, most = weight_scale(plan), {}, 0
    for required in plan.required:
        found = _statuses(plan, required.places, scope)
        if found is None:
            continue
        parts = []
        for place, column in zip(required.places, found, strict=True):
            weight = int(Fraction(plan.judged[place].criterion.weight) * scale)
            among = exp.In(this=column, expressions=[text(s) for s in statuses])
            parts.append(
                Printed(exp.Case(ifs=[exp.If(this=among, true=whole(weight))], default=whole(0)), "number", 0, weight)
            )
        total = added(say.dialect, parts) if parts else Printed(whole(0), "number")
        each[required.stage], most = total.expr, max(most, total.bound)
    return Printed(_by_stage(plan, scope, each), "number", 0, most)


def ratio(dialect: Dialect, done: Expr, total: Expr) -> Expr:
    """Readiness as a fraction; null where no weight applies."""
    from sqlglot import exp

    double = {"postgres": "DOUBLE PRECISION", "sqlite": "REAL", "bigquery": "FLOAT64"}.get(dialect.name, "DOUBLE")
    share = binary("Div", cast(done.copy(), double, dialect.name), total.copy())
    return exp.Case(ifs=[exp.If(this=binary("GT", total.copy(), whole(0)), true=share)])


def counted(status_: Expr, word: str) -> Expr:
    """How many rows have a status."""
    from sqlglot import exp

    one = exp.Case(ifs=[exp.If(this=binary("EQ", status_.copy(), text(word)), true=whole(1))])
    return exp.Count(this=one)


__all__ = [
    "APPLYING",
    "DONE",
    "WORDS",
    "counted",
    "judged_stage",
    "n",
    "ratio",
    "state",
    "status",
    "weighed",
    "weight_scale",
]
