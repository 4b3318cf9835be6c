"""A forecast for a command: the snapshot, every method's outlook, the evidence beside the calls, and the gap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model.currencies import MINOR_DIGITS
from ..model.diagnostics import WrongUsage, error
from ..model.values import Money, money
from .past import Past

if TYPE_CHECKING:
    from ..forecast.backtest import Tested
    from ..forecast.calibrate import Proposed
    from ..forecast.called import Spoken
    from ..forecast.gap import Gap
    from ..forecast.layers import Added
    from ..forecast.methods import Asked, Method, Outlook
    from ..forecast.proven import Category, Evidence, Unproven
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


def amount(minor: int, unit: str) -> str:
    """``1,234,567 USD``; of deals with one decimal."""
    if unit == "deals":
        return f"{Decimal(minor) / 1000:,.1f} deals"
    return f"{Money(minor, unit).major:,.0f} {unit}"


def major(minor: int, unit: str) -> str:
    """Exactly, as data: every digit."""
    return f"{Decimal(minor) / 1000:f}" if unit == "deals" else f"{Money(minor, unit).major:f}"


def one_of(unit: str) -> int:
    """One whole unit of what is forecast, in minor ones."""
    return int(10 ** MINOR_DIGITS.get(unit, 3))


def snapshot_of(
    source: Path | str, mapping: str | None, process: str | None, as_of: date | datetime, known_at: datetime | None,
    period: str | None, basis: str,
) -> tuple[Past, Snapshot, str]:  # fmt: skip
    """The past and what is forecast of it; ``period`` None: the quarter of ``as_of``."""
    from .past import past

    found = past(source, mapping, process, as_of, known_at)
    return found, *seen(found, period, basis)


def seen(found: Past, period: str | None, basis: str) -> tuple[Snapshot, str]:
    """What is forecast of a past, and its period in words."""
    from ..forecast.snapshot import Snapshot
    from ..metrics.standing import Period
    from ..model.targets import Span
    from .aims import aims
    from .options import span_of
    from .render.figures import day

    judged = found.playbook.process
    held = aims((), judged)
    whole = Snapshot(found.playbook, found.history, None, held.rates, basis, teams=held.teams)
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
    _known(wanted, known)
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

    _known([scenario.partition(":")[0]], SCENARIOS, "scenario", "DG854")
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
    return _spoken(snapshot, calls_of(snapshot.history.as_of, snapshot.history.known_at))


def _spoken(snapshot: Snapshot, calls: Iterable[Call]) -> Spoken | None:
    """The calls for a snapshot's period; None where there is none."""
    from ..forecast.called import called

    assert snapshot.period is not None
    days = (snapshot.period.first, snapshot.period.last)
    mine = [one for one in calls if (one.first, one.last) == days]
    return called(snapshot, mine) if mine else None


def layers_added(past: Past, tested: Tested, snapshot: Snapshot) -> dict[str, dict[str, Added]]:
    """By moment and layer, what calls added to the naive forecast; empty where nobody called."""
    if past.told_from != "the store":
        return {}
    from ..forecast.layers import Case, known_by, layered, value_added
    from ..history.days import end_of
    from ..metrics.figure import NoValue
    from .calling import calls_of

    found: dict[str, list[Case]] = {}
    spoke = False
    zone = past.playbook.process.calendar.zone
    said = {(one.lag, one.period, one.method): one for one in tested.trials}
    for (lag, period, name), naive in said.items():
        if name != "naive":
            continue
        calls = [
            one for one in calls_of(end_of(naive.day, zone)) if (one.first, one.last) == (period.first, period.last)
        ]
        made = _spoken(snapshot.at(known_by(lag, naive.day), period), calls) if calls else None
        spoke = spoke or made is not None
        commit = said.get((lag, period, "commit"))
        silent = NoValue("the reps' calls were not asked for")
        base = silent if commit is None else commit.said if commit.said is not None else NoValue(commit.refused or "")
        over = naive.said if naive.said is not None else NoValue(naive.refused or "")
        layers = layered(base, [], snapshot.unit) if made is None else made.layered
        found.setdefault(lag, []).append(Case(over, layers.said, naive.actual))
    return {lag: value_added(cases) for lag, cases in found.items()} if spoke else {}


def tested(
    snapshot: Snapshot, every: str, count: int, lags: Sequence[str], wanted: Sequence[str], asked: Asked
) -> Tested:
    """The backtest of the latest periods. Raises WrongUsage for a method or a lag there is not, or without a period."""
    from ..forecast.backtest import backtest, lag_days, last_periods
    from ..forecast.methods import methods
    from ..metrics.standing import Period

    _known(wanted, methods())
    known = list(lag_days(Period(date(2001, 1, 1), date(2001, 3, 31))))
    for lag in lags:
        if lag not in known:
            message = f"`{lag}` is no moment that forecasts are held at."
            raise WrongUsage(error("DG851", message, suggestion=f"write some of {','.join(known)}"))
    periods = last_periods(snapshot, every, count)
    if not periods:
        message = f"No {every} of this history is over."
        raise WrongUsage(error("DG852", message, suggestion="give a later --as-of, or a shorter --every"))
    return backtest(snapshot, periods, lags, asked, wanted or None)


@dataclass(frozen=True)
class Calibration:
    """Proposed probabilities, with the process's file as it is and as it would be (empty: it is not at hand)."""

    past: Past
    proposed: Sequence[Proposed]
    file: str
    before: str
    after: str


def calibration(
    source: Path | str, mapping: str | None, process: str | None, as_of: date | datetime, known_at: datetime | None
) -> Calibration:
    """What history proposes. Raises WrongUsage where no deal has ended yet."""
    from ..forecast.calibrate import calibrated
    from ..metrics.figure import NoValue

    past, snapshot, _ = snapshot_of(source, mapping, process, as_of, known_at, ALL, "amount")
    found = calibrated(snapshot)
    if isinstance(found, NoValue):
        message = f"There is nothing to calibrate by: {found.reason}."
        raise WrongUsage(error("DG855", message, suggestion="give a source with deals that were won and lost"))
    files = {one.stage.at.file for one in found}
    file = files.pop() if len(files) == 1 else ""
    path = _file_of(file)
    before = path.read_text("utf-8") if path is not None else ""
    return Calibration(past, found, file, before, _written(before, found))


def _file_of(name: str) -> Path | None:
    """Where a document's file lies: as it is named, in the workspace, or among the bundled ones."""
    from ..bundled import bundled
    from ..documents.workspace import find_workspace

    folder = find_workspace(Path.cwd())
    tried = [Path(name), *([folder / name] if folder else []), bundled("rules").parent / name, bundled("rules") / name]
    return next((one for one in tried if name and one.is_file()), None)


def _written(text: str, proposed: Sequence[Proposed]) -> str:
    """The text with the proposed probabilities: the first line that gives one after each stage's own line."""
    import re

    lines = text.splitlines(keepends=True)
    starts = sorted(one.stage.at.line for one in proposed)
    for one in proposed:
        if one.proposed is None or not lines:
            continue
        after = next((line for line in starts if line > one.stage.at.line), len(lines) + 1)
        for n in range(one.stage.at.line - 1, min(after - 1, len(lines))):
            if re.match(r"\s*probability:", lines[n]):
                lines[n] = re.sub(r"(probability:\s*)[^\s#]+", rf"\g<1>{one.proposed}%", lines[n])
                break
    return "".join(lines)


@dataclass(frozen=True)
class Explained:
    """One open deal: what it brings by each method, and on what that rests."""

    past: Past
    snapshot: Snapshot
    period: str
    deal: Mapping[str, Any]
    history: Mapping[str, Any]
    outlooks: tuple[tuple[Method, Mapping[str, Any] | str], ...]
    moved: tuple[tuple[str, bool | None, float], ...]
    weighed_by: str
    unproven: Unproven | None


def explained(past: Past, snapshot: Snapshot, words: str, deal: str, asked: Asked) -> Explained:
    """Why a deal counts as it does. Raises WrongUsage where it is not open or is not there."""
    from ..forecast.chances import by_history, interval
    from ..forecast.methods import Outlook, methods
    from ..forecast.methods.evidence import moved
    from ..forecast.proven import evidence_of
    from .options import place_of

    held = snapshot.deals.rows(named=True)
    row = held[place_of(deal, [(one["id"], one["name"]) for one in held])]
    ident = row["id"]
    chances = by_history(snapshot)
    mine = next(one for one in chances.rows(named=True) if one["id"] == ident)
    low, high = (None, None) if mine["chance"] is None else interval(mine["chance"], mine["n"])
    mine = {**mine, "low": low, "high": high}
    outlooks: list[tuple[Method, Mapping[str, Any] | str]] = []
    for one in methods().values():
        made = one.make(snapshot, asked)
        if not isinstance(made, Outlook):
            outlooks.append((one, made.reason))
        elif made.deals.height:
            said = [row for row in made.deals.rows(named=True) if row["id"] == ident]
            outlooks.append((one, said[0] if said else "it does not count in this period"))
    found = moved(snapshot)
    titles = {feature.id: feature.asked.title for feature in found.features}
    each = [
        (titles.get(feature, "the stage's total stays"), met, factor)
        for feature, met, factor in found.of(ident).select("feature", "met", "factor").iter_rows()
        if abs(factor - 1) > FACTOR
    ]
    weights = found.weights
    weighed = weights.reason if weights.prior else f"{weights.deals:,} deals, up to {weights.vintage}"
    unproven = next((one for one in evidence_of(snapshot).deals if one.id == ident), None)
    return Explained(past, snapshot, words, row, mine, tuple(outlooks), tuple(each), weighed, unproven)


FACTOR = 0.005
"""Evidence that moves the odds by less is not told."""


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


def _known(wanted: Sequence[str], known: Iterable[str], what: str = "method", code: str = "DG850") -> None:
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
