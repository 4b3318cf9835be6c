"""A criterion that no deal can ever meet."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, error
from dealgate.model.process import Criterion

from ._subject import Subject


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each criterion whose check cannot come true where it applies."""
    for criterion in subject.process.criteria:
        if not can_apply(subject, criterion) or can_be_met(subject, criterion):
            continue
        message = f"No deal can ever meet `{criterion.id}`: its tests rule each other out{_consequence(criterion)}."
        hint = "change one of the values, or write `any` where one of the tests is enough"
        yield error("DG302", message, criterion.check.at, hint)


def can_apply(subject: Subject, criterion: Criterion) -> bool:
    """Whether the criterion applies to some deal."""
    applies = subject.solver.applies(criterion)
    return applies is None or True in subject.solver.answers(applies)


def can_be_met(subject: Subject, criterion: Criterion) -> bool:
    """Whether some deal to which it applies can meet it."""
    check, applies = subject.solver.check(criterion), subject.solver.applies(criterion)
    if applies is None or True not in subject.solver.answers(check):
        return True in subject.solver.answers(check)
    return any(met and when is not False for when, met in subject.solver.together(applies, check))


def _consequence(criterion: Criterion) -> str:
    if criterion.enforce != "block":
        return ""
    verb = {"enter": "enter", "exit": "leave", "capture": "leave"}.get(criterion.part)
    return f", so none can {verb} the stage `{criterion.stage}`" if verb else ""
