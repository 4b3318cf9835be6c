"""A stage that is no more, of which some deals come to no stage."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.diagnostics import Diagnostic, warning

from ._subject import Subject


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each list under ``becomes`` whose conditions can all be false at once."""
    for name, ways in subject.process.becomes.items():
        conditions = [way.when for way in ways if way.when is not None]
        if len(conditions) < len(ways):
            continue
        formulas = [subject.solver.formula(condition) for condition in conditions]
        if subject.solver.witness([(formula, False) for formula in formulas]) is None:
            continue
        message = f"A deal in `{name}` of which no condition holds is in no stage."
        yield warning(
            "DG332", message, subject.at("becomes", name), "end the list with an entry without `when`", len(name)
        )
