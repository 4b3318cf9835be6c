"""Quotas of an owner, a team or the whole company in a period, rolled up where they are set lower down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

import polars as pl

from ..compile.frames import MOMENT
from ..model.calendar import Moment
from ..model.targets import Quota, Targets
from ..model.teams import Team, Teams
from .cases import Past
from .figure import NoValue

NONE = NoValue("no quota is set")
PARTLY = NoValue("quotas are set for a part of the period only")
RATELESS = NoValue("a quota is in a currency no rate leads from")
_TARGETS = "targets"


def with_targets(past: Past, targets: Iterable[Targets], teams: Teams | None = None) -> Past:
    """The past with what is to be reached: ``measure`` of it computes the metrics of quotas too."""
    past.memo[_TARGETS] = Quotas(past, targets, teams or Teams())
    return past


def quotas_of(past: Past) -> Quotas | None:
    """The quotas it was given; None where it was given none."""
    held: Quotas | None = past.memo.get(_TARGETS)
    return held


class Quotas:
    """Quotas by whom and period, in minor units of the process's currency (at the rate of the period's first day).

    The quota of a period is the one set for it, else the sum of those for parts that cover it without a gap. A team's
    is its own, else the sum of its teams' and members'. The company's is its own, else the sum of its topmost teams'
    and of owners in no team. Nobody counts twice.
    """

    def __init__(self, past: Past, targets: Iterable[Targets], teams: Teams) -> None:
        self.past, self.teams = past, teams
        self.targets = tuple(targets)
        self.quotas: tuple[Quota, ...] = tuple(quota for one in self.targets for quota in one.quotas)
        self._names: dict[str, str] = {}
        self._alias = self._aliases()
        self._of: dict[str, list[Quota]] = {}
        for quota in self.quotas:
            if quota.owner:
                self._of.setdefault(plain(self.person(quota.owner)), []).append(quota)
        self._days = {quota: quota.span.days(past.calendar) for quota in self.quotas}

    # ------------------------------------------------ who is meant

    def _aliases(self) -> dict[str, str]:
        """A person's name or id (casefolded) → what figures by owner call them."""
        at = pl.Series([self.past.as_of], dtype=MOMENT)
        frame = pl.DataFrame([self.past.deals]).with_columns(pl.lit(at[0]).cast(MOMENT).alias("at"))
        ids, names = self.past.value(frame, "owner.id"), self.past.value(frame, "owner.name")
        key = ids if self.past.knows("owner.id") else names
        found: dict[str, str] = {}
        pairs = pl.DataFrame([ids.alias("id"), names.alias("name"), key.alias("key")]).unique(maintain_order=True)
        for ident, name, called in pairs.iter_rows():
            if called is not None and name is not None:
                self._names[called] = name
            for alias in (ident, name):
                if alias is not None and called is not None:
                    found.setdefault(plain(alias), called)
        return found

    def person(self, name: str) -> str:
        """What figures by owner call a person that a target names by name or id."""
        return self._alias.get(plain(name), name)

    def name_of(self, owner: str) -> str:
        """The name of an owner as figures call them; that itself where none is known."""
        return self._names.get(owner, owner)

    def same_person(self, name: str, other: str) -> bool:
        """Whether two names or ids are one person's."""
        return plain(self.person(name)) == plain(self.person(other))

    def team_of(self, name: str) -> Team | None:
        """The team of the hierarchy that a record or a target names."""
        return self.teams.named(name)

    def same_team(self, name: str, other: str) -> bool:
        """Whether two names are one team's."""
        mine, theirs = self.teams.named(name), self.teams.named(other)
        return plain(mine.id if mine else name) == plain(theirs.id if theirs else other)

    @property
    def owners(self) -> list[str]:
        """Owners with a quota, as figures by owner call them."""
        return list(dict.fromkeys(self.person(quota.owner) for quota in self.quotas if quota.owner))

    @property
    def team_names(self) -> list[str]:
        """Teams with a quota of their own, as they are written."""
        return list(dict.fromkeys(quota.team for quota in self.quotas if quota.team and not quota.owner))

    # ------------------------------------------------ how much

    def of(self, first: date, last: date, *, owner: str | None = None, team: str | None = None) -> int | NoValue:
        """What an owner, else a team, else the company is to win from a first to a last day."""
        if owner is not None:
            return self._cover(self._of.get(plain(self.person(owner)), []), first, last)
        if team is not None:
            return self._team(team, first, last, set())
        return self._company(first, last)

    def _company(self, first: date, last: date) -> int | NoValue:
        own = self._cover([q for q in self.quotas if not q.owner and not q.team], first, last)
        if not isinstance(own, NoValue):
            return own
        seen: set[str] = set()
        tops = [team.id for team in self.teams.by_id.values() if team.parent is None]
        # teams that have quotas and stand in no hierarchy are topmost too
        tops += [name for name in self.team_names if self.team_of(name) is None]
        parts = [self._team(name, first, last, seen) for name in tops]
        parts += [self._member(owner, first, last, seen) for owner in self.owners]
        return _sum(parts) if own == NONE else own

    def _team(self, name: str, first: date, last: date, seen: set[str]) -> int | NoValue:
        own = [q for q in self.quotas if q.team and not q.owner and self.same_team(q.team, name)]
        team = self.team_of(name)
        found = self._cover(own, first, last)
        if found != NONE:
            seen.update(plain(self.person(person)) for person in self._people(name))
            return found
        parts: list[int | NoValue] = []
        for below in self.teams.by_id.values():
            if team is not None and below.parent == team.id:
                parts.append(self._team(below.id, first, last, seen))
        for person in self._people(name, deep=False):
            parts.append(self._member(person, first, last, seen))
        return _sum(parts)

    def _people(self, name: str, *, deep: bool = True) -> list[str]:
        """Members of a team, by the hierarchy and by quotas that name owner and team."""
        team = self.team_of(name)
        below = [] if team is None else list(self.teams.below(name)) if deep else [team]
        ids = {one.id for one in below}
        # who is listed in several teams is at home in one of them, as with deals
        listed = [p for one in below for p in one.members if (home := self._home(p)) is not None and home.id in ids]
        named = [name, *(one.id for one in below)]
        told = [q.owner for q in self.quotas if q.owner and q.team and any(self.same_team(q.team, n) for n in named)]
        return list(dict.fromkeys([*listed, *told]))

    def _home(self, person: str) -> Team | None:
        called = self.person(person)
        return self.teams.home(person, called, self.name_of(called))

    def _member(self, person: str, first: date, last: date, seen: set[str]) -> int | NoValue:
        who = plain(self.person(person))
        if who in seen:
            return NONE
        seen.add(who)
        return self.of(first, last, owner=person)

    def _cover(self, quotas: Sequence[Quota], first: date, last: date) -> int | NoValue:
        """The quota of the very period, else the sum of parts without a gap between them, the longest first."""
        inside = [(*self._days[q], q) for q in quotas if self._days[q][0] >= first and self._days[q][1] <= last]
        day, total = first, 0
        while day <= last:
            here = [one for one in inside if one[0] == day]
            if not here:
                around = [q for q in quotas if self._days[q][0] <= last and self._days[q][1] >= first]
                return PARTLY if around else NONE
            longest = max(here, key=lambda one: one[1])
            minor = self._minor(longest[2], first)
            if minor is None:
                return RATELESS
            total += minor
            day = longest[1] + timedelta(days=1)
        return total

    def _minor(self, quota: Quota, on: date) -> int | None:
        money = quota.money(self.past.currency)
        if money is None:
            return None
        noon = datetime.combine(on, time(12), self.past.zone)
        found = Moment(noon, self.past.calendar, self.past.currency, self.past.rates).minor(money)
        return None if found is None else int(Decimal(found).to_integral_value(ROUND_HALF_UP))


def plain(name: str) -> str:
    """A name as it is compared: whatever the case, and without space around it."""
    return name.strip().casefold()


def _sum(parts: Iterable[int | NoValue]) -> int | NoValue:
    """The sum of those that are set; a reason where none is, or one cannot be counted."""
    held = list(parts)
    known = [part for part in held if not isinstance(part, NoValue)]
    wrong = next((part for part in held if isinstance(part, NoValue) and part != NONE), None)
    if wrong is not None:
        return wrong
    return sum(known) if known else NONE
