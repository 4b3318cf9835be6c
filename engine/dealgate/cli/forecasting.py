"""A forecast for a command: the snapshot, every method's outlook, the evidence beside the calls, and the gap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.currencies import MINOR_DIGITS
from ..model.diagnostics import WrongUsage, error
from ..model.forecast import BOOKING
from ..model.values import Money, money
from .past import Past

if TYPE_CHECKING:
    from ..forecast.called import Spoken
    from ..forecast.gap import Gap
    from ..forecast.methods import Asked, Method, Outlook
    from ..forecast.proven import Category, Evidence
    from ..forecast.rolled import Part
    from ..forecast.snapshot import Snapshot
    from ..metrics.figure import NoValue
    from ..model.call import Call
    from .calling import Froze

ALL = "all"
"""The period that is none: whatever is open, whenever it closes."""
CHOICE = ("evidence", "historical", "stage-weighted", "run-rate")
"""Which method's parts are shown where none is named: the first that has anything to say."""


@dataclass(frozen=True)
class Shown:
    """What a forecast says. ``period``: in words. ``chosen``: the outlook whose parts are shown."""

    past: Past
    snapshot: Snapshot
    period: str
    outlooks: tuple[tuple[Method, Outlook | NoValue], ...]
    chosen: Outlook | None
    by: tuple[str, ...]
    parts: tuple[Part, ...]
    evidence: Evidence
    categories: tuple[Category, ...]
    gap: Gap | None
    scenario: str | None = None
    as_it_is: Mapping[str, int] = field(default_factory=dict)
    layers: Spoken | None = None
    """What people called of the period and of its parts, over the reps' commits; None where nobody did."""

    def told(self, minor: int) -> str:
        """An amount in whole units of what is forecast."""
        return amount(minor, self.snapshot.unit)


def number(minor: int, unit: str) -> str:
    """``1,234,567``; of deals with one decimal."""
    return f"{Decimal(minor) / 1000:,.1f}" if unit == "deals" else f"{Money(minor, unit).major:,.0f}"


def amount(minor: int, unit: str) -> str:
    """The same with its unit."""
    return f"{number(minor, unit)} {unit}"


def major(minor: int, unit: str) -> str:
    """Exactly, as data: every digit."""
    return f"{Decimal(minor) / 1000:f}" if unit == "deals" else f"{Money(minor, unit).major:f}"


def one_of(unit: str) -> int:
    """One whole unit of what is forecast, in minor ones."""
    return int(10 ** MINOR_DIGITS.get(unit, 3))


def snapshot_of(
    source: Path | str, mapping: str | None, process: str | None, as_of: date | datetime, known_at: datetime | None,
    period: str | None, basis: str, rated: str = BOOKING,
) -> tuple[Past, Snapshot, str]:  # fmt: skip
    """The past and what is forecast of it; ``period`` None: the quarter of ``as_of``."""
    from .past import past

    found = past(source, mapping, process, as_of, known_at)
    return found, *seen(found, period, basis, rated)


def seen(found: Past, period: str | None, basis: str, rated: str = BOOKING) -> tuple[Snapshot, str]:
    """What is forecast of a past, and its period in words."""
    from ..forecast.snapshot import Snapshot
    from ..metrics.standing import Period
    from ..model.targets import Span
    from .aims import aims
    from .options import span_of
    from .render.figures import day

    judged = found.playbook.process
    held = aims((), judged)
    whole = Snapshot(found.playbook, found.history, None, held.rates, basis, teams=held.teams, rated=rated)
    if period == ALL:
        return whole, "all that is open"
    today = found.history.as_of.astimezone(judged.calendar.zone).date()
    span = span_of(period) if period else Span("quarter", day=today)
    first, last = span.days(judged.calendar)
    days = f"{day(first)} to {day(last)}"
    words = days if span.day is not None else f"{span.name}, {days}"
    return whole.during(Period(first, last)), words


def shown(
    past: Past, snapshot: Snapshot, words: str, wanted: Sequence[str], asked: Asked, by: Sequence[str],
    target: str | None, scenario: str | None = None,
) -> Shown:  # fmt: skip
    """Every method, or those wanted, on one snapshot. Raises WrongUsage for a method or a scenario there is not."""
    from ..forecast.gap import gap
    from ..forecast.methods import Outlook, methods
    from ..forecast.proven import by_category, evidence_of
    from ..forecast.rolled import rolled

    known = methods()
    known_among(wanted, known)
    as_it_is, said = {}, None
    if scenario is not None:
        before = [(one.id, one.make(snapshot, asked)) for one in known.values() if not wanted or one.id in wanted]
        as_it_is = {name: outlook.total for name, outlook in before if isinstance(outlook, Outlook)}
        snapshot, said = _changed(snapshot, scenario)
    outlooks = tuple((one, one.make(snapshot, asked)) for one in known.values() if not wanted or one.id in wanted)
    made = {one.id: outlook for one, outlook in outlooks if isinstance(outlook, Outlook)}
    order = [*wanted, *CHOICE] if wanted else CHOICE
    chosen = next((made[name] for name in order if name in made), None)
    by = tuple(dict.fromkeys(by))
    parts = rolled(snapshot, chosen, by) if by and chosen is not None else ()
    plan = gap(snapshot, _target(target, snapshot)) if target is not None else None
    evidence = evidence_of(snapshot)
    return Shown(
        past, snapshot, words, outlooks, chosen, by, parts, evidence, by_category(snapshot, evidence), plan, said,
        as_it_is, layers_of(past, snapshot),
    )  # fmt: skip


def _changed(snapshot: Snapshot, scenario: str) -> tuple[Snapshot, str]:
    """The snapshot under a scenario. Raises WrongUsage where there is none such, or where it cannot be made."""
    from ..forecast.scenarios import SCENARIOS, changed
    from ..metrics.figure import NoValue

    known_among([scenario.partition(":")[0]], SCENARIOS, "scenario", "DG854")
    made = changed(snapshot, scenario)
    if isinstance(made, NoValue):
        message = f"The scenario says nothing here: {made.reason}."
        raise WrongUsage(error("DG854", message, suggestion=SCENARIOS[scenario.partition(":")[0]].about))
    return made


def layers_of(past: Past, snapshot: Snapshot) -> Spoken | None:
    """What was called of the period by then, over what the reps call commit; None where nobody called."""
    from .calling import calls_of

    if snapshot.period is None or past.told_from != "the store":
        return None
    return spoken(snapshot, calls_of(snapshot.history.as_of, snapshot.history.known_at))


def spoken(snapshot: Snapshot, calls: Iterable[Call]) -> Spoken | None:
    """The calls for a snapshot's period; None where there is none."""
    from ..forecast.called import called
    from ..forecast.layers import of_period

    assert snapshot.period is not None
    mine = of_period(calls, snapshot.period)
    return called(snapshot, mine) if mine else None


def frozen(
    period: str, moment: str | None, source: str | None, by: str | None, process: str | None,
    as_of: date | datetime, asked: Asked,
) -> Froze:  # fmt: skip
    """Every method and every layer that spoke, kept as of a moment of a period."""
    from ..forecast.methods import Outlook, methods
    from .calling import freeze, freezing
    from .options import now

    of = freezing(period, moment, as_of, now(), process=process)
    where = f"store:{source}" if source else "store"
    past, snapshot, _ = snapshot_of(where, None, process, of.at.as_of, of.known_at, period, "amount")
    rows = []
    for one in methods().values():
        made = one.make(snapshot, asked)
        if isinstance(made, Outlook):
            ends = (made.low, made.mid, made.high)
            low, mid, high = ends
            held = (low, mid, high) if low is not None and mid is not None and high is not None else None
            rows.append(of.frozen(one.id, made.total, range_=held))
        else:
            rows.append(of.frozen(one.id, made))
    layers = layers_of(past, snapshot)
    if layers is not None:
        rows += [of.frozen(one.layer, one.amount) for one in layers.layers if one.spoke]
    return freeze(of, rows, by)


def known_among(wanted: Sequence[str], known: Iterable[str], what: str = "method", code: str = "DG850") -> None:
    """Raises WrongUsage for one that there is not, with the nearest."""
    from ..documents.suggest import nearest

    for name in wanted:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near}?" if near else f"write one of {', '.join(known)}"
            raise WrongUsage(error(code, f"There is no {what} `{name}`.", suggestion=hint))


def _target(text: str, snapshot: Snapshot) -> int:
    """A target in major units as minor ones. Raises WrongUsage where it is no amount."""
    unit = snapshot.unit
    if unit == "deals" and text.isdecimal():
        return int(text) * 1000
    found = money(text, unit) if unit in MINOR_DIGITS else None
    if found is None:
        hint = f"write {unit} as a plain number, such as 410000"
        raise WrongUsage(error("DG853", "The target is no amount.", suggestion=hint))
    return found.minor
