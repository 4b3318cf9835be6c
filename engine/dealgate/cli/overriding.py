"""Overrides for a command: what they rest on, asked for, decided, and as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.calendar import Calendar, Moment
from ..model.diagnostics import DealgateError, Diagnostic, WrongUsage, error
from ..model.override import MAY_FOLLOW, STATES, OverrideRequest, Step, known
from ..model.people import Authority, Who
from .past import in_store

if TYPE_CHECKING:
    from ..compile.frames import Frames
    from ..decide.exceptions import Ground
    from ..decide.playbook import Playbook
    from ..model.calendar import Rates
    from ..model.deal import Deal
    from ..model.process import Process
    from ..store.overrides import Overrides


@dataclass(frozen=True, slots=True)
class Shown:
    """A request as it is shown: its state, the last day it holds, the deal's name and the criterion's title, if known.

    Days are those of ``zone``.
    """

    request: OverrideRequest
    state: str
    until: date | None
    zone: tzinfo
    name: str | None = None
    title: str | None = None


def someone(by: str | None) -> str:
    """Who does it. Raises WrongUsage where nobody is named: who runs the command is not asked."""
    if by is None or not by.strip():
        message = "Nobody is named who does this."
        hint = "give --by with the name or id that the CRM and dealgate.yaml use, or set DEALGATE_BY"
        raise WrongUsage(error("DG772", message, suggestion=hint))
    return by.strip()


def source_in_store(source: Path | str) -> str | None:
    """The source in the store that SOURCE names; None: all. Raises WrongUsage where it is a file or database."""
    name = in_store(source)
    if name is None:
        message = "Overrides are kept for deals of the store, and this is none."
        hint = "load it with `dealgate store load`, then leave SOURCE out or write store:NAME"
        raise WrongUsage(error("DG774", message, suggestion=hint))
    return name or None


# ---------------------------------------------------------------- asking and deciding


@dataclass(frozen=True, slots=True)
class Bearings:
    """A deal with the playbook that judges it, and all that does not change while an override is decided."""

    playbook: Playbook
    deal: Deal
    moment: Moment
    who: Who
    authority: Authority

    def ground(self, source: str, overrides: Overrides) -> Ground:
        """With what is on record."""
        from ..decide.exceptions import Ground

        held = overrides.all()
        return Ground(self.playbook.judge, self.deal, self.moment, source, held, self.who, self.authority)


def bearings(source: str | None, process: str | None, deal: str, as_of: date | datetime) -> Bearings:
    """One deal of the store. Raises WrongUsage where it is not there, or no process judges it."""
    from .reading import read_deal

    place = Path(f"store:{source}" if source else "store")
    found, one, unrouted = read_deal(place, None, process, deal, as_of)
    if unrouted is not None:
        message = f"No single process judges this deal: {unrouted.why()}."
        raise WrongUsage(error("DG774", message, suggestion="name the process with --process"))
    teams_and_roles, rates = _workspace(found.playbook.process)
    at = found.playbook.judge.moment(as_of)
    moment = Moment(at.as_of, at.calendar, at.currency, rates)
    return Bearings(found.playbook, one, moment, _who(found.source.frames), teams_and_roles)


def _workspace(process: Process) -> tuple[Authority, Rates | None]:
    """Roles and teams of the workspace, and its exchange rates into the process's currency."""
    from ..documents.library import Library
    from ..documents.load import load_used, load_workspace
    from ..documents.workspace import find_workspace
    from ..model.teams import Teams
    from .aims import holding

    folder = find_workspace(Path.cwd())
    if folder is None:
        return Authority(), None
    rates = [one.rates for one in map(holding, load_used("rates", folder)) if one.rates]
    into = next((one[process.currency] for one in rates if process.currency in one), None)
    return Authority(Library(folder).workspace.roles, holding(load_workspace(folder)).teams or Teams()), into


def _who(frames: Frames) -> Who:
    """The owners of deals, each by name and id."""
    names = [name for name in ("owner.id", "owner.name") if name in frames.deals.columns]
    return Who(frames.deals.select(names).unique().iter_rows() if len(names) > 1 else ())


def ask(
    source: str | None, process: str | None, deal: str, criterion: str, reason: str, text: str, by: str,
    until: date | None, as_of: date | datetime, *, anyway: bool,
) -> tuple[Shown, list[Diagnostic]]:  # fmt: skip
    """Keeps a request; it, and what whoever asks should know. Raises DealgateError where it may not be asked."""
    from ..decide.exceptions import may_ask, refuse, warnings
    from .options import now
    from .stored import opened

    here = bearings(source, process, deal, as_of)
    at, playbook = here.moment.as_of, here.playbook
    with opened() as store, store.overriding() as overrides:
        name = overrides.place(here.deal.record, here.deal.id, source)
        assert name is not None
        ground = here.ground(name, overrides)
        refuse(may_ask(ground, criterion, reason, text, by, until, anyway=anyway))
        made = OverrideRequest(
            "", name, here.deal.record, here.deal.id, criterion, f"{playbook.id}@{playbook.version}", playbook.digest,
            reason, text.strip(), by, ground.owner, at, max(now(), at), until,
        )  # fmt: skip
        told = warnings(ground, criterion)
        return _one(overrides.ask(made), ground), told


def decide(
    what: str, ident: str, process: str | None, by: str, as_of: date | datetime, *, until: date | None = None,
    why: str = "",
) -> Shown:  # fmt: skip
    """Approves a request (until a day), denies or revokes it (and why). Raises DealgateError where that may not be."""
    from ..decide.exceptions import approved_until, may_approve, may_deny, may_revoke, refuse
    from .options import now
    from .stored import opened

    with opened() as store:
        request = named(store.overrides(), ident, what)
        here = bearings(request.source, process or request.playbook.partition("@")[0], request.deal, as_of)
        with store.overriding() as overrides:
            ground = here.ground(request.source, overrides)
            request = named(ground.on_record, request.id, what)  # as it is now that nobody else writes
            if what == "approved":
                refuse(may_approve(ground, request, by, until))
                until = approved_until(ground, request, until)
            else:
                refuse((may_deny if what == "denied" else may_revoke)(ground, request, by, why))
            at = here.moment.as_of
            last = request.steps[-1] if request.steps else request
            step = Step(what, by, at, max(now(), at, last.recorded_at), until, why.strip())
            return _one(overrides.decide(request, step), ground)


def named(requests: Sequence[OverrideRequest], ident: str, what: str) -> OverrideRequest:
    """The request of an id; or of a deal, by its id, the only one that this may be decided on.

    Raises WrongUsage with the nearest where there is none.
    """
    from ..documents.suggest import nearest

    held = {one.id: one for one in requests}
    found = held.get(ident.strip().lower())
    if found is not None:
        return found
    of_deal = [one for one in requests if one.deal == ident and what in MAY_FOLLOW.get(one.decided, ())]
    if len(of_deal) == 1:
        return of_deal[0]
    if of_deal:
        hint = f"name one: {', '.join(one.id for one in of_deal)}"
        raise WrongUsage(error("DG773", f"`{ident}` has {len(of_deal)} overrides.", suggestion=hint))
    near = nearest(ident.strip().lower(), held)
    hint = f"did you mean `{near}`?" if near else "`dealgate override list` shows all"
    raise WrongUsage(error("DG773", f"There is no override `{ident}`.", suggestion=hint))


def _one(request: OverrideRequest, ground: Ground) -> Shown:
    criterion = ground.criterion(request.criterion)
    name = ground.deal.fields.get("name")
    return Shown(
        request,
        ground.state(request),
        request.last_day(ground.moment.calendar, ground.rule.expires),
        ground.moment.calendar.zone,
        str(name) if name else None,
        criterion.title if criterion is not None else None,
    )


# ---------------------------------------------------------------- showing


@dataclass(frozen=True, slots=True)
class Listed:
    """The requests that were asked for, as of a moment and as known by another."""

    as_of: datetime
    known_at: datetime | None
    shown: tuple[Shown, ...]


def listed(
    source: str | None, as_of: date | datetime, known_at: datetime | None, *, states: Sequence[str] = (),
    owner: str | None = None, deal: str | None = None, within: int | None = None,
) -> Listed:  # fmt: skip
    """The requests of the store: of some states, an owner, a deal, or those that end within so many days.

    What waits comes first, then what holds, the first to end before the others.
    """
    from .options import playbook_of
    from .stored import opened

    moment = playbook_of(None).judge.moment(as_of).as_of
    books: dict[str, Process | None] = {}

    def process_of(request: OverrideRequest) -> Process | None:
        name = request.playbook.partition("@")[0]
        if name not in books:
            try:
                books[name] = playbook_of(name).process
            except DealgateError:  # a process that is no more: its overrides end on the day they were given
                books[name] = None
        return books[name]

    found = []
    with opened() as store:
        asked = known(store.overrides(source=source), moment, known_at)
        names = {
            (place, record): names_of(store.events(moment, known_at, ["name"], place, record))
            for place, record in {(r.source, r.record) for r in asked}
        }
    who = Who()
    for request in asked:
        process = process_of(request)
        calendar, longest = (process.calendar, process.overrides.expires) if process is not None else (Calendar(), None)
        today = moment.astimezone(calendar.zone).date()
        state, until = request.state(today, calendar, longest), request.last_day(calendar, longest)
        name = names[request.source, request.record].get(request.deal)
        soon = within is None or (state == "approved" and until is not None and (until - today).days <= within)
        wanted = (not states or state in states) and soon and (owner is None or who.same(owner, request.owner))
        if wanted and (deal is None or deal == request.deal or (name is not None and who.same(deal, name))):
            criterion = process.criterion(request.criterion) if process is not None else None
            title = criterion.title if criterion is not None else None
            found.append(Shown(request, state, until, calendar.zone, name, title))
    found.sort(key=lambda one: (STATES.index(one.state), one.until or date.max, one.request.at))
    return Listed(moment, known_at, tuple(found))


def names_of(events: object) -> dict[str, str]:
    """The last name of each deal."""
    import polars as pl

    assert isinstance(events, pl.DataFrame)
    last = events.filter(pl.col("value").is_not_null()).unique("deal", keep="last", maintain_order=True)
    return dict(last.select("deal", "value").iter_rows())
