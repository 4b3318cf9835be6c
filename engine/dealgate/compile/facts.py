"""What is worked out of a deal before any condition reads it: derived fields, framework elements, proof, changes.

One definition for every back end that judges one deal at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from ..model.calendar import Moment
from ..model.condition import Changed, Proof
from ..model.deal import Deal, Record
from ..model.fields import Field, Reading, read
from ..model.framework import Band, Framework, Score
from ..model.operators import OPERATORS
from ..model.process import Process
from ..model.values import Duration, Money, Unfit, local_date


def _entered(deal: Deal, moment: Moment, _p: Process) -> date | None:
    stage = deal.fields.get("stage")
    days = [
        local_date(v["entered"], moment.calendar.zone)
        for v in deal.children.get("visits", ())
        if v.get("stage") == stage and v.get("entered") is not None and v["entered"] <= moment.as_of
    ]
    return max(days, default=None) if stage else None


def _in_stage(deal: Deal, moment: Moment, process: Process) -> timedelta | None:
    entered = deal.fields.get("stage_entered_on") or _entered(deal, moment, process)
    stage, closed = process.stage(deal.stage), deal.fields.get("closed_on")
    # a closed deal keeps its stage, and its time there ended when it closed
    last: date = moment.today
    if deal.status != "open" and closed is not None and (stage is None or stage.after is None):
        last = min(closed, last)
    return last - entered if entered is not None and entered <= last else None


def _latest(moments: Iterable[date | datetime | None], moment: Moment) -> date | None:
    known = (m for m in moments if m is not None and not (isinstance(m, datetime) and m > moment.as_of))
    return max((d for m in known if (d := local_date(m, moment.calendar.zone)) <= moment.today), default=None)


def _last_activity(deal: Deal, moment: Moment, _p: Process) -> date | None:
    return _latest((a.get("at") for a in deal.children.get("activities", ()) if a.get("held") is not False), moment)


def _last_two_way(deal: Deal, moment: Moment, _p: Process) -> date | None:
    activities = (
        a.get("at") for a in deal.children.get("activities", ()) if a.get("two_way") and a.get("held") is not False
    )
    contacts = (c.get("last_two_way_on") for c in deal.children.get("contacts", ()))
    return _latest((*activities, *contacts), moment)


def _pushes(deal: Deal, moment: Moment, process: Process) -> int | None:
    from ..model.condition import Ref

    if "close_date" not in process.catalogue.deal:
        return None
    spec = Changed(Ref(process.catalogue.deal["close_date"]), "later", "quarter", ignore=("owner_change",))
    counted = count_changes(spec, None, deal, moment, process.reading)
    return None if counted is None or not counted[1] else counted[0]


def _category(deal: Deal, _m: Moment, process: Process) -> str | None:
    stage = process.stage(deal.fields.get("stage"))
    return stage.category if stage else None


DERIVED: dict[str, Callable[[Deal, Moment, Process], Any]] = {
    "stage_entered_on": _entered,
    "days_in_stage": _in_stage,
    "last_activity_on": _last_activity,
    "last_two_way_on": _last_two_way,
    "pushes": _pushes,
    "forecast_category": _category,
}
"""Fields worked out where the source does not give them."""


def deal_value(deal: Deal, name: str, moment: Moment, process: Process) -> Any:
    """A deal field's typed value, derived where it can be; None where missing."""
    value = deal.fields.get(name)
    if value is None and (derive := DERIVED.get(name)) is not None:
        return derive(deal, moment, process)
    return value


def comparable(
    value: Any, field: Field, moment: Moment, *, day: bool = False, rank: bool = False, beside: Any = None
) -> Any:
    """A typed value in the form operators compare: folded text, minor units, rank, local day.

    ``beside`` is the amount it is compared with: two of one currency need no rate.
    """
    if value is None:
        return None
    if rank and field.type == "choice":
        return field.options.index(value) if value in field.options else None
    if isinstance(value, Money):
        minor = moment.minor(value)
        return minor_beside(value, beside) if minor is None else minor
    if isinstance(value, str) and field.type != "choice":
        return value.strip().casefold()
    if day and isinstance(value, datetime):
        return local_date(value, moment.calendar.zone)
    return value


def minor_beside(value: Money | None, other: Any) -> int | None:
    """An amount without a rate in its own minor units, where what it is compared with is of the same currency."""
    same = value is not None and isinstance(other, Money) and value.currency == other.currency
    return value.minor if same and value is not None else None


# ---------------------------------------------------------------- evidence


class ElementState(NamedTuple):
    """Where one framework element stands. ``level`` None is missing.

    An element the buyer denied stands at 0, or at the highest level where that is the greatest concern.
    """

    level: int | None
    answer: str | None
    undated: bool = False


MISSING = ElementState(None, None)


def _valid(item: Record, max_age: Duration | None, moment: Moment) -> bool:
    dated, expires = item.get("dated"), item.get("expires")
    if expires is not None and moment.today > expires:
        return False
    if dated is None or max_age is None or dated > moment.today:
        return True
    return bool(moment.today <= moment.calendar.shift(dated, max_age))


def _level(item: Record, floor: int, moment: Moment, *, concerns: bool = False) -> int | None:
    """A piece's level; what is undated or dated after today is no better than 1."""
    level = item.get("level")
    if level is None:
        return 1 if floor == 1 else None
    dated = item.get("dated")
    if dated is not None and dated <= moment.today:
        return int(level)
    return max(int(level), 1) if concerns else min(int(level), 1)


def elements(deal: Deal, framework: Framework, moment: Moment) -> dict[str, ElementState]:
    """Each element's state from the best valid evidence; the buyer's latest no outweighs what was said before it."""
    mine: dict[str, list[Record]] = {e.id: [] for e in framework.elements}
    prefix = framework.id + "."
    for item in deal.children.get("evidence", ()):
        name = item.get("element") or ""
        if name.startswith(prefix) and (found := mine.get(name[len(prefix) :])) is not None:
            found.append(item)
    return {e.id: _state(mine[e.id], e.max_age, framework, moment) for e in framework.elements}


def _dated(item: Record) -> date:
    return item.get("dated") or date.min


def _state(items: list[Record], max_age: Duration | None, framework: Framework, moment: Moment) -> ElementState:
    valid = [i for i in items if _valid(i, max_age, moment)]
    if not valid:
        return MISSING
    said = [i for i in valid if i.get("answer") and (i["answer"] != "not_applicable" or i.get("reason"))]
    spoken = max(said, key=lambda i: (_dated(i), i["answer"] == "no"), default=None)
    if spoken is not None and spoken["answer"] == "not_applicable":
        return ElementState(None, "not_applicable")
    positive = [i for i in valid if i.get("answer") not in ("no", "not_applicable")]
    denied = [i for i in valid if i.get("answer") == "no"]
    if denied:
        last = max(denied, key=_dated)
        positive = [i for i in positive if _dated(i) > _dated(last)]
        if not positive:
            return ElementState(framework.denied, "no", last.get("dated") is None)
    graded = ((_level(i, framework.lowest, moment, concerns=framework.concerns), i) for i in positive)
    levels = [(level, i.get("dated") is None) for level, i in graded if level is not None]
    if not levels:
        return MISSING
    best = max(level for level, _ in levels)
    return ElementState(best, "yes", all(undated for level, undated in levels if level == best))


def score_range(
    framework: Framework, states: dict[str, ElementState], score: Score | None
) -> tuple[Fraction, Fraction] | None:
    """The lowest and highest a score can be while missing elements range over all levels; None without a score."""
    if score is None:
        return None
    return _span(framework, score, tuple(s if s.answer == "not_applicable" else s.level for s in states.values()))


@lru_cache(maxsize=8192)
def _span(
    framework: Framework, score: Score, known: tuple[int | ElementState | None, ...]
) -> tuple[Fraction, Fraction]:
    """The range for levels in the order of the elements; a state stands for an element that does not apply."""
    sides = []
    for missing in (framework.lowest, framework.highest):
        levels = [
            (element, missing if level is None else level)
            for element, level in zip(framework.elements, known, strict=True)
            if not isinstance(level, ElementState)
        ]
        excluded = len(framework.elements) - len(levels)
        sides.append(_score(score.method, score.level, levels, excluded, framework.highest))
    return min(sides), max(sides)


def _score(method: str, mark: int, levels: list[Any], excluded: int, highest: int) -> Fraction:
    if method == "count_at_least":
        return Fraction(excluded + sum(level >= mark for _, level in levels))
    if method == "lowest":
        return Fraction(min((level for _, level in levels), default=highest))
    if method == "sum":
        return Fraction(sum(level for _, level in levels))
    total = sum((Fraction(e.weight) for e, _ in levels), Fraction(0)) * highest
    return (
        100 * sum((Fraction(e.weight) * level for e, level in levels), Fraction(0)) / total if total else Fraction(100)
    )


@lru_cache(maxsize=8192)
def band_of(framework: Framework, score: Fraction) -> Band | None:
    """The best band a score reaches; bands stand from the best to the worst."""
    assert framework.score is not None
    for band in framework.score.bands:
        if (band.at_least is None or score >= Fraction(band.at_least)) and (
            band.at_most is None or score <= Fraction(band.at_most)
        ):
            return band
    return None


def passes(framework: Framework, span: tuple[Fraction, Fraction]) -> bool | None:
    """Whether a score range passes the mark, None while it can fall on either side."""
    score = framework.score
    assert score is not None and score.pass_mark is not None
    mark = Fraction(score.pass_mark)
    low, high = (s <= mark if score.direction == "lower" else s >= mark for s in span)
    return low if low == high else None


def proof(test: Proof, max_age: Duration | None, deal: Deal, moment: Moment) -> bool | None:
    """Whether valid evidence of the type stands: unknown if evidence was never synced, or what it needs is not said."""
    items = deal.children.get("evidence")
    if items is None:
        return None
    answer: bool | None = False
    for item in items:
        if (
            test.type not in ("any", item.get("type"))
            or item.get("answer") == "no"
            or not _valid(item, max_age, moment)
        ):
            continue
        holds: list[bool | None] = [(_level(item, 1, moment) or 1) >= test.at_least]
        if test.within_last is not None:
            dated = item.get("dated")
            first = moment.calendar.shift(moment.today, -test.within_last)
            holds.append(None if dated is None else first <= dated <= moment.today)
        if test.from_buyer is not None:
            source = item.get("from_buyer")
            holds.append(None if source is None else source is test.from_buyer)
        if all(holds):
            return True
        if False not in holds:
            answer = None
    return answer


# ---------------------------------------------------------------- history


def count_changes(
    spec: Changed, since: date | None, deal: Deal, moment: Moment, reading: Reading
) -> tuple[int, bool] | None:
    """How often a field changed as ``spec`` says, and whether that is the whole truth (else a lower bound).

    None where history was never synced, or does not cover the field. The first fill is no change; changes of one local
    day collapse to the net one; only while open. A lower bound where history starts inside the window, a change has no
    date or amounts have no rate, or a closed deal does not say when it closed.
    """
    changes, covered = deal.children.get("changes"), deal.fields.get("history_covers")
    if changes is None or (covered is not None and spec.ref.name not in covered):
        return None
    zone = moment.calendar.zone
    first = since
    if spec.within_last is not None:
        start = moment.calendar.shift(moment.today, -spec.within_last)
        first = start if first is None else max(first, start)
    closed = deal.fields.get("closed_on") if deal.status != "open" else None
    days: dict[date, list[Record]] = {}
    owners: set[date] = set()
    for change in sorted(
        (c for c in changes if c.get("at") is not None and c["at"] <= moment.as_of), key=lambda c: c["at"]
    ):
        day = local_date(change["at"], zone)
        if change.get("field") in ("owner.id", "owner.name", "owner"):
            owners.add(day)
        if change.get("field") == spec.ref.name and change.get("channel") not in spec.ignore:
            days.setdefault(day, []).append(change)
    known = deal.fields.get("history_since")
    whole = known is None or (first is not None and known <= first)
    whole = whole and not any(c.get("at") is None and c.get("field") == spec.ref.name for c in changes)
    count = 0
    for day, of_day in days.items():
        if (first is not None and day < first) or (closed is not None and day > closed):
            continue
        if "owner_change" in spec.ignore and day in owners:
            continue
        moved = _moved(spec, of_day[0].get("from"), of_day[-1].get("to"), moment, reading)
        sure = moved is True and (closed is not None or deal.status == "open")
        count += sure
        whole = whole and (sure or moved is False)
    return count, whole


def _moved(spec: Changed, before: Any, after: Any, moment: Moment, reading: Reading) -> bool | None:
    """Whether one change is such a one; None where amounts do not compare for want of a rate."""
    field = spec.ref.field
    typed = [None if isinstance(v := read(raw, field, reading), Unfit) else v for raw in (before, after)]
    old, new = (comparable(v, field, moment, day=True, rank=field.ordered) for v in typed)
    if typed[0] is None or typed[0] == typed[1]:
        return False
    if old is None or (new is None and typed[1] is not None):
        return None
    if old == new:
        return False
    if new is None:
        return spec.direction == "any" and spec.across is None and not spec.by
    rising = spec.direction in ("later", "up")
    if spec.direction != "any" and (new > old) is not rising:
        return False
    if spec.across is not None and moment.calendar.period(old, spec.across) == moment.calendar.period(new, spec.across):
        return False
    return all(_by(operator.key, threshold, relative, old, new) for operator, threshold, relative in spec.by)


def _by(key: str, threshold: Any, relative: bool, old: Any, new: Any) -> bool:
    moved = abs(new - old)
    if not relative:
        return OPERATORS[key].test(moved, threshold)
    if old == 0:
        return OPERATORS[key].over == "rising"
    return OPERATORS[key].test(Fraction(Decimal(moved)) / abs(Fraction(Decimal(old))), Fraction(threshold))
