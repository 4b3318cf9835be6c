"""Scorecards as one JSON object (``schemas/output/scorecard.schema.json``)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ....decide.plain import plain_playbook
from ....metrics.figure import Figure
from ....metrics.scorecard import Card, Item, Scorecard
from ...past import Past
from ..clean import dumps
from ..metrics._rows import plain
from ..write import put


def render(scorecard: Scorecard, cards: Sequence[Card], past: Past, out: Path | None) -> None:
    """Writes the cards."""
    found = {
        "first": scorecard.first.isoformat(),
        "last": scorecard.last.isoformat(),
        "as_of": scorecard.as_of.isoformat(),
        "before": [day.isoformat() for day in scorecard.before],
        "before_as_of": scorecard.before_as_of.isoformat(),
        "playbook": plain_playbook(past.playbook),
        "cards": [_card(card) for card in cards],
    }
    put(dumps(found, 1), out)


def _card(card: Card) -> dict[str, Any]:
    trust = card.trust
    return {
        "kind": card.kind,
        "name": card.name,
        "title": card.title,
        "items": [_item(item) for item in card.items],
        "trust": {
            "captured": _figure(trust.captured),
            "dated": _figure(trust.dated),
            "priced": _figure(trust.priced),
            "owned": _figure(trust.owned),
            "undatable": trust.undatable,
            "reconstructed": trust.reconstructed,
        },
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "metric": item.metric,
        "measure": item.measure,
        "stage": item.stage,
        "title": item.title,
        "actual": _figure(item.actual),
        "before": _figure(item.before),
        "target": plain(item.target),
        "direction": item.direction,
        "gap": plain(item.gap),
        "pace": _figure(item.pace),
        "trend": plain(item.trend),
        "met": item.met,
        "improved": item.improved,
        "note": item.note,
    }


def _figure(figure: Figure | None) -> dict[str, Any] | None:
    if figure is None:
        return None
    return {"value": plain(figure.value), "unit": figure.unit, "n": figure.n, "reason": figure.reason}
