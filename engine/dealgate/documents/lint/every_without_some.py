"""`every` without `some`: where there is no record at all, every one of them passes."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.condition import Children, Condition, Count, Literal
from dealgate.model.diagnostics import Diagnostic, warning
from dealgate.model.process import Criterion

from ._subject import Subject, positive

NEEDS_ALL = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each `every` whose collection is nowhere asked to hold a record, here or by what is judged with it."""
    for criteria in subject.lists:
        for criterion in criteria:
            stage = subject.process.stage(criterion.stage)
            beside = [*criteria, *(subject.standing(stage) if stage else ())]
            for node in positive(criterion.check):
                if not isinstance(node, Children) or node.kind != "every":
                    continue
                if not _asked(node.collection, [criterion, *(k for k in beside if k.holds)]):
                    message = f"`every` also holds where a deal has no {node.collection} at all."
                    hint = f"add `{{some: {node.collection}}}` beside it, under `all`"
                    yield warning("DG314", message, node.at, hint)


def _asked(collection: str, criteria: list[Criterion]) -> bool:
    return any(_wants_one(node, collection) for k in criteria for node in positive(k.check))


def _wants_one(node: Condition, collection: str) -> bool:
    """Whether a test fails where the collection is empty."""
    if isinstance(node, Children):
        return node.kind == "some" and node.collection == collection
    if not isinstance(node, Count) or node.collection != collection:
        return False
    if not all(isinstance(o, Literal) for o in node.operands):
        return True
    return not node.operator.test(0, *(o.value for o in node.operands if isinstance(o, Literal)))
