"""What is read of an org, object by object: which fields, in which order, and what a record points to.

Every query goes on after (SystemModstamp, Id), so a page rests on nothing that Salesforce keeps for us; ``queryAll``
gives what lies in the recycle bin too, marked. A stream of two objects is read one after the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from dealgate.model.struct import Struct
from dealgate.ports import Cursor, Page, Record, Trouble

from .org import MOST, Found, Org, Refused
from .soql import is_id, is_name, literal, select

T = TypeVar("T")
DEAL = "Opportunity"
_HEAVY = frozenset({"address", "location", "base64", "complexvalue", "anyType"})
"""Types that are not read: what a compound is made of are fields of their own."""
_MOMENTS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
# those that change by being looked at
_RESTLESS = frozenset({"LastViewedDate", "LastReferencedDate"})
_MANY = 500
"""Ids a query."""
NOTED = "Note by dealgate"
"""The subject of a task that is a note of ours: no activity of anybody, and not read as one."""


class Table(Struct):
    """An object. ``prefix``: how its ids begin; ``own``: its standard fields to read (none: all); ``custom``: whether
    custom ones are read too; ``more``: fields of what it points to; ``deal``: the fields that may name the deal or
    lead; ``links``: those that name what several share; ``always``: fields that an org may lack, read as nothing."""

    name: str
    prefix: str
    own: tuple[str, ...] = ()
    custom: bool = True
    more: tuple[str, ...] = ()
    deal: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    where: str = ""
    always: tuple[str, ...] = ()


_RELATED = f"What.Type = {literal(DEAL)} OR Who.Type = {literal('Lead')}"
_MONEY = ("CurrencyIsoCode",)
"""There with multiple currencies alone; without, the mapping's own currency counts."""
STREAMS: Mapping[str, tuple[Table, ...]] = {
    "users": (
        Table(
            "User", "005", ("Id", "Name", "Email", "IsActive", "Department", "Division", "Title", "ManagerId"), False,
            ("Manager.Name", "UserRole.Name"),
        ),
    ),
    "accounts": (
        Table(
            "Account", "001",
            ("Id", "Name", "Type", "Industry", "NumberOfEmployees", "AnnualRevenue", "BillingCountry", "YearStarted",
             "OwnerId", "ParentId", "CreatedDate", "IsDeleted"),
            more=("Parent.Name",), always=_MONEY,
        ),
    ),
    "contacts": (
        Table("Contact", "003", ("Id", "Name", "Email", "Title", "Department", "AccountId", "IsDeleted"), False),
    ),
    "leads": (
        Table(
            "Lead", "00Q",
            ("Id", "Name", "Email", "Title", "Company", "Status", "LeadSource", "Industry", "NumberOfEmployees",
             "AnnualRevenue", "Country", "OwnerId", "IsConverted", "ConvertedDate", "ConvertedOpportunityId",
             "CreatedDate", "LastModifiedDate", "IsDeleted"),
            deal=("Id",), links=("OwnerId",), always=_MONEY,
        ),
    ),
    "deals": (
        Table(
            DEAL, "006", more=("RecordType.DeveloperName",), deal=("Id",), links=("AccountId", "OwnerId"), always=_MONEY
        ),
    ),
    "stage_changes": (Table("OpportunityHistory", "008", deal=("OpportunityId",), always=_MONEY),),
    "deal_contacts": (
        Table("OpportunityContactRole", "00K", deal=("OpportunityId",), links=("ContactId",)),
    ),
    "activities": (
        Table(
            "Task", "00T",
            ("Id", "WhatId", "WhoId", "OwnerId", "Subject", "ActivityDate", "Status", "IsClosed", "TaskSubtype", "Type",
             "CallType", "CompletedDateTime", "CreatedDate", "CreatedById", "IsDeleted"),
            more=("Who.Name",), deal=("WhatId", "WhoId"), where=_RELATED,
        ),
        Table(
            "Event", "00U",
            ("Id", "WhatId", "WhoId", "OwnerId", "Subject", "ActivityDate", "StartDateTime", "EndDateTime",
             "EventSubtype", "Type", "CreatedDate", "CreatedById", "IsDeleted"),
            more=("Who.Name",), deal=("WhatId", "WhoId"), where=_RELATED,
        ),
    ),
    "line_items": (
        Table("OpportunityLineItem", "00k", more=("Product2.Name",), deal=("OpportunityId",), always=_MONEY),
    ),
}  # fmt: skip


class Plan(Struct):
    """How an object is read here: the names that are asked for, the moment by which, and what makes its version."""

    names: tuple[str, ...]
    moment: str
    written: tuple[str, ...]


class Reader:
    """Reads streams."""

    def __init__(
        self, org: Org, streams: Sequence[str], fields: Mapping[str, Sequence[str]] | None = None, key_field: str = ""
    ) -> None:
        """``fields``: by object the custom fields to read; None: all. ``key_field``: one of the opportunity's that is
        read in any case."""
        self._org, self._streams, self._fields, self._key = org, streams, fields, key_field
        self._totals: dict[str, int] = {}
        self._plans: dict[str, tuple[Mapping[str, Any], Plan]] = {}
        self._lean: set[str] = set()

    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream, of one object. Raises Trouble."""
        tables = STREAMS[stream]
        at = _Place.of(tables, cursor)
        most = max(1, min(limit, MOST))
        table = tables[at.number]
        first = cursor is None and len(tables) == 1
        # without a limit it says how many there are; afterwards it need not count them
        # whoever pulls one stream pulls the others
        self._org.learn([one.name for name in self._streams for one in STREAMS[name]])
        after = _after(at.cursor)
        bound = None if first else most + 1

        def ask(plan: Plan) -> Found:
            where = [one for one in (table.where, _condition(plan.moment, after)) if one]
            soql = select(plan.names, table.name, where, (plan.moment, "Id"), bound)
            return self._org.found(soql, every=True, most=most)

        found, plan = self._tried(table, ask)
        now = self._org.now
        rows = found.rows[:most]
        left = bool(found.onward) or len(found.rows) > len(rows)
        if first:
            self._totals[stream] = found.total
        if rows:
            at = at.behind(Cursor(_moment(rows[-1][plan.moment]), rows[-1]["Id"]))
        if not left:
            at = at.onward(now)
        return Page(
            self.records(stream, table, plan, rows),
            at.told(tables), left or at.number < len(tables), min(at.mark or now, now), self._org.budget,
            self._totals.get(stream),
        )  # fmt: skip

    def found(self, stream: str, ids: Sequence[str]) -> list[Record]:
        """The records of these ids that are there, none of the recycle bin. Raises Trouble."""
        made: list[Record] = []
        for table in STREAMS[stream]:
            mine = [one for one in dict.fromkeys(ids) if is_id(one) and one.startswith(table.prefix)]
            for begin in range(0, len(mine), _MANY):
                condition = f"Id IN {literal(mine[begin : begin + _MANY])}"
                rows, plan = self._tried(table, partial(self._rows, table, condition))
                made += self.records(stream, table, plan, rows)
        return made

    def deal(self, ident: str) -> str:
        """The query for one opportunity as it is now."""
        table = STREAMS["deals"][0]
        return select(self.plan(table).names, DEAL, [f"Id = {literal(ident)}"])

    def version(self, row: Mapping[str, Any]) -> str:
        """The version of an opportunity: when somebody last changed it, and, as that has whole seconds, what a person
        can change. SystemModstamp will not do: an activity moves it, ours too."""
        held = json.dumps([_plain(row.get(name)) for name in self.plan(STREAMS["deals"][0]).written])
        return f"{row.get('LastModifiedDate')}/{hashlib.sha256(held.encode()).hexdigest()[:16]}"

    def records(self, stream: str, table: Table, plan: Plan, rows: Sequence[Mapping[str, Any]]) -> tuple[Record, ...]:
        """Rows as records, without the notes that we wrote ourselves."""
        theirs = rows if table.name != "Task" else [row for row in rows if row.get("Subject") != NOTED]
        return tuple(self._record(stream, table, plan, row) for row in theirs)

    def _record(self, stream: str, table: Table, plan: Plan, row: Mapping[str, Any]) -> Record:
        data = dict.fromkeys(table.always) | {name: _plain(_dug(row, name)) for name in plan.names}
        ident = str(row["Id"])
        named = (str(row.get(name) or "") for name in table.deal)
        deal = next((one for one in named if one.startswith(("006", "00Q"))), None)
        # a queue that owns a lead is no user
        links = tuple(str(row[name]) for name in table.links if row.get(name) and not str(row[name]).startswith("00G"))
        version = self.version(row) if stream == "deals" else None
        gone = bool(row.get("IsDeleted"))
        return Record(table.name, ident, data, _moment(row[plan.moment]), deal, links, gone, version)

    def plan(self, table: Table) -> Plan:
        """What is asked for of an object: only what the user may read. Raises Trouble where that is too little."""
        said = self._org.described(table.name)
        held = self._plans.get(table.name)
        if held is None or held[0] is not said:
            held = self._plans[table.name] = said, self._planned(table, self._org.fields(table.name))
        return held[1]

    def _planned(self, table: Table, known: Mapping[str, Mapping[str, Any]]) -> Plan:
        moment = next((name for name in _MOMENTS if name in known), "")
        needed = ["Id", *table.deal[:1], *(["StageName"] if table.name == DEAL else [])]
        for name in [name for name in needed if name not in known] or ([] if moment else [_MOMENTS[0]]):
            raise Trouble(
                "forbidden", f"The user of this source may not read {table.name}.{name}.",
                "give the user read access to the field by a permission set (field-level security)",
            )  # fmt: skip
        wanted = self._wanted(table, known)
        names = [
            name for name, said in known.items()
            if name in wanted and said.get("type") not in _HEAVY and name not in _RESTLESS
        ]  # fmt: skip
        if table.name not in self._lean:
            names += [name for name in table.more if f"{name.partition('.')[0]}Id" in known]
        names += [name for name in ("Id", moment) if name not in names]
        written = tuple(sorted(name for name in names if known.get(name, {}).get("updateable")))
        return Plan(tuple(names), moment, written)

    def _wanted(self, table: Table, known: Mapping[str, Mapping[str, Any]]) -> set[str]:
        """The names of fields to read. Raises Trouble where an option names one that is not there."""
        named = set((self._fields or {}).get(table.name, ()))
        if table.name == DEAL and self._key:
            named.add(self._key)
        for name in sorted(named - known.keys()):
            raise Trouble(
                "gone", f"{table.name} has no field `{name}` that the user of this source may read.",
                "make the field, or give the user access to it by a permission set, or correct the option",
            )  # fmt: skip
        standard = {name for name, said in known.items() if not said.get("custom")}
        custom = known.keys() - standard if table.custom and self._fields is None else set()
        return (standard & set(table.own) if table.own else standard) | custom | named

    # ------------------------------------------------ asking

    def _rows(self, table: Table, condition: str, plan: Plan) -> list[dict[str, Any]]:
        return self._org.rows(select(plan.names, table.name, [condition]))

    def _tried(self, table: Table, ask: Callable[[Plan], T]) -> tuple[T, Plan]:
        """What is asked by a plan; by another, if a field went while we read, or if what the object points to may not
        be read. Raises Trouble."""
        for once in (1, 2, 3):
            plan = self.plan(table)
            try:
                return ask(plan), plan
            except Refused as refused:
                if refused.code != "INVALID_FIELD" or once == 3:
                    raise self._org.unread(refused, table.name) from None
                self._org.forget(table.name)
                if once == 2:
                    self._lean.add(table.name)
        raise AssertionError("the third time ends it")


class _Place(Struct):
    """Where a pull stands: the object's number and the cursor in it; ``start``: where each began; ``mark``: the
    server's moment up to which those before are read; ``last``: the cursor in the one before."""

    number: int
    cursor: Cursor | None
    start: datetime | None
    mark: datetime | None = None
    last: Cursor | None = None

    @staticmethod
    def of(tables: Sequence[Table], cursor: Cursor | None) -> _Place:
        if cursor is None or not cursor.token:
            return _Place(0, cursor, cursor.at if cursor else None)
        name, start, mark = (*cursor.token.split("|"), "", "")[:3]
        number = next((n for n, table in enumerate(tables) if table.name == name), 0)
        begun = Cursor(cursor.at, cursor.id) if cursor.at is not None else None
        return _Place(number, begun, _told(start), _told(mark))

    def behind(self, cursor: Cursor) -> _Place:
        """Behind a record."""
        return self.replace(cursor=cursor)

    def onward(self, now: datetime) -> _Place:
        """At the beginning of the next object."""
        begun = Cursor(self.start) if self.start is not None else None
        return self.replace(number=self.number + 1, cursor=begun, mark=min(self.mark or now, now), last=self.cursor)

    def told(self, tables: Sequence[Table]) -> Cursor:
        """As a cursor. Only that of a stream of several objects in the middle has a token."""
        if self.number == len(tables):
            return self.last or Cursor()
        here = self.cursor or Cursor()
        if len(tables) == 1:
            return here
        parts = [tables[self.number].name, *("" if at is None else at.isoformat() for at in (self.start, self.mark))]
        return Cursor(here.at, here.id, "|".join(parts))


def chosen(text: object) -> dict[str, list[str]] | None:
    """By object the fields of ``Object.Field, Object.Field``; None where nothing is said. Raises Trouble."""
    if text is None:
        return None
    found: dict[str, list[str]] = {}
    for piece in str(text).split(","):
        table, _, name = piece.strip().partition(".")
        if not (is_name(table) and name and is_name(name)):
            raise Trouble("odd", "The option `fields` cannot be read.", "write it as Opportunity.FIELD, Account.FIELD")
        found.setdefault(table, []).append(name)
    return found


def _condition(moment: str, after: Cursor | None) -> str:
    if after is None or after.at is None:
        return ""
    at = literal(after.at)
    if not after.id:
        return f"{moment} >= {at}"
    return f"{moment} > {at} OR ({moment} = {at} AND Id > {literal(after.id)})"


def _after(cursor: Cursor | None) -> Cursor | None:
    return cursor if cursor is None or not cursor.id or is_id(cursor.id) else cursor.replace(id="")


def _dug(row: Mapping[str, Any], name: str) -> Any:
    """A field, or ``Relation.Field`` of what the row points to."""
    head, _, rest = name.partition(".")
    value = row.get(head)
    return value if not rest else value.get(rest) if isinstance(value, dict) else None


def _plain(value: Any) -> Any:
    """A value as JSON can hold it; a number without an exponent, which others may not read."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value


def _moment(text: Any) -> datetime:
    return datetime.fromisoformat(str(text)).astimezone(UTC)


def _told(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
