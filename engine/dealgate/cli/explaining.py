"""One open deal of a forecast, explained, for a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .past import Past

if TYPE_CHECKING:
    from ..forecast.methods import Asked, Method
    from ..forecast.proven import Unproven
    from ..forecast.snapshot import Snapshot

FACTOR = 0.005
"""Evidence that moves the odds by less is not told."""


@dataclass(frozen=True)
class Explained:
    """One open deal: what it brings by each method, and on what that rests."""

    past: Past
    snapshot: Snapshot
    period: str
    deal: Mapping[str, Any]
    history: Mapping[str, Any]
    outlooks: tuple[tuple[Method, Mapping[str, Any] | str], ...]
    moved: tuple[tuple[str, bool | None, float], ...]
    weighed_by: str
    unproven: Unproven | None


def explained(past: Past, snapshot: Snapshot, words: str, deal: str, asked: Asked) -> Explained:
    """Why a deal counts as it does. Raises WrongUsage where it is not open or is not there."""
    from ..forecast.chances import by_history, interval
    from ..forecast.methods import Outlook, methods
    from ..forecast.methods.evidence import moved
    from ..forecast.proven import evidence_of
    from .options import place_of

    held = snapshot.deals.rows(named=True)
    row = held[place_of(deal, [(one["id"], one["name"]) for one in held])]
    ident = row["id"]
    chances = by_history(snapshot)
    mine = next(one for one in chances.rows(named=True) if one["id"] == ident)
    low, high = (None, None) if mine["chance"] is None else interval(mine["chance"], mine["n"])
    mine = {**mine, "low": low, "high": high}
    outlooks: list[tuple[Method, Mapping[str, Any] | str]] = []
    for one in methods().values():
        made = one.make(snapshot, asked)
        if not isinstance(made, Outlook):
            outlooks.append((one, made.reason))
        elif made.deals.height:
            said = [row for row in made.deals.rows(named=True) if row["id"] == ident]
            outlooks.append((one, said[0] if said else "it does not count in this period"))
    found = moved(snapshot)
    titles = {feature.id: feature.asked.title for feature in found.features}
    each = [
        (titles.get(feature, "the stage's total stays"), met, factor)
        for feature, met, factor in found.of(ident).select("feature", "met", "factor").iter_rows()
        if abs(factor - 1) > FACTOR
    ]
    weights = found.weights
    weighed = weights.reason if weights.prior else f"{weights.deals:,} deals, up to {weights.vintage}"
    unproven = next((one for one in evidence_of(snapshot).deals if one.id == ident), None)
    return Explained(past, snapshot, words, row, mine, tuple(outlooks), tuple(each), weighed, unproven)
