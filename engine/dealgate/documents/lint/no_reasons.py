"""Lost deals must say something, and the process has no list of reasons."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, warning

from ._subject import Subject

NEEDS_ALL = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One where losing a deal has requirements and no reasons to choose from."""
    if subject.process.lost and not subject.process.reasons:
        message = "Lost deals have requirements here and no reasons to choose from, so nothing can be learnt from them."
        hint = "add `reasons: [{id: price, counts_as: lost}, …]`"
        yield warning("DG319", message, subject.at("outcomes", "lost"), hint, len("lost"))
