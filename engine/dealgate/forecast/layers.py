"""Calls as layers over a forecast: what stands on each, who said it, and what each was worth once the period was over.

Amounts are whole minor units of the process's currency. Nothing here changes a deal: a layer lies beside the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from ..metrics.accuracy import wape
from ..metrics.figure import NoValue
from ..metrics.standing import Period
from ..model.call import LAYERS, Call, standing
from ..model.people import ERASED, folded
from ..model.teams import Teams

BASE = "base"
"""The name of what lies below all layers: what the method says of the deals as they are."""
_BEFORE_END = timedelta(days=14)
_SILENT = NoValue("nobody called")


def moments(period: Period) -> dict[str, date | NoValue]:
    """The days on which forecasts of a period are frozen, by the names in MOMENTS; each means the end of that day.

    ``mid`` is the day at whose end half of the days are over, or which is the middle one where they are odd. In a
    period of one or two days ``day1`` and ``mid`` are one day; in one shorter than 15 there is no ``-14d``.
    """
    days = (period.last - period.first).days + 1
    late = period.last - _BEFORE_END if days >= 15 else NoValue("the period is shorter than 15 days")
    return {"day1": period.first, "mid": period.first + timedelta(days=(days - 1) // 2), "-14d": late}


def known_by(moment: str, day: date) -> date:
    """The day at whose end what a forecast of a moment rests on is known: of the first day's, the day before it."""
    return day - timedelta(days=1) if moment == "day1" else day


# ---------------------------------------------------------------- what stands


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands on a layer. ``before``: on the one below it. ``call``: its own word on the whole, where it has one;
    ``others``: what others on it had said before. ``moved``: by how much its words on parts change what lies below;
    0 where its own word stands. ``spoke``: whether anybody on it said anything that counts."""

    layer: str
    amount: int | NoValue
    before: int | NoValue
    call: Call | None = None
    others: tuple[Call, ...] = ()
    moved: int = 0
    spoke: bool = False


@dataclass(frozen=True, slots=True)
class Layered:
    """What stands on each of LAYERS over ``base``. ``aside``: calls that do not count, each with the reason."""

    base: int | NoValue
    layers: tuple[Standing, ...]
    aside: tuple[tuple[Call, str], ...] = ()

    def of(self, layer: str) -> Standing:
        """What stands on a layer. Raises ValueError where there is no such layer."""
        return self.layers[LAYERS.index(layer)]

    @property
    def amount(self) -> int | NoValue:
        """What stands in the end."""
        return self.layers[-1].amount

    @property
    def said(self) -> dict[str, int | NoValue]:
        """By layer, BASE the first, what it said; of a layer that was silent there is no value."""
        own = {one.layer: one.amount if one.spoke else _SILENT for one in self.layers}
        return {BASE: self.base, **own}


def of_period(calls: Iterable[Call], period: Period) -> list[Call]:
    """The calls for exactly these days."""
    return [one for one in calls if (one.first, one.last) == (period.first, period.last)]


def about(
    calls: Iterable[Call], period: Period, *, deal: str | None = None, owner: str | None = None,
    team: str | None = None, teams: Teams | None = None,
) -> list[Call]:  # fmt: skip
    """The calls for exactly this period about a deal, else an owner, else a team, else the company.

    A team is the same by its id and by its title in ``teams``. Calls about an owner who was erased are about nobody.
    """
    scope = "deal" if deal is not None else "owner" if owner is not None else "team" if team is not None else "company"
    name = _plain(scope, deal or owner or team or "", teams)
    if scope == "owner" and name == ERASED:
        return []
    return [one for one in of_period(calls, period) if one.scope == scope and _plain(scope, one.about, teams) == name]


def _plain(scope: str, name: str, teams: Teams | None) -> str:
    if scope == "deal":
        return name
    team = teams.named(name) if scope == "team" and teams is not None else None
    return folded(team.id if team is not None else name)


def layered(base: int | NoValue, calls: Iterable[Call], currency: str, parts: Sequence[Layered] = ()) -> Layered:
    """Calls about one thing in one period over what a method says of it (``base``).

    On each layer the last call stands; where there is none what lies below, changed by what the layer said of the parts
    (owners of a team, deals of an owner; only those that were spoken of are needed). So what one calls for a whole is
    not changed by what the same layer says of a part of it. A call in another currency than ``currency`` is set aside.
    """
    fit, aside = _fit(calls, currency)
    aside += [(one, "it names no amount") for one in fit if one.after is None]
    found: list[Standing] = []
    below = base
    for layer in LAYERS:
        own = [(one, one.after.minor) for one in fit if one.layer == layer and one.after is not None]
        if own:
            (call, amount), others = own[-1], tuple(one for one, _ in own[:-1])
            made = Standing(layer, amount, below, call, others, spoke=True)
        else:
            made = _carried(layer, below, parts)
        found.append(made)
        below = made.amount
    return Layered(base, tuple(found), (*aside, *(one for part in parts for one in part.aside)))


def _fit(calls: Iterable[Call], currency: str) -> tuple[list[Call], list[tuple[Call, str]]]:
    """The calls that stand, and those of them that cannot count, with the reason."""
    fit: list[Call] = []
    aside: list[tuple[Call, str]] = []
    for one in standing(calls):
        if one.after is not None and one.after.currency != currency:
            aside.append((one, "it is in another currency"))
        else:
            fit.append(one)
    return fit, aside


def _carried(layer: str, below: int | NoValue, parts: Sequence[Layered]) -> Standing:
    """A layer that has no word on the whole: what lies below, changed by its words on parts."""
    said = [one for part in parts if (one := part.of(layer)).spoke]
    moved = 0
    for one in said:
        if isinstance(one.amount, NoValue) or isinstance(one.before, NoValue):
            why = one.before if isinstance(one.before, NoValue) else one.amount
            assert isinstance(why, NoValue)
            unknown = NoValue(f"what a call changes is not known: {why.reason}")
            return Standing(layer, unknown, below, spoke=True)
        moved += one.amount - one.before
    amount = below if isinstance(below, NoValue) else below + moved
    return Standing(layer, amount, below, moved=moved, spoke=bool(said))


def layered_deal(
    amount: int | None, category: str | None, calls: Iterable[Call], currency: str, counted: Collection[str]
) -> Layered:
    """The calls about one deal over what it has: how much of it counts where ``counted`` categories do.

    A deal without an amount counts for nothing until a layer calls one. What a call does not name stays as the layer
    below has it. A deal that is open no more is not to be asked for: its calls are over.
    """
    fit, aside = _fit(calls, currency)
    below = base = _counts(amount, category, counted)
    found: list[Standing] = []
    for layer in LAYERS:
        own = [one for one in fit if one.layer == layer]
        for one in own:  # of several the last word on either counts
            amount = one.after.minor if one.after is not None else amount
            category = one.category if one.category is not None else category
        here = _counts(amount, category, counted)
        call = own[-1] if own else None
        found.append(Standing(layer, here, below, call, tuple(own[:-1]), spoke=bool(own)))
        below = here
    return Layered(base, tuple(found), tuple(aside))


def _counts(amount: int | None, category: str | None, counted: Collection[str]) -> int:
    return amount if amount is not None and category in counted else 0


# ---------------------------------------------------------------- what it was worth


@dataclass(frozen=True, slots=True)
class Case:
    """A period that is over, or a part of one: the naive forecast of it, what each layer said, and what came.

    All were made at the same moment of it: what is said later is nearer to what comes, and no better for it.
    """

    naive: int | NoValue
    said: Mapping[str, int | NoValue]
    actual: int | NoValue


@dataclass(frozen=True, slots=True)
class Added:
    """What a layer was worth over ``n`` cases: errors as WAPE, ``added`` their difference (above 0: nearer to what came
    than the naive forecast), and ``amount``, the same in minor units. ``left_out``: why other cases do not count, each
    reason with their number."""

    n: int
    naive: Fraction | NoValue
    error: Fraction | NoValue
    added: Fraction | NoValue
    amount: int | NoValue
    left_out: Mapping[str, int]


def value_added(cases: Iterable[Case]) -> dict[str, Added]:
    """Forecast value added by each layer: the naive forecast's error less the layer's, over the cases that have both.

    A case in which a layer was silent does not count for it. Where nothing came at all there is an amount and no WAPE.
    """
    held = list(cases)
    names = dict.fromkeys(name for one in held for name in one.said)
    return {name: _added(held, name) for name in names}


def _added(cases: Sequence[Case], name: str) -> Added:
    known: list[tuple[int, int, int]] = []
    left_out: dict[str, int] = {}
    for one in cases:
        came, naive, said = one.actual, one.naive, one.said.get(name, _SILENT)
        if isinstance(came, NoValue) or isinstance(naive, NoValue) or isinstance(said, NoValue):
            why = next(value.reason for value in (came, naive, said) if isinstance(value, NoValue))
            left_out[why] = left_out.get(why, 0) + 1
        else:
            known.append((came, naive, said))
    if not known:
        none = NoValue(", ".join(left_out) or "nothing was forecast")
        return Added(0, none, none, none, none, left_out)
    actual = [came for came, _, _ in known]
    naive_error = wape([naive for _, naive, _ in known], actual)
    error = wape([said for _, _, said in known], actual)
    amount = sum(abs(came - naive) - abs(came - said) for came, naive, said in known)
    added = naive_error if isinstance(naive_error, NoValue) else error
    if not isinstance(naive_error, NoValue) and not isinstance(error, NoValue):
        added = naive_error - error
    return Added(len(known), naive_error, error, added, amount, left_out)
