"""The overrides that a deal carries: which of them hold at a moment, and which criteria they waive."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from ..model.calendar import Moment
from ..model.deal import Deal
from ..model.process import Process
from ..model.verdict import Override


def overrides_of(deal: Deal) -> list[Override]:
    """The deal's overrides that name a criterion, an approver and a day."""
    found = []
    for item in deal.children.get("overrides", ()):
        record: dict[str, Any] = dict(item)
        if record.get("criterion") and record.get("approved_on"):
            found.append(
                Override(
                    record["criterion"],
                    record.get("reason", ""),
                    record.get("requester", ""),
                    record.get("approver", ""),
                    record["approved_on"],
                    record.get("expires"),
                    record.get("revoked_on"),
                )
            )
    return found


def holds(override: Override, process: Process, moment: Moment) -> bool:
    """Whether an override holds: approved by another, not revoked, and no longer than the process lets it last."""
    last = last_day(override, process, moment)
    return override.valid(moment.today) and (last is None or moment.today <= last)


def last_day(override: Override, process: Process, moment: Moment) -> date | None:
    """The last day of an override by its own date and by the process; None where neither says."""
    days = [] if override.expires is None else [override.expires]
    if process.overrides.expires is not None:
        days.append(moment.calendar.shift(override.approved_on, process.overrides.expires))
    return min(days, default=None)


def waiving(names: Collection[str], deal: Deal, process: Process, moment: Moment) -> Override | None:
    """The override that waives a criterion of these ids: of several that hold, the one approved last."""
    found = [o for o in overrides_of(deal) if o.criterion in names and holds(o, process, moment)]
    return max(found, key=lambda o: o.approved_on, default=None)
