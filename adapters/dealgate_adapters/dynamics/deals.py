"""Opportunities with the stage that they stand in: an instance of a business process flow holds it, not they.

A stage changes without the opportunity being written. So after what changed of the opportunities, those come whose
process instance was written since; and each page looks up the instances of its opportunities, all in one request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from dealgate.ports import Cursor, Page, Record

from .known import Known
from .reader import Place, Reader, listed, place_of, sized, step
from .server import Server
from .streams import ETAG, FORMATTED, STREAMS, Spec, gone, record_of

DEALS = STREAMS["deals"]
MOVES = "moves"
OVERLAP = timedelta(minutes=5)
"""How far before the last pull a table is read again by its moments: a write shows once its plug-ins are done."""
INSTANCE = ("_activestageid_value", "activestagestartedon", "traversedpath", "completedon", "statecode", "modifiedon")


class Deals:
    """Reads opportunities."""

    def __init__(self, server: Server, known: Callable[[], Known], reader: Reader) -> None:
        self._server, self._known, self._reader = server, known, reader

    def page(self, cursor: Cursor | None, limit: int) -> Page:
        """A page. Raises Trouble."""
        place, size = place_of(cursor), sized(limit)
        if place.then == MOVES:
            return self._moved(place, size)
        track = DEALS.table in self._known().tracked
        asked = place if track or place.since is None else place.replace(since=place.since - OVERLAP)
        found = step(self._server, DEALS, asked, size, track=track)
        began = place.began or found.at
        records = self.records(found.rows) + tuple(gone(DEALS, ident) for ident in found.gone)
        if found.next:
            onward = place.replace(link=found.next, began=began)
        elif place.since is None:
            onward = Place(found.delta, since=began)  # all was read, each with its stage
        else:
            # the link is for the pull after this one; what comes next are the moves since the one before
            onward = Place(found.delta, began, place.since, MOVES)
        return Page(records, _token(onward), onward.began is not None, began, self._server.api.budget)

    def _moved(self, place: Place, size: int) -> Page:
        """The opportunities whose stage changed since the pull before."""
        delta, _, link = place.link.partition("\n")
        since = None if place.since is None else place.since - OVERLAP
        found = step(self._server, self.process(), Place(link, since=since), size, track=False)
        of = self._known().process.of_deal
        records = self.found(list(dict.fromkeys(str(row[of]) for row in found.rows if row.get(of))))
        began = place.began or found.at
        if found.next:
            onward = place.replace(link=f"{delta}\n{found.next}", began=began)
        else:
            onward = Place(delta, since=began)
        return Page(records, _token(onward), bool(found.next), began, self._server.api.budget)

    def process(self) -> Spec:
        """The table of the process instances."""
        held = self._known().process
        return Spec(held.table, held.set, held.key, (held.of_deal, *INSTANCE))

    def found(self, ids: Sequence[str]) -> tuple[Record, ...]:
        """The opportunities of these ids that are there. Raises Trouble."""
        return self.records(listed(self._server, DEALS.set, DEALS.key, ids)) if ids else ()

    def records(self, rows: Sequence[dict[str, Any]]) -> tuple[Record, ...]:
        """Rows of opportunities as records, each with its stage. Raises Trouble."""
        if not rows:
            return ()
        instances = self.instances([str(row[DEALS.key]) for row in rows])
        made = []
        for row in rows:
            instance = instances.get(str(row[DEALS.key]))
            record = record_of(DEALS, row, {**self._reader.money(row), **staged(self._known(), instance)})
            if record is not None:
                made.append(record.replace(version=version(row, instance)))
        return tuple(made)

    def instances(self, deals: Sequence[str]) -> dict[str, dict[str, Any]]:
        """By opportunity the instance of the process that was written last. Raises Trouble."""
        spec, of = self.process(), self._known().process.of_deal
        rows = listed(self._server, spec.set, self._known().process.deal, deals, spec.select)
        rows.sort(key=lambda row: (str(row.get("modifiedon")), str(row.get(spec.key))))
        return {str(row[of]): row for row in rows}


def staged(known: Known, instance: Mapping[str, Any] | None) -> dict[str, Any]:
    """What an opportunity's record says of its stage."""
    if instance is None:
        return {"process.id": None, "process.stageid": None, "process.stage": None}
    ident = instance.get("_activestageid_value")
    stage = known.stages.get(str(ident))
    return {
        "process.id": instance.get(known.process.key), "process.stageid": ident,
        "process.stage": instance.get(f"_activestageid_value{FORMATTED}") or (stage.name if stage else None),
        "process.stagestartedon": instance.get("activestagestartedon"),
        "process.traversedpath": instance.get("traversedpath"), "process.statecode": instance.get("statecode"),
        "process.completedon": instance.get("completedon"),
    }  # fmt: skip


def version(row: Mapping[str, Any], instance: Mapping[str, Any] | None) -> str:
    """The versions of the two records that a deal is made of."""
    return f"{row.get(ETAG)} {instance.get(ETAG) if instance else ''}".strip()


def _token(place: Place) -> Cursor:
    return Cursor(token=place.token())
