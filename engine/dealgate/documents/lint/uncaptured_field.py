"""A field of your own that a holding criterion needs and no stage has asked anyone to fill in."""

from __future__ import annotations

from collections.abc import Iterator

from dealgate.model.condition import Test, refs
from dealgate.model.diagnostics import Diagnostic, warning
from dealgate.model.process import Criterion

from ._subject import Subject, conditions

NEEDS_ALL = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    """One for each such field, at the first criterion that needs it.

    A checkbox always has a value; fields of the core catalogue come with the CRM. A lead's fields are captured by the
    process of leads.
    """
    if not subject.own_fields:
        return
    captured: set[str] = set()
    told: set[str] = set()
    for stage in subject.process.stages:
        here = (*stage.enter, *stage.exit)
        captured |= _captured(here)
        yield from _needed(subject, here, captured, told)
    outside = (*subject.process.won, *subject.process.lost, *subject.process.commit)
    yield from _needed(subject, outside, captured | _captured(outside), told)


def _captured(criteria: tuple[Criterion, ...]) -> set[str]:
    """The fields that somebody is asked to fill in."""
    tests = (node for k in criteria for node in conditions(k))
    return {
        t.ref.name
        for t in tests
        if isinstance(t, Test) and not t.ref.child and t.operator.key == "filled" and t.operands[0].value is True  # type: ignore[union-attr]
    }


def _needed(
    subject: Subject, criteria: tuple[Criterion, ...], captured: set[str], told: set[str]
) -> Iterator[Diagnostic]:
    for criterion in criteria:
        if not criterion.holds:
            continue
        both = [criterion.check, *([criterion.applies_when] if criterion.applies_when is not None else [])]
        for ref in (ref for node in both for ref in refs(node)):
            field = ref.field
            mine = not ref.child and field.id in subject.own_fields
            if not mine or field.type == "boolean" or field.derived or field.id in captured | told:
                continue
            told.add(field.id)
            message = f"`{criterion.id}` needs `{field.id}`, which nothing captures by then."
            stage = f"`{criterion.stage}`" if criterion.stage else "a stage"
            yield warning("DG307", message, criterion.at, f"add `{field.id}` to the `capture` of {stage}")
