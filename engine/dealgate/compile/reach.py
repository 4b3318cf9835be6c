"""Which answers a condition, and which verdicts a criterion, can reach at all. Parts are taken as independent."""

from __future__ import annotations

from ..model import condition as c
from ..model.answers import Answers, every_part, inverted
from ..model.process import Criterion, Process
from ..model.verdict import Status

_EVERY: Answers = frozenset({True, False, None})


def answers(node: c.Condition, process: Process) -> Answers:
    """The subset of true, false and unknown (None) that a condition can come to."""
    match node:
        case c.All():
            return every_part([answers(p, process) for p in node.parts])
        case c.AnyOf():
            return inverted(every_part([inverted(answers(p, process)) for p in node.parts]))
        case c.Not():
            return inverted(answers(node.part, process))
        case c.Named():
            return answers(node.body, process)
        case c.Test() | c.ElementLevel():
            return frozenset({True, False}) if node.operator.sees_missing else _EVERY
        case c.FrameworkIs() if "unknown" in node.statuses:
            return frozenset({True, False})
        case c.CriterionRef():
            referred = process.criterion(node.criterion)
            reached = verdicts(referred, process) if referred is not None else frozenset()
            truth = {Status.MET: True, Status.NOT_APPLICABLE: True, Status.UNMET: False, Status.UNKNOWN: None}
            return frozenset(truth[s] for s in reached)
    return _EVERY


def verdicts(criterion: Criterion, process: Process) -> frozenset[Status]:
    """The verdicts a criterion can reach before overrides."""
    check = answers(criterion.check, process)
    applies: Answers = frozenset({True})
    if criterion.applies_when is not None:
        applies = answers(criterion.applies_when, process)
    found = set()
    if False in applies:
        found.add(Status.NOT_APPLICABLE)
    if applies - {False}:
        if True in check:
            found.add(Status.MET)
        if False in check and True in applies:
            found.add(Status.UNMET)
        if None in check or (None in applies and False in check):
            found.add(Status.UNKNOWN)
    return frozenset(found)
