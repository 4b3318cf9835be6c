"""A plan as one query: a row a deal with a status for each criterion; and as a query of the counts alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..plan import nodes as n
from ..plan.plan import Judged, Plan
from . import answers
from .dialects import DIALECTS, Dialect
from .exact import CannotSay
from .layout import DEALS, Layout, asked_of_groups, declared, needs
from .names import RESERVED, Names, column_name, column_names
from .printer import Printer
from .rows import Rows
from .stages import Item, Read, Stages, item, read_by
from .steps import Relation, Steps, aliased, named

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.expressions import Expr

SUMMED = 300
"""Criteria that one query of counts speaks of: each takes five columns, and PostgreSQL has 1,600."""


_STAGE: frozenset[Read] = frozenset([(DEALS, "stage"), ("", "?counted")])


@dataclass(frozen=True, slots=True)
class Query:
    """A query in a dialect's words.

    ``columns``: criterion id by column; ``cannot``: what the dialect cannot work out and why (those columns are null,
    and so are the state and readiness of deals in stages that ask for them). ``weights``: readiness_done and
    readiness_total count weights times this.
    """

    select: exp.Select
    dialect: Dialect
    columns: Mapping[str, str]
    cannot: tuple[tuple[str, str], ...] = ()
    weights: int = 1
    frameworks: Mapping[str, str] = field(default_factory=dict)

    def sql(self, *, pretty: bool = True) -> str:
        """The text of the query; every name is quoted."""
        return self.select.sql(dialect=self.dialect.name, identify=True, pretty=pretty)


def query(
    plan: Plan,
    dialect: Dialect | str,
    layout: Layout | None = None,
    *,
    inline: bool = False,
    frameworks: bool = False,
    tables: Mapping[str, str] | None = None,
) -> Query:
    """The statuses of every deal, over the staging relation (see ``layout``).

    Columns: id, a status for each criterion (``column_names``), state, group, readiness_done, readiness_total and
    readiness; with ``frameworks`` a status for each framework before the state. Clock words stand in a relation of one
    row, or with ``inline`` where they are used. ``tables`` says what staging tables are called.
    """
    return _Query(plan, dialect, layout, inline=inline, tables=tables or {}).statuses(frameworks=frameworks)


def summary(
    plan: Plan,
    dialect: Dialect | str,
    layout: Layout | None = None,
    *,
    inline: bool = False,
    tables: Mapping[str, str] | None = None,
) -> tuple[Query, ...]:
    """The counts alone, by group, stage (where the deal is judged in it) and state.

    Columns: group, stage, state, deals, and for each criterion how many deals it is met, unmet, unknown,
    not_applicable and waived for (``k0_met``, ``k0_unmet`` … in the order of ``Query.columns``). Many criteria take
    several queries, of which the first alone tells the state.
    """
    made = []
    for at in range(0, max(1, len(plan.judged)), SUMMED):
        some = plan.judged[at : at + SUMMED]
        made.append(_Query(plan, dialect, layout, inline=inline, tables=tables or {}).counts(some, states=not at))
    return tuple(made)


def cannot(plan: Plan, dialect: Dialect | str, layout: Layout | None = None) -> tuple[tuple[str, str], ...]:
    """What the dialect cannot work out: (criterion id, or ``group`` or a framework's id, and why)."""
    return query(plan, dialect, layout, inline=True, frameworks=True).cannot


class _Query:
    def __init__(
        self,
        plan: Plan,
        dialect: Dialect | str,
        layout: Layout | None,
        *,
        inline: bool,
        tables: Mapping[str, str],
    ) -> None:
        self.plan = plan
        self.dialect = DIALECTS[dialect] if isinstance(dialect, str) else dialect
        self.layout = layout or declared(plan, self.dialect)
        self.say = Printer(self.dialect, None if inline else {})
        self.steps = Steps(self.say, self.layout, plan.process, tables)
        read = needs(plan)
        staged = [need.column for need in read if need.table == DEALS]
        self.columns = column_names(plan, read)
        self.taken = Names([*RESERVED, *staged, *self.columns.values()])
        steps = Names([DEALS, "params", *(need.table for need in read)])
        self.stages = Stages(self.say, self.steps, steps, self.taken)
        self.rows = Rows(self.say, self.steps, steps, asked_of_groups(plan))
        self.cannot: dict[str, str] = {}

    # ------------------------------------------------ the steps

    def judged(self, some: Sequence[Judged], *, frameworks: bool, last: list[Item]) -> Relation:
        """The deals with some statuses, and what rests on them."""
        plan = self.plan
        answers_ = self._answers(some, frameworks=frameworks)
        asked = self._asked([*answers_, *last])
        work: list[tuple[Mapping[str, n.Aggregate], list[Item]]] = [
            (
                {k: v for k, v in step.aggregates.items() if k in asked},
                [item(k, v, self.say) for k, v in step.values.items() if k in asked],
            )
            for step in plan.steps
        ]
        work += [({}, answers_), ({}, last)]
        read = [(read_by(sums.values()), frozenset(r for i in items for r in i.reads)) for sums, items in work]
        kept = frozenset(("", i.key) for i in (*answers_, *last))
        deals = Relation(self.steps, DEALS)
        for at, (sums, items) in enumerate(work):
            later: frozenset[Read] = kept.union(*(r for pair in read[at + 1 :] for r in pair))
            if sums or items:
                deals = self.stages.extend(deals, self.rows.gather(sums, deals), items, later)
        self._report(deals, frameworks=frameworks)
        return deals

    def _asked(self, items: Sequence[Item]) -> set[str]:
        """The shared values that items rest on, however far back."""
        named_ = {k: v for step in self.plan.steps for k, v in (*step.aggregates.items(), *step.values.items())}
        found: set[str] = set()
        waiting = [name for i in items for table, name in i.reads if not table and name in named_]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [other for table, other in read_by([named_[name]]) if not table]
        return found

    def _answers(self, some: Sequence[Judged], *, frameworks: bool) -> list[Item]:
        plan = self.plan
        found = [self._status(judged) for judged in some]
        found.append(item("?group", plan.group, self.say, "group_"))
        found.append(item("?counted", plan.counted, self.say, "counted_"))
        if frameworks:
            found += [
                item(f"?framework {k}", v, self.say, f"framework_{column_name(k)}") for k, v in plan.frameworks.items()
            ]
        return found

    def _status(self, judged: Judged) -> Item:
        values = [v for v in (judged.holds, judged.applies, judged.waived) if v is not None]
        name = judged.criterion.id
        return Item(
            f"?{name}", f"{self.columns[name]}_", read_by(values), lambda scope: answers.status(self.say, judged, scope)
        )

    def _state(self) -> Item:
        return Item("?state", "state_", self._every(), lambda scope: answers.state(self.plan, scope))

    def _stage(self) -> Item:
        return Item("?stage", "stage_", _STAGE, answers.judged_stage)

    def _weights(self) -> list[Item]:
        return [
            Item(key, wish, self._every(), lambda scope, w=words: answers.weighed(self.say, self.plan, scope, w))  # type: ignore[misc]
            for key, wish, words in (("?done", "done_", answers.DONE), ("?total", "total_", answers.APPLYING))
        ]

    def _every(self) -> frozenset[Read]:
        """What the state rests on: the stage and every status."""
        return _STAGE | {("", f"?{j.criterion.id}") for j in self.plan.judged}

    def _report(self, deals: Relation, *, frameworks: bool) -> None:
        names = {f"?{j.criterion.id}": j.criterion.id for j in self.plan.judged}
        names |= {"?group": "group", "?counted": "group"}
        if frameworks:
            names |= {f"?framework {k}": k for k in self.plan.frameworks}
        for key, name in names.items():
            found = deals.shared.get(key)
            if isinstance(found, CannotSay):
                self.cannot[name] = str(found)

    def _read(self, deals: Relation, key: str) -> Expr:
        """A column of the last step; of what cannot be said a null of its type."""
        from .words import cast

        found = deals.shared.get(key)
        if found is None or isinstance(found, CannotSay) or found.kind == "nothing":
            from sqlglot import exp

            kind = "whole" if key in ("?done", "?total") else "text"
            return cast(exp.Null(), self.dialect.types[kind], self.dialect.name)
        return deals.scope("d").shared(key).expr  # type: ignore[misc]

    # ------------------------------------------------ the two queries

    def statuses(self, *, frameworks: bool) -> Query:
        """One row a deal."""
        from sqlglot import exp

        deals = self.judged(self.plan.judged, frameworks=frameworks, last=[self._state(), *self._weights()])
        selected = [aliased(named("id", "d"), "id")]
        selected += [aliased(self._read(deals, f"?{k}"), column) for k, column in self.columns.items()]
        extra: dict[str, str] = {}
        if frameworks:
            own = Names([*RESERVED, *self.columns.values()])
            extra = {own.give(f"framework_{column_name(k)}"): k for k in self.plan.frameworks}
            selected += [aliased(self._read(deals, f"?framework {k}"), column) for column, k in extra.items()]
        done, total = self._read(deals, "?done"), self._read(deals, "?total")
        selected += [
            aliased(self._read(deals, "?state"), "state"),
            aliased(self._read(deals, "?group"), "group"),
            aliased(done, "readiness_done"),
            aliased(total, "readiness_total"),
            aliased(answers.ratio(self.dialect, done, total), "readiness"),
        ]
        if len(selected) > self.dialect.columns:
            raise CannotSay(f"has {len(selected)} columns, and {self.dialect.name} {self.dialect.columns:,} at most")
        select = exp.Select(expressions=selected).from_(deals.source("d"), copy=False)
        scale = answers.weight_scale(self.plan)
        return self._made(select, {c: k for k, c in self.columns.items()}, scale, extra)

    def counts(self, some: Sequence[Judged], *, states: bool) -> Query:
        """The counts of some criteria, and of states."""
        from sqlglot import exp

        judged = self.plan.judged if states else some
        deals = self.judged(judged, frameworks=False, last=[self._stage(), *([self._state()] if states else [])])
        keys = [("group", "?group"), ("stage", "?stage"), ("state", "?state")]
        selected = [aliased(self._read(deals, key), name) for name, key in keys]
        selected.append(aliased(exp.Count(this=exp.Star()), "deals_n"))
        for place, judged_ in enumerate(some):
            status = self._read(deals, f"?{judged_.criterion.id}")
            selected += [aliased(answers.counted(status, word), f"k{place}_{word}") for word in answers.WORDS]
        select = exp.Select(expressions=selected).from_(deals.source("d"), copy=False)
        select = select.group_by(*(exp.Literal.number(str(at)) for at in (1, 2, 3)), copy=False)
        return self._made(select, {f"k{place}": j.criterion.id for place, j in enumerate(some)}, 1, {})

    def _made(self, select: exp.Select, columns: Mapping[str, str], scale: int, extra: Mapping[str, str]) -> Query:
        whole = self.steps.query(select)
        return Query(whole, self.dialect, columns, tuple(self.cannot.items()), scale, extra)


__all__ = ["Query", "cannot", "column_name", "column_names", "query", "summary"]
