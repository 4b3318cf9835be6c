"""Scorecards as JSON, one object a deal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....decide.plain import plain_framework, plain_playbook
from ....decide.playbook import Playbook
from ....model.deal import Deal
from ....model.verdict import FrameworkResult
from ..clean import dumps

Cards = list[tuple[Deal, list[FrameworkResult]]]


def render(cards: Cards, playbook: Playbook) -> str:
    """The playbook and every deal's scorecards."""
    return dumps(_plain(cards, playbook), 1)


def several(scored: Sequence[tuple[Cards, Playbook]]) -> str:
    """The same of several processes that share the deals."""
    return dumps({"processes": [_plain(cards, playbook) for cards, playbook in scored]}, 1)


def _plain(cards: Cards, playbook: Playbook) -> dict[str, Any]:
    deals = [
        {"id": deal.id, "name": deal.fields.get("name"), "frameworks": [plain_framework(r) for r in results]}
        for deal, results in cards
    ]
    return {"playbook": plain_playbook(playbook), "deals": deals}
