"""A criterion that no deal can fail, whatever is known about it."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, warning
from dealgate.model.process import Criterion

from ._subject import Subject
from .never_met import can_apply


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each criterion whose check cannot come false where it applies."""
    for criterion in subject.process.criteria:
        if not can_apply(subject, criterion) or _can_fail(subject, criterion):
            continue
        unknown = None in subject.solver.answers(subject.solver.check(criterion))
        message = f"No deal can ever fail `{criterion.id}`: its tests leave nothing out."
        hint = "if it is enough that there is a value, write `filled: true`" if unknown else "change or remove it"
        yield warning("DG303", message, criterion.check.at, hint)


def _can_fail(subject: Subject, criterion: Criterion) -> bool:
    check, applies = subject.solver.check(criterion), subject.solver.applies(criterion)
    if applies is None or False not in subject.solver.answers(check):
        return False in subject.solver.answers(check)
    return any(met is False and when for when, met in subject.solver.together(applies, check))
