"""Writing to HubSpot: fields and stages by PATCH after a look, notes and tasks together with what they are about.

HubSpot cannot make a write depend on a version, so the deal is read just before it. Nothing is done twice: with fields
and stages a property of the deal, kept for it, gets the key in the same request, and its history has the keys of
earlier writes; a note or task ends with a line that holds its key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from html import escape
from typing import Any

from dealgate.ports import Action, CreateTask, MoveStage, Note, Outcome, SetFields, Trouble

from .._http import OutcomeUnknown
from .activities import MARKER
from .auth import Refused, Server, part
from .links import linked
from .objects import DEALS, NOTES, TASKS, Kind, is_id, is_name
from .streams import Reader
from .walk import instant, ms

_MOVED = ("dealstage", "pipeline")
_TYPES: Mapping[str, int] = {NOTES.name: 214, TASKS.name: 216}
"""The type of the association from a note, or a task, to a deal."""
_BODY: Mapping[str, str] = {NOTES.name: "hs_note_body", TASKS.name: "hs_task_body"}


class Writer:
    """Does actions on one account. ``key``: the property of deals that holds our keys."""

    def __init__(self, server: Server, reader: Reader, key: str) -> None:
        self._server, self._reader, self._key = server, reader, key

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key. Raises Trouble."""
        try:
            if not is_id(action.deal):
                return _gone(action)
            if isinstance(action, SetFields):
                return self._set(action)
            if isinstance(action, MoveStage):
                return self._patched(action, {"dealstage": action.to_stage}, action.expect_stage)
            return self._logged(action)
        except Refused as refused:
            return self._denied(action, refused)
        except Trouble as trouble:
            if trouble.kind in ("throttled", "exhausted") and not isinstance(trouble, OutcomeUnknown):
                return Outcome("throttled", trouble.kind, trouble.message, trouble.retry_at)
            raise

    # ------------------------------------------------ fields and stages

    def _set(self, action: SetFields) -> Outcome:
        moved = [name for name in action.values if name in _MOVED]
        if moved:
            return Outcome("rejected", "move", "A stage is set by a move, never by a field.")
        odd = [name for name in action.values if not is_name(name)]
        if odd:
            return Outcome("rejected", "no-field", "A property's name has small letters, digits and _ alone.")
        return self._patched(action, {name: text_of(value) for name, value in action.values.items()}, None)

    def _patched(self, action: SetFields | MoveStage, values: Mapping[str, str], stage: str | None) -> Outcome:
        held = self._deal(action.deal)
        if held is None:
            return _gone(action)
        version = version_of(held)
        if self._did(held, action.key):
            return Outcome("already", version=version)
        now = (held.get("properties") or {}).get("dealstage")
        if stage is not None and now != stage:
            return Outcome("conflict", "stage", f"The deal is in the stage {now} by now.")
        if action.expect_version is not None and action.expect_version != version:
            return Outcome("conflict", "version", "The deal was changed since it was judged.")
        path = f"/crm/v3/objects/{DEALS.name}/{part(action.deal)}"
        try:
            said = self._server.write("PATCH", path, {"properties": {**values, self._key: action.key}})
        except OutcomeUnknown:
            held = self._deal(action.deal)
            if held is not None and self._did(held, action.key):
                return Outcome("applied", version=version_of(held))
            raise
        return Outcome("applied", version=version_of(said))

    def _deal(self, ident: str) -> Mapping[str, Any] | None:
        query = {"properties": f"dealstage,{DEALS.moment}", "propertiesWithHistory": self._key}
        found = self._server.find(f"/crm/v3/objects/{DEALS.name}/{part(ident)}", query)
        # the id of a deal that went into another may lead to that one, which nobody judged
        return found if found is not None and str(found.get("id")) == ident else None

    def _did(self, held: Mapping[str, Any], key: str) -> bool:
        keys = (held.get("propertiesWithHistory") or {}).get(self._key) or ()
        return any(one.get("value") == key for one in keys)

    # ------------------------------------------------ notes and tasks

    def _logged(self, action: CreateTask | Note) -> Outcome:
        if self._deal(action.deal) is None:
            return _gone(action)
        kind = NOTES if isinstance(action, Note) else TASKS
        marker = f"{MARKER}{action.key}]"
        if self._there(kind, action.deal, marker):
            return Outcome("already")
        about = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _TYPES[kind.name]}
        body = {
            "properties": self._words(action, marker),
            "associations": [{"to": {"id": action.deal}, "types": [about]}],
        }
        try:
            self._server.write("POST", f"/crm/v3/objects/{kind.name}", body)
        except OutcomeUnknown:
            if self._there(kind, action.deal, marker):
                return Outcome("applied")
            raise
        return Outcome("applied")

    def _there(self, kind: Kind, deal: str, marker: str) -> bool:
        """Whether it stands at the deal. Not by a search: that finds what was written a moment ago only later."""
        ids = [one.id for one in linked(self._server, DEALS.name, kind.name, [deal]).get(deal, ())]
        rows: Sequence[Mapping[str, Any]] = self._reader.rows(kind, ids, [_BODY[kind.name]])
        return any(marker in str((row.get("properties") or {}).get(_BODY[kind.name]) or "") for row in rows)

    def _words(self, action: CreateTask | Note, marker: str) -> dict[str, str]:
        now = ms(self._server.now)
        # what HubSpot shows of a body is HTML
        text = "<br>".join(escape(line, quote=False) for line in [*action.body.splitlines(), "", marker])
        if isinstance(action, Note):
            return {"hs_timestamp": now, "hs_note_body": text}
        words = {
            "hs_timestamp": f"{action.due}T00:00:00Z" if action.due else now, "hs_task_subject": action.subject,
            "hs_task_body": text, "hs_task_status": "NOT_STARTED",
        }  # fmt: skip
        return {**words, "hubspot_owner_id": action.owner} if action.owner else words

    def _denied(self, action: Action, refused: Refused) -> Outcome:
        text = refused.text or f"HubSpot answered with status {refused.status} and no words."
        if refused.status == 404 and isinstance(action, (SetFields, MoveStage)):
            return _gone(action)
        if refused.status == 403:
            return Outcome("forbidden", refused.rule, text)
        if refused.rule == "PROPERTY_DOESNT_EXIST" and self._key in text:
            ours = f"dealgate writes its keys there: make the deal property `{self._key}` (docs/crm/hubspot.md)."
            text = f"{text.rstrip('.')}. {ours}"
        return Outcome("rejected", refused.rule, text)


def version_of(said: Mapping[str, Any]) -> str | None:
    """The version of a deal as HubSpot gives it, alone or in an answer to a write: the moment of its last change."""
    found = instant((said.get("properties") or {}).get(DEALS.moment) or said.get("updatedAt"))
    return None if found is None else found.isoformat()


def text_of(value: Any) -> str:
    """A value as HubSpot takes it: everything is text, and nothing is an empty one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return ms(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return ";".join(text_of(one) for one in value)
    return str(value)


def _gone(action: Action) -> Outcome:
    return Outcome("conflict", "gone", f"HubSpot has no deal {action.deal} any more.")
