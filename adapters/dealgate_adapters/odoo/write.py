"""Writing to Odoo: fields, stages, tasks and notes, each once.

Every deed of ours leaves a message on the opportunity, in the same request and so in the same transaction, whose
Message-Id is the action's key. An empty message is not shown to people; that of a note is the note. Whether a deed was
done is asked by that id, whatever others did since, and a task that was done or dropped is known by it still.

Odoo has no conditional write. The opportunity is read again just before, and the write comes next: what a person saves
between these two requests may be gone over.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from typing import Any

from dealgate.ports import Action, CreateTask, MoveStage, Note, Outcome, SetFields, Trouble

from .._api import not_yet
from .._http import OutcomeUnknown
from .._values import Unfit, as_day, as_flag, as_moment, as_number, as_text, as_whole, fitted
from .history import MESSAGE
from .rpc import Server
from .streams import DEAL, STAGE, Reader, flat, number_of, spelled, version_of
from .wire import Refused, failed


class Writer:
    """Does actions on one database."""

    def __init__(self, server: Server, reader: Reader) -> None:
        self._server, self._reader = server, reader

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key. Raises Trouble."""
        number = number_of(action.deal)
        if number is None:
            return _gone(action)
        try:
            return self._apply(action, number)
        except Unfit as unfit:
            return Outcome("rejected", unfit.rule, unfit.text)
        except Trouble as trouble:
            return not_yet(trouble)

    def _apply(self, action: Action, number: int) -> Outcome:
        if self._done(action, number):
            return Outcome("already", version=self._version(number))
        write = self._prepared(action, number)
        row = self._row(number)
        if row is None:
            return _gone(action)
        if (told := _conflict(action, row)) is not None:
            return told
        try:
            return write(row)
        except OutcomeUnknown as unknown:
            if self._done(action, number):
                return Outcome("applied", version=self._version(number))
            if failed(unknown.answer):
                return _FAILED
            raise
        except Refused as refused:
            return self._denied(action, refused)

    def _prepared(self, action: Action, number: int) -> Callable[[Mapping[str, Any]], Outcome]:
        """The write, with all that it needs from the server but the opportunity itself. Raises Unfit, Trouble."""
        if isinstance(action, Note):
            return lambda _: self._post(action, number)
        if isinstance(action, CreateTask):
            model = self._server.lead_model
            return lambda row: self._save(action, number, {"activity_ids": [[0, 0, self._task(action, row, model)]]})
        if isinstance(action, MoveStage):
            to = self._stage(action.to_stage)
            return lambda _: self._save(action, number, {"stage_id": to}, holds=("stage_id", to))
        values = {name: self._typed(name, value) for name, value in action.values.items()}
        return lambda _: self._save(action, number, values)

    # ------------------------------------------------ the writes

    def _save(
        self, action: Action, number: int, values: Mapping[str, Any], holds: tuple[str, Any] | None = None
    ) -> Outcome:
        """The write and its mark, and what then stands there: one request, one transaction. ``holds``: a field and
        what it has to be then, which a rule of the database's own may prevent."""
        mark = {"model": DEAL, "res_id": number, "message_type": "notification", "subtype_id": False, "body": "",
                "message_id": marker(action.key)}  # fmt: skip
        names = [*self._reader.names("deals"), "write_date"]
        saved = self._server.call(
            DEAL, "web_save", [number], vals={**values, "message_ids": [[0, 0, mark]]},
            specification={name: {} for name in names}, repeat=False,
        )  # fmt: skip
        if not isinstance(saved, list) or not saved:
            return Outcome("applied")
        row = flat(saved[0], self._server.fields(DEAL))
        if holds is not None and row.get(holds[0]) != holds[1]:
            text = "Odoo took it, and an automation of its own led the opportunity elsewhere."
            return Outcome("rejected", "automation", text, version=version_of(row))
        return Outcome("applied", version=version_of(row))

    def _post(self, action: Note, number: int) -> Outcome:
        self._server.call(
            DEAL, "message_post", [number], body=_html(action.body), body_is_html=True, message_type="comment",
            subtype_xmlid="mail.mt_note", message_id=marker(action.key), repeat=False,
        )  # fmt: skip
        return Outcome("applied")

    def _task(self, action: CreateTask, row: Mapping[str, Any], model: int) -> dict[str, Any]:
        owner = number_of(action.owner) if action.owner else row.get("user_id")
        task = {"res_model_id": model, "res_id": row["id"], "summary": action.subject, "note": _html(action.body)}
        task["user_id"] = owner or self._server.user_id
        if action.due:
            task["date_deadline"] = action.due
        return task

    # ------------------------------------------------ looking

    def _done(self, action: Action, number: int) -> bool:
        mark = [["message_id", "=", marker(action.key)], ["model", "=", DEAL], ["res_id", "=", number]]
        return bool(self._server.count(MESSAGE, mark))

    def _row(self, number: int) -> dict[str, Any] | None:
        """The opportunity or lead as it is now, with its version. Raises Trouble."""
        names = [*self._reader.names("deals"), "write_date"]
        found = self._server.read(DEAL, [["id", "=", number]], names)
        if not found:
            return None
        data = flat(found[0], self._server.fields(DEAL))
        return {**data, "version": version_of(data)}

    def _version(self, number: int) -> str | None:
        row = self._row(number)
        return row["version"] if row else None

    def _stage(self, ident: str) -> int:
        number = number_of(ident)
        if number is None or not self._server.count(STAGE, [["id", "=", number]]):
            raise Unfit("no-stage", f"Odoo has no stage {ident!r}.")
        return number

    def _denied(self, action: Action, refused: Refused) -> Outcome:
        text = self._server.hide(refused.text)
        if refused.kind == "missing":
            return _gone(action)
        if refused.kind == "access":
            return Outcome("forbidden", refused.rule, text)
        if refused.kind == "failure":
            return _FAILED
        if refused.kind == "model":
            raise Trouble("gone", f"Odoo says: {text}", "dealgate needs Odoo 17 or later, with the module crm")
        return Outcome("rejected", refused.rule, text)

    def _typed(self, name: str, value: Any) -> Any:
        """A value as the field takes it. Raises Unfit, Trouble."""
        if name == "stage_id":
            raise Unfit("move", "A stage is set by a move, never by a field.")
        known = self._server.fields(DEAL).get(name)
        if known is None:
            raise Unfit("no-field", f"Odoo's opportunities have no field `{name}`, or not for this user.")
        kind = known.get("type")
        if kind not in _TYPES:
            raise Unfit("type", f"The field `{name}` is of type {kind}, which dealgate does not write.")
        if known.get("readonly"):
            raise Unfit("readonly", f"The field `{name}` is worked out by Odoo.")
        return False if value is None else fitted(_TYPES[kind], value, name, kind)


_FAILED = Outcome("rejected", "failure", "Odoo failed at it; its log says why.")


def marker(key: str) -> str:
    """The Message-Id that a deed under this key leaves."""
    return f"<dealgate.{key}@dealgate.invalid>"


def _conflict(action: Action, row: Mapping[str, Any]) -> Outcome | None:
    """Why the opportunity is not to be written to, being another than was expected."""
    if isinstance(action, (SetFields, MoveStage)) and action.expect_version not in (None, row["version"]):
        return Outcome("conflict", "version", "The opportunity was changed since it was judged.")
    if isinstance(action, MoveStage) and str(row["stage_id"]) != action.expect_stage:
        return Outcome("conflict", "stage", f"The opportunity is in stage {row['stage_id.name']} by now.")
    return None


def _gone(action: Action) -> Outcome:
    return Outcome("conflict", "gone", f"Odoo has no opportunity {action.deal} any more.")


def _html(text: str) -> str:
    return f"<p>{html.escape(text, quote=False).replace(chr(10), '<br/>')}</p>" if text else ""


def _integer(value: Any) -> int:
    found = as_whole(value)
    if not -(2**31) <= found < 2**31:
        raise ValueError
    return found


def _float(value: Any) -> float:
    return float(as_number(value))  # as Odoo itself keeps amounts, too


_TYPES: Mapping[Any, Callable[[Any], Any]] = {
    "char": as_text, "text": as_text, "html": lambda value: _html(as_text(value)), "selection": as_text,
    "boolean": as_flag, "integer": _integer, "many2one": _integer, "float": _float, "monetary": _float,
    "date": lambda value: as_day(value).isoformat(), "datetime": lambda value: spelled(as_moment(value)),
}  # fmt: skip
