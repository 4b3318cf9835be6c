"""Looking: the deals that a plan is made from, with their way, their leaks and their record in the CRM."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

import polars as pl

from dealgate.compile.frames import deals_of
from dealgate.decide.playbook import Playbook
from dealgate.history import history_of
from dealgate.history.overridden import with_overrides
from dealgate.inspection.leaks import Walked, leaks_of, walks
from dealgate.model.diagnostics import SourceFailed, Where, error
from dealgate.model.override import OverrideRequest, known
from dealgate.sources.mapping.model import SourceMapping

from .allowed import Allowed
from .crm_stages import CrmStages, column_of
from .mirror import Mirror
from .plan import Header, Subject, make_plan

if TYPE_CHECKING:
    from dealgate.store import Store
    from dealgate.store.outbox import Outbox, Row

    from .actions import Plan


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: a store, under a source's name; the mirror and the mapping where the source is a CRM."""

    store: Store
    source: str
    mirror: Mirror | None = None
    mapping: SourceMapping | None = None
    stages: CrmStages | None = None
    able: tuple[str, ...] | None = None


def planned(
    place: Place, playbook: Playbook, allowed: Allowed, made_at: datetime, as_of: datetime, *, every: bool = False
) -> Plan:
    """The plan for the deals that changed since the last one was carried out, or for ``every`` deal.

    Those of which something is open in the outbox, or an override was decided or has run out, are looked at again too;
    all are, where the playbook is another. Raises SourceFailed where the store knows nothing of the source.
    """
    outbox = place.store.outbox(place.source)
    upto, last = outbox.mark(), outbox.last()
    if upto.seen_at is None:
        message = "There is nothing of this source in the store."
        what = f"store load FILE --name {place.source}" if place.able is None else f"sync {place.source}"
        hint = f"run `dealgate {what}` first"
        raise SourceFailed(error("DG981", message, Where(place.source), hint))
    rows = outbox.rows()
    every = every or last is None or last[1] != playbook.digest
    wanted = None
    if last is not None and not every:
        wanted = outbox.changed(last[0]) | {r.item.deal for r in rows.values() if r.state not in ("done", "dropped")}
        wanted |= _decided(place, playbook, last[0].seen_at or made_at, as_of)
    subjects = _subjects(place, playbook, allowed, as_of, wanted, list(rows.values()), outbox)
    header = Header(
        place.source, made_at, as_of, upto.seen_at, "all" if every else "changed",
        {"events": upto.events, "children": upto.children, "seen_at": upto.seen_at.isoformat()}, place.able,
    )  # fmt: skip
    done = frozenset(key for key, row in rows.items() if row.state == "done")
    return make_plan(header, playbook, subjects, allowed, done, place.stages)


def _decided(place: Place, playbook: Playbook, since: datetime, as_of: datetime) -> set[str]:
    """The deals with an override that holds now and did not, or the other way round: decided since, or run out."""
    process = playbook.process
    zone, longest = process.calendar.zone, process.overrides.expires

    def holds(one: OverrideRequest, at: datetime) -> bool:
        seen = one.known(at, at)
        return seen is not None and seen.state(at.astimezone(zone).date(), process.calendar, longest) == "approved"

    asked = place.store.overrides(source=place.source, record=process.record)
    return {one.deal for one in asked if holds(one, since) != holds(one, as_of)}


def _subjects(
    place: Place, playbook: Playbook, allowed: Allowed, as_of: datetime, wanted: set[str] | None, rows: list[Row],
    outbox: Outbox,
) -> list[Subject]:  # fmt: skip
    process = playbook.process
    events = place.store.events(as_of=as_of, source=place.source, record=process.record)
    children = place.store.children(as_of=as_of, source=place.source, record=process.record)
    asked = place.store.overrides(source=place.source, record=process.record)
    events, children = with_overrides(events, children, known(asked, as_of, None), process.calendar)
    if wanted is not None:
        events = events.filter(pl.col("deal").is_in(list(wanted)))
        children = {n: frame.filter(pl.col("deal").is_in(list(wanted))) for n, frame in children.items()}
    if not events.height:
        return []
    past = history_of(events, process, as_of, None, children)
    deals = {deal.id: deal for deal in deals_of(past.frames(), process) if playbook.judge.applies(deal, as_of)}
    ways = walks(past.events)
    moved = [row.item for row in rows if row.item.kind == "move_stage" and row.may_be_done]
    last = outbox.last()
    after = outbox.first_seen()
    if allowed.since is not None:
        after = datetime.combine(allowed.since, time(), process.calendar.zone)
    leaks = leaks_of(
        ways, deals, events, children, playbook, as_of, after,
        last[0].seen_at if last is not None and wanted is not None else None,
        [(item.deal, item.visit, item.target) for item in moved], allowed.enforced,
    )  # fmt: skip
    stream = f"{process.record}s"
    held = place.mirror.records(stream, list(deals)) if place.mirror is not None else []
    records = {record.id: record for record in held}
    reverts: dict[str, set[str]] = {}
    for item in moved:
        reverts.setdefault(item.deal, set()).add(item.key)
    found = []
    for ident, deal in deals.items():
        record = records.get(ident)
        data = {} if record is None else record.data
        stage, owner = (column_of(place.mapping, name, data) for name in ("stage", "owner.id"))
        found.append(
            Subject(
                deal, ways.get(ident, Walked()), leaks.get(ident, ()), record, stage,
                owner or column_of(place.mapping, "owner.name", data), frozenset(reverts.get(ident, ())),
            )
        )  # fmt: skip
    return found
