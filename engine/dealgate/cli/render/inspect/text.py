"""Findings for a terminal: the gravest first, a paragraph a rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from ....compile.words import value
from ....inspection.score import Score
from ....model.finding import SEVERITIES, Finding
from ....model.values import Money, local_date
from ....sources.table import counted
from ...inspecting import Shown
from ..width import hanging

MOST = 5
"""Findings of one rule that are shown, unless a rule, an owner or a team is asked for."""
WORST = 3
"""Parts of a score that are told."""


def render(shown: Shown) -> str:
    """The whole of it."""
    return "\n".join(line.rstrip() for line in _lines(shown))


def _lines(shown: Shown) -> Iterator[str]:
    found, process = shown.found, shown.past.playbook.process
    day = value(local_date(found.as_of, process.calendar.zone))
    open_deals = sum(deal.status == "open" for deal in found.deals)
    yield f"Inspection of {counted(open_deals, 'open deal')} by {process.title} {process.version}, as of {day}"
    counts = Counter(one.severity for one in shown.open)
    yield " · ".join(f"{severity} {counts[severity]}" for severity in reversed(SEVERITIES))
    if shown.kept or any(one.state == "still" for one in shown.open):
        states = Counter(one.state for one in shown.open)
        said = f"new {states['new']} · still {states['still']} · gone {len(shown.gone)} · snoozed {len(shown.snoozed)}"
        yield said
    for _, group in groupby(shown.open, key=lambda one: (one.severity, one.rule)):
        yield ""
        yield from _rule(list(group), shown)
    for word, those in (("Gone", shown.gone), ("Snoozed", shown.snoozed)):
        if those:
            yield ""
            yield f"{word}:"
            for one in those[: None if shown.narrowed else MOST]:
                silence = one.snoozed
                because = f" until {value(silence.until)}: {silence.reason}" if silence is not None else ""
                yield from hanging(f"{one.rule}, {_who(one, shown)}{because}", "  ")
            if not shown.narrowed and len(those) > MOST:
                yield f"  and {len(those) - MOST:,} more"
    yield from _unknown(shown)
    yield from _leaks(shown)
    for title, scores in (("Hygiene by owner", shown.owners), ("Hygiene by team", shown.teams)):
        if scores:
            yield ""
            yield f"{title}, from 0 to 100:"
            for score in scores:
                yield from _score(score)


def _rule(group: Sequence[Finding], shown: Shown) -> Iterator[str]:
    first = group[0]
    yield from hanging(f"{first.severity.upper()}  {first.title} ({first.rule}): {len(group):,}", "")
    if first.coach:
        yield from hanging(f"Ask: {first.coach}", "  ")
    if first.action:
        yield from hanging(f"Do: {first.action}", "  ")
    most = len(group) if shown.narrowed else MOST
    for one in group[:most]:
        amount = f", {value(Money(one.amount, one.currency))}" if one.amount is not None and one.currency else ""
        owner = f", {one.owner}" if one.owner and one.scope == "deal" else ""
        since = f", since {value(one.since)}" if one.state == "still" and one.since is not None else ""
        yield from hanging(f"- {_who(one, shown)}{amount}{owner}{since}", "  ")
        if one.reason:
            yield from hanging(one.reason, "    ")
    if len(group) > most:
        yield from hanging(f"and {len(group) - most:,} more: --rule {first.rule} shows all", "  ")


def _who(one: Finding, shown: Shown) -> str:
    if one.scope == "deal":
        name = shown.names.get(one.subject)
        return f"{one.subject} {name}" if name else one.subject
    return "the pipeline" if one.scope == "pipeline" else one.subject


def _unknown(shown: Shown) -> Iterator[str]:
    doubtful = [(rule.id, shown.found.tallies[rule.id].unknown) for rule in shown.found.rules]
    told = sorted(((n, name) for name, n in doubtful if n), reverse=True)
    if told:
        yield ""
        listed = ", ".join(f"{name} {n:,}" for n, name in told)
        yield from hanging(f"Not known, for what they ask is missing: {listed}.", "")


def _leaks(shown: Shown) -> Iterator[str]:
    if shown.found.leaks:
        yield ""
        yield "Moves past a gate in the last 30 days:"
        for (origin, to, channel), count in shown.found.leaks.items():
            yield from hanging(f"{origin} to {to}, by {channel}: {count:,}", "  ")


def _score(score: Score) -> Iterator[str]:
    if score.value is None:
        yield from hanging(f"{score.name}: none, {score.why}", "  ")
        return
    parts = [part for part in score.parts if part.fired]
    worst = sorted(parts, key=lambda p: (-p.weight * p.fired / p.judged, p.rule))[:WORST]
    said = ", ".join(f"{part.rule} {part.fired}/{part.judged}" for part in worst)
    tail = f": {said}" if said else ""
    yield from hanging(f"{float(score.value):5.1f}  {score.name}, {counted(score.deals, 'deal')}{tail}", "  ")
