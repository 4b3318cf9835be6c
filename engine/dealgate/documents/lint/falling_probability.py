"""A probability that falls as stages advance."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, warning
from dealgate.model.process import Stage

from ._subject import Subject


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each open stage that is less likely won than the one before it."""
    before: Stage | None = None
    for stage in subject.process.open_stages:
        if stage.probability is None:
            continue
        if before is not None and before.probability is not None and stage.probability < before.probability:
            message = (
                f"The probability falls from {_percent(before)} in `{before.id}` to {_percent(stage)} in `{stage.id}`."
            )
            hint = f"a later stage is at least as likely: write {_percent(before)} or more"
            yield warning("DG310", message, subject.at("stages", stage.id, "probability"), hint, len("probability"))
        before = stage


def _percent(stage: Stage) -> str:
    assert stage.probability is not None
    return f"{(stage.probability * 100).normalize():f}%"
