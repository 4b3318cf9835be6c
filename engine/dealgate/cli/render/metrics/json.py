"""Metrics as one JSON object (``schemas/output/metrics.schema.json``)."""

from __future__ import annotations

from pathlib import Path

from ....decide.plain import plain_playbook
from ..clean import dumps
from ..write import put
from ._rows import rows
from ._view import View


def render(view: View, out: Path | None) -> None:
    """Writes every figure, what it leaves out, and what has to be known of all of them."""
    history = view.past.history
    found = {
        "as_of": history.as_of.isoformat(),
        "known_at": history.known_at.isoformat() if history.known_at else None,
        "playbook": plain_playbook(view.past.playbook),
        "since": view.since.isoformat() if view.since else None,
        "until": view.until.isoformat() if view.until else None,
        "reconstructed": history.reconstructed,
        "undated": history.undated.height,
        "figures": list(rows(view)),
        "left_out": {
            metric: [{"reason": part.reason, "n": part.n, "examples": list(part.examples)} for part in parts]
            for metric, parts in view.measured.left_out.items()
        },
    }
    put(dumps(found, 1), out)
