"""Writing to Zoho: fields and stages by a look just before, tasks and notes with a marker in their text.

Zoho has no write that depends on a record's state, so between our look and our write somebody may come. What was done
is known by its key: of a task or note it stands in the text; of fields and moves in a field of the deal that is kept
for it, which holds the keys of the last dozen and is written in the same request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dealgate.ports import Action, CreateTask, MoveStage, Note, Outcome, Record, SetFields, Trouble

from .._api import not_yet
from .._http import Answer, OutcomeUnknown
from .._values import Unfit
from . import coql
from .auth import Server, problem
from .by_deal import Related, of_deal
from .catalogue import Catalogue, writable
from .streams import STREAMS, Reader
from .values import typed

KEYS = 12
"""Keys of deeds that a deal remembers: a text field holds 255 characters."""
_KEY = 20
_NOTES = Related("Notes", "Notes", ("Note_Title", "Note_Content"))
_TASKS = STREAMS["activities"][0]
_LACKING = frozenset({"NO_PERMISSION", "AUTHORIZATION_FAILED", "OAUTH_SCOPE_MISMATCH", "NOT_ALLOWED"})


class Writer:
    """Does actions on one organisation."""

    def __init__(
        self, server: Server, reader: Reader, catalogue: Catalogue, key_field: str, trigger: tuple[str, ...]
    ) -> None:
        """``key_field``: the text field of deals that keys are kept in, "" where there is none; ``trigger``: which
        automations of Zoho a write sets off."""
        self._server, self._reader, self._catalogue = server, reader, catalogue
        self._key_field, self._trigger = key_field, list(trigger)

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key. Raises Trouble."""
        try:
            if isinstance(action, (CreateTask, Note)):
                return self._told(action)
            return self._changed(action)
        except Unfit as unfit:
            return Outcome("rejected", unfit.rule, unfit.text)
        except Trouble as trouble:
            return not_yet(trouble)

    # ------------------------------------------------ fields and stages

    def _changed(self, action: SetFields | MoveStage) -> Outcome:
        if not self._key_field:
            return Outcome("rejected", "key-field", "Set `key_field` of the source before dealgate changes deals.")
        self._checked()
        held = self._deal(action.deal)
        if held is None:
            return _gone(action)
        if self._knows(held, action.key):
            return Outcome("already", version=held.version)
        if action.expect_version is not None and held.version != action.expect_version:
            return Outcome("conflict", "version", "The deal was changed since it was judged.")
        if isinstance(action, MoveStage):
            if held.data.get("Stage") != action.expect_stage:
                return Outcome("conflict", "stage", f"The deal is in the stage {held.data.get('Stage')} by now.")
            values: Mapping[str, Any] = {"Stage": action.to_stage}
        else:
            if "Stage" in action.values or self._key_field in action.values:
                return Outcome("rejected", "move", "A stage is set by a move, and keys by dealgate alone.")
            values = self._typed(action.values)
        own = {self._key_field: self._keys(held, action.key)}
        done = self._put(action, f"/Deals/{action.deal}", {"data": [{**values, **own}], "trigger": self._trigger})
        if done.rule == "RECORD_IN_BLUEPRINT" and isinstance(action, MoveStage):
            done = self._transition(action, own)
        if done.kind != "applied":
            return done
        now = self._deal(action.deal)
        return Outcome("applied", version=now.version if now else None)

    def _transition(self, action: MoveStage, own: Mapping[str, Any]) -> Outcome:
        """A deal that a Blueprint leads moves by its transitions alone."""
        path = f"/Deals/{action.deal}/actions/blueprint"
        said = self._server.get(path, of="the blueprint of a deal").get("blueprint") or {}
        open_ = [one for one in said.get("transitions") or () if isinstance(one, dict)]
        there = [one for one in open_ if one.get("next_field_value") == action.to_stage]
        if not there:
            names = ", ".join(sorted({str(one.get("next_field_value")) for one in open_})) or "nowhere"
            text = f"The deal is in a Blueprint, and no transition leads to {action.to_stage}; it leads to {names}."
            return Outcome("rejected", "RECORD_IN_BLUEPRINT", self._server.api.hide(text))
        unmet = [one for one in there if one.get("criteria_matched") is False]
        if len(unmet) == len(there):
            words = unmet[0].get("criteria_message") or "its criteria are not met"
            text = f"The deal is in a Blueprint, and its transition to {action.to_stage} is closed: {words}"
            return Outcome("rejected", "RECORD_IN_BLUEPRINT", self._server.api.hide(text))
        taken = next(one for one in there if one.get("criteria_matched") is not False)
        # Whether Zoho keeps a field that the transition does not ask for could not be checked. If it does not, a
        # repeat finds the deal in another stage: a conflict, and nothing is done twice.
        body = {"blueprint": [{"transition_id": str(taken.get("id")), "data": dict(own)}]}
        return self._put(action, path, body, moved=action.to_stage)

    def _put(self, action: SetFields | MoveStage, path: str, body: Any, moved: str = "") -> Outcome:
        """A write of a deal; where its answer is lost, by what then stands there."""
        try:
            answer = self._server.write("PUT", path, body)
        except OutcomeUnknown:
            now = self._deal(action.deal)
            if now is not None and (self._knows(now, action.key) or (moved and now.data.get("Stage") == moved)):
                return Outcome("applied")
            raise
        return self._judged(answer, action)

    def _checked(self) -> None:
        row = self._catalogue.field("Deals", self._key_field)
        if row is None or not writable(row) or str(row.get("data_type")) not in ("text", "textarea"):
            raise Trouble(
                "forbidden", f"Deals have no text field {self._key_field} that this source may write to.",
                "make a single-line field of 255 characters in Zoho, and name it as `key_field` by its API name",
            )  # fmt: skip

    def _knows(self, held: Record, key: str) -> bool:
        return key[:_KEY] in str(held.data.get(self._key_field) or "").split()

    def _keys(self, held: Record, key: str) -> str:
        before = str(held.data.get(self._key_field) or "").split()
        return " ".join([key[:_KEY], *before][:KEYS])

    def _deal(self, ident: str) -> Record | None:
        return next(iter(self._reader.found("deals", [ident])), None)

    def _typed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values as the fields take them. Raises Unfit."""
        made = {}
        for name, value in values.items():
            row = self._catalogue.field("Deals", name)
            if row is None:
                raise Unfit("no-field", f"Deals have no field `{name}` in Zoho, or this user may not see it.")
            if not writable(row):
                raise Unfit("read-only", f"The field `{name}` of deals is read-only in Zoho.")
            made[name] = typed(name, str(row.get("data_type")), value)
        return made

    # ------------------------------------------------ tasks and notes

    def _told(self, action: CreateTask | Note) -> Outcome:
        marker = f"[dealgate:{action.key}]"
        held = self._deal(action.deal)
        if held is None:
            return _gone(action)
        there = self._task_there if isinstance(action, CreateTask) else self._note_there

        if there(action.deal, marker):
            return Outcome("already")
        text = "\n\n".join([*([action.body] if action.body else []), marker])
        if isinstance(action, CreateTask):
            row: dict[str, Any] = {
                "Subject": action.subject, "Description": text, "What_Id": {"id": action.deal}, "$se_module": "Deals",
            }  # fmt: skip
            if action.owner is not None:
                if not coql.is_id(action.owner):
                    return Outcome("rejected", "owner", "The owner of the task is no user of Zoho.")
                row["Owner"] = {"id": action.owner}
            if action.due:
                row["Due_Date"] = action.due
            path, body = "/Tasks", {"data": [row], "trigger": self._trigger}
        else:
            parent = {"id": action.deal, "module": {"api_name": "Deals"}}
            path, body = "/Notes", {"data": [{"Note_Title": "dealgate", "Note_Content": text, "Parent_Id": parent}]}
        return self._post(path, body, action, lambda: there(action.deal, marker))

    def _post(self, path: str, body: Any, action: Action, there: Callable[[], bool]) -> Outcome:
        try:
            answer = self._server.write("POST", path, body)
        except OutcomeUnknown:
            if there():
                return Outcome("applied")
            raise
        return self._judged(answer, action)

    def _task_there(self, deal: str, marker: str) -> bool:
        rows = self._reader.of(_TASKS, "What_Id", deal)
        return any(marker in str(row.get("Description") or "") for row in rows)

    def _note_there(self, deal: str, marker: str) -> bool:
        rows = of_deal(self._server, _NOTES, deal)
        return any(marker in str(row.get("Note_Content") or "") for row in rows)

    # ------------------------------------------------ answers

    def _judged(self, answer: Answer, action: Action) -> Outcome:
        """What Zoho says of the one row of a write."""
        code, message, details = problem(answer)
        if code == "SUCCESS" and answer.status < 300:
            return Outcome("applied")
        if code in ("INVALID_DATA", "RECORD_NOT_FOUND") and self._deal(action.deal) is None:
            return _gone(action)
        named = details.get("api_name") or details.get("expected_data_type") or ""
        rule = details.get("layout_rule") or details.get("validation_rule")
        named = ", ".join(str(one) for one in (named, rule.get("name") if isinstance(rule, dict) else "") if one)
        text = self._server.api.hide(f"{message or code or f'status {answer.status}'}{f' ({named})' if named else ''}")
        refused = code in _LACKING or answer.status in (401, 403)
        return Outcome("forbidden" if refused else "rejected", code or f"status-{answer.status}", text)


def _gone(action: Action) -> Outcome:
    return Outcome("conflict", "gone", f"Zoho has no deal {action.deal} any more.")
