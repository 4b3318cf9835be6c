"""A criterion that blocks a deal and does not say what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, warning

from ._subject import Subject


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each blocking criterion without a `fix`."""
    for criterion in subject.process.criteria:
        if criterion.enforce == "block" and not criterion.fix.strip():
            message = f"`{criterion.id}` blocks a deal and does not say how to mend it."
            yield warning("DG308", message, criterion.at, "add `fix:` with what the owner should do next")
