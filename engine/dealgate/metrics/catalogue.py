"""The metrics as plain data: what ``dealgate metrics --list`` and the documentation are made from."""

from __future__ import annotations

from typing import Any

from .registry import registry
from .spec import MIN_N, Policy, Spec

_STAGES = {
    "own": "each case is of one stage, and figures are always grouped by it",
    "passed": "a deal counts in each open stage that it had entered by the case's moment",
    "ever": "a deal counts in each stage that it has entered by now",
    "then": "a deal counts in the stage it was in at the case's moment",
}


CONTRACT = {
    "time zone": "days, windows and periods are those of the process's zone; quarters and years are its fiscal ones",
    "moment": "every case has a moment, which places it in a window and a period",
    "attributes": "owner, segment and the like are as they were at the case's moment; the first one told stands in for "
    "what was before",
    "currency": "amounts are in the process's currency; others count at the rate of the case's day, or not at all",
    "durations": "days by the clock on the wall; open ones go on to the moment everything is judged at",
    "least number": "a group's figure under min_n cases is withheld, with its n",
    "nothing": "a zero denominator gives no value and a reason, never 0",
    "records": "deleted deals, and those merged into another, are in no figure",
}
"""What holds of every metric that does not say otherwise."""


def catalogue() -> list[dict[str, Any]]:
    """A dict a metric, by id: text, lists and dicts of text alone, so that any format can show it."""
    return [_plain(spec) for spec in registry().values()]


def _plain(spec: Spec) -> dict[str, Any]:
    return {
        "id": spec.id,
        "version": spec.version,
        "name": spec.name,
        "question": spec.question,
        "formula": spec.formula,
        "unit": spec.unit,
        "grain": spec.grain,
        "better": spec.better,
        "measures": dict(spec.measures),
        "headline": spec.headline,
        "by_stage": _STAGES[spec.stage],
        "record": spec.record or "deal or lead",
        "policies": [_policy(policy) for policy in (*spec.policies, MIN_N)],
        "edges": list(spec.edges),
        "source": spec.source,
    }


def _policy(policy: Policy) -> dict[str, Any]:
    return {
        "id": policy.id,
        "choice": policy.choice,
        "allowed": list(policy.allowed),
        "about": policy.about,
    }
