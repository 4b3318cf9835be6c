"""The calls of a period, and what was frozen of it, as one JSON object."""

from __future__ import annotations

from ...called import Listed
from ..clean import dumps
from ..forecast_call.json import plain


def render(found: Listed) -> str:
    """Each call with all that is known of it."""
    return dumps(
        {
            "as_of": found.as_of.isoformat(),
            "known_at": found.known_at.isoformat() if found.known_at is not None else None,
            "period": found.period, "first": found.first.isoformat(), "last": found.last.isoformat(),
            "calls": [{**plain(one.call), "name": one.name, "replaced_by": one.replaced_by} for one in found.lines],
            "frozen": [
                {
                    "moment": one.moment, "day": one.day.isoformat(), "by": one.by,
                    "taken_at": one.taken_at.isoformat(), "forecasts": one.forecasts, "hindsight": one.late,
                }
                for one in found.frozen
            ],
            "elsewhere": list(found.elsewhere),
        },
        1,
    )  # fmt: skip
