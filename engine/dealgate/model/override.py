"""An override from its request on: who asked for it and why, what was decided, and how it stood at any moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

from .calendar import Calendar
from .people import ERASED
from .struct import Struct
from .values import Duration

if TYPE_CHECKING:
    from .verdict import Override

STATES = ("requested", "approved", "denied", "revoked", "expired")
"""How a request can stand."""
MAY_FOLLOW = {"requested": ("approved", "denied", "revoked"), "approved": ("revoked",)}
"""What may be decided in a state; nothing in the others."""
LIVE = ("requested", "approved")
"""The states in which the same need not be asked again."""


class Step(Struct):
    """One decision: ``what`` is approved, denied or revoked. ``at``: when it was made; ``recorded_at``: when it was
    entered, never before. ``expires``: of an approval its last day. ``why``: of the others, in words."""

    what: str
    by: str
    at: datetime
    recorded_at: datetime
    expires: date | None = None
    why: str = ""


class OverrideRequest(Struct):
    """A request for an override of one criterion on one deal, and what was decided on it, oldest first.

    ``id`` is random. ``deal`` is the id in its ``source``; ``record`` deal or lead. ``playbook`` is ``id@version`` of
    the rule, ``digest`` its hash. ``owner``: the deal's, as known then. ``until``: the last day that was asked for.
    """

    id: str
    source: str
    record: str
    deal: str
    criterion: str
    playbook: str
    digest: str
    reason: str
    text: str
    requester: str
    owner: str
    at: datetime
    recorded_at: datetime
    until: date | None = None
    steps: tuple[Step, ...] = ()

    def known(self, as_of: datetime, known_at: datetime | None = None) -> OverrideRequest | None:
        """It as of a moment, by what had been entered by another (None: all); None where it was not asked for yet."""

        def seen(one: OverrideRequest | Step) -> bool:
            return one.at <= as_of and (known_at is None or one.recorded_at <= known_at)

        return self.replace(steps=tuple(step for step in self.steps if seen(step))) if seen(self) else None

    @property
    def decided(self) -> str:
        """Its state, but for that an approval may have expired."""
        return self.steps[-1].what if self.steps else "requested"

    def state(self, today: date, calendar: Calendar, longest: Duration | None = None) -> str:
        """One of STATES on a day, after all its steps; ``longest`` is how long the process lets an override hold."""
        until = self.last_day(calendar, longest)
        return "expired" if self.decided == "approved" and until is not None and until < today else self.decided

    @property
    def approval(self) -> Step | None:
        """The approval, if there was one."""
        return next((step for step in self.steps if step.what == "approved"), None)

    def last_day(self, calendar: Calendar, longest: Duration | None = None) -> date | None:
        """The last day that an approval holds by its own date and by the process; None where none was given."""
        approval = self.approval
        if approval is None:
            return None
        days = [] if approval.expires is None else [approval.expires]
        if longest is not None:
            days.append(calendar.shift(approval.at.astimezone(calendar.zone).date(), longest))
        return min(days, default=None)

    def override(self, calendar: Calendar) -> Override | None:
        """The override that rules judge by; None where none was approved."""
        from .verdict import Override  # a list of them does not need all that deals are judged by

        approval = self.approval
        if approval is None:
            return None
        revoked = next((step for step in self.steps if step.what == "revoked"), None)
        return Override(
            self.criterion,
            self.reason,
            "" if self.requester == ERASED else self.requester,  # who were erased are not one and the same
            approval.by,
            approval.at.astimezone(calendar.zone).date(),
            approval.expires,
            revoked.at.astimezone(calendar.zone).date() if revoked is not None else None,
        )


def known(
    requests: Iterable[OverrideRequest], as_of: datetime, known_at: datetime | None = None
) -> list[OverrideRequest]:
    """Those that had been asked for by a moment, as far as known by another."""
    return [seen for one in requests if (seen := one.known(as_of, known_at)) is not None]
