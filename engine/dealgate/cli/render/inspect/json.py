"""Findings as one JSON object."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from fractions import Fraction
from typing import Any

from ....decide.plain import plain_playbook
from ....inspection.score import Score
from ....model.finding import SEVERITIES, Finding
from ....model.values import Money, plain
from ...inspecting import Shown
from ..clean import dumps


def render(shown: Shown) -> str:
    """What is open, gone and snoozed; how often each rule fired, was clear or could not be told; the scores."""
    found = shown.found
    counts = Counter(one.severity for one in shown.open)
    states = Counter(one.state for one in shown.open)
    return dumps(
        {
            "as_of": found.as_of.isoformat(),
            "playbook": plain_playbook(shown.past.playbook),
            "kept": shown.kept,
            "reconstructed": shown.past.history.reconstructed,
            "summary": {
                "deals": len(found.deals),
                "open_deals": sum(deal.status == "open" for deal in found.deals),
                **{severity: counts[severity] for severity in reversed(SEVERITIES)},
                "new": states["new"],
                "still": states["still"],
                "gone": len(shown.gone),
                "snoozed": len(shown.snoozed),
            },
            "findings": [_finding(one) for one in shown.open],
            "gone": [_finding(one) for one in shown.gone],
            "snoozed": [_finding(one) for one in shown.snoozed],
            "rules": [
                {
                    "id": rule.id, "inspection": rule.inspection, "title": rule.title, "scope": rule.scope,
                    "fired": tally.fired, "clear": tally.clear, "unknown": tally.unknown,
                    "where": _where(rule.at.file, rule.at.line),
                }
                for rule in found.rules
                for tally in [found.tallies[rule.id]]
            ],
            "leaks": [
                {"from": origin, "to": to, "channel": channel, "moves": count}
                for (origin, to, channel), count in found.leaks.items()
            ],
            "hygiene": {"owners": [_score(s) for s in shown.owners], "teams": [_score(s) for s in shown.teams]},
        },
        1,
    )  # fmt: skip


def _finding(one: Finding) -> dict[str, Any]:
    amount = None if one.amount is None or one.currency is None else Money(one.amount, one.currency).plain()
    silence = one.snoozed
    return {
        "rule": one.rule, "inspection": one.inspection, "scope": one.scope, "subject": one.subject,
        "severity": one.severity, "title": one.title, "reason": one.reason, "why": one.why, "coach": one.coach,
        "action": one.action, "owner": one.owner, "team": one.team, "account": one.account, "stage": one.stage,
        "amount": amount, "deals": list(one.deals), "values": {name: _plain(v) for name, v in one.values.items()},
        "tags": list(one.tags), "since": one.since.isoformat() if one.since else None, "state": one.state,
        "certain": one.certain, "where": _where(one.at.file, one.at.line),
        "snoozed": None if silence is None else {
            "reason": silence.reason, "until": silence.until.isoformat(), "by": silence.by
        },
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return f"{value.days} days"
    if isinstance(value, Fraction):
        return f"{float(value):.6f}"
    return plain(value)


def _where(file: str, line: int) -> str:
    return f"{file}:{line}"


def _score(one: Score) -> dict[str, Any]:
    return {
        "name": one.name, "deals": one.deals, "score": None if one.value is None else f"{float(one.value):.1f}",
        "why": one.why or None,
        "parts": [
            {"rule": p.rule, "weight": p.weight, "fired": p.fired, "judged": p.judged, "unknown": p.unknown}
            for p in one.parts
        ],
    }  # fmt: skip
