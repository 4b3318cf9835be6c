"""Calls: what people say that a period will bring, as layers beside what the CRM has; and forecasts that are frozen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from .people import ERASED, folded
from .struct import Struct
from .values import Money

LAYERS = ("rep", "manager", "leader")
"""Who calls, the lowest first: a later one overrides those before it, and none changes a deal."""
MOMENTS = ("day1", "mid", "-14d")
"""When forecasts are frozen: on a period's first day, in its middle, 14 days before it ends."""


class Call(Struct):
    """What ``author`` says a period from ``first`` to ``last`` will bring, made ``at``, entered ``recorded_at``.

    It is about one ``deal`` by its id; else an ``owner``, else a ``team``; neither: all. ``after`` is the amount that
    is called, ``before`` what stood until then (None: not known). Of a deal ``category`` may be called too, or alone;
    what is None is left as the layers below have it. The owner of a call about a deal is the deal's owner then.
    """

    id: str
    first: date
    last: date
    layer: str
    author: str
    reason: str
    at: datetime
    recorded_at: datetime
    after: Money | None = None
    before: Money | None = None
    owner: str | None = None
    team: str | None = None
    deal: str | None = None
    category: str | None = None
    category_before: str | None = None

    @property
    def scope(self) -> str:
        """What it is about: ``deal``, ``owner``, ``team`` or ``company``."""
        return next((name for name in ("deal", "owner", "team") if getattr(self, name) is not None), "company")

    @property
    def about(self) -> str:
        """The deal's id, or the owner's or team's name, as it was written; empty for the company."""
        return self.deal or self.owner or self.team or ""


class Frozen(Struct):
    """What a ``method`` said of a period at one of its MOMENTS; it stays as it is.

    ``method`` is a method's id, or one of LAYERS for what that layer called; ``view`` the categories it counts (empty:
    not by category). It is of an ``owner``, else a ``team``; neither: all. ``amount`` and the percentiles are minor
    units of ``currency``; where there is no amount ``reason`` says why, without naming anybody. ``digest`` is the
    playbook's. Judged ``as_of``, by what had been learned by ``known_at``; ``taken_at`` is when it was frozen.
    """

    first: date
    last: date
    moment: str
    method: str
    currency: str
    amount: int | None
    digest: str
    as_of: datetime
    known_at: datetime
    taken_at: datetime
    view: str = ""
    owner: str | None = None
    team: str | None = None
    p10: int | None = None
    p50: int | None = None
    p90: int | None = None
    reason: str = ""

    @property
    def hindsight(self) -> bool:
        """Whether more was known than there was to know at its moment: it was frozen afterwards."""
        return self.known_at > self.as_of


def known(calls: Iterable[Call], as_of: datetime, known_at: datetime | None = None) -> list[Call]:
    """Those made by a moment, as far as entered by another (None: all)."""
    return [one for one in calls if one.at <= as_of and (known_at is None or one.recorded_at <= known_at)]


def standing(calls: Iterable[Call]) -> tuple[Call, ...]:
    """The last call of each author on a layer about one thing in a period, in the order they were made.

    Of two made at one moment the one that was entered later counts, then the later one of ``calls``. Who were erased
    are not one and the same: none of their calls replaces another.
    """
    last: dict[object, Call] = {}
    for one in sorted(calls, key=lambda call: (call.at, call.recorded_at)):
        last.pop(key := _key(one), None)  # so that the order is that of the calls that stand
        last[key] = one
    return tuple(last.values())


def replaced(calls: Iterable[Call]) -> dict[str, str]:
    """By the id of each call that stands no more, the id of the one in its place."""
    last: dict[object, str] = {}
    found: dict[str, str] = {}
    for one in sorted(calls, key=lambda call: (call.at, call.recorded_at)):
        if (earlier := last.get(key := _key(one))) is not None:
            found[earlier] = one.id
        last[key] = one.id
    return found


def _key(one: Call) -> object:
    author = folded(one.author)
    owner = None if one.owner is None or one.deal is not None else folded(one.owner)
    if ERASED in (author, owner):
        return one.id
    about = one.deal if one.deal is not None else folded(one.about)
    return one.first, one.last, one.layer, one.scope, about, author
