"""Two criteria that one move asks for together and no deal can meet together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from dealgate.model.diagnostics import Diagnostic, error
from dealgate.model.process import Criterion

from ._subject import Subject


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each pair of blocking criteria of one list, at the later of them."""
    for criteria in subject.lists:
        for first, second in pairs(subject, criteria):
            message = f"No deal can meet both `{second.id}` and `{first.id}` (line {first.at.line})."
            hint = "change one of them, or give one an `applies_when` that leaves the other's deals out"
            yield error("DG304", message, second.check.at, hint)


def possible(subject: Subject, criteria: Iterable[Criterion]) -> list[Criterion]:
    """The blocking criteria that can be met at all; of the others there is a diagnostic already."""
    solver = subject.solver
    return [k for k in criteria if k.enforce == "block" and True in solver.answers(solver.passes(k))]


def pairs(subject: Subject, criteria: Iterable[Criterion]) -> Iterator[tuple[Criterion, Criterion]]:
    """The blocking criteria that rule each other out."""
    solver = subject.solver
    for first, second in combinations(possible(subject, criteria), 2):
        one, other = solver.passes(first), solver.passes(second)
        if one.keys & other.keys and not solver.all_true([one, other]):
            yield first, second
