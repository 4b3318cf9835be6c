"""A waterfall as one JSON object (``schemas/output/waterfall.schema.json``)."""

from __future__ import annotations

from pathlib import Path

from ....decide.plain import plain_playbook
from ....metrics.waterfall import Waterfall
from ....model.values import Money
from ...past import Past
from ..clean import dumps
from ..write import put
from ._rows import lines


def render(waterfall: Waterfall, past: Past, out: Path | None, with_deals: bool) -> None:
    """Writes the lines, what has to be known of them, and with ``with_deals`` the deals behind each."""
    found = {
        "from": waterfall.start.isoformat(),
        "to": waterfall.end.isoformat(),
        "period": [waterfall.period.first.isoformat(), waterfall.period.last.isoformat()] if waterfall.period else None,
        "playbook": plain_playbook(past.playbook),
        "reconstructed": waterfall.reconstructed,
        "lines": lines(waterfall),
        "without_amount": waterfall.without_amount,
        "without_date": waterfall.without_date,
        "assumed": waterfall.assumed,
        "scope_unknown": waterfall.scope_unknown,
        "undated": waterfall.undated,
    }
    if with_deals:
        found["deals"] = [
            {
                "line": row["line"],
                "deal": row["deal"],
                "count": row["count"],
                "amount": Money(int(row["amount"]), row["currency"] or waterfall.currency).plain(),
            }
            for row in waterfall.moves.iter_rows(named=True)
        ]
    put(dumps(found, 1), out)
