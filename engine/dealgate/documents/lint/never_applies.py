"""A criterion whose `applies_when` is never true, so that it is judged on no deal."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, warning

from ._subject import Subject


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each criterion that applies to nothing."""
    for criterion in subject.process.criteria:
        applies = subject.solver.applies(criterion)
        if applies is not None and criterion.applies_when and True not in subject.solver.answers(applies):
            message = f"`{criterion.id}` applies to no deal: the tests of `applies_when` rule each other out."
            yield warning("DG306", message, criterion.applies_when.at, "change one of the values, or remove it")
