"""What a move through the stages asks for together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from dealgate.model.process import Criterion, Stage

from ._leaves import stage_key
from ._solve import Given
from ._subject import Subject
from .contradicts import pairs, possible


def steps(subject: Subject) -> Iterable[tuple[Stage, Stage]]:
    """Each open stage with the next one."""
    return pairwise(subject.process.open_stages)


def leaving(subject: Subject, stage: Stage) -> list[Criterion]:
    """What leaving a stage asks: its exits, and what stays from earlier ones."""
    return [*subject.standing(stage), *stage.exit]


def met_together(subject: Subject, criteria: Sequence[Criterion], given: Given) -> bool:
    """Whether a deal can pass all that block, given what is known of it."""
    return subject.solver.all_true([subject.solver.passes(k) for k in possible(subject, criteria)], given)


def open_in(stage: Stage | None = None) -> Given:
    """An open deal, in a stage where one is named."""
    return {stage_key("status"): "open"} | ({stage_key("stage"): stage.id} if stage is not None else {})


def told(subject: Subject, criteria: Sequence[Criterion]) -> bool:
    """Whether two criteria of one list contradict each other here, which is a diagnostic of its own."""
    inside = {k.id for k in criteria}
    return any({first.id, second.id} <= inside for side in subject.lists for first, second in pairs(subject, side))


def blamed(subject: Subject, criteria: Sequence[Criterion], given: Given) -> list[Criterion]:
    """The fewest of the criteria that no deal can pass together."""
    rest = possible(subject, criteria)
    for criterion in list(rest):
        without = [k for k in rest if k is not criterion]
        if not met_together(subject, without, given):
            rest = without
    return rest


def names(criteria: Sequence[Criterion]) -> str:
    """The criteria in a sentence."""
    shown = [f"`{k.id}`" for k in criteria]
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]])) if shown else ""
