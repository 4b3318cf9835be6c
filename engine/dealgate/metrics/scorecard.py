"""Scorecards: for each owner and team what was to be reached, what was, and how far the picture can be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl

from ..compile.events import RECORD
from ..history import History
from ..history.days import end_of
from ..model.calendar import Rates
from ..model.currencies import MINOR_DIGITS
from ..model.targets import Target, Targets
from ..model.teams import Teams
from .aims import SUMS, Aims, in_unit
from .cases import Past
from .closing import business_day, today
from .figure import Figure, Number, figure, nothing
from .hierarchy import seen_by
from .kinds import NO_CASE
from .measure import Measured, measure
from .quota import Quotas, quotas_of, with_targets
from .registry import metric
from .spec import Asked, LeftOut
from .specs.quotas import ATTAINED
from .trust import Trust, trust, trust_of_nothing

USUAL = (
    "attainment",
    "coverage",
    "pacing",
    "win_rate",
    "win_in_period",
    "slip_rate",
    "push_event_rate",
    "stalled_share",
    "aging_share",
)
"""The metrics of a card, beside those that have a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One KPI. ``before``: the same in the period before, as it stood on that period's same business day.
    ``target`` is in the figure's unit; None: none is set.

    ``gap``: what is missing to the target, negative where it is passed. ``pace``: reached ÷ what should be by now, for
    what adds up over the period. ``trend``: ``actual`` less ``before``. ``met``, ``improved``: None where not known.
    ``note``: why a target does not count.
    """

    metric: str
    measure: str
    stage: str | None
    title: str
    actual: Figure
    before: Figure
    target: Number | None = None
    direction: str = "higher"
    gap: Number | None = None
    pace: Figure | None = None
    trend: Number | None = None
    met: bool | None = None
    improved: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One owner (``kind`` owner, ``name`` as figures call them), team (its id or name) or the whole company (None)."""

    kind: str
    name: str | None
    title: str
    items: tuple[Item, ...]
    trust: Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """Cards for a period: the company's, the teams' from the top down, the owners'."""

    first: date
    last: date
    as_of: date
    before: tuple[date, date]
    before_as_of: date
    cards: tuple[Card, ...]
    unused: tuple[Target, ...]
    """Targets for this period that no figure was held against: of nobody there is, or of a stage there is not."""


def scorecard(
    history: History,
    targets: Iterable[Targets] = (),
    teams: Teams | None = None,
    *,
    first: date,
    last: date,
    every: str = "quarter",
    metrics: Sequence[str] = USUAL,
    rates: Rates | None = None,
    min_n: int | None = None,
) -> Scorecard:
    """The scorecard of a period (from ``first`` to ``last``), as of the history's moment.

    ``metrics`` come on every card, beside those with a target that fits it. ``every`` is the length of period that
    metrics of periods count by. A target counts for the owner or team that it names; one that names nobody for the
    company and, unless it adds up, for everybody. Of several the one for this very period comes first, then one for a
    longer period that holds it (unless it adds up), then one for all times.
    """
    held, teams = tuple(targets), teams or Teams()

    def given(one: History) -> Past:
        return with_targets(Past(one, rates), held, teams)

    past = given(history)
    aims = Aims((target for one in held for target in one.targets), first, last, past.calendar)
    work = _Work(past, aims, teams, every, tuple(metrics), min_n)
    start, end, day = work.before
    earlier = _as_of(history, day)
    then = given(earlier)
    cards = work.cards(past, then, "company", None)
    if teams.by_id:
        deep = {name: teams.depth(team) for name, team in teams.by_id.items()}
        for depth in range(max(deep.values()) + 1):
            names = [name for name in teams.by_id if deep[name] == depth]
            seen = [given(seen_by(one, teams, depth)) for one in (history, earlier)]
            cards += work.cards(seen[0], seen[1], "team", "team", names)
    else:
        cards += work.cards(past, then, "team", "team")
    cards += work.cards(past, then, "owner", "owner")
    return Scorecard(
        first=first,
        last=last,
        as_of=work.now,
        before=(start, end),
        before_as_of=day,
        cards=tuple(cards),
        unused=aims.unused,
    )


def _as_of(history: History, day: date) -> History:
    """The same history as of the end of an earlier day.

    What was only ever seen later (an owner whose changes no history tells of) stands in for what it was then.
    """
    moment = min(end_of(day, history.process.calendar.zone), history.as_of)
    one = pl.struct("deal", "field")
    first = one.ne_missing(one.shift(1)).fill_null(True)
    stands_in = first & (pl.col("origin") == "seen") & ~pl.col("field").is_in([RECORD, "status", "stage"])
    kept = history.events.filter(pl.col("at").is_null() | (pl.col("at") <= moment) | stands_in)
    return History(history.process, moment, history.known_at, kept, history.children)


class _Work:
    """What all cards of one period share."""

    def __init__(
        self, past: Past, aims: Aims, teams: Teams, every: str, metrics: tuple[str, ...], min_n: int | None
    ) -> None:
        self.aims, self.teams, self.every = aims, teams, every
        self.first, self.last, self.now = aims.first, aims.last, today(past)
        self.metrics = tuple(dict.fromkeys([*metrics, *(target.metric for target in aims.targets)]))
        policies: dict[str, object] = {} if min_n is None else {"min_n": min_n}
        periodic = [name for name in self.metrics if any(policy.id == "every" for policy in metric(name).policies)]
        self.policies = policies | {f"{name}.every": every for name in periodic}
        whole = business_day(past, self.first, self.last)
        self.gone = business_day(past, self.first, min(self.now, self.last))
        self.share = Fraction(self.gone, whole) if whole else Fraction(0)
        self.before = self._earlier(past)

    def _earlier(self, past: Past) -> tuple[date, date, date]:
        """First and last day of the period before, and its day that is as far into it as now is into this one.

        It is the fiscal period before where this is one, else as many days.
        """
        end = self.first - timedelta(days=1)
        start = end - (self.last - self.first)
        if past.calendar.period(self.first, self.every) == (self.first, self.last):
            start, end = past.calendar.period(end, self.every)
        if self.now >= self.last:
            return start, end, end
        return start, end, min(end, past.calendar.add_business_days(start - timedelta(days=1), self.gone))

    def cards(self, past: Past, then: Past, kind: str, key: str | None, names: Sequence[str] = ()) -> list[Card]:
        """The cards of one kind; ``then`` is the past of the period before. ``names``: whose, if that is known."""
        now, before = self._measured(past, self.first, self.last, key), self._measured(then, *self.before[:2], key)
        known = trust(past, self.first, self.last, key)
        quotas = quotas_of(past)
        assert quotas is not None
        found: list[str | None] = [None]
        if key is not None:
            told = (*now.names, *(name for name in known if name is not None))
            found = [*sorted(dict.fromkeys(names or told))]
        nobody = trust_of_nothing(past)
        return [
            Card(
                kind=kind,
                name=name,
                title=self._title(kind, name, quotas),
                items=tuple(self._items(quotas, kind, name, now, before)),
                trust=known.get(name, nobody),
            )
            for name in found
        ]

    def _measured(self, past: Past, first: date, last: date, key: str | None) -> _Index:
        by = () if key is None else (key,)
        asked = Asked(by=by, since=first, until=last, policies=self.policies)
        found = [measure(past, self.metrics, asked)]
        # a target of one stage, for a metric that is not by stage on its own
        staged = dict.fromkeys(t.metric for t in self.aims.targets if t.stage and metric(t.metric).stage != "own")
        if staged:
            given = {name: c for name, c in self.policies.items() if name.partition(".")[0] in (*staged, "min_n")}
            found.append(measure(past, staged, replace(asked, by=("stage", *by), policies=given)))
        return _Index(found, key)

    def _title(self, kind: str, name: str | None, quotas: Quotas) -> str:
        if name is None:
            return "All"
        if kind == "owner":
            return quotas.name_of(name)
        team = self.teams.named(name)
        return team.title if team is not None else name

    def _items(self, quotas: Quotas, kind: str, name: str | None, now: _Index, before: _Index) -> Iterable[Item]:
        for wanted in self.metrics:
            spec = metric(wanted)
            targets = self.aims.of(quotas, kind, name, wanted)
            measures = {spec.headline, *(target.measure for target in targets if target.measure)}
            if wanted == "attainment":
                measures = {"won"}
            stages = None if spec.stage == "own" else {None, *(target.stage for target in targets)}
            rows = now.of(wanted, name)
            if wanted == "attainment" and not rows and quotas.quotas:
                rows = [((None, "won"), figure(0, unit=quotas.past.currency, n=0))]
            for (stage, measured), figure_ in rows:
                if measured not in measures or (stages is not None and stage not in stages):
                    continue
                actual = _explained(figure_, now.left_out.get(wanted, ()))
                earlier = before.figure(wanted, name, measured, stage) or nothing("not measured", unit=actual.unit)
                item = Item(
                    metric=wanted, measure=measured, stage=stage, title=spec.name, actual=actual, before=earlier,
                    direction=spec.better or "higher",
                )  # fmt: skip
                if wanted == "attainment":
                    item = self._quota(quotas, item, kind, name)
                    item = replace(item, pace=now.figure("pacing", name, "pacing", None))
                else:
                    item = self._targeted(quotas.past.currency, item, targets)
                if wanted == "coverage":
                    item = _covered(item, now.figure(wanted, name, "required", stage))
                yield _trended(item)

    def _targeted(self, currency: str, item: Item, targets: list[Target]) -> Item:
        target = self.aims.one(targets, item.measure, item.stage)
        if target is None:
            return item
        value = in_unit(target, item.actual.unit, currency)
        if value is None:
            return replace(item, note=f"the target is not in {item.actual.unit}", direction=target.direction)
        item = replace(item, target=value, direction=target.direction)
        if item.metric in SUMS and item.actual.value is not None:
            expected = Fraction(value) * self.share
            reached = Fraction(item.actual.value) / expected if expected else None
            item = replace(item, pace=figure(reached, unit="share", n=item.actual.n, missing="nothing is expected yet"))
        return _met(item)

    def _quota(self, quotas: Quotas, item: Item, kind: str, name: str | None) -> Item:
        owner, team = (name if kind == "owner" else None), (name if kind == "team" else None)
        held = quotas.of(self.first, self.last, owner=owner, team=team)
        if not isinstance(held, int):
            return replace(item, note=held.reason)
        return _met(replace(item, target=Decimal(held).scaleb(-MINOR_DIGITS[quotas.past.currency])))


class _Index:
    """Figures by metric and group."""

    def __init__(self, measured: Iterable[Measured], key: str | None) -> None:
        self.left_out: dict[str, tuple[LeftOut, ...]] = {}
        self._held: dict[tuple[str, str | None], dict[tuple[str | None, str], Figure]] = {}
        names: dict[str | None, None] = {}
        for one in measured:
            self.left_out |= {name: apart for name, apart in one.left_out.items() if name not in self.left_out}
            for row in one.rows:
                # a row without the key says why there is no figure for anybody
                if key is not None and key not in row.keys:
                    continue
                name = row.keys[key] if key is not None else None
                names[name] = None
                held = self._held.setdefault((row.metric, name), {})
                held.setdefault((row.keys.get("stage"), row.measure), row.figure)
        self.names = [name for name in names if name is not None]

    def of(self, wanted: str, name: str | None) -> list[tuple[tuple[str | None, str], Figure]]:
        """Stage and measure with their figure, of a metric and a group."""
        return list(self._held.get((wanted, name), {}).items())

    def figure(self, wanted: str, name: str | None, measured: str, stage: str | None) -> Figure | None:
        """One figure."""
        return self._held.get((wanted, name), {}).get((stage, measured))


def _explained(actual: Figure, apart: Sequence[LeftOut]) -> Figure:
    """A figure without a case, with the reason why all were left out."""
    if actual.reason != NO_CASE or not apart:
        return actual
    return nothing(apart[0].reason, unit=actual.unit, flags=actual.flags)


def _covered(item: Item, required: Figure | None) -> Item:
    """Coverage against what earlier periods needed, where no target is set."""
    if item.actual.reason == ATTAINED:
        return replace(item, met=True)
    if item.target is None and not item.note and required is not None and required.value is not None:
        return _met(replace(item, target=required.value, note="what earlier periods needed"))
    return item


def _met(item: Item) -> Item:
    """With gap and whether the target is met."""
    if item.actual.value is None or item.target is None:
        return item
    left = Fraction(item.target) - Fraction(item.actual.value)
    gap = left if item.direction == "higher" else -left
    return replace(item, gap=gap, met=gap <= 0)


def _trended(item: Item) -> Item:
    """With what changed since the period before."""
    if item.actual.value is None or item.before.value is None:
        return item
    trend = Fraction(item.actual.value) - Fraction(item.before.value)
    better = None if not trend else (trend > 0) == (item.direction == "higher")
    return replace(item, trend=trend, improved=better)


__all__ = ["USUAL", "Card", "Item", "Scorecard", "scorecard"]
