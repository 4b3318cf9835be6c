"""Criteria and conditions on all deals as of a history's moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from ..compile.columns.run import Wanted, ready
from ..decide.judge import Judge
from ..model.condition import All, AnyOf, Changed, Condition, Not, Test, refs, walk
from ..model.process import Criterion, Process
from .cases import Past

_BARE = Wanted(state=False)


def statuses_of(past: Past) -> pl.DataFrame:
    """``deal``, then a column a criterion of the process by its id: met, unmet, unknown, not_applicable, waived."""
    if "statuses" not in past.memo:
        past.memo["statuses"] = _judged(past, past.process)
    found: pl.DataFrame = past.memo["statuses"]
    return found


def holds(past: Past, conditions: Mapping[str, Condition]) -> pl.DataFrame:
    """``deal``, then a Boolean column a condition; null: unknown."""
    asked = tuple(Criterion(id=name, title=name, check=check, part="won") for name, check in conditions.items())
    bare = tuple(stage.replace(enter=(), exit=()) for stage in past.process.stages)
    only = past.process.replace(stages=bare, won=asked, lost=(), commit=(), lead=None, applies_to=None)
    found = _judged(past, only, _fields(conditions.values()))
    truth = [
        pl.when(pl.col(name).is_in(["met", "unmet"])).then(pl.col(name) == "met").alias(name) for name in conditions
    ]
    return found.select("deal", *truth)


def _fields(conditions: Iterable[Condition]) -> frozenset[str] | None:
    """The fields that conditions read; None where they read more than plain fields of the deal."""
    found: set[str] = set()
    for condition in conditions:
        if any(not isinstance(node, (All, AnyOf, Not, Test)) for node in walk(condition)):
            return None
        read = list(refs(condition))
        if any(ref.child or ref.field.derived for ref in read):
            return None
        found.update(ref.name for ref in read)
    return frozenset(found)


def _judged(past: Past, process: Process, fields: frozenset[str] | None = None) -> pl.DataFrame:
    changes = reads_changes(process)
    key = ("frames", changes, fields)
    if key not in past.memo:
        # conditions on plain fields alone read no collection
        frames = past.history.frames(changes=changes, children=fields is None, fields=fields)
        past.memo[key] = ready(frames, past.process)
    judge = Judge(process, past.rates)
    found = judge.columns(judge.moment(past.as_of), past.memo[key], _BARE).collect()
    return past.own(found.rename({"id": "deal"}))


def reads_changes(process: Process) -> bool:
    """Whether anything that is asked looks at the history of fields, which is long to lay out."""
    asked = [c for k in process.criteria for c in (k.check, k.applies_when) if c is not None]
    asked += [*process.conditions.values(), *([process.applies_to] if process.applies_to is not None else [])]
    for framework in process.frameworks.values():
        asked += [one.when for one in framework.disqualify]
        asked += [framework.qualified_when] if framework.qualified_when is not None else []
    nodes = [node for one in asked for node in walk(one)]
    if any(isinstance(node, Changed) or getattr(node, "collection", None) == "changes" for node in nodes):
        return True
    return any(ref.field.id == "pushes" for one in asked for ref in refs(one))
