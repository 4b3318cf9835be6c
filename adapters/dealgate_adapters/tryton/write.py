"""Writing to Tryton: fields by compare-and-set, stages by the model's own buttons, notes with a marker.

Nothing is done twice. A note carries its key as a marker in its text. Fields and moves need none: every write of an
opportunity leaves a revision that says who made it, so whether ours was done is read from the history, whatever
others did since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from dealgate.ports import Action, CreateTask, MoveStage, Note, Outcome, SetFields, Trouble

from .._api import not_yet
from .._http import OutcomeUnknown
from .._values import Unfit, as_day, as_flag, as_moment, as_number, as_text, as_whole, fitted
from .history import Revision, revisions
from .rpc import Refused, Server
from .streams import DEAL, number_of

BUTTONS: Mapping[str, str] = {
    "lead": "lead", "opportunity": "opportunity", "converted": "convert", "lost": "lost", "cancelled": "cancel",
}  # fmt: skip
"""By state, the button that leads there. `won` has none: a confirmed sale makes it."""


class Writer:
    """Does actions on one database."""

    def __init__(self, server: Server, buttons: Mapping[str, str]) -> None:
        """``buttons``: by state, those that the database has besides the standard ones."""
        self._server = server
        self._buttons = {**BUTTONS, **buttons}
        self._types: Mapping[str, Any] = {}

    def apply(self, action: Action) -> Outcome:
        """Does one thing, once for each key. Raises Trouble."""
        try:
            if isinstance(action, SetFields):
                return self._set(action)
            row = self._row(number_of(action.deal), [])
            if row is None:
                return _gone(action)
            return self._move(action, row) if isinstance(action, MoveStage) else self._note(action, row)
        except Unfit as unfit:
            return Outcome("rejected", unfit.rule, unfit.text)
        except Trouble as trouble:
            return not_yet(trouble)

    # ------------------------------------------------ fields and stages

    def _set(self, action: SetFields) -> Outcome:
        if "state" in action.values:
            return Outcome("rejected", "move", "A state is set by a move, never by a field.")
        values = {name: self._typed(name, value) for name, value in action.values.items()}
        row = self._row(number_of(action.deal), list(values))
        if row is None:
            return _gone(action)

        def holds(held: Mapping[str, Any]) -> bool:
            return all(_same(held.get(name), value) for name, value in values.items())

        def write(version: str | None) -> None:
            self._call("write", row, version, values)

        if holds(row):
            return Outcome("already", version=row["_timestamp"])
        return self._guarded(row, action.expect_version, list(values), holds, write)

    def _move(self, action: MoveStage, row: Mapping[str, Any]) -> Outcome:
        def holds(held: Mapping[str, Any]) -> bool:
            return bool(held.get("state") == action.to_stage)

        if action.expect_version is None and holds(row) and self._ours(row["id"], holds):
            return Outcome("already", version=row["_timestamp"])
        if action.expect_version in (None, row["_timestamp"]) and row["state"] != action.expect_stage:
            return Outcome("conflict", "stage", f"The opportunity is in state {row['state']} by now.")
        button = self._buttons.get(action.to_stage)
        if button is None:
            return Outcome("rejected", "no-button", f"No button of Tryton moves an opportunity to `{action.to_stage}`.")

        def press(version: str | None) -> None:
            # the version just read at the least: between our look and the button nobody may come
            self._call(button, row, version or row["_timestamp"])

        done = self._guarded(row, action.expect_version, [], holds, press)
        if done.kind == "applied" and not self._first_after(row["id"], row["_timestamp"], [], holds):
            text = f"The button `{button}` was pressed, and did not lead to `{action.to_stage}`."
            return Outcome("rejected", "button", text, version=done.version)
        return done

    def _guarded(
        self, row: Mapping[str, Any], version: str | None, names: list[str],
        holds: Callable[[Mapping[str, Any]], bool], write: Callable[[str | None], None],
    ) -> Outcome:  # fmt: skip
        """The write, if the opportunity is still of this version; or what it turns out to be."""
        ident = row["id"]

        def changed() -> Outcome:
            """What it is, now that the version is another: our own work, or somebody else's."""
            if version is not None and self._first_after(ident, version, names, holds):
                return Outcome("already", version=self._version(ident))
            return Outcome("conflict", "version", "The opportunity was changed since it was judged.")

        if version is not None and row["_timestamp"] != version:
            return changed()
        try:
            write(version)
        except OutcomeUnknown:
            if self._first_after(ident, row["_timestamp"], names, holds):
                return Outcome("applied", version=self._version(ident))
            raise
        except Refused as refused:
            if refused.kind == "concurrency":
                return changed()
            if refused.kind == "failure" and self._first_after(ident, row["_timestamp"], names, holds):
                return Outcome("applied", version=self._version(ident))  # it failed after it was done
            # who comes between our look and the button takes it away: that is no refusal of ours
            return changed() if self._version(ident) != row["_timestamp"] else self._denied(refused)
        now = self._row(ident, names)
        if now is not None and now["_timestamp"] == row["_timestamp"]:
            # a button leaves out, without a word, records that the workflow does not let pass
            return Outcome("rejected", "workflow", "Tryton accepted the request and changed nothing.")
        return Outcome("applied", version=now["_timestamp"] if now else None)

    def _first_after(
        self, ident: int, version: str, names: list[str], holds: Callable[[Mapping[str, Any]], bool]
    ) -> bool:
        """Whether the first thing that happened after a version was ours, and is what was wanted."""
        mine = self._revisions(ident, names)
        place = next((n for n, one in enumerate(mine) if one.version == version), None)
        if place is None or place + 1 == len(mine):
            return False
        after = mine[place + 1]
        return after.user == self._server.user_id and holds(after.row)

    def _ours(self, ident: int, holds: Callable[[Mapping[str, Any]], bool]) -> bool:
        """Whether what holds now was brought about by us."""
        mine = self._revisions(ident, [])
        since = next((n for n in range(len(mine) - 1, -1, -1) if not holds(mine[n].row)), -1) + 1
        return since < len(mine) and mine[since].user == self._server.user_id

    def _revisions(self, ident: int, names: list[str]) -> list[Revision]:
        return revisions(self._server, [ident], [*names, "state"]).get(ident, [])

    # ------------------------------------------------ notes

    def _note(self, action: CreateTask | Note, row: Mapping[str, Any]) -> Outcome:
        resource, marker = f"{DEAL},{row['id']}", f"[dealgate:{action.key}]"

        def there() -> bool:
            domain = [["resource", "=", resource], ["message", "ilike", f"%{action.key}%"]]
            return any(
                marker in (one.get("message") or "") for one in self._server.read("ir.note", domain, ["message"])
            )

        if there():
            return Outcome("already")
        message = "\n\n".join([*self._lines(action), marker])
        try:
            self._server.call(
                "model.ir.note.create",
                [{"resource": resource, "message": message}],
                context=self._context(row),
                repeat=False,
            )
        except OutcomeUnknown:
            if there():
                return Outcome("applied")
            raise
        except Refused as refused:
            return Outcome("applied") if refused.kind == "failure" and there() else self._denied(refused)
        return Outcome("applied")

    def _lines(self, action: CreateTask | Note) -> list[str]:
        if isinstance(action, Note):
            return [action.body]
        head = [f"Task: {action.subject}"]
        owner = number_of(action.owner) if action.owner else None
        if owner is not None:
            found = self._server.read("res.user", [["id", "=", owner]], ["rec_name"])
            head.append(f"For: {found[0]['rec_name'] if found else action.owner}")
        if action.due:
            head.append(f"Due: {action.due}")
        return ["\n".join(head), *([action.body] if action.body else [])]

    # ------------------------------------------------ the server

    def _row(self, ident: int | None, names: list[str]) -> dict[str, Any] | None:
        if ident is None:
            return None
        found = self._server.read(DEAL, [["id", "=", ident]], [*names, "state", "company", "_timestamp"])
        return found[0] if found else None

    def _version(self, ident: int) -> str | None:
        row = self._row(ident, [])
        return row["_timestamp"] if row else None

    def _call(self, method: str, row: Mapping[str, Any], version: str | None, *params: Any) -> None:
        context = self._context(row)
        if version is not None:
            context["_timestamp"] = {f"{DEAL},{row['id']}": version}
        self._server.call(f"model.{DEAL}.{method}", [row["id"]], *params, context=context, repeat=False)

    def _context(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The user's context, acting for the company that the opportunity is of."""
        context = dict(self._server.context)
        if row.get("company") in context.get("companies", ()):
            context["company"] = row["company"]
        return context

    def _denied(self, refused: Refused) -> Outcome:
        if refused.kind == "failure":
            return Outcome("rejected", "failure", "Tryton failed at it; its log says why.")
        if refused.rule == "forbidden" or not self._server.may_write(DEAL):
            return Outcome("forbidden", refused.rule, refused.text)
        return Outcome("rejected", refused.rule, refused.text)

    def _typed(self, name: str, value: Any) -> Any:
        """A value as the field takes it. Raises Unfit."""
        if not self._types:
            self._types = self._server.ask(f"model.{DEAL}.fields_get", [])
        if name not in self._types:
            raise Unfit("no-field", f"Tryton's opportunities have no field `{name}`.")
        kind = self._types[name].get("type")
        make = _TYPES.get(kind)
        if make is None:
            if value is None:
                return None
            raise Unfit("type", f"The field `{name}` is of type {kind}, which dealgate does not write.")
        return fitted(make, value, name, kind)


def _gone(action: Action) -> Outcome:
    return Outcome("conflict", "gone", f"Tryton has no opportunity {action.deal} any more.")


_TYPES: Mapping[str, Callable[[Any], Any]] = {
    "char": as_text, "text": as_text, "selection": as_text, "boolean": as_flag,
    "integer": as_whole, "many2one": as_whole,
    "numeric": as_number, "float": lambda value: float(as_number(value)), "date": as_day,
    "datetime": lambda value: as_moment(value).replace(microsecond=0),  # as Tryton keeps them
}  # fmt: skip


def _same(held: Any, value: Any) -> bool:
    if isinstance(value, float) and isinstance(held, Decimal):
        return float(held) == value
    if isinstance(value, str):
        return (held or "").strip() == value.strip()  # Tryton strips what it keeps
    return bool(held == value)
