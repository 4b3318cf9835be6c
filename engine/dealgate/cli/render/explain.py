"""One deal explained: how it stands, each gap in words with the value seen, and what to do next."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from ...compile.facts import deal_value
from ...compile.words import Words, lower, value
from ...decide.gate import Decision
from ...decide.judge import Standing
from ...model.calendar import Moment
from ...model.condition import Test
from ...model.deal import Deal
from ...model.process import Criterion, Process
from ...model.verdict import GAPS, Outcome, State, Status, Verdict

LINES = 30
"""Lines the short form takes at most."""
WAIVED = 9
"""Of these, lines of what is waived."""
_HARDEST = {"block": 0, "approve": 1, "warn": 2, "observe": 3}
SHOWN = (*GAPS, Status.WAIVED)
"""What a reader has to know of."""
MARKS = {
    Status.MET: "✓", Status.UNMET: "✗", Status.UNKNOWN: "?", Status.NOT_APPLICABLE: "–", Status.WAIVED: "w",
}  # fmt: skip


def short(standing: Standing, process: Process, moment: Moment, width: int = 80, lines: int = LINES) -> str:
    """The deal, its gaps (the hardest first) with values and fixes, what is waived and met; at most so many lines."""
    head = [*heading(standing, process, moment, width), ""]
    verdicts = standing.verdicts
    if not verdicts:
        return "\n".join([*head, _not_judged(standing, process)])
    head += [*wrapped(_state(standing, process), width), ""]
    met = [short_title(v.criterion) for v in verdicts if v.status is Status.MET]
    tail = ["", *_clip(wrapped("Met: " + "; ".join(met), width, "     "), 3, width)] if met else []
    # an exception is shown whatever else there is to show
    waived = fitted([v for v in verdicts if v.status is Status.WAIVED], WAIVED, width)
    tail = [*([""] if waived else []), *waived, *tail]
    gaps = sorted((v for v in verdicts if v.status in GAPS), key=_weight)
    return "\n".join([*head, *fitted(gaps, lines - len(head) - len(tail), width), *tail])


def unrouted(deal: Deal, why: str, width: int) -> str:
    """A deal that no single process judges, and why."""
    name = str(deal.fields.get("name") or deal.id)
    return "\n".join([*wrapped(name, width), "", *wrapped(f"Not judged: {why}.", width)])


def fitted(gaps: Sequence[Verdict], room: int, width: int) -> list[str]:
    """As many gaps as fit into some lines; the others by their number."""
    out: list[str] = []
    for n, verdict in enumerate(gaps):
        lines = gap(verdict, width)
        left = len(gaps) - n - 1
        if len(out) + len(lines) + (1 if left else 0) > room:
            return [*out, f"… and {left + 1} more (--full shows all)."]
        out += lines
    return out


def gap(verdict: Verdict, width: int) -> list[str]:
    """One gap: the criterion, the value seen, the fix; of a waived one, by whom it is and until when."""
    criterion = verdict.criterion
    soft = {"approve": " (needs approval)", "warn": " (warns)", "observe": " (observed)"}.get(criterion.enforce, "")
    reason = verdict.reason
    captured = short_title(criterion) != criterion.title  # then the reason says all: the amount is missing
    title = reason.rstrip(".") if captured and verdict.status in GAPS else criterion.title
    lines = wrapped(f"{MARKS[verdict.status]} {title}{soft}", width, "  ")
    if not captured or verdict.status is Status.WAIVED:
        lines += _clip(wrapped("  " + reason, width, "  "), 2, width)
    if criterion.fix and verdict.status in GAPS:
        lines += _clip(wrapped("  → " + _one_line(criterion.fix), width, "    "), 2, width)
    return lines


def short_title(criterion: Criterion) -> str:
    """The criterion's title; of one that only asks for a field to be filled, the field's."""
    check, title = criterion.check, criterion.title
    if isinstance(check, Test) and check.operator.key == "filled" and title == f"{check.ref.field.title} is captured":
        return check.ref.field.title
    return title


def heading(standing: Standing, process: Process, moment: Moment, width: int) -> list[str]:
    """Name, stage and age, amount, dates, owner."""
    deal = standing.deal
    stage = standing.stage.title if standing.stage else "no stage of the process"
    days = deal_value(deal, "days_in_stage", moment, process)
    age = f" for {value(days)}" if days is not None and standing.group == "open" else ""
    limit = standing.stage.max_age if standing.stage else None
    over = f" (at most {limit})" if age and limit is not None and limit.delta is not None and days > limit.delta else ""
    facts = [
        value(deal.fields["amount"]) if "amount" in deal.fields else "no amount",
        f"closes {value(deal.fields['close_date'])}" if "close_date" in deal.fields else "no close date",
        str(deal.fields.get("owner.name") or "no owner"),
        f"as of {value(moment.today)}",
    ]
    name = str(deal.fields.get("name") or deal.id)
    where = f"{stage}{age}{over}" if standing.group == "open" else f"{standing.group}, {stage}"
    moved = wrapped(was_in(standing.was, standing.stage.title), width) if standing.was and standing.stage else []
    return [*wrapped(f"{name} – {where}", width), *wrapped(" · ".join(facts), width), *moved]


def was_in(was: str, now: str) -> str:
    """That the source has another stage, which the process has no more."""
    return f"Its source has it in `{was}`, which is now {now}."


def _state(standing: Standing, process: Process) -> str:
    applying = [v for v in standing.verdicts if v.status is not Status.NOT_APPLICABLE]
    met = sum(v.status in (Status.MET, Status.WAIVED) for v in applying)
    words = {State.READY: "Ready", State.BLOCKED: "Blocked", State.UNKNOWN: "Too little is known"}
    state = words[standing.state] if standing.state else ""
    readiness = f", {float(standing.readiness):.0%} by weight" if standing.readiness is not None else ""
    following = _next(standing, process)
    to = f" to {following}" if following else ""
    waived = sum(v.status is Status.WAIVED for v in applying)
    of_them = f", {waived} of them waived" if waived else ""
    return f"{state} to move on{to}: {met} of {len(applying)} criteria met{of_them}{readiness}."


def _next(standing: Standing, process: Process) -> str:
    stages = [s for s in process.stages if s.after == (standing.stage.after if standing.stage else None)]
    titles = [s.title for s in stages]
    at = stages.index(standing.stage) + 1 if standing.stage in stages else len(titles)
    return titles[at] if at < len(titles) else "won" if standing.group == "open" else ""


def _not_judged(standing: Standing, process: Process) -> str:
    why = standing.unmapped_for(process) or f"the deal is {standing.group}"
    return f"Not judged: {why}."


def full(verdicts: Iterable[Verdict], process: Process, width: int = 80) -> str:
    """The trace: every criterion, what is asked in words, the reason, the values seen, the rule's file and line."""
    words, out = Words(process), []
    for v in verdicts:
        out += wrapped(f"{MARKS[v.status]} {v.criterion.title}: {v.status.value.replace('_', ' ')}", width, "  ")
        out += wrapped(f"  asked  {words.sentence(v.criterion.check)}", width, "         ")
        if v.status is not Status.MET:
            out += wrapped(f"  why    {v.reason}", width, "         ")
        seen = "; ".join(f"{_label(label, process)}: {_seen(label, item, process)}" for label, item in v.values.items())
        out += wrapped(f"  seen   {seen or 'nothing'}", width, "         ")
        out += [f"  rule   {v.criterion.at.file}:{v.criterion.at.line}", ""]
    return "\n".join(out).rstrip()


def _seen(label: str, item: Any, process: Process) -> str:
    framework, _, element = label.partition(".")
    known = process.frameworks.get(framework)
    if known is not None and element and isinstance(item, int):
        at = item - known.lowest
        return lower(known.levels[at]) if 0 <= at < len(known.levels) else str(item)
    if item is None and "." not in label and label in process.catalogue.collections:
        return "never read"
    if isinstance(item, bool) and label in process.evidence_types:
        return "proven" if item else "no valid proof"
    return value(item, process.catalogue.deal.get(label))


def _label(label: str, process: Process) -> str:
    field = process.catalogue.deal.get(label)
    if field is not None:
        return field.title
    framework, _, element = label.partition(".")
    known = process.frameworks.get(framework)
    found = known.element(element.partition(".")[0]) if known else None
    if known is not None:
        return f"{known.title} {found.title}" if found else known.title
    criterion = process.criterion(label)
    kind = process.evidence_types.get(label)
    collection = process.catalogue.collections.get(label.partition(" ")[0])
    titled = criterion or kind
    return titled.title if titled else f"{collection.title} that count" if collection else label


def decision(found: Decision, process: Process, width: int = 80) -> str:
    """A move's decision: the word, why, and what to do."""
    target = process.stage(found.to)
    to = target.title if target else found.to
    origin = process.stage(found.origin)
    start = origin.title if origin else (found.origin or "no stage")
    said = {
        Outcome.ALLOW: "Allowed", Outcome.WARN: "Allowed, with warnings", Outcome.NEEDS_APPROVAL: "Needs approval",
        Outcome.BLOCK: "Blocked",
    }[found.outcome]  # fmt: skip
    out = wrapped(f"{found.deal.fields.get('name') or found.deal.id}: {start} → {to}", width)
    out += wrapped(was_in(found.was, start), width) if found.was and origin else []
    out += [f"{said}.", ""]
    for rule in found.rules:
        out += wrapped(f"• {rule.text}", width, "  ")
    for v in sorted((v for v in found.verdicts if v.status in SHOWN), key=_weight):
        out += gap(v, width)
    met = sum(v.status in (Status.MET, Status.WAIVED) for v in found.verdicts)
    waived = len(found.of(Status.WAIVED))
    applying = sum(v.status is not Status.NOT_APPLICABLE for v in found.verdicts)
    out += ["", f"{met} of {applying} criteria met{f', {waived} of them waived' if waived else ''}."]
    if found.stamp is not None:
        by = f" by {found.stamp.by}" if found.stamp.by else ""
        out.append(f"Became an opportunity on {value(found.stamp.at)}{by}, under {found.stamp.playbook}.")
    return "\n".join(out)


def _weight(v: Verdict) -> tuple[bool, int, bool]:
    return v.status is Status.WAIVED, _HARDEST[v.criterion.enforce], v.status is Status.UNKNOWN


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Lines of text; the first keeps its own indent, the others get ``indent``."""
    lead = text[: len(text) - len(text.lstrip())]
    body = textwrap.wrap(text.strip(), width, initial_indent=lead, subsequent_indent=indent, break_on_hyphens=False)
    return body or [""]


def _clip(lines: list[str], most: int, width: int) -> list[str]:
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while len(last) > width - 2:
        last = last.rpartition(" ")[0]
    return [*lines[: most - 1], last.rstrip(".;, ") + " …"]


def _one_line(text: str) -> str:
    return " ".join(text.split())
