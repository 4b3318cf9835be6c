"""The seeded deals that everything is timed on: 45 fields, up to five contacts, about 15 % of the values missing.

Dates are days since 1970; ``AS_OF`` is the day judged at. The same seed gives the same deals on every machine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = dict[str, Any]
Column = tuple[NDArray[Any], NDArray[np.bool_]]
"""Values, and which of them are there."""

AS_OF = 20600
MISSING = 0.15
STAGES = ["prospect", "qualify", "develop", "propose", "negotiate", "close"]
DATES = {
    "created_date": (-400, -5),
    "close_date": (-20, 300),
    "last_activity_date": (-40, 0),
    "next_step_date": (-7, 21),
    "stage_entered_date": (-90, 0),
    "demo_date": (-90, 0),
    "proposal_sent_date": (-60, 0),
    "decision_date": (-10, 200),
}
"""First and last day, counted from the day judged at."""
INTEGERS = {
    "champion_id": 99999,
    "champion_strength": 5,
    "push_count": 6,
    "meetings_30d": 5,
    "emails_30d": 12,
    "num_stakeholders": 6,
    "owner_id": 500,
    "seats": 1000,
}
"""The highest value; the lowest is 0."""
BOOLEANS = [
    "budget_confirmed",
    "need_confirmed",
    "timeline_confirmed",
    "authority_identified",
    "mutual_plan",
    "owner_active",
    "metrics_documented",
]
CHOICES = {
    "stage": STAGES,
    "forecast_category": ["commit", "best_case", "pipeline", "omitted"],
    "deal_type": ["new", "expansion", "renewal"],
    "industry": ["tech", "finance", "health", "retail", "gov", "edu"],
    "region": ["na", "emea", "apac", "latam"],
    "segment": ["smb", "mid", "ent"],
    "legal_status": ["none", "in_review", "approved", "rejected"],
    "security_review_status": ["none", "passed", "waived", "failed"],
    "paper_process_status": ["none", "in_review", "approved", "signed"],
    "poc_status": ["none", "running", "success", "failed", "not_needed"],
}
TEXTS = ["next_step", "pain", "decision_criteria", "decision_process", "competitor"]
ROLES = ["economic_buyer", "champion", "exec", "decision_maker", "user", "influencer"]


def columns(n: int, seed: int = 7) -> tuple[dict[str, Column], tuple[NDArray[Any], ...]]:
    """Every field as (values, present); and the contacts as (offsets, role numbers, engaged, present).

    The order of the draws is part of what this is: another order would give other deals.
    """
    draw = np.random.default_rng(seed)

    def present(missing: float = MISSING) -> NDArray[np.bool_]:
        return draw.random(n) >= missing

    def rounded(high: float, digits: int) -> NDArray[Any]:
        return np.round(draw.random(n) * high, digits)

    out: dict[str, Column] = {"id": (np.arange(n, dtype=np.int64), np.ones(n, bool))}
    for name, (first, last) in DATES.items():
        out[name] = ((AS_OF + draw.integers(first, last + 1, n)).astype(np.int32), present())
    out["amount"] = (np.round(np.exp(draw.normal(10.3, 1.2, n)), 2), present(0.08))
    out["budget_amount"] = (np.round(np.exp(draw.normal(10.4, 1.2, n)), 2), present())
    out["probability"] = (np.round(draw.random(n), 2), present())
    out["discount_pct"] = (rounded(40, 1), present())
    out["approved_discount_pct"] = (rounded(40, 1), present())
    out["arr"] = (rounded(1e5, 2), present())
    out["tcv"] = (rounded(3e5, 2), present())
    for name, highest in INTEGERS.items():
        out[name] = (draw.integers(0, highest + 1, n).astype(np.int64), present())
    for name in BOOLEANS:
        out[name] = (draw.random(n) < (0.95 if name == "owner_active" else 0.7), present())
    for name, words in CHOICES.items():
        out[name] = (draw.integers(0, len(words), n).astype(np.int32), present(0 if name == "stage" else MISSING))
    for name in TEXTS:
        out[name] = (draw.integers(0, 1000, n).astype(np.int32), present(0.5 if name == "competitor" else MISSING))
    count = draw.integers(0, 6, n)
    synced = present(0.05)
    count[~synced] = 0
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
    total = int(offsets[-1])
    return out, (offsets, draw.integers(0, len(ROLES), total).astype(np.int32), draw.random(total) < 0.5, synced)


def rows(n: int, seed: int = 7) -> list[Row]:
    """The deals as plain dicts, None where a value is missing; ``contacts`` a list of role and engaged."""
    fields, (offsets, roles, engaged, synced) = columns(n, seed)
    names, lists = [], []
    for name, (values, there) in fields.items():
        words = CHOICES.get(name) or ([f"{name} text {i}" for i in range(1000)] if name in TEXTS else None)
        plain = values.tolist() if words is None else [words[i] for i in values.tolist()]
        names.append(name)
        lists.append([v if ok else None for v, ok in zip(plain, there.tolist(), strict=True)])
    people = [{"role": ROLES[r], "engaged": e} for r, e in zip(roles.tolist(), engaged.tolist(), strict=True)]
    starts = offsets.tolist()
    contacts = [people[a:b] if ok else None for a, b, ok in zip(starts[:-1], starts[1:], synced.tolist(), strict=True)]
    return [dict(zip((*names, "contacts"), values, strict=True)) for values in zip(*lists, contacts, strict=True)]
