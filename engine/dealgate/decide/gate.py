"""One move on one deal: what it checks, and the decision with its verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from ..model.deal import Deal
from ..model.diagnostics import WrongUsage, error
from ..model.process import ENFORCE, Criterion, Process, Stage
from ..model.values import local_date
from ..model.verdict import GAPS, Outcome, Status, Verdict
from .judge import Judge

CLOSINGS = ("won", "lost", "cancelled")
OF_LEADS = ("opportunity", "recycled")
_OUTCOMES = dict(zip(ENFORCE, (Outcome.ALLOW, Outcome.WARN, Outcome.NEEDS_APPROVAL, Outcome.BLOCK), strict=True))
_RANK = {outcome: n for n, outcome in enumerate(Outcome)}


@dataclass(frozen=True, slots=True)
class MoveRule:
    """A rule of the process about the move itself: skip, back, reopen."""

    kind: str
    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who moved a lead to opportunity, when, and by which version of the rule."""

    by: str
    at: datetime
    playbook: str
    digest: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a move came to. ``verdicts`` are those the move checks, in the process's order."""

    deal: Deal
    origin: str | None
    to: str
    outcome: Outcome
    verdicts: tuple[Verdict, ...]
    rules: tuple[MoveRule, ...] = ()
    stamp: Stamp | None = None
    was: str | None = None
    """The stage its source has, where the process has it no more."""

    def of(self, *statuses: Status) -> tuple[Verdict, ...]:
        """The verdicts with these statuses."""
        return tuple(v for v in self.verdicts if v.status in statuses)

    @property
    def holding(self) -> tuple[Verdict, ...]:
        """The verdicts that hold the deal back."""
        return tuple(v for v in self.of(*GAPS) if v.criterion.holds)

    @property
    def warnings(self) -> tuple[Verdict, ...]:
        """The verdicts that only warn."""
        return tuple(v for v in self.of(*GAPS) if v.criterion.enforce == "warn")


def decide(judge: Judge, deal: Deal, to: str, as_of: date | datetime, *, reason: str = "") -> Decision:
    """The decision on a move to a stage, to won, lost or cancelled, or (a lead) to opportunity or recycled.

    Raises WrongUsage where the process has no such target.
    """
    process, moment = judge.process, judge.moment(as_of)
    was = deal.stage if deal.stage in process.becomes else None
    deal = judge.moved(deal, as_of)
    rules: list[MoveRule] = []
    if to in OF_LEADS:
        if process.lead is None:
            raise WrongUsage(error("DG703", f"The process {process.id} has no rule for leads."))
        checked = list(process.lead.criteria if to == "opportunity" else process.lead.recycle)
    elif to in CLOSINGS:
        checked = closing(process, deal, to)
    else:
        target = process.stage(to)
        if target is None:
            from ..documents.suggest import nearest

            names = [*(s.id for s in process.stages), *CLOSINGS, *OF_LEADS]
            near = nearest(to, names)
            hint = f"did you mean `{near}`?" if near else f"one of {', '.join(names)}"
            raise WrongUsage(error("DG702", f"The process {process.id} has no stage `{to}`.", suggestion=hint))
        checked, rules = moving(process, deal, target, moment.today, reason)
    wanted = {k.id for k in checked}
    verdicts = tuple(v for v in judge.evaluate(deal, as_of, moving=True) if v.criterion.id in wanted)
    outcomes = [_OUTCOMES[v.criterion.enforce] for v in verdicts if v.status in GAPS]
    outcome = max([Outcome.ALLOW, *outcomes, *(r.outcome for r in rules)], key=_RANK.__getitem__)
    origin = deal.stage if deal.status == "open" else deal.status
    return Decision(deal, origin, to, outcome, verdicts, tuple(rules), was=was)


def closing(process: Process, deal: Deal, to: str) -> list[Criterion]:
    """What closing checks: lost only its own; won the exits of the current and every later open stage, and its own."""
    if to != "won":
        return list(process.lost) if to == "lost" else []
    found: list[Criterion] = []
    reached = process.stage(deal.stage) is None
    for stage in process.open_stages:
        if stage.id == deal.stage:
            reached = True
        found += [k for k in (*stage.enter, *stage.exit) if k.stays and not reached]
        found += stage.exit if reached else ()
    return [*found, *process.won]


def moving(
    process: Process, deal: Deal, target: Stage, today: date, reason: str
) -> tuple[list[Criterion], list[MoveRule]]:
    """What a move to a stage checks, and the rules of the move itself."""
    origin = process.stage(deal.stage)
    if deal.status in ("lost", "cancelled") or (deal.status == "won" and target.after is None):
        return list(target.enter), [reopening(process, deal, today)]
    if target.after == "won" and deal.status != "won":
        return [*closing(process, deal, "won"), *target.enter], []
    # winning has been decided: what is left are the stages after it
    stages = process.stages if deal.status != "won" else tuple(s for s in process.stages if s.after == "won")
    origin = origin if origin in stages else None
    order = [s.id for s in stages]
    here = order.index(origin.id) if origin is not None else -1
    there = order.index(target.id)
    if there == here:
        return [], []
    if there < here:
        return [], [going_back(process, reason)]
    found: list[Criterion] = []
    for n, stage in enumerate(stages[:there]):
        found += stage.exit if n >= here else [k for k in (*stage.enter, *stage.exit) if k.stays]
    rules = []
    skipped = stages[here + 1 : there] if origin is not None else ()
    if skipped:
        names = ", ".join(s.title for s in skipped)
        rules.append(MoveRule("skip", _OUTCOMES[process.moves.skip], f"The move skips {names}."))
    return [*found, *target.enter], rules


def going_back(process: Process, reason: str) -> MoveRule:
    """The rule for a step back; a reason that is required and not given warns at least."""
    outcome = _OUTCOMES[process.moves.back]
    text = "The move goes back."
    if process.moves.back_needs_reason and not reason:
        outcome = max(outcome, Outcome.WARN, key=_RANK.__getitem__)
        text = "The move goes back; say why."
    return MoveRule("back", outcome, text)


def reopening(process: Process, deal: Deal, today: date) -> MoveRule:
    """The rule for opening a closed deal again: within its days as the process says, later never."""
    moves, closed = process.moves, deal.fields.get("closed_on")
    if moves.reopen_within is None:
        return MoveRule("reopen", _OUTCOMES[moves.reopen], "The move opens a closed deal again.")
    if closed is None:
        outcome = max(_OUTCOMES[moves.reopen], Outcome.NEEDS_APPROVAL, key=_RANK.__getitem__)
        return MoveRule("reopen", outcome, "The move opens a closed deal again; the day it closed is missing.")
    last = process.calendar.shift(local_date(closed, process.calendar.zone), moves.reopen_within)
    if today > last:
        return MoveRule("reopen", Outcome.BLOCK, f"It closed more than {moves.reopen_within} ago: open a new deal.")
    return MoveRule("reopen", _OUTCOMES[moves.reopen], "The move opens a closed deal again.")
