"""A criterion that asks what another one beside it, or one that stays from an earlier stage, asks already."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from dealgate.model.condition import All, AnyOf, Condition
from dealgate.model.diagnostics import Diagnostic, warning
from dealgate.model.process import ENFORCE, Criterion

from ._subject import Subject


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each criterion with the same check and the same `applies_when` as one before it."""
    standing: dict[Hashable, Criterion] = {}
    stage = None
    for criteria in subject.lists:
        here: dict[Hashable, Criterion] = {}
        if criteria and criteria[0].stage != stage:
            stage = criteria[0].stage
        for criterion in criteria:
            when = criterion.applies_when
            asked: Hashable = (_same(criterion.check), None if when is None else _same(when))
            first = here.get(asked) or (_as_hard(standing.get(asked), criterion) if stage else None)
            if first is not None:
                message = f"`{criterion.id}` asks the same as `{first.id}` (line {first.at.line})."
                yield warning("DG305", message, criterion.at, "remove one of them")
            here.setdefault(asked, criterion)
        for same, criterion in here.items():
            if criterion.stays:
                standing.setdefault(same, criterion)


def _as_hard(first: Criterion | None, criterion: Criterion) -> Criterion | None:
    """The one that stays, if it is enforced as hard: a later one may well be harder."""
    if first is None or first.stage == criterion.stage:
        return None
    return first if ENFORCE.index(first.enforce) >= ENFORCE.index(criterion.enforce) else None


def _same(node: Condition) -> Hashable:
    """A condition without the order of its parts."""
    if isinstance(node, (All, AnyOf)):
        return type(node).__name__, frozenset(map(_same, node.parts))
    return node
