"""Scorecards as JSON, one object a deal."""

from __future__ import annotations

from ....decide.plain import plain_framework, plain_playbook
from ....decide.playbook import Playbook
from ....model.deal import Deal
from ....model.verdict import FrameworkResult
from ..clean import dumps

Cards = list[tuple[Deal, list[FrameworkResult]]]


def render(cards: Cards, playbook: Playbook) -> str:
    """The playbook and every deal's scorecards."""
    deals = [
        {"id": deal.id, "name": deal.fields.get("name"), "frameworks": [plain_framework(r) for r in results]}
        for deal, results in cards
    ]
    return dumps({"playbook": plain_playbook(playbook), "deals": deals}, 1)
