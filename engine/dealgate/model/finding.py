"""Findings: inspection rules that fired, on what, since when, and what silences them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from .diagnostics import NOWHERE, Where
from .struct import Struct, field

SEVERITIES = ("info", "warn", "high", "block")
"""From the mildest to the gravest."""
SCOPES = ("deal", "owner", "team", "pipeline")
"""What a rule can look at."""
LONGEST_SNOOZE = 90
"""Days that a finding can be silenced at most."""

Key = tuple[str, str, str]
"""Rule, scope, subject."""


class Snooze(Struct):
    """Silence with a reason up to and with a day; ``by`` said so."""

    reason: str
    until: date
    by: str

    def holds(self, today: date) -> bool:
        """Whether it still does on a day."""
        return today <= self.until


class Finding(Struct):
    """A rule that fired.

    ``subject`` is a deal's id, an owner's or team's name, empty for the pipeline. ``deals`` are the ids of those it
    rests on. ``values`` are what was seen, by name; ``reason`` says it in words. ``amount`` is in minor units, of a
    deal alone. ``since`` is the first day it was found without a break (None: nobody keeps it); ``state`` is new, still
    or gone. ``certain`` is False where a finding that was kept stays because it cannot be told today.
    """

    rule: str
    inspection: str
    scope: str
    subject: str
    severity: str
    title: str
    why: str = ""
    coach: str = ""
    action: str = ""
    reason: str = ""
    owner: str | None = None
    team: str | None = None
    account: str | None = None
    stage: str | None = None
    amount: int | None = None
    currency: str | None = None
    deals: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    since: date | None = None
    state: str = "new"
    snoozed: Snooze | None = None
    certain: bool = True
    at: Where = field(default=NOWHERE, compare=False)

    @property
    def key(self) -> Key:
        """What makes it the same finding on another day."""
        return self.rule, self.scope, self.subject


class Kept(Struct):
    """A finding as it is kept: open from ``since`` on, until ``gone`` (None: still)."""

    key: Key
    inspection: str
    severity: str
    since: datetime
    gone: datetime | None = None


class Silence(Struct):
    """A snooze of a finding, said at a moment."""

    key: Key
    snooze: Snooze
    at: datetime
