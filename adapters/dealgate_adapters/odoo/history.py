"""What Odoo keeps of every opportunity: each change of a tracked field, when, by whom, what it was and became; and the
messages in its chatter, which are its activities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dealgate.ports import Cursor, Page, Record

from .rpc import Server
from .streams import DEAL, STAGE, Reader, Rows, after, flat, moment_of, plain

TRACKED, MESSAGE = "mail.tracking.value", "mail.message"
_OLD, _NEW = "old_value_", "new_value_"
_KINDS: Mapping[str, str] = {
    "boolean": "integer", "integer": "integer", "many2one": "integer", "float": "float", "monetary": "float",
    "char": "char", "selection": "char", "text": "text", "date": "datetime", "datetime": "datetime",
}  # fmt: skip
"""By the type of a field, the column that its old and new values are in."""
_VALUES = tuple(f"{side}{kind}" for side in (_OLD, _NEW) for kind in ("integer", "float", "char", "text", "datetime"))
_ROW = ("field_id", "mail_message_id", "currency_id", "create_uid", "create_date", *_VALUES)
_CHANGES = [["field_id.model", "=", DEAL]]
_MESSAGES = (
    "model", "res_id", "date", "message_type", "subtype_id", "mail_activity_type_id", "author_id", "create_uid",
    "is_internal", "subject",
)  # fmt: skip
_OWN_KINDS = ["notification", "user_notification", "auto_comment"]
"""What Odoo writes by itself. A notification counts where it says that an activity was done."""


class History:
    """Reads changes and messages."""

    def __init__(self, server: Server, reader: Reader) -> None:
        self._server, self._reader = server, reader
        self._stages: dict[int, str] = {}

    def changes(self, cursor: Cursor | None, limit: int) -> Page:
        """A page of changes. Raises Trouble."""
        found = self._reader.rows(TRACKED, _CHANGES, _ROW, cursor, limit)
        total = self._reader.total(TRACKED, TRACKED, _CHANGES, cursor, found.more)
        return Page(self._records(found.rows), found.next, found.more, found.now, total=total)

    def changed(self, ids: Sequence[int]) -> tuple[Record, ...]:
        """The changes of these ids. Raises Trouble."""
        return self._records(self._server.read(TRACKED, [*_CHANGES, ["id", "in", list(ids)]], [*_ROW, "write_date"]))

    def messages(self, cursor: Cursor | None, limit: int) -> Page:
        """A page of what was said and done about opportunities, by others than us. Raises Trouble."""
        domain = self._spoken()
        found = self._reader.rows(MESSAGE, domain, _MESSAGES, cursor, limit)
        if not found.more and self._server.count(MESSAGE, [*domain, *after(found.next)]):
            found = self._behind_the_hidden(domain, found, limit)
        return Page(self._spoken_records(found.rows), found.next, found.more, found.now)

    def said(self, ids: Sequence[int]) -> tuple[Record, ...]:
        """The messages of these ids. Raises Trouble."""
        domain = [*self._spoken(), ["id", "in", list(ids)]]
        return self._spoken_records(self._server.read(MESSAGE, domain, [*_MESSAGES, "write_date"]))

    # ------------------------------------------------ changes

    def _records(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Record, ...]:
        told = sorted({row["mail_message_id"][0] for row in rows if row.get("mail_message_id")})
        # of a message on a record that the user may not read nothing comes, and it is not the user's to know
        about = (
            {row["id"]: row["res_id"] for row in self._server.read(MESSAGE, [["id", "in", told]], ["res_id", "model"])
             if row["model"] == DEAL and row["res_id"]}
            if told else {}
        )  # fmt: skip
        fields, made = self._server.lead_fields if rows else {}, []
        for row in rows:
            deal = about.get(row["mail_message_id"][0]) if row.get("mail_message_id") else None
            name, kind = fields.get(row["field_id"][0], ("", "")) if row.get("field_id") else ("", "")
            if deal is not None and kind in _KINDS:
                made.append(self._record(row, deal, name, kind))
        return tuple(made)

    def _record(self, row: Mapping[str, Any], deal: int, name: str, kind: str) -> Record:
        at = moment_of(str(row["create_date"]))
        by = row.get("create_uid") or [None, None]
        data: dict[str, Any] = {
            "id": row["id"], "deal": deal, "field": name, "at": at.isoformat(), "user": by[0], "user.name": by[1],
        }  # fmt: skip
        currency = row["currency_id"][1] if row.get("currency_id") else None
        for side, column in (("old", _OLD), ("new", _NEW)):
            value = row.get(column + _KINDS[kind])
            if kind == "many2one":
                data[side] = str(value) if value else None
                data[f"{side}.name"] = self._title(name, value, row.get(column + "char"))
            else:
                kept = data[side] = data[f"{side}.name"] = self._value(name, kind, value)
                if kind == "monetary":
                    data[f"{side}.name"] = f"{kept} {currency}" if currency and kept != "0" else None
        return Record(TRACKED, str(row["id"]), data, moment_of(str(row["write_date"])), str(deal))

    def _value(self, name: str, kind: str, value: Any) -> Any:
        if kind == "date":
            return str(value)[:10] if value else None
        if kind == "selection":
            # written down by its title, in the language of whoever changed it
            options = self._server.fields(DEAL).get(name, {}).get("selection") or []
            return next((key for key, title in options if title == value), value or None)
        return plain(value, kind)

    def _title(self, name: str, ident: Any, told: Any) -> str | None:
        """What a record is called now, of a stage; else as it was called then, by whoever changed it."""
        if not ident:
            return None
        if name == "stage_id":
            if ident not in self._stages:
                self._stages = {row["id"]: str(row["name"]) for row in self._server.read(STAGE, [], ["name"])}
            if ident in self._stages:
                return self._stages[ident]
        return str(told) if told else None

    # ------------------------------------------------ messages

    def _spoken(self) -> list[Any]:
        return [
            ["model", "=", DEAL], ["create_uid", "!=", self._server.user_id],
            "|", ["mail_activity_type_id", "!=", False], ["message_type", "not in", _OWN_KINDS],
        ]  # fmt: skip

    def _spoken_records(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Record, ...]:
        known = self._server.fields(MESSAGE)
        return tuple(
            Record(MESSAGE, str(row["id"]), flat(row, known), moment_of(str(row["write_date"])), str(row["res_id"]))
            for row in rows if row.get("res_id")
        )  # fmt: skip

    def _behind_the_hidden(self, domain: list[Any], found: Rows, limit: int) -> Rows:
        """Odoo takes messages that the user may not read out of a page after it has cut it, so a short page is not the
        last for sure. Where more are left, those that may be read are asked for first, and then read."""
        if found.rows:
            return found.replace(more=True)
        ids = self._server.ask(MESSAGE, "search", domain=[*domain, *after(found.next)], order="write_date, id")
        some = [*domain, ["id", "in", ids[:limit]]]
        here = self._reader.rows(MESSAGE, some, _MESSAGES, found.next, limit)
        return here.replace(more=here.more or len(ids) > len(here.rows), now=min(found.now, here.now))
