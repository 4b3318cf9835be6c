"""What is read by query: which modules make up a stream, page by page on (moment, id), and what a record belongs to.

A query gives 2,000 records, ten times what a list of the same module gives, for three credits instead of ten. It has
one bound on the moment, and what is at that very moment and was read before is left out here: the fewest requests, and
nothing that only some editions of COQL take.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dealgate.model.struct import Struct
from dealgate.ports import Cursor, Page, Record, Trouble

from . import coql
from .auth import BadColumn, Server
from .catalogue import Catalogue
from .records import changed_at, flat, pointed, version_of

# `$se_module`, the module that What_Id points to, is given by queries to others who use them; it is not documented
_WORK = ("Owner", "What_Id", "Who_Id", "$se_module", "Created_Time", "Description")
_WITH = ("Who_Id", "Owner")


class Module(Struct):
    """A module that is read. ``columns``: those to ask for, none for all that there are; ``deal``: the field that
    names the deal, ``id`` for a deal or lead itself, None of what is shared; ``links``: fields that point to shared
    records."""

    name: str
    columns: tuple[str, ...] = ()
    deal: str | None = None
    links: tuple[str, ...] = ()
    table: str = ""
    """What its records are called; "" for the module's name. What people do is one table, whatever module it is in."""


STREAMS: Mapping[str, tuple[Module, ...]] = {
    "accounts": (Module("Accounts"),),
    "contacts": (Module("Contacts"),),
    "leads": (Module("Leads", deal="id", links=("Owner",)),),
    "deals": (Module("Deals", deal="id", links=("Account_Name", "Contact_Name", "Owner")),),
    # A row for each time that a deal came into a stage; how long it stayed is told by the next. Zoho documents the
    # related list; that the module can be queried, and that Modified_Time is when the stage was entered, is known from
    # others who use it, not from its documentation. Where it is otherwise, `stage_history: deals` reads the list.
    "stage_changes": (
        Module(
            "DealHistory", ("Potential_Name", "Stage", "Amount", "Probability", "Closing_Date", "Modified_By"),
            "Potential_Name",
        ),
    ),
    "activities": (
        Module("Tasks", ("Subject", "Status", "Due_Date", "Closed_Time", *_WORK), "What_Id", _WITH, "Activities"),
        Module("Events", ("Event_Title", "Start_DateTime", "End_DateTime", *_WORK), "What_Id", _WITH, "Activities"),
        Module(
            "Calls", ("Subject", "Call_Type", "Call_Start_Time", "Call_Duration", *_WORK), "What_Id", _WITH,
            "Activities",
        ),
    ),
}  # fmt: skip
_POINTERS = ("Owner", "What_Id", "Who_Id", "Potential_Name", "Modified_By")
_OF = frozenset({"Deals", "Leads"})
_PRICED = frozenset({"Deals", "DealHistory"})
TABLES: Mapping[str, str] = {one.name: one.table or one.name for modules in STREAMS.values() for one in modules}
"""By module what its records are called."""
Row = Mapping[str, Any]


class Rows(Struct):
    """Rows after a cursor, oldest change first. ``next``: behind them; ``now``: the server's clock then."""

    rows: tuple[Row, ...]
    more: bool
    next: Cursor
    now: datetime


class Reader:
    """Reads modules by query."""

    def __init__(self, server: Server, catalogue: Catalogue) -> None:
        self._server, self._catalogue = server, catalogue

    def page(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        """A page of a stream. Raises Trouble."""
        modules = STREAMS[stream]
        if len(modules) > 1:
            return self._in_turn(modules, cursor, limit)
        read = self.rows(modules[0], cursor, limit)
        return Page(self.records(modules[0], read.rows), read.next, read.more, read.now, self._server.budget)

    def _in_turn(self, modules: Sequence[Module], cursor: Cursor | None, limit: int) -> Page:
        """One module after the other, so that each page is one request. All begin where the pull began, and all is
        complete up to the moment when the first was asked."""
        turn = Turn.of(cursor, [one.name for one in modules])
        module = modules[turn.number]
        begin = Cursor(cursor.at, cursor.id) if cursor is not None and cursor.at is not None else None
        read = self.rows(module, begin, limit)
        begun = turn.begun or read.now
        turn = turn.replace(begun=begun)
        records = self.records(module, read.rows)
        if read.more:
            following = read.next.replace(token=turn.token(modules))
        elif turn.number + 1 < len(modules):
            turn = turn.replace(number=turn.number + 1)
            following = Cursor(turn.since, "", turn.token(modules))
        else:
            return Page(records, Cursor(begun), False, begun, self._server.budget)
        return Page(records, following, True, begun, self._server.budget)

    def rows(self, module: Module, cursor: Cursor | None, limit: int) -> Rows:
        """Rows after the cursor. Raises Trouble."""
        most = max(1, min(limit, coql.MOST))
        if cursor is None or cursor.at is None:
            found, more = self._asked(module, None, coql.BY_CHANGE, most)
            return self._cut(found, more, most, cursor)
        at, ident = cursor.at.replace(microsecond=0), cursor.id
        # one more than asked for: the last that was read comes again
        found, more = self._asked(module, coql.since(at), coql.BY_CHANGE, most + bool(ident))
        left = [row for row in found if not ident or (changed_at(row), _number(row)) > (at, int(ident))]
        if not left and more:
            # more of this moment than a page holds: by id, then on
            left, more = self._asked(module, coql.rest_of(at, ident), coql.BY_ID, most)
            if left:
                return self._cut(left, True, most, cursor)
            left, more = self._asked(module, coql.after(at), coql.BY_CHANGE, most)
        return self._cut(left, more, most, cursor)

    def _cut(self, found: list[Row], more: bool, most: int, cursor: Cursor | None) -> Rows:
        rows = tuple(found[:most])
        after = Cursor(changed_at(rows[-1]), str(rows[-1]["id"])) if rows else (cursor or Cursor())
        return Rows(rows, more or len(found) > most, after, self._server.now)

    def currency(self) -> str | None:
        """What amounts are in, in an organisation of one currency. Raises Trouble."""
        return self._catalogue.currency()

    def found(self, stream: str, ids: Sequence[str]) -> list[Record]:
        """The records of these ids that are there. Raises Trouble."""
        wanted = [one for one in dict.fromkeys(ids) if coql.is_id(one)]
        made: list[Record] = []
        for module in STREAMS[stream]:
            for first in range(0, len(wanted), coql.AMONG):
                some = wanted[first : first + coql.AMONG]
                rows, _ = self._asked(module, coql.among(some), coql.BY_ID, coql.AMONG)
                made += self.records(module, rows)
        return made

    def of(self, module: Module, field: str, ident: str) -> list[Row]:
        """Rows that point with a field to a record, 2,000 at most. Raises Trouble."""
        return self._asked(module, coql.of(field, ident), coql.BY_ID, coql.MOST)[0]

    def _asked(self, module: Module, where: str | None, order: str, limit: int) -> tuple[list[Row], bool]:
        """The rows of a query, and whether there are more. A column that Zoho does not give is left out from then."""
        while True:
            named = self._columns(module)
            text = coql.select(named, module.name, where, order, limit)
            try:
                said = self._server.query(text, module.name)
            except BadColumn as bad:
                if bad.column == module.deal or not self._catalogue.drop(module.name, bad.column):
                    raise Trouble(
                        "forbidden", f"Zoho does not give the column {bad.column} of {module.name}.",
                        "let an administrator give the user's profile access to this field",
                    ) from None  # fmt: skip
                continue
            rows: list[Row] = [
                row for row in said.get("data", ()) if isinstance(row, dict) and coql.is_id(str(row.get("id")))
            ]
            info = said.get("info")
            return rows, bool(isinstance(info, dict) and info.get("more_records"))

    def _columns(self, module: Module) -> list[str]:
        if not module.columns:
            return self._catalogue.columns(module.name)
        named = ["id", "Modified_Time", *module.columns]
        if module.name in _PRICED and self._catalogue.currency() is None:
            named.append("Currency")
        return self._catalogue.left(module.name, named)

    # ------------------------------------------------ records

    def records(self, module: Module, rows: Sequence[Row]) -> tuple[Record, ...]:
        """Rows as records; those of a work item that is about neither a deal nor a lead are left out."""
        made = (self._record(module, row) for row in rows)
        return tuple(one for one in made if one is not None)

    def _record(self, module: Module, row: Row) -> Record | None:
        data, ident = flat(row), str(row["id"])
        pointers = _POINTERS if module.columns else self._catalogue.pointers(module.name)
        for name in pointers:
            if name in data and data[name] is None:  # it points to nothing, and has its column all the same
                del data[name]
                data[f"{name}.id"] = None
        deal = ident if module.deal == "id" else pointed(data, module.deal) if module.deal else None
        if module.deal not in (None, "id") and (deal is None or str(row.get("$se_module") or "Deals") not in _OF):
            return None
        version = None
        if module.name in _PRICED:
            currency = self._catalogue.currency()
            if currency is not None:
                data["Currency"] = currency
        if module.table:
            about = str(row.get("$se_module") or "Deals")
            data |= {"Kind": module.name, "Deal": deal if about == "Deals" else None}
        if module.name == "Deals":
            version = version_of(data, self._catalogue.judged())
        links = tuple(dict.fromkeys(found for name in module.links if (found := pointed(data, name))))
        return Record(module.table or module.name, ident, data, changed_at(row), deal, links, version=version)


class Turn(Struct):
    """Where a stream of several modules stands: in which, since when, and when the pull began."""

    number: int = 0
    since: datetime | None = None
    begun: datetime | None = None

    @staticmethod
    def of(cursor: Cursor | None, names: Sequence[str]) -> Turn:
        """As a cursor says it. Raises Trouble where it says something else."""
        if cursor is None or not cursor.token:
            return Turn(0, cursor.at if cursor is not None else None)
        name, _, rest = cursor.token.partition(" ")
        since, _, begun = rest.partition(" ")
        try:
            return Turn(names.index(name), datetime.fromisoformat(since) if since != "-" else None,
                        datetime.fromisoformat(begun))  # fmt: skip
        except ValueError:
            raise Trouble(
                "expired", "The place where this stream stood is not known any more.", "run it again"
            ) from None

    def token(self, modules: Sequence[Module]) -> str:
        """As a cursor keeps it."""
        since = self.since.isoformat() if self.since else "-"
        return f"{modules[self.number].name} {since} {self.begun.isoformat() if self.begun else ''}"


def _number(row: Row) -> int:
    return int(row["id"])
