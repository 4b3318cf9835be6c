"""Writing to Dataverse: tasks and notes, columns of an opportunity, and steps of its process.

Each deed and what it is known by are one change set, done as a whole or not at all. A task or a note has an id that is
derived from its key, and is only made where there is none of that id: done twice, it is there once. What has no id of
ours, a changed column or a step, comes with a note of such an id; or with the key in a column that the source names.
What is written is guarded by its ETag: Dataverse refuses it, if somebody was faster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from dealgate.model.struct import Struct
from dealgate.ports import Action, CreateTask, MoveStage, Note, Outcome, SetFields, Settings, Trouble

from .._api import not_yet
from .._values import NONE, Unfit, as_day, as_flag, as_moment, as_number, as_text, as_whole, fitted
from . import odata
from .batch import Part, Piece
from .deals import DEALS, Deals, version
from .describe import LOST, WON, columns
from .known import Known
from .server import Server
from .streams import ETAG

KEPT = 20
"""Keys that the column for them holds, the newest first."""
TRIES = 3
_OPENED = {"statecode": 0, "statuscode": 1}
CLOSED = {1: WON, 2: LOST}
"""What the state of an opportunity says, besides open."""
CLOSING = {WON: ("WinOpportunity", 3), LOST: ("LoseOpportunity", 4)}
"""The action that closes one, and the standard reason: won, cancelled."""
ABSENT = frozenset({"0x80040217"})
_FRESH = {"If-None-Match": "*"}


class Held(Struct):
    """A deal as it stands. ``row``: None where it is gone; ``done``: whether the action's key is there."""

    row: Mapping[str, Any] | None
    instance: Mapping[str, Any] | None
    done: bool

    @property
    def version(self) -> str:
        """As a record of it has it."""
        return version(self.row or {}, self.instance)


class Writer:
    """Does actions on one environment."""

    def __init__(self, server: Server, known: Callable[[], Known], deals: Deals, settings: Settings) -> None:
        """``values``: marker_column, a column of the opportunity for the keys of what was done. Raises Trouble."""
        self._server, self._known, self._deals = server, known, deals
        told = settings.values.get("marker_column")
        self._marker = odata.name(told)
        if told and self._marker is None:
            raise Trouble("odd", "The option `marker_column` is no name of a column.", "give its logical name")
        self._columns: dict[str, Mapping[str, Any]] = {}

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key. Raises Trouble."""
        deal = odata.guid(action.deal)
        if deal is None:
            return _gone(action)
        try:
            if isinstance(action, SetFields):
                return self._guarded(deal, action, self._values(action))
            return self._guarded(deal, action, {}) if isinstance(action, MoveStage) else self._made(deal, action)
        except Unfit as unfit:
            return Outcome("rejected", unfit.rule, unfit.text)
        except Trouble as trouble:
            if trouble.kind == "forbidden":
                return Outcome("forbidden", "privilege", trouble.message)
            return not_yet(trouble)

    # ------------------------------------------------ tasks and notes

    def _made(self, deal: str, action: CreateTask | Note) -> Outcome:
        bound = f"/{odata.record(DEALS.set, deal)}"
        if isinstance(action, Note):
            ident = odata.derived("note", action.key)
            part = _note(ident, bound, "dealgate", action.body)
        else:
            ident = odata.derived("task", action.key)
            body: dict[str, Any] = {
                "subject": action.subject[:200], "description": action.body,
                "regardingobjectid_opportunity_task@odata.bind": bound,
            }  # fmt: skip
            if len(action.subject) > 200:
                body["description"] = f"{action.subject}\n\n{action.body}"
            if action.owner:
                owner = odata.guid(action.owner)
                if owner is None:
                    raise Unfit("owner", "The owner is no id of a user of Dynamics.")
                body["ownerid@odata.bind"] = f"/{odata.record('systemusers', owner)}"
            if action.due:
                # a day, and no moment: noon in UTC is that day almost everywhere
                body["scheduledend"] = f"{_due(action.due).isoformat()}T12:00:00Z"
            part = _upsert("tasks", ident, body)
        done = self._server.change([part], repeat=True)
        refused = _refused(done)
        if refused is None:
            return Outcome("applied")
        if refused.status == 412:
            return Outcome("already")
        return self._told(refused, action, deal)

    # ------------------------------------------------ columns and stages

    def _guarded(self, deal: str, action: SetFields | MoveStage, values: Mapping[str, Any]) -> Outcome:
        for _ in range(TRIES):
            held = self._look(deal, action.key)
            outcome = self._forestalled(held, action)
            if outcome is not None or held.row is None:
                return outcome or _gone(action)
            done = self._server.change(self._parts(held, deal, action, values), repeat=True)
            refused = _refused(done)
            if refused is None:
                return Outcome("applied", version=_version(held, done))
            if refused.status != 412:
                return self._told(refused, action, deal)
            # done by a try whose answer was lost; or somebody was faster, and only that it must not be expected
        held = self._look(deal, action.key)
        return self._forestalled(held, action) or Outcome(
            "conflict", "version", "The opportunity changes all the time."
        )

    def _forestalled(self, held: Held, action: SetFields | MoveStage) -> Outcome | None:
        """What keeps the action from being done; None where it is to be done."""
        if held.done:
            return Outcome("already", version=held.version)
        if held.row is None:
            return _gone(action)
        if isinstance(action, MoveStage) and action.expect_stage != _stands(held):
            now = _stands(held)
            stage = self._known().stages.get(now)
            told = f"is {now}" if now in CLOSING else f"is in the stage {stage.name if stage else 'none'}"
            return Outcome("conflict", "stage", f"The opportunity {told} by now.")
        if action.expect_version not in (None, held.version):
            return Outcome("conflict", "version", "The opportunity was changed since it was judged.")
        return None

    def _look(self, deal: str, key: str) -> Held:
        """The deal and whether the key is there, in one request. Raises Trouble."""
        select = ["opportunityid", "statecode", *([self._marker] if self._marker else [])]
        process, spec = self._known().process, self._deals.process()
        paths = [
            odata.query(odata.record(DEALS.set, deal), {"select": ",".join(select)}),
            odata.query(spec.set, {"select": ",".join(spec.select), "filter": odata.among(process.deal, [deal])}),
        ]
        if not self._marker:
            paths.append(odata.query(odata.record("annotations", _mark(key)), {"select": "annotationid"}))
        row, instances, *marks = self._server.several(paths)
        found = self._server.listed(self._server.judged(instances.status, instances.json, spec.set))
        found.sort(key=lambda one: (str(one.get("modifiedon")), str(one.get(spec.key))))
        there = None if row.status == 404 else self._server.judged(row.status, row.json, DEALS.set)
        if self._marker:
            done = key in str((there or {}).get(self._marker) or "").split()
        else:
            done = marks[0].status != 404 and bool(self._server.judged(marks[0].status, marks[0].json, "annotations"))
        return Held(there, found[-1] if found else None, done)

    def _parts(self, held: Held, deal: str, action: SetFields | MoveStage, values: Mapping[str, Any]) -> list[Part]:
        """What is to be done, with what it is known by. Raises Unfit, Trouble."""
        steps = self._steps(held, action) if isinstance(action, MoveStage) else []
        opened = _OPENED if isinstance(action, MoveStage) and _reopens(action) else {}
        if self._marker:
            keys = [action.key, *str((held.row or {}).get(self._marker) or "").split()][:KEPT]
            return [*self._fields(held, deal, {**values, **opened, self._marker: " ".join(keys)}), *steps]
        if isinstance(action, SetFields):
            what = f"Set: {', '.join(sorted(values))}."
        else:
            stage = self._known().stages.get(action.to_stage)
            what = f"Moved to {stage.name if stage else action.to_stage}."
        note = _note(_mark(action.key), f"/{odata.record(DEALS.set, deal)}", "dealgate", what)
        # of one record there is one change, for after it the record has a version that nobody knows yet
        own = {**values, **opened}
        return [note, *(self._fields(held, deal, own) if own or not steps else ()), *steps]

    def _fields(self, held: Held, deal: str, values: Mapping[str, Any]) -> list[Part]:
        return [_patch(f"{odata.record(DEALS.set, deal)}?$select={DEALS.key}", values, held.row)]

    def _steps(self, held: Held, action: MoveStage) -> list[Part]:
        """A request for each step: a process goes to the next stage or to the one before. Raises Unfit, Trouble."""
        deal = str((held.row or {})[DEALS.key])
        if action.to_stage in CLOSING:
            name, reason = CLOSING[action.to_stage]
            bound = f"/{odata.record(DEALS.set, deal)}"
            close = {"subject": "Closed by dealgate", "opportunityid@odata.bind": bound}
            return [Part("POST", name, odata.encoded({"Status": reason, "OpportunityClose": close}))]
        stage = self._known().stages.get(odata.guid(action.to_stage) or "")
        if stage is None:
            raise Unfit("no-stage", "Dynamics has no stage of this id any more.")
        if held.instance is None:
            raise Unfit(
                "no-process", "No business process runs on this opportunity, so it has no stage to be moved from."
            )
        process = self._deals.process()
        instance, now = str(held.instance[process.key]), str(held.instance.get("_activestageid_value"))
        said = self._server.get(f"RetrieveActivePath(ProcessInstanceId={odata.guid(instance)})", what="active path")
        path = [str(row.get("processstageid")) for row in self._server.listed(said)]
        if now not in path or stage.id not in path:
            raise Unfit(
                "no-way", f"The stage {stage.name} is not on the way that the process of this opportunity goes."
            )
        here, there = path.index(now), path.index(stage.id)
        onward = range(here + 1, there + 1) if there > here else range(here - 1, there - 1, -1)
        parts: list[Part] = []
        for number, place in enumerate(onward):
            values = {
                "activestageid@odata.bind": f"/{odata.record('processstages', path[place])}",
                "traversedpath": ",".join(path[: place + 1]),
            }
            # after the first step the instance has a version that nobody knows yet
            guard = held.instance if number == 0 else None
            parts.append(_patch(f"{odata.record(process.set, instance)}?$select={process.key}", values, guard))
        return parts

    # ------------------------------------------------ what it turned out to be

    def _told(self, piece: Piece, action: Action, deal: str) -> Outcome:
        """What a refusal means. Raises Trouble where it is none."""
        said = self._server.said(piece.json)
        if piece.status == 429:
            wait = piece.headers.get("retry-after", "")
            until = self._server.now + _seconds(wait) if wait.isdecimal() else None
            return Outcome("throttled", said.code, said.text, until)
        if piece.status >= 500:
            self._server.judged(piece.status, piece.json, "")
        if piece.status == 403:
            return Outcome("forbidden", said.privilege or said.code, said.text)
        if piece.status == 404 or said.code in ABSENT:
            if self._look(deal, action.key).row is None:
                return _gone(action)
        return Outcome("rejected", said.code, said.text or f"Dynamics refused it with status {piece.status}.")

    def _values(self, action: SetFields) -> dict[str, Any]:
        """The values as the columns take them. Raises Unfit, Trouble."""
        if not self._columns:
            self._columns = columns(self._server)
        return {name: self._typed(name, value) for name, value in action.values.items()}

    def _typed(self, name: str, value: Any) -> Any:
        if name in ("statecode", "statuscode", "stageid", "stepname") or name.startswith("process."):
            raise Unfit("move", "A stage or state is set by a move, never by a column.")
        row = self._columns.get(name) if odata.name(name) else None
        if row is None:
            raise Unfit(
                "no-field", f"Opportunities have no column `{name}`." if odata.name(name) else "No such column."
            )
        kind = str(row.get("AttributeType"))
        if not row.get("IsValidForUpdate") or kind not in _TYPES:
            raise Unfit("type", f"The column `{name}`, of type {kind}, is none that dealgate writes.")
        return fitted(_TYPES[kind], value, name, kind)


def _reopens(action: MoveStage) -> bool:
    return action.expect_stage in CLOSED.values() and action.to_stage not in CLOSING


def _mark(key: str) -> str:
    return odata.derived("deed", key)


def _upsert(table_set: str, ident: str, body: Mapping[str, Any]) -> Part:
    """A new record of an id that we choose; where there is one, nothing is done and it is told."""
    return Part("PATCH", odata.record(table_set, ident), odata.encoded(body), _FRESH)


def _note(ident: str, bound: str, subject: str, text: str) -> Part:
    return _upsert(
        "annotations", ident, {"subject": subject, "notetext": text, "objectid_opportunity@odata.bind": bound}
    )


def _patch(path: str, values: Mapping[str, Any], held: Mapping[str, Any] | None) -> Part:
    """A change of a record that is there, of the version that was looked at if one is given."""
    match = str(held[ETAG]) if held is not None and held.get(ETAG) else "*"
    return Part("PATCH", path, odata.encoded(values), {"If-Match": match, "Prefer": "return=representation"})


def _refused(done: Sequence[Piece]) -> Piece | None:
    return next((piece for piece in done if piece.status >= 400), None)


def _version(held: Held, done: Sequence[Piece]) -> str | None:
    """The version after a write: what the answers tell of the two records, the rest as it was looked at."""
    row, instance = held.row or {}, held.instance
    for piece in done:
        body = piece.json if isinstance(piece.json, dict) else {}
        if not body.get(ETAG):
            continue
        if DEALS.key in body:
            row = body
        elif instance is not None:
            instance = body
    return version(row, instance) if any(isinstance(p.json, dict) for p in done) else None


def _stands(held: Held) -> str:
    """What the deal stands in: won or lost where it is closed, whatever its process says, else its stage."""
    state = (held.row or {}).get("statecode")
    if state in CLOSED:
        return CLOSED[state]
    return str((held.instance or {}).get("_activestageid_value") or "")


def _gone(action: Action) -> Outcome:
    return Outcome("conflict", "gone", f"Dynamics has no opportunity {action.deal} any more.")


def _seconds(text: str) -> timedelta:
    return timedelta(seconds=min(int(text), 10**6))


def _due(value: Any) -> date:
    try:
        return as_day(value)
    except NONE:
        raise Unfit("due", "The day it is due is no date.") from None


def _moment(value: Any) -> str:
    """A day stays one: a column may hold days alone."""
    only = isinstance(value, str) and len(value) == 10
    if only or (isinstance(value, date) and not isinstance(value, datetime)):
        return as_day(value).isoformat()
    return odata.moment(as_moment(value))


_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "String": as_text, "Memo": as_text, "Boolean": as_flag,
    "Integer": as_whole, "BigInt": as_whole, "Picklist": as_whole,
    "Money": as_number, "Decimal": as_number, "Double": as_number, "DateTime": _moment,
}  # fmt: skip
