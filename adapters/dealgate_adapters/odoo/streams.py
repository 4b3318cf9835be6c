"""What is read of Odoo, model by model: which fields, in which order, and what a record points to.

Odoo keeps the moment of a write to the microsecond, sorts and searches by that, and tells whole seconds. A place in a
list is therefore (second, id): a page ends where a second does, or within one second by id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from dealgate.model.struct import Struct, field
from dealgate.ports import Cursor, Page, Record, Trouble

from .rpc import Server

DEAL, PARTNER, USER, STAGE = "crm.lead", "res.partner", "res.users", "crm.stage"
MOST = 2_000
"""Records a request."""
SCALAR = frozenset("boolean char date datetime float html integer many2one monetary selection text".split())
"""Types of fields that hold one value."""
_SECOND = timedelta(seconds=1)
_BESIDE = ("company_currency", "won_status")
"""Of an opportunity, what is worked out when it is read and told all the same."""


class Stream(Struct):
    """A stream. ``own``: the fields to read; none: all that hold one value and are kept. ``deal``: whether records
    belong to a deal. ``whole``: it is read by id, from the beginning each time."""

    model: str
    domain: Sequence[Any] = ()
    own: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    """By field, the model it points to."""
    whole: bool = False


STREAMS: Mapping[str, Stream] = {
    # a user's name and mail are those of a partner, whose changes the user's own moment does not show
    "users": Stream(USER, (["share", "=", False],), ("name", "login", "email", "active", "partner_id"), whole=True),
    "accounts": Stream(PARTNER, (["is_company", "=", True],)),
    "contacts": Stream(PARTNER, (["is_company", "=", False],)),
    # one that became an opportunity is told once more, as gone from here
    "leads": Stream(
        DEAL, ("|", ["type", "=", "lead"], ["date_conversion", "!=", False]),
        links={"partner_id": PARTNER, "user_id": USER},
    ),
    "deals": Stream(DEAL, (["type", "=", "opportunity"],), links={"partner_id": PARTNER, "user_id": USER}),
}  # fmt: skip


class Rows(Struct):
    """Rows behind a cursor, oldest change first; the cursor behind them; the server's moment before it read them."""

    rows: Sequence[Mapping[str, Any]]
    more: bool
    next: Cursor
    now: datetime


class Reader:
    """Reads streams by keyset on (second of the last write, id)."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._totals: dict[str, int] = {}
        self._won: set[int] | None = None

    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream. Raises Trouble."""
        spec = STREAMS[stream]
        found = (self.by_id if spec.whole else self.rows)(spec.model, spec.domain, self.names(stream), cursor, limit)
        total = self.total(stream, spec.model, spec.domain, cursor, found.more)
        return Page(self.records(stream, found.rows), found.next, found.more, found.now, total=total)

    def total(self, stream: str, model: str, domain: Sequence[Any], cursor: Cursor | None, more: bool) -> int | None:
        """How many records there are, asked with the first of several pages. Raises Trouble."""
        if cursor is None:
            self._totals.pop(stream, None)
            if more:
                self._totals[stream] = self._server.count(model, list(domain))
        return self._totals.get(stream)

    def by_id(self, model: str, domain: Sequence[Any], names: Sequence[str], cursor: Cursor | None, limit: int) -> Rows:
        """Rows by id alone. Raises Trouble."""
        most, last = max(1, min(limit, MOST)), number_of(cursor.id) if cursor is not None else None
        wanted = [*domain, ["id", ">", last]] if last is not None else list(domain)
        rows = self._server.read(model, wanted, [*names, "write_date"], most + 1)
        now = self._server.now
        taken = rows[:most]
        return Rows(taken, len(rows) > most, Cursor(id=str(taken[-1]["id"])) if taken else cursor or Cursor(), now)

    def rows(self, model: str, domain: Sequence[Any], names: Sequence[str], cursor: Cursor | None, limit: int) -> Rows:
        """Rows after the cursor, oldest change first. Raises Trouble."""
        most, wanted = max(1, min(limit, MOST)), [*names, "write_date"]
        rows = self._server.read(model, [*domain, *after(cursor)], wanted, most + 1, "write_date, id")
        now = self._server.now
        rows.sort(key=_place)
        if len(rows) <= most:
            end = Cursor(_moment(rows[-1]), str(rows[-1]["id"])) if rows else cursor or Cursor()
            return Rows(rows, False, end, now)
        last = _moment(rows[-1])
        whole = [row for row in rows if _moment(row) < last]
        if whole:
            # the last second may go on behind the page: it comes as a whole with the next
            return Rows(whole, True, Cursor(last), now)
        # more than a page was written in one second: by id
        seen = number_of(cursor.id) if cursor is not None and cursor.at == last else None
        within = [["write_date", ">=", spelled(last)], ["write_date", "<", spelled(last + _SECOND)]]
        behind = [["id", ">", seen]] if seen is not None else []
        rows = self._server.read(model, [*domain, *within, *behind], wanted, most)
        now = min(now, self._server.now)
        if not rows:  # all of them were changed meanwhile, and stand in a later second
            return Rows((), True, Cursor(last + _SECOND), now)
        return Rows(rows, True, Cursor(last, str(rows[-1]["id"])), now)

    def found(self, stream: str, ids: Sequence[int]) -> tuple[Record, ...]:
        """The records of these ids that are there. Raises Trouble."""
        spec = STREAMS[stream]
        domain = [*spec.domain, ["id", "in", list(ids)]]
        return self.records(stream, self._server.read(spec.model, domain, [*self.names(stream), "write_date"]))

    def names(self, stream: str) -> list[str]:
        """The fields to read of a stream's model. Raises Trouble."""
        spec, known = STREAMS[stream], self._server.fields(STREAMS[stream].model)
        if spec.own:
            return [name for name in spec.own if name in known]
        return [
            name for name, said in known.items()
            if said.get("type") in SCALAR and (said.get("store") or name in _BESIDE) and name != "write_date"
        ]  # fmt: skip

    def records(self, stream: str, rows: Sequence[Mapping[str, Any]]) -> tuple[Record, ...]:
        """Rows as records. Raises Trouble."""
        spec, known, made = STREAMS[stream], self._server.fields(STREAMS[stream].model), []
        owned = spec.model == DEAL
        companies: Mapping[Any, int] = self._companies(rows) if owned else {}
        for row in rows:
            data = flat(row, known)
            ident = str(row["id"]) if stream == "deals" else shared_id(spec.model, row["id"])
            links = [shared_id(model, data[name]) for name, model in spec.links.items() if data.get(name)]
            if owned:
                company = companies.get(data.get("partner_id"))
                links += [shared_id(PARTNER, company)] if company else []
                if "won_status" not in data:
                    data["won_status"] = self._won_status(data)
            if stream == "leads":
                data["reference"] = ident
            made.append(
                Record(
                    spec.model, ident, data, _moment(row), ident if owned else None, tuple(dict.fromkeys(links)),
                    gone=stream == "leads" and data.get("type") != "lead",
                    version=version_of(data) if owned else None,
                )
            )  # fmt: skip
        return tuple(made)

    def _won_status(self, data: Mapping[str, Any]) -> str:
        """What Odoo 19 tells by itself, worked out as those before it do. Raises Trouble."""
        if self._won is None:
            self._won = {row["id"] for row in self._server.read(STAGE, [["is_won", "=", True]], ["is_won"])}
        if not data.get("active") and data.get("probability") == "0":
            return "lost"
        return "won" if data.get("stage_id") in self._won else "pending"

    def _companies(self, rows: Iterable[Mapping[str, Any]]) -> dict[int, int]:
        """By partner the company it belongs to: the account of an opportunity, which does not name it itself."""
        partners = sorted({row["partner_id"][0] for row in rows if row.get("partner_id")})
        if not partners:
            return {}
        found = self._server.read(PARTNER, [["id", "in", partners]], ["commercial_partner_id"])
        return {row["id"]: row["commercial_partner_id"][0] for row in found if row.get("commercial_partner_id")}


def version_of(data: Mapping[str, Any]) -> str:
    """What is another after every change: the second of the last write and a digest of what stands there.

    Two writes of one second are told apart by what they left, which is what a write of ours would go over.
    """
    held = {name: value for name, value in data.items() if "." not in name}
    text = json.dumps(held, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{data['write_date']}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def shared_id(model: str, ident: Any) -> str:
    """The id of a record that counts beside those of other models: users, partners and leads count alike."""
    return f"{model},{ident}"


def number_of(ident: str) -> int | None:
    """The number in an id of ours; None where there is none."""
    text = ident.rpartition(",")[2]
    return int(text) if text.isdecimal() and len(text) < 10 else None


def flat(row: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A row without nesting: a record it points to is its number, and ``field.name`` is what Odoo calls it.

    Odoo says False where there is nothing, except in a field that is true or false. What it has in a number is never
    nothing: 0 may mean that nobody has filled it.
    """
    found: dict[str, Any] = {}
    for name, value in row.items():
        kind = known.get(name, {}).get("type")
        if kind == "many2one":
            pair = value if isinstance(value, (list, tuple)) else [value or None, None]
            found[name] = pair[0]
            found[f"{name}.name"] = pair[1] or None
        else:
            found[name] = plain(value, kind)
    return found


def plain(value: Any, kind: Any) -> Any:
    """A value as JSON can hold it."""
    if kind == "boolean":
        return bool(value)
    if value is False or value is None:
        return None
    if kind in ("float", "monetary") or isinstance(value, Decimal):
        return format(Decimal(value).normalize(), "f")
    if kind == "datetime":
        return moment_of(str(value)).isoformat()
    return value


def moment_of(text: str) -> datetime:
    """A moment as Odoo writes it: in UTC, without saying so. Raises Trouble."""
    try:
        return datetime.strptime(text[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise Trouble("odd", "Odoo tells a moment that is none.", "look at what stands before it: a proxy?") from None


def spelled(moment: datetime) -> str:
    """A moment as Odoo reads it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _moment(row: Mapping[str, Any]) -> datetime:
    return moment_of(str(row["write_date"]))


def _place(row: Mapping[str, Any]) -> tuple[datetime, int]:
    return _moment(row), int(row["id"])


def after(cursor: Cursor | None) -> list[Any]:
    """The domain of what stands behind a cursor."""
    if cursor is None or cursor.at is None:
        return []
    at = cursor.at.replace(microsecond=0)
    number = number_of(cursor.id)
    if number is None:
        return [["write_date", ">=", spelled(at)]]
    later = spelled(at + _SECOND)
    return [
        "|", ["write_date", ">=", later],
        "&", "&", ["write_date", ">=", spelled(at)], ["write_date", "<", later], ["id", ">", number],
    ]  # fmt: skip
