"""What is read of Tryton, model by model: which fields, in which order, and what a record points to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from dealgate.model.struct import Struct, field
from dealgate.ports import Cursor, Page, Record

from .rpc import Server

DEAL = "sale.opportunity"
MOST = 1_000
"""Records a request: Tryton answers within a minute or not at all."""
_MOMENT = "last_modified_at"
"""When a record was last written, or made where it never was: the server works it out, searches and sorts by it."""
_HEAVY = frozenset({"one2many", "many2many", "one2one", "binary"})


class Stream(Struct):
    """A stream. ``own``: the fields to read; none: all that the server reads with the record. ``more``: fields of
    records it points to, as ``field.field``. ``deal``: the field that names the deal, ``id`` for the deal itself."""

    model: str
    own: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    deal: str | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    """By field, the model it points to."""


STREAMS: Mapping[str, Stream] = {
    "users": Stream(
        "res.user", ("name", "login", "email", "active", "employee", "employees"), ("employee.rec_name",)
    ),
    "accounts": Stream("party.party"),
    "contacts": Stream("party.contact_mechanism", more=("party.rec_name",)),
    "deals": Stream(
        DEAL, (), ("party.rec_name", "employee.rec_name", "company.rec_name", "currency.code", "address.country.code"),
        "id", {"party": "party.party", "contact": "party.contact_mechanism", "employee.user": "res.user"},
    ),
    "line_items": Stream(
        "sale.opportunity.line", (), ("product.rec_name", "unit.rec_name"), "opportunity"
    ),
}  # fmt: skip


class Reader:
    """Reads streams by keyset on (moment, id), and remembers what fields there are."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._names: dict[str, list[str]] = {}
        self._users: dict[int, int] | None = None
        self._totals: dict[str, int] = {}

    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream. Raises Trouble."""
        spec = STREAMS[stream]
        rows, more, after, now = self.rows(spec.model, self.names(stream), cursor, limit)
        if cursor is None:
            self._totals.pop(stream, None)
            self._users = None if stream == "users" else self._users
            if more:
                self._totals[stream] = int(self._server.ask(f"model.{spec.model}.search_count", [], context={
                    **self._server.context, "active_test": False}))  # fmt: skip
        return Page(self.records(stream, rows), after, more, now, total=self._totals.get(stream))

    def rows(
        self, model: str, names: Sequence[str], cursor: Cursor | None, limit: int
    ) -> tuple[list[dict[str, Any]], bool, Cursor, datetime]:
        """Rows after the cursor, oldest change first; whether there are more; the cursor behind them; and the server's
        moment before it read them."""
        most = max(1, min(limit, MOST))
        order = [[_MOMENT, "ASC"], ["id", "ASC"]]
        rows = self._server.read(model, _after(cursor), [*names, _MOMENT], most + 1, order)
        now = self._server.now
        rows.sort(key=lambda row: (row[_MOMENT], row["id"]))
        more, rows = len(rows) > most, rows[:most]
        after = Cursor(rows[-1][_MOMENT], str(rows[-1]["id"])) if rows else (cursor or Cursor())
        return rows, more, after, now

    def found(self, stream: str, ids: Sequence[int]) -> tuple[Record, ...]:
        """The records of these ids that are there. Raises Trouble."""
        rows = self._server.read(STREAMS[stream].model, [["id", "in", list(ids)]], [*self.names(stream), _MOMENT])
        return self.records(stream, rows)

    def names(self, stream: str) -> list[str]:
        """The fields to read of a stream's model."""
        if stream not in self._names:
            spec = STREAMS[stream]
            known = self._server.ask(f"model.{spec.model}.fields_get", [])
            if not isinstance(known, dict):
                raise self._server.odd()
            own = [
                name for name, said in known.items()
                if said.get("loading") == "eager" and said.get("type") not in _HEAVY
            ]  # fmt: skip
            names = [name for name in spec.own if name in known] or own
            names += [name for name in spec.more if name.partition(".")[0] in known]
            if spec.deal == "id":
                names.append("_timestamp")
            self._names[stream] = names
        return self._names[stream]

    def records(self, stream: str, rows: Sequence[Mapping[str, Any]]) -> tuple[Record, ...]:
        """Rows as records."""
        spec, made = STREAMS[stream], []
        for row in rows:
            data = flat(row)
            if stream == "deals":
                data["employee.user"] = self.user_of(row.get("employee"))
            shared = spec.deal is None
            links = tuple(shared_id(model, data[name]) for name, model in spec.links.items() if data.get(name))
            deal = None if shared else str(row[spec.deal]) if spec.deal else None
            ident = shared_id(spec.model, row["id"]) if shared else str(row["id"])
            version = data.get("_timestamp") if deal == ident else None
            made.append(Record(spec.model, ident, data, row[_MOMENT], deal, links, version=version))
        return tuple(made)

    def user_of(self, employee: int | None) -> int | None:
        """The user that acts as an employee; None where none or several do. Read once for each pull."""
        if employee is None:
            return None
        if self._users is None:
            users: dict[int, set[int]] = {}
            for row in self._server.read("res.user", [["employees", "!=", None]], ["employees"]):
                for one in row["employees"]:
                    users.setdefault(one, set()).add(row["id"])
            self._users = {one: min(found) for one, found in users.items() if len(found) == 1}
        return self._users.get(employee)


def shared_id(model: str, ident: Any) -> str:
    """The id of a record that several deals share, as Tryton writes a reference: users and parties count alike."""
    return f"{model},{ident}"


def number_of(ident: str) -> int | None:
    """The number in an id of ours; None where there is none."""
    text = ident.rpartition(",")[2]
    return int(text) if text.isdecimal() else None


def flat(row: Mapping[str, Any], head: str = "") -> dict[str, Any]:
    """A row without nesting: what it read of another record is ``field.field``; numbers keep every digit."""
    found: dict[str, Any] = {}
    for name, value in row.items():
        if name.endswith("."):
            inner = value if isinstance(value, dict) else {}
            found.update({k: v for k, v in flat(inner, f"{head}{name}").items() if k != f"{head}{name}id"})
        elif isinstance(value, dict):
            found.update(flat(value, f"{head}{name}."))
        else:
            found[head + name] = plain(value)
    return found


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, timedelta):
        return str(Decimal(value // timedelta(microseconds=1)) / 1_000_000)
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return None if isinstance(value, bytes) else value


def _after(cursor: Cursor | None) -> list[Any]:
    if cursor is None or cursor.at is None:
        return []
    number = number_of(cursor.id)
    if number is None:
        return [[_MOMENT, ">=", cursor.at]]
    return ["OR", [_MOMENT, ">", cursor.at], [[_MOMENT, "=", cursor.at], ["id", ">", number]]]
