"""A forecast as one JSON object (``schemas/output/forecast.schema.json``)."""

from __future__ import annotations

from typing import Any

from ....decide.plain import plain_playbook
from ....forecast.layers import Standing
from ....forecast.methods import Outlook
from ....forecast.rolled import Part
from ....metrics.figure import NoValue
from ...forecasting import Shown, major
from ..clean import dumps


def render(shown: Shown) -> str:
    """Every method with the deals behind it, the parts, what is called and proven, and the gap."""
    period = shown.snapshot.period
    found: dict[str, Any] = {
        "as_of": shown.snapshot.history.as_of.isoformat(),
        "playbook": plain_playbook(shown.past.playbook),
        "period": [period.first.isoformat(), period.last.isoformat()] if period else None,
        "unit": shown.snapshot.unit,
        "rates": shown.snapshot.rated,
        "reconstructed": shown.past.history.reconstructed,
        "methods": [
            {"id": method.id, "title": method.title, **_outlook(shown, outlook)} for method, outlook in shown.outlooks
        ],
        "scenario": shown.scenario,
        "as_it_is": {name: _told(shown, minor) for name, minor in shown.as_it_is.items()},
        "layers": [
            {
                "layer": one.layer,
                **_stands(shown, one),
            }
            for one in (shown.layers.layers if shown.layers else ())
            if one.spoke
        ],
        "calls": _calls(shown),
        "by": list(shown.by),
        "parts": [_part(shown, part) for part in shown.parts],
        "categories": [
            {
                "category": one.name,
                "called": _told(shown, one.called),
                "called_so_far": _told(shown, one.called_so_far),
                "called_deals": list(one.called_deals),
                "evidence": _told(shown, one.proven),
                "evidence_so_far": _told(shown, one.proven_so_far),
                "evidence_deals": list(one.proven_deals),
            }
            for one in shown.categories
        ],
        "evidence": {
            "called": _told(shown, shown.evidence.called),
            "proven": _told(shown, shown.evidence.proven),
            "unproven": [
                {
                    "deal": one.id,
                    "name": one.name,
                    "owner": one.owner,
                    "amount": _told(shown, one.amount),
                    "unmet": [k.id for k in one.unmet],
                    "unknown": [k.id for k in one.unknown],
                }
                for one in shown.evidence.deals
            ],
        },
        "gap": _gap(shown),
    }
    return dumps(found, 1)


def _part(shown: Shown, part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "by": part.kind,
        "won": _told(shown, part.won),
        "open": _told(shown, part.open),
        "new": _told(shown, part.new),
        "total": _told(shown, part.total),
        "deals": list(part.deals),
        "parts": [_part(shown, one) for one in part.parts],
    }


def _calls(shown: Shown) -> list[dict[str, Any]]:
    """What was called of parts: a row a call that stands."""
    return [
        {"of": part.kind, "name": part.name, "deal": part.ident or None, "layer": one.layer, **_stands(shown, one)}
        for part in (shown.layers.within() if shown.layers else ())
        for one in part.layers
        if one.call is not None
    ]


def _stands(shown: Shown, one: Standing) -> dict[str, Any]:
    return {
        "amount": None if isinstance(one.amount, NoValue) else _told(shown, one.amount),
        "before": None if isinstance(one.before, NoValue) else _told(shown, one.before),
        "author": one.call.author if one.call else None,
        "reason": one.call.reason if one.call else None,
    }


def _outlook(shown: Shown, outlook: Outlook | NoValue) -> dict[str, Any]:
    if isinstance(outlook, NoValue):
        return {"total": None, "reason": outlook.reason}
    return {
        "total": _told(shown, outlook.total),
        "reason": None,
        "won": _told(shown, outlook.won),
        "open": _told(shown, outlook.open),
        "new": _told(shown, outlook.new),
        "p10": _told(shown, outlook.low),
        "p50": _told(shown, outlook.mid),
        "p90": _told(shown, outlook.high),
        "notes": list(outlook.notes),
        "deals": [
            {"id": ident, "chance": chance, "expected": _told(shown, expected), "reason": reason}
            for ident, chance, expected, reason in outlook.deals.select(
                "id", "chance", "expected", "reason"
            ).iter_rows()
        ],
    }


def _gap(shown: Shown) -> dict[str, Any] | None:
    plan = shown.gap
    if plan is None:
        return None
    return {
        "target": _told(shown, plan.target),
        "missing": _told(shown, plan.missing),
        "rate": None if isinstance(plan.rate, NoValue) else float(plan.rate),
        "needed": None if isinstance(plan.needed, NoValue) else _told(shown, plan.needed),
        "there": _told(shown, plan.there),
        "closest": [
            {"deal": one.id, "name": one.name, "amount": _told(shown, one.amount), "needs": [k.id for k in one.needs]}
            for one in plan.near
        ],
    }


def _told(shown: Shown, minor: int | None) -> str | None:
    return None if minor is None else major(minor, shown.snapshot.unit)
