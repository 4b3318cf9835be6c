"""Writing to an org: each deed and its mark in one request, and never over what somebody else has done meanwhile.

Fields and moves leave their key in a field of the opportunity that is kept for it; tasks and notes in their own text.
Before a write we read the opportunity again and compare, and the write says that it may only be done on what was last
modified at that moment. Salesforce counts moments in whole seconds: that is why we look as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

from dealgate.ports import Action, CreateTask, MoveStage, Note, Outcome, SetFields, Trouble

from .._api import not_yet
from .._http import OutcomeUnknown
from .._values import Unfit, as_day, as_flag, as_moment, as_number, as_text, as_whole, fitted
from .describe import stages_of
from .org import Org, Refused
from .soql import is_id, literal, select
from .streams import DEAL, NOTED, Reader

MARK = 16
"""Hexadecimal digits that stand for a key: 64 bits, to tell apart a few keys on one opportunity."""
TRIES = 3
_REFERENCE = "@{"
SUBJECT = 255
_RIGHTS = ("INSUFFICIENT_ACCESS", "INVALID_FIELD_FOR_INSERT_UPDATE", "API_DISABLED", "FORBIDDEN")
_GONE = ("ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY")
_NUMBERS = ("double", "currency", "percent")


class Writer:
    """Does actions on one org."""

    def __init__(self, org: Org, reader: Reader, key_field: str) -> None:
        """``key_field``: the opportunity's text field that keeps our keys, "" where there is none."""
        self._org, self._reader, self._key_field = org, reader, key_field
        self._stages: frozenset[str] = frozenset()
        self._done_status = ""

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key. Raises Trouble."""
        if not is_id(action.deal):
            return _gone(action)
        if not action.deal.startswith("006"):
            return Outcome("rejected", "lead", "Only opportunities are written to here, no leads.")
        try:
            if isinstance(action, (CreateTask, Note)):
                return self._task(action)
            return self._change(action)
        except Unfit as unfit:
            return Outcome("rejected", unfit.rule, unfit.text)
        except Refused as refused:
            return self._denied(refused, action)
        except Trouble as trouble:
            return not_yet(trouble)

    # ------------------------------------------------ fields and stages

    def _change(self, action: SetFields | MoveStage) -> Outcome:
        known = self._org.fields(DEAL)
        room = self._room(known)
        values = self._values(action, known)
        row = self._row(action.deal)
        if row is None:
            return _gone(action)
        marks = _marks(row.get(self._key_field))
        version = self._reader.version(row)
        mark = _mark(action)
        if mark in marks:
            return Outcome("already", version=version)
        if action.expect_version not in (None, version):
            return Outcome("conflict", "version", "The opportunity was changed since it was judged.")
        if isinstance(action, MoveStage) and row["StageName"] != action.expect_stage:
            return Outcome("conflict", "stage", f"The opportunity is in {self._org.hide(row['StageName'])} by now.")
        values[self._key_field] = " ".join([mark, *marks][: (room + 1) // (MARK + 1)])
        return self._patched(action, row, values)

    def _patched(self, action: Action, row: Mapping[str, Any], values: Mapping[str, Any]) -> Outcome:
        """The write, and in the same transaction what the opportunity is then."""
        ident = str(row["Id"])
        for left in range(TRIES - 1, -1, -1):
            try:
                return Outcome("applied", version=self._sent(ident, row, values))
            except OutcomeUnknown:
                held = self._row(ident)
                if held is not None and _mark(action) in _marks(held.get(self._key_field)):
                    return Outcome("applied", version=self._reader.version(held))
                raise
            except Refused as refused:
                # somebody holds the record at this moment; nothing was done
                if refused.code != "UNABLE_TO_LOCK_ROW" or not left:
                    raise
        raise AssertionError("the last time ends it")

    def _sent(self, ident: str, row: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
        """Writes, if the opportunity was last modified as ``row`` says; its version then, None where it is not told."""
        path = f"/sobjects/{DEAL}/{ident}"
        moment = datetime.fromisoformat(str(row["LastModifiedDate"])).astimezone(UTC)
        headers = {"If-Unmodified-Since": format_datetime(moment, usegmt=True)}
        if any(_REFERENCE in str(value) for value in values.values()):
            # in several requests as one, this would be taken for a reference from one to another
            self._org.ask("PATCH", path, dict(values), headers, repeat=False)
            return None
        deed = {"method": "PATCH", "url": self._org.root + path, "body": dict(values), "httpHeaders": headers}
        look = {"method": "GET", "url": self._org.root + self._org.query_path(self._reader.deal(ident))}
        _, now = self._org.together([deed, look], repeat=False)
        rows = now.get("records") if isinstance(now, dict) else None
        return self._reader.version(rows[0]) if rows else None

    def _values(self, action: SetFields | MoveStage, known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """What is written, as the fields take it. Raises Unfit."""
        if isinstance(action, SetFields):
            if "StageName" in action.values:
                raise Unfit("move", "A stage is set by a move, never by a field.")
            return {name: _typed(name, value, known) for name, value in action.values.items()}
        if not self._stages:
            self._stages = frozenset(stage.id for stage in stages_of(self._org))
        if action.to_stage not in self._stages:
            # Salesforce would take any text for a stage
            raise Unfit("no-stage", f"Salesforce has no stage `{action.to_stage}`.")
        return {"StageName": action.to_stage}

    def _room(self, known: Mapping[str, Mapping[str, Any]]) -> int:
        """How many characters the field for our keys takes. Raises Unfit where it cannot be used."""
        if not self._key_field:
            raise Unfit(
                "key-field", "Fields and stages are written once a text field of Opportunity is named by `key_field`."
            )
        said = known.get(self._key_field) or {}
        room = int(said.get("length") or 0)
        if said.get("type") not in ("string", "textarea") or not said.get("updateable") or room < MARK:
            text = f"The field `{self._key_field}` of Opportunity is no text of {MARK} or more that the user may write."
            raise Unfit("key-field", text)
        return room

    def _row(self, deal: str) -> dict[str, Any] | None:
        found = self._org.rows(self._reader.deal(deal))
        return found[0] if found else None

    # ------------------------------------------------ tasks and notes

    def _task(self, action: CreateTask | Note) -> Outcome:
        marker = f"[dealgate:{action.key}]"
        if self._there(action.deal, marker):
            return Outcome("already")
        if not self._org.rows(select(["Id"], DEAL, [f"Id = {literal(action.deal)}"])):
            return _gone(action)
        body = {"WhatId": action.deal, **self._said(action, marker)}
        for left in range(TRIES - 1, -1, -1):
            try:
                self._org.ask("POST", "/sobjects/Task", body, repeat=False)
                break
            except OutcomeUnknown:
                if self._there(action.deal, marker):
                    return Outcome("applied")
                raise
            except Refused as refused:
                if refused.code != "UNABLE_TO_LOCK_ROW" or not left:
                    raise
        return Outcome("applied")

    def _there(self, deal: str, marker: str) -> bool:
        """Whether the mark stands in a task of the opportunity, be it thrown away since. Its text cannot be searched
        for, so we look through those that we made."""
        where = [f"WhatId = {literal(deal)}"]
        if self._org.user:
            where.append(f"CreatedById = {literal(self._org.user)}")
        rows = self._org.rows(select(["Id", "Description"], "Task", where), every=True)
        return any(marker in (row.get("Description") or "") for row in rows)

    def _said(self, action: CreateTask | Note, marker: str) -> dict[str, Any]:
        if isinstance(action, Note):
            return {
                "Subject": NOTED, "Description": f"{action.body}\n\n{marker}", "Status": self._closed(),
            }  # fmt: skip
        parts = [action.subject] if len(action.subject) > SUBJECT else []
        parts += [one for one in (action.body, marker) if one]
        said = {"Subject": _short(action.subject), "Description": "\n\n".join(parts)}
        if action.owner:
            said["OwnerId"] = action.owner
        if action.due:
            said["ActivityDate"] = action.due
        return said

    def _closed(self) -> str:
        """The status of a task that is done, as the org calls it. Raises Unfit where it has none."""
        if not self._done_status:
            soql = select(["ApiName"], "TaskStatus", [f"IsClosed = {literal(True)}"], ["SortOrder"])
            found = self._org.rows(soql)
            if not found:
                raise Unfit("status", "Salesforce has no status for a task that is done.")
            self._done_status = str(found[0]["ApiName"])
        return self._done_status

    # ------------------------------------------------ what it says

    def _denied(self, refused: Refused, action: Action) -> Outcome:
        text = self._org.hide(refused.text)
        if refused.status == 412:
            return Outcome("conflict", "version", "The opportunity was changed while we looked at it.")
        if refused.code in _GONE and self._row(action.deal) is None:
            return _gone(action)
        if refused.code == "UNABLE_TO_LOCK_ROW":
            return Outcome("throttled", refused.code, text)
        kind = "forbidden" if refused.code.startswith(_RIGHTS) else "rejected"
        return Outcome(kind, refused.code, text)


def _gone(action: Action) -> Outcome:
    return Outcome("conflict", "gone", "Salesforce has no such opportunity any more.")


def _mark(action: Action) -> str:
    return hashlib.sha256(action.key.encode()).hexdigest()[:MARK]


def _marks(text: Any) -> list[str]:
    return str(text or "").split()


def _short(text: str) -> str:
    return text if len(text) <= SUBJECT else text[: SUBJECT - 1] + "…"


def _typed(name: str, value: Any, known: Mapping[str, Mapping[str, Any]]) -> Any:
    """A value as the field takes it. Raises Unfit."""
    said = known.get(name)
    if said is None:
        raise Unfit("no-field", f"Opportunity has no field `{name}` that the user may read.")
    if not said.get("updateable"):
        raise Unfit("read-only", f"The user may not write the field `{name}`.")
    kind = str(said.get("type"))
    return fitted(lambda one: _as(kind, one), value, name, kind)


def _as(kind: str, value: Any) -> Any:
    if kind == "boolean":
        return as_flag(value)
    if kind == "int":
        return as_whole(value)
    if kind in _NUMBERS:
        exact = as_number(value)
        if exact == exact.to_integral_value():
            return int(exact)
        near = float(exact)
        # where a float would change it, its text keeps every digit
        return near if Decimal(repr(near)) == exact else f"{exact:f}"
    if kind == "date":
        return as_day(value).isoformat()
    if kind == "datetime":
        return as_moment(value).isoformat(timespec="milliseconds")
    if kind == "multipicklist" and isinstance(value, Sequence) and not isinstance(value, str):
        return ";".join(map(str, value))
    return as_text(value)
