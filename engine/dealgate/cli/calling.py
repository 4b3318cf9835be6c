"""Calls and frozen forecasts for a command: made, kept, and as they are shown. No deal and no CRM is changed by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from ..model.call import LAYERS, Call, Frozen
from ..model.diagnostics import WrongUsage, error
from ..model.people import folded
from ..model.values import Money, local_date, money

if TYPE_CHECKING:
    from ..decide.playbook import Playbook
    from ..forecast.snapshot import Snapshot
    from ..metrics.figure import NoValue
    from ..metrics.standing import Period
    from ..model.calendar import Moment
    from ..model.teams import Teams

_CLOSED = "closed"
"""The category that comes of an outcome, and so is nobody's to call."""


@dataclass(frozen=True, slots=True)
class Called:
    """A call as it is shown: ``period`` as it was named, ``name`` of the deal it is about, ``replaces`` what the same
    author had called before; ``whole`` the last word of each layer on all deals, where it is about an owner or a team.
    Days are those of ``zone``."""

    call: Call
    period: str
    zone: tzinfo
    name: str | None = None
    replaces: Call | None = None
    whole: tuple[Call, ...] = ()


def calls_of(as_of: datetime, known_at: datetime | None = None) -> tuple[Call, ...]:
    """The calls that stood at a moment, by what had been entered by another (None: all)."""
    from .stored import opened

    with opened() as store, store.calls() as calls:
        return calls.calls_of(as_of, known_at)


def frozen_by(known_at: datetime | None = None) -> tuple[Frozen, ...]:
    """What was frozen by a moment (None: ever)."""
    from .stored import opened

    with opened() as store, store.calls() as calls:
        return calls.frozen(known_at)


# ---------------------------------------------------------------- calling


def call(
    period: str, layer: str, amount: str | None, reason: str, by: str | None, as_of: date | datetime,
    recorded_at: datetime, *, owner: str | None = None, team: str | None = None, deal: str | None = None,
    category: str | None = None, source: str | None = None, process: str | None = None,
) -> Called:  # fmt: skip
    """Keeps what ``by`` calls for a deal, an owner, a team, or (none of them) all deals of the store.

    ``amount`` is in major units of the process's currency; ``source`` is one in the store. What stood before is told by
    earlier calls over what the CRM has. Raises WrongUsage where it cannot be kept, and then nothing is.
    """
    from ..forecast.called import stood
    from ..forecast.snapshot import Snapshot
    from .aims import aims
    from .options import span_of
    from .overriding import someone
    from .past import past
    from .stored import opened

    span, author = span_of(period), someone(by)
    _words(amount, reason, category, deal)
    found = past(f"store:{source}" if source else "store", None, process, as_of, quiet=True)
    moment = found.playbook.judge.moment(as_of)
    within = _period(span.days(moment.calendar))
    if moment.today > within.last:
        message = f"{span.name} ended on {within.last}: what it brought is known."
        raise WrongUsage(
            error("DG872", message, suggestion="name a period that is not over, or give an earlier --as-of")
        )
    workspace = aims((), found.playbook.process)
    seen = Snapshot(found.playbook, found.history, within, workspace.rates, teams=workspace.teams)
    said = Call(
        "", within.first, within.last, layer, author, reason.strip(), moment.as_of, max(recorded_at, moment.as_of),
        after=_amount(amount, moment), category=_category(category, found.playbook),
    )  # fmt: skip
    name = None
    if deal is not None:
        said, name = _of_deal(said, deal, owner, team, seen, workspace.teams)
    else:
        said = _of_many(said, owner, team, seen, workspace.teams)
    with opened() as store, store.calls(writing=True) as calls:
        until = calls.calls_of(said.at)
        held = _about_the_same(said, until)
        if said.deal is not None:
            said = _before(said, held)
        else:
            said = said.replace(before=stood(seen, said, until))
        mine = [one for one in held if one.layer == layer and folded(one.author) == folded(author)]
        whole = _of_all(said, until) if said.scope in ("owner", "team") else ()
        made = calls.call(said)
    return Called(made, span.name, moment.calendar.zone, name, mine[-1] if mine else None, whole)


def _period(days: tuple[date, date]) -> Period:
    from ..metrics.standing import Period

    return Period(*days)


def _words(amount: str | None, reason: str, category: str | None, deal: str | None) -> None:
    """Whether enough is said. Raises WrongUsage."""
    if not reason.strip():
        message, hint = "A call says why.", "give --reason in words"
    elif category is not None and deal is None:
        message, hint = "A category is called for one deal.", "name it with --deal, or leave out --category"
    elif amount is None and category is None:
        message = "A call says how much, or of a deal in which category."
        hint = "give --amount, or --deal with --category"
    else:
        return
    raise WrongUsage(error("DG871", message, suggestion=hint))


def _amount(amount: str | None, moment: Moment) -> Money | None:
    if amount is None:
        return None
    found = money(amount, moment.currency)
    if found is None:
        hint = f"write {moment.currency} as a plain number, such as 410000"
        raise WrongUsage(error("DG871", "What is called is no amount of money.", suggestion=hint))
    return found


def _category(category: str | None, playbook: Playbook) -> str | None:
    """The category by its id."""
    if category is None:
        return None
    field = playbook.process.catalogue.deal.get("forecast_category")
    options = [one for one in field.options if one != _CLOSED] if field is not None else []
    plain = category.strip().casefold().replace(" ", "_").replace("-", "_")
    if plain not in options:
        hint = f"write one of {', '.join(options)}" if options else "call an amount"
        raise WrongUsage(error("DG871", f"`{category}` is no category that can be called.", suggestion=hint))
    return plain


def _of_many(said: Call, owner: str | None, team: str | None, seen: Snapshot, teams: Teams) -> Call:
    """The call with whose it is, written as the CRM and the workspace do."""
    if owner is not None and team is not None:
        raise _nobody("A call is about an owner or a team, not both.", "leave out one of --owner and --team")
    if said.layer == LAYERS[0] and owner is None:
        raise _nobody("A rep calls for an owner, or for a deal.", "give --owner, or another --layer")
    owners, groups = _people(seen)
    if owner is not None:
        return said.replace(owner=_spelled(owner, owners, "owner", "--owner"))
    if team is None:
        return said
    held = teams.named(team)
    named = [*(name for one in teams.by_id.values() for name in (one.id, one.title)), *groups]
    return said.replace(team=held.id if held is not None else _spelled(team, named, "team", "--team"))


def _of_deal(
    said: Call, deal: str, owner: str | None, team: str | None, seen: Snapshot, teams: Teams
) -> tuple[Call, str]:
    """The call with its deal, whose owner it is and what the CRM has; and the deal's name. The deal has to be open."""
    from .options import place_of

    there = ["name"] if seen.past.knows("name") else []
    every = seen.history.now(*there).rows(named=True)
    ident = every[place_of(deal, [(one["id"], one.get("name")) for one in every])]["id"]
    row = next((one for one in seen.deals.rows(named=True) if one["id"] == ident), None)
    if row is None:
        raise _nobody("This deal is open no more: what it brings is known.", "name a deal that is open")
    theirs = owner is None or folded(owner) == folded(row["owner"] or "")
    if not theirs or not (team is None or _in_team(team, row["owner"], row["team"], teams)):
        raise _nobody("This deal is another's.", "leave out --owner and --team: they follow from the deal")
    before = Money(row["amount"], seen.past.currency) if row["amount"] is not None else None
    said = said.replace(deal=ident, owner=row["owner"], before=before, category_before=row["category"])
    return said, str(row["name"])


def _in_team(name: str, owner: str | None, team: str | None, teams: Teams) -> bool:
    """Whether a deal is in a team or in one that belongs to it: by its owner, else by what it says itself."""
    home = teams.of((owner,) if owner is not None else (), team)
    return home in teams.below(name) or (team is not None and folded(team) == folded(name))


def _people(seen: Snapshot) -> tuple[list[str], list[str]]:
    """The owners and the teams that any deal has, as the CRM writes them."""
    from ..forecast.snapshot import GROUPS

    found = []
    for group in ("owner", "team"):
        field = next((name for name in GROUPS[group] if seen.past.knows(name)), None)
        values = seen.history.now(field)[field].unique().drop_nulls().sort().to_list() if field is not None else []
        found.append([str(one) for one in values])
    return found[0], found[1]


def _spelled(name: str, names: Sequence[str], what: str, option: str) -> str:
    """The name as it is written where it is known. Raises WrongUsage where nobody is called so."""
    from ..documents.suggest import nearest

    held = next((one for one in names if folded(one) == folded(name)), None)
    if held is not None:
        return held
    near = nearest(name, names)
    hint = f"did you mean {near}?" if near else f"write {option} as the CRM or dealgate.yaml does"
    raise _nobody(f"There is no {what} `{name}`.", hint)


def _nobody(message: str, hint: str) -> WrongUsage:
    return WrongUsage(error("DG873", message, suggestion=hint))


def _about_the_same(said: Call, calls: Iterable[Call]) -> list[Call]:
    """Those for the same period about the same, in the order they were made."""
    from ..forecast.layers import about
    from ..metrics.standing import Period

    period = Period(said.first, said.last)
    return about(calls, period, deal=said.deal, owner=None if said.deal else said.owner, team=said.team)


def _of_all(said: Call, calls: Iterable[Call]) -> tuple[Call, ...]:
    """The last call of each layer for the same period about all deals, the lowest layer first."""
    last = {one.layer: one for one in _about_the_same(said.replace(owner=None, team=None), calls)}
    return tuple(last[layer] for layer in LAYERS if layer in last)


def _before(said: Call, held: Sequence[Call]) -> Call:
    """The call with what stood until then on its own layer: by the layers up to it, over what it has already."""
    amount, category = said.before, said.category_before
    for layer in LAYERS[: LAYERS.index(said.layer) + 1]:
        for one in (one for one in held if one.layer == layer):
            amount = one.after if one.after is not None else amount
            category = one.category if one.category is not None else category
    return said.replace(before=amount, category_before=category)


# ---------------------------------------------------------------- freezing


@dataclass(frozen=True, slots=True)
class Freezing:
    """A moment of a period at which forecasts are frozen: what all of them share."""

    name: str
    period: Period
    moment: str
    at: Moment
    digest: str
    known_at: datetime
    taken_at: datetime

    def frozen(
        self, method: str, amount: int | NoValue, *, view: str = "", owner: str | None = None, team: str | None = None,
        range_: tuple[int, int, int] | None = None,
    ) -> Frozen:  # fmt: skip
        """What a method says, an amount in minor units with its P10, P50 and P90, or why it says nothing."""
        p10, p50, p90 = range_ or (None, None, None)
        return Frozen(
            self.period.first, self.period.last, self.moment, method, self.at.currency,
            amount if isinstance(amount, int) else None, self.digest, self.at.as_of, self.known_at, self.taken_at,
            view=view, owner=owner, team=team, p10=p10, p50=p50, p90=p90,
            reason="" if isinstance(amount, int) else amount.reason,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Froze:
    """What was frozen at a moment of a period. ``fresh``: by this; the others had been, and stay as they were."""

    freezing: Freezing
    frozen: tuple[Frozen, ...]
    fresh: int


def freezing(
    period: str, moment: str | None, as_of: date | datetime, taken_at: datetime, *, known_at: datetime | None = None,
    process: str | None = None,
) -> Freezing:  # fmt: skip
    """The moment of a period whose day ``as_of`` is; ``known_at`` None: by what had been learned by then, and no later.

    Raises WrongUsage where it is the day of none, or of another than the one named, or has not come.
    """
    from ..forecast.layers import moments
    from .options import playbook_of, span_of

    span, playbook = span_of(period), playbook_of(process)
    at = playbook.judge.moment(as_of)
    days = _period(span.days(at.calendar))
    each = moments(days)
    asked = {moment: each[moment]} if moment is not None else each
    here = next((name for name, day in asked.items() if day == at.today), None)
    if at.today > local_date(taken_at, at.calendar.zone):
        message = f"{at.today} has not come: what is known by then is not known yet."
        raise WrongUsage(error("DG874", message, suggestion="freeze on the day, or afterwards with --as-of"))
    if here is None:
        told = "; ".join(f"{n}: {day if isinstance(day, date) else day.reason}" for n, day in asked.items())
        message = f"{at.today} is no day to freeze {span.name} on ({told})."
        raise WrongUsage(error("DG874", message, suggestion="give the day with --as-of"))
    return Freezing(span.name, days, here, at, playbook.digest, known_at or min(at.as_of, taken_at), taken_at)


def freeze(of: Freezing, forecasts: Sequence[Frozen], by: str | None) -> Froze:
    """Keeps forecasts made at a moment. What was frozen before stays: the same twice changes nothing."""
    from .overriding import someone
    from .stored import opened

    author = someone(by)
    with opened() as store, store.calls(writing=True) as calls:
        fresh = calls.freeze(forecasts, author)
        held = calls.frozen()
    which = (of.period.first, of.period.last, of.moment)
    there = tuple(one for one in held if (one.first, one.last, one.moment) == which)
    return Froze(of, there, len(fresh))
