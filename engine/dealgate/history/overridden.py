"""The overrides that were approved in dealgate, beside those that a source brings: as a collection of the deals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import polars as pl

from ..compile.events import EVENTS, SYNCED
from ..model.calendar import Calendar
from ..model.override import OverrideRequest

COLLECTION = "overrides"
_COLUMNS: Mapping[str, Any] = {
    "deal": pl.String, "position": pl.Int64, "criterion": pl.String, "reason": pl.String, "requester": pl.String,
    "approver": pl.String, "approved_on": pl.Date, "expires": pl.Date, "revoked_on": pl.Date,
}  # fmt: skip


def with_overrides(
    events: pl.DataFrame, children: Mapping[str, pl.DataFrame], requests: Sequence[OverrideRequest], calendar: Calendar
) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """EVENTS and child records with the overrides of requests, as far as these are known; days are the calendar's.

    All that were ever approved are there, with the day they end or were revoked: which of them hold is for who judges.
    """
    rows: list[dict[str, Any]] = []
    read: list[dict[str, Any]] = []
    held = children.get(COLLECTION)
    first = 0 if held is None or not held.height else int(str(held["position"].max())) + 1
    for request in requests:
        override, approval = request.override(calendar), request.approval
        if override is None or approval is None:
            continue
        rows.append(
            {
                "deal": request.deal, "position": first + len(rows), "criterion": override.criterion,
                "reason": override.reason, "requester": override.requester or None, "approver": override.approver,
                "approved_on": override.approved_on, "expires": override.expires, "revoked_on": override.revoked_on,
            }
        )  # fmt: skip
        read.append(
            {
                "deal": request.deal, "field": f"@{COLLECTION}", "value": SYNCED, "at": approval.at.astimezone(UTC),
                "turn": 0, "by": None, "channel": None, "origin": "told",
                "recorded_at": approval.recorded_at.astimezone(UTC), "backfilled": False,
            }
        )  # fmt: skip
    if not rows:
        return events, dict(children)
    made = pl.DataFrame(rows, schema=_COLUMNS)
    whole = made if held is None else pl.concat([held, made], how="diagonal")
    return pl.concat([events, pl.DataFrame(read, schema=EVENTS)]), {**children, COLLECTION: whole}
