"""What plays conclude as one JSON object."""

from __future__ import annotations

from typing import Any

from ....coaching.words import asked, found
from ....decide.plain import plain_playbook
from ....model.diagnostics import Where
from ....model.values import Money
from ....plays.drawn import Conclusion, Reason
from ....plays.facts import Fact
from ...coaching import Taught
from ..clean import dumps


def render(shown: Taught) -> str:
    """Every recommendation that is shown, with all its reasons."""
    coached = shown.coached
    concluded = coached.concluded
    return dumps(
        {
            "as_of": coached.ground.history.as_of.isoformat(),
            "playbook": plain_playbook(shown.past.playbook),
            "summary": {
                "open_deals": coached.deals,
                "facts": coached.seen,
                "inferences": concluded.inferences,
                "recommendations": len(shown.people) + len(shown.deals),
            },
            "recommendations": [conclusion(one, shown) for one in (*shown.people, *shown.deals)],
            "undecided": [
                {"play": one.play.key, "records": one.number, "some": list(one.records)} for one in concluded.undecided
            ],
            "not_looked_at": list(coached.unseen),
        },
        1,
    )


def why(one: Conclusion, shown: Taught) -> str:
    """One conclusion with its reasons."""
    return dumps(conclusion(one, shown), 1)


def conclusion(one: Conclusion, shown: Taught) -> dict[str, Any]:
    """A conclusion with what it recommends and why."""
    held = shown.amounts.get(one.record) if one.scope == "deal" else None
    told: dict[str, Any] = {
        "id": one.id, "play": one.play.key, "title": one.play.title, "scope": one.scope, "record": one.record,
        "name": shown.name(one.scope, one.record), "priority": one.play.priority, "pattern": one.pattern,
        "amount": f"{Money(*held).major:f}" if held else None, "currency": held[1] if held else None,
        "recommended": None, "deals": sorted(one.deals()),
        "because": [_reason(reason, shown) for reason in one.because],
    }  # fmt: skip
    if one.said is not None:
        said = one.said
        told["recommended"] = {
            "to": said.to, "title": said.title, "theme": said.theme, "question": said.question, "action": said.action,
            "behaviour": said.behaviour, "drill": said.drill, "due": said.due.isoformat() if said.due else None,
            "data": dict(said.data),
        }  # fmt: skip
    return told


def _reason(reason: Reason, shown: Taught) -> dict[str, Any]:
    return {
        "asked": asked(reason.needed),
        "where": _where(reason.needed.at),
        "facts": [_fact(fact) for fact in reason.facts],
        "conclusions": [conclusion(one, shown) for one in reason.conclusions],
    }


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "kind": fact.kind, "says": found(fact), "deal": fact.deal, "account": fact.account, "owner": fact.owner,
        "team": fact.team, "on": fact.on.isoformat() if fact.on else None, "where": _where(fact.where),
    }  # fmt: skip


def _where(where: Where) -> str | None:
    return f"{where.file}:{where.line}" if where.file else None
