"""An agenda as one JSON object."""

from __future__ import annotations

from typing import Any

from ....inspection.agenda import Agenda, Point
from ..clean import dumps


def render(agenda: Agenda) -> str:
    """All of what the other forms show."""
    return dumps(
        {
            "as_of": agenda.as_of.isoformat(),
            "review": agenda.review.id,
            "title": agenda.review.title,
            "every": agenda.review.every,
            "for": agenda.audience or None,
            "who": list(agenda.review.who),
            "minutes": agenda.minutes,
            "begins": None if agenda.begins is None else agenda.begins.isoformat(),
            "since": agenda.since.isoformat(),
            "open_deals": agenda.deals,
            "findings": {"new": agenda.new, "gone": agenda.gone},
            "sections": [
                {
                    "title": one.title, "minutes": one.minutes, "note": one.note, "question": one.question,
                    "total": one.total, "points": [_point(point) for point in one.points],
                }
                for one in agenda.sections
            ],
            "unknown": list(agenda.unknown),
        },
        1,
    )  # fmt: skip


def _point(one: Point) -> dict[str, Any]:
    return {
        "deal": one.deal or None, "name": one.name, "owner": one.owner,
        "amount": None if one.amount is None else one.amount.plain(), "why": one.why, "ask": one.ask,
    }  # fmt: skip
