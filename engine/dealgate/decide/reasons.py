"""Why a verdict came out as it did: the values seen against what is asked, in words."""

from __future__ import annotations

from ..compile.reference import Walk
from ..compile.words import Words, choice, lower, one_of, value
from ..model import condition as c
from ..model.process import Criterion, Process
from ..model.values import Money
from ..model.verdict import Status, Verdict

MOST = 3
"""Parts of a gap told at most; the rest is counted."""


class Reasons:
    """Tells the reasons of one process's verdicts."""

    def __init__(self, process: Process) -> None:
        self.process, self.words = process, Words(process)

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
            status = walk.verdict(criterion)
        return self.gap(criterion, walk, status)

    def gap(self, criterion: Criterion, walk: Walk, status: Status) -> str:
        """What keeps a criterion from being met."""
        wanted = False if status is Status.UNMET else None
        found = list(dict.fromkeys(self.gaps(criterion.check, walk, wanted)))
        if status is Status.UNKNOWN and not found and criterion.applies_when is not None:
            found = [
                "Whether it applies is not known: " + "; ".join(self.gaps(criterion.applies_when, walk, None)[:MOST])
            ]
        rest = len(found) - MOST
        told = "; ".join(found[:MOST]) + (f"; and {rest} more" if rest > 0 else "")
        return told[:1].upper() + told[1:] + "." if told else self.words.sentence(criterion.check)

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
            return [f"it must not be so that {self.words.clause(node.part)}"]
        return [self.leaf(node, walk)]

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
                return f"it must be so that {self.words.clause(node)}"
            case c.Proof():
                if walk.deal.children.get("evidence") is None:
                    return "evidence was never read from the source"
                return f"no valid proof on record: {self.words.clause(node).removeprefix('there is proof that ')}"
        return self.framework(node, walk)

    def test(self, node: c.Test, walk: Walk) -> str:
        """A field's gap: missing, a placeholder, a misfit, or a value against what is asked."""
        title, seen = node.ref.field.title, walk.value(node.ref, None)
        flag = node.operands[0] if node.operands else None
        if node.operator.key == "filled" and isinstance(flag, c.Literal) and not flag.value:
            return f"{title} must be empty"
        if seen is None:
            raw = walk.deal.unfit.get(node.ref.name)
            if raw is None:
                return f"{title} is missing"
            return (
                f"{title} holds only {value(raw)}" if raw.placeholder else f"{title} is {value(raw)}, which {raw.why}"
            )
        for operand in node.operands:
            if walk.operand(operand, None, day=node.day) is None and isinstance(operand, (c.FieldOperand, c.ByField)):
                return f"{operand.ref.field.title} is missing"
        if isinstance(seen, Money) and walk.moment.minor(seen) is None:
            return f"{title} is {value(seen)} and no rate to {walk.moment.currency} is known"
        asked = _must(self.words.clause(node).removeprefix(self.words.field(node.ref) + " "))
        if node.ref.field.type == "boolean":
            return f"{title}: {value(seen)}"
        return f"{title} is {value(seen, node.ref.field)}; it {asked}"

    def records(self, node: c.Children | c.Count | c.Sum, walk: Walk) -> str:
        """A collection's gap: never read, empty, or how many match."""
        known = self.process.catalogue.collections[node.collection]
        found = walk.deal.children.get(node.collection)
        if found is None:
            return f"{lower(known.title)} were never read from the source"
        noun = lower(known.title) if len(found) != 1 else known.singular
        if isinstance(node, c.Children) and node.kind == "some":
            if not found:
                return f"no {known.singular} is recorded"
            where = f" where {self.words.clause(node.where)}" if node.where is not None else ""
            return f"{len(found)} {noun}, none{' surely' if walk.holds(node) is None else ''}{where}"
        return f"{len(found)} {noun} on record; it must be so that {self.words.clause(node)}"

    def framework(self, node: c.Condition, walk: Walk) -> str:
        """A framework's gap: the element's level, or the status and what is missing."""
        assert isinstance(node, (c.ElementLevel, c.ElementAnswer, c.FrameworkIs, c.FrameworkScore, c.FrameworkBand))
        framework = self.process.frameworks[node.framework]
        if isinstance(node, (c.ElementLevel, c.ElementAnswer)):
            element = framework.element(node.element)
            name = f"{framework.title} {lower(element.title) if element else node.element}"
            state = walk.states(framework)[node.element]
            if state.level is None and state.answer is None:
                return f"{name} has no valid evidence"
            if state.answer == "no":
                return f"{name}: the buyer said no"
            if state.level is None or isinstance(node, c.ElementAnswer):
                return f"{name} stands at {choice(state.answer or 'no answer')}"
            at = state.level - framework.lowest
            shown = framework.levels[at] if 0 <= at < len(framework.levels) else str(state.level)
            undated = " (undated)" if state.undated else ""
            return f"{name} is {lower(shown)}{undated}; it {_must(self.words.clause(node).removeprefix(name + ' '))}"
        result = walk.framework_result(framework)
        missing = [lower(e.title) for e in framework.elements if e.id in result.missing]
        lacks = f" (no evidence on {one_of(missing)})" if missing else ""
        return f"{self.words.clause(node)} is asked; it is {choice(result.status)}{lacks}"


_VERBS = {"contains": "contain", "starts": "start", "matches": "match", "has": "have", "holds": "hold"}


def _must(words: str) -> str:
    first, _, rest = words.partition(" ")
    return f"must be {rest}" if first == "is" else f"must {_VERBS.get(first, first)} {rest}"
