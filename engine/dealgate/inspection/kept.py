"""Findings over time: what was found before meets what is found now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, tzinfo

from ..model.finding import Finding, Kept, Silence, Snooze
from ..model.values import local_date
from .inspect import Inspected


def merged(
    found: Inspected, kept: Sequence[Kept], silences: Sequence[Silence], zone: tzinfo
) -> tuple[list[Finding], list[Finding]]:
    """The findings that are open, each with since when and what silences it; and those that are gone today.

    What is open and cannot be told today stays, for unknown is not false. A snooze holds for the finding that was open
    when it was said: one that closed and came back is a new one.
    """
    today = local_date(found.as_of, zone)
    by_key = {one.key: one for one in kept}
    live = {one.key: one for one in kept if one.gone is None or one.gone > found.as_of}
    open_: list[Finding] = []
    for finding in found.findings:
        before = live.get(finding.key)
        since = local_date(before.since, zone) if before is not None else today
        state = "new" if before is None or since == today else "still"
        open_.append(finding.replace(since=since, state=state, snoozed=_silenced(before, silences, today)))
    here = {finding.key for finding in found.findings}
    gone: list[Finding] = []
    for key, one in by_key.items():
        if key in here or one.inspection not in {rule.inspection for rule in found.rules}:
            continue
        if key in live and key in found.unknown:
            silenced = _silenced(one, silences, today)
            told = _told(one, found, zone, "still", "It cannot be told today: what it rests on is not known.")
            open_.append(told.replace(certain=False, snoozed=silenced))
        elif key in live or (one.gone is not None and local_date(one.gone, zone) == today):
            gone.append(_told(one, found, zone, "gone", ""))
    return open_, gone


def _silenced(before: Kept | None, silences: Sequence[Silence], today: date) -> Snooze | None:
    mine = [s for s in silences if before is not None and s.key == before.key and s.at >= before.since]
    last = max(mine, key=lambda s: s.at, default=None)
    return last.snooze if last is not None and last.snooze.holds(today) else None


def _told(one: Kept, found: Inspected, zone: tzinfo, state: str, reason: str) -> Finding:
    """What is kept, as a finding: its words are the rule's of today, its deal's fields those of today."""
    rule, scope, subject = one.key
    known = next((r for r in found.rules if r.id == rule), None)
    deal = next((d for d in found.deals if d.id == subject), None) if scope == "deal" else None
    fields: Mapping[str, object] = deal.fields if deal is not None else {}
    owner = subject if scope == "owner" else fields.get("owner.name")
    team = subject if scope == "team" else fields.get("owner.team")
    made = Finding(
        rule,
        one.inspection,
        scope,
        subject,
        one.severity,
        rule,
        reason=reason,
        owner=str(owner) if owner is not None else None,
        team=str(team) if team is not None else None,
        stage=deal.stage if deal is not None else None,
        deals=(subject,) if scope == "deal" else (),
        since=local_date(one.since, zone),
        state=state,
    )
    if known is None:
        return made
    return made.replace(title=known.title, why=known.why, coach=known.coach, action=known.action, at=known.at)
