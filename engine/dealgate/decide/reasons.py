"""Why a verdict came out as it did: the values seen against what is asked, in words."""

from __future__ import annotations

from datetime import datetime

from ..compile.becomes import former_names, names_of
from ..compile.reference import Walk
from ..compile.words import Words, choice, element_name, lower, must, one_of, sentence, ticked, title_of, value
from ..model import condition as c
from ..model.framework import Framework
from ..model.process import Criterion, Process
from ..model.values import Money, local_date, local_moment
from ..model.verdict import Status, Verdict
from .waivers import last_day, waiving

MOST = 3
"""Parts of a gap told at most; the rest is counted."""


class Reasons:
    """Tells the reasons of one process's verdicts."""

    def __init__(self, process: Process) -> None:
        self.process, self.words = process, Words(process)
        self.former = former_names(process)

    def tell(self, verdict: Verdict) -> str:
        """One or two sentences: what was seen, what is missing."""
        criterion, status = verdict.criterion, verdict.status
        walk = Walk(self.process, verdict.case.deal, verdict.case.moment)
        if status is Status.NOT_APPLICABLE:
            if criterion.applies_when is None or walk.holds(criterion.applies_when) is not False:
                return "Not in force for this deal: it stood in the stage before the criterion came."
            return f"Applies only when {self.words.clause(criterion.applies_when)}."
        if status is Status.MET:
            return f"{self.words.sentence(criterion.check)}"
        if status is Status.WAIVED:
            return f"{self.waiver(verdict)} {self.gap(criterion, walk, walk.verdict(criterion))}"
        return self.gap(criterion, walk, status)

    def waiver(self, verdict: Verdict) -> str:
        """Who waived a criterion, until when and for what reason."""
        moment = verdict.case.moment
        override = waiving(names_of(verdict.criterion, self.former), verdict.case.deal, self.process, moment)
        assert override is not None
        last = last_day(override, self.process, moment)
        until = f" until {value(last)}" if last is not None else ""
        why = f" ({choice(override.reason)})" if override.reason else ""
        return f"Waived by {override.approver}{until}{why}."

    def gap(self, criterion: Criterion, walk: Walk, status: Status) -> str:
        """What keeps a criterion from being met."""
        wanted = False if status is Status.UNMET else None
        answer = walk.holds(criterion.check)
        found = list(dict.fromkeys(self.gaps(criterion.check, walk, answer)))
        if answer is not wanted and criterion.applies_when is not None:
            gaps = list(dict.fromkeys(self.gaps(criterion.applies_when, walk, None)))
            found = [f"whether it applies is not known: {'; '.join(gaps[:MOST])}", *found]
        rest = len(found) - MOST
        told = "; ".join(found[:MOST]) + (f"; and {rest} more" if rest > 0 else "")
        return sentence(told) if told else self.words.sentence(criterion.check)

    def gaps(self, node: c.Condition, walk: Walk, wanted: bool | None) -> list[str]:
        """The innermost parts whose answer is ``wanted`` (False or None), told."""
        if isinstance(node, (c.All, c.AnyOf)):
            return [g for p in node.parts if walk.holds(p) is wanted for g in self.gaps(p, walk, wanted)]
        if isinstance(node, c.Named):
            return self.gaps(node.body, walk, wanted)
        if isinstance(node, c.CriterionRef):
            referred = self.process.criterion(node.criterion)
            return self.gaps(referred.check, walk, wanted) if referred is not None else []
        if isinstance(node, c.Not):
            if wanted is None:
                return self.gaps(node.part, walk, None)
            return [self.wants(node)]
        return [self.leaf(node, walk)]

    def wants(self, node: c.Condition) -> str:
        """What is asked, where there is no single value to hold against it."""
        return f"what is asked is that {self.words.clause(node)}"

    def leaf(self, node: c.Condition, walk: Walk) -> str:
        """One test's gap."""
        match node:
            case c.Test():
                return self.test(node, walk)
            case c.Children() | c.Count() | c.Sum():
                return self.records(node, walk)
            case c.Changed():
                if walk.deal.children.get("changes") is None:
                    return f"the history of {self.words.field(node.ref)} was never read"
                return self.wants(node)
            case c.Proof():
                return self.proof(node, walk)
        return self.framework(node, walk)

    def proof(self, node: c.Proof, walk: Walk) -> str:
        """A proof's gap: evidence never read, none of the type, or none that is good enough."""
        found = walk.deal.children.get("evidence")
        if found is None:
            return "evidence was never read from the source"
        if walk.holds(node) is None:
            return f"it is not certain that {self.words.clause(node)}"
        if node.type != "any" and not any(item.get("type") == node.type for item in found):
            return f"no proof of {self.words.evidence(node)} is on record"
        return self.words.clause(node, negated=True)

    def test(self, node: c.Test, walk: Walk) -> str:
        """A field's gap: missing, a placeholder, a misfit, or a value against what is asked."""
        name, seen = self.words.field(node.ref), walk.value(node.ref, None)
        if node.operator.sees_missing:
            flag = node.operands[0]
            if seen is not None or not isinstance(flag, c.Literal) or not flag.value:
                return f"{name} {must(self.words.clause(node).removeprefix(name + ' '))}"
        if seen is None:
            raw = walk.deal.unfit.get(node.ref.name)
            if raw is None:
                return f"{name} is missing"
            return f"{name} holds only {value(raw)}" if raw.placeholder else f"{name} is {value(raw)}, which {raw.why}"
        for operand in node.operands:
            if walk.operand(operand, None, day=node.day) is None and isinstance(operand, (c.FieldOperand, c.ByField)):
                return f"{self.words.field(operand.ref)} {self.lacks(operand, walk)}"
        if isinstance(seen, Money) and walk.moment.minor(seen) is None:
            return f"{name} is {value(seen)} and no rate to {walk.moment.currency} is known"
        if isinstance(seen, bool):
            return ticked(node.ref.field.title, seen)
        if isinstance(seen, datetime):
            seen = (local_date if node.day else local_moment)(seen, walk.moment.calendar.zone)
        words = self.words.clause(node).removeprefix(name + " ")
        beside = [o.ref for o in node.operands if isinstance(o, c.FieldOperand) and not o.ref.child]
        shown = one_of([value(walk.value(ref, None), ref.field) for ref in beside])
        return f"{name} is {value(seen, node.ref.field)}; it {must(words)}{f' ({shown})' if beside else ''}"

    @staticmethod
    def lacks(operand: c.FieldOperand | c.ByField, walk: Walk) -> str:
        """Why an operand has no value to compare with."""
        seen = walk.value(operand.ref, None)
        if seen is None:
            return "is missing"
        if isinstance(seen, Money):
            return f"is {value(seen)} and no rate to {walk.moment.currency} is known"
        return f"is {value(seen, operand.ref.field)}, for which no value is set"

    def records(self, node: c.Children | c.Count | c.Sum, walk: Walk) -> str:
        """A collection's gap: never read, empty, or how many match."""
        known = self.process.catalogue.collections[node.collection]
        found = walk.deal.children.get(node.collection)
        if found is None:
            return f"{lower(known.title)} were never read from the source"
        noun = lower(known.title) if len(found) != 1 else known.singular
        if not isinstance(node, c.Children) or node.kind != "some":
            return f"{len(found) or 'no'} {noun} on record; {self.wants(node)}"
        if not found:
            return f"no {known.singular} is recorded"
        where = self.words.clause(node.where) if node.where is not None else "anything is known"
        if walk.holds(node) is None:
            return f"{len(found)} {noun} on record, but it is not certain of any that {where}"
        return f"{len(found)} {noun} on record, but none where {where}"

    def framework(self, node: c.Condition, walk: Walk) -> str:
        """A framework's gap: the element's level, or the status and what is missing."""
        assert isinstance(node, (c.ElementLevel, c.ElementAnswer, c.FrameworkIs, c.FrameworkScore, c.FrameworkBand))
        framework = self.process.frameworks[node.framework]
        if isinstance(node, (c.ElementLevel, c.ElementAnswer)):
            return self.element(framework, node, walk)
        result = walk.framework_result(framework)
        missing = [lower(e.title) for e in framework.elements if e.id in result.missing]
        lacks = f" (no evidence on {one_of(missing)})" if missing else ""
        return f"{title_of(framework)} comes out as {choice(result.status)}{lacks}; {self.wants(node)}"

    def element(self, framework: Framework, node: c.ElementLevel | c.ElementAnswer, walk: Walk) -> str:
        """Where an element stands against what is asked."""
        name, state = element_name(framework, node.element), walk.states(framework)[node.element]
        if state.level is None and state.answer is None:
            return f"{name} has no valid evidence"
        if state.answer == "no":
            return f"the buyer said no to {name}"
        if state.answer == "not_applicable":
            return f"{name} does not apply"
        if state.level is None or isinstance(node, c.ElementAnswer):
            return self.words.clause(node, negated=True)
        at = state.level - framework.lowest
        shown = lower(framework.levels[at]) if 0 <= at < len(framework.levels) else f"at level {state.level}"
        undated = " (undated)" if state.undated else ""
        return f"{name} is {shown}{undated}; it {must(self.words.clause(node).removeprefix(name + ' '))}"
