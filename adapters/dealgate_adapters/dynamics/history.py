"""What became of opportunities, and by whom: Dataverse's audit log, where an administrator has switched it on.

A row of the log holds what one write changed; here each changed column is a record. The log names the process instance
that a stage belongs to, so the instances of a page are looked up, all in one request. Where nothing is logged, what an
instance itself tells is a record: the stage that it is in, and since when.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dealgate.ports import Cursor, Page, Record

from . import odata
from .deals import DEALS, Deals
from .known import Known
from .reader import Place, after, listed, place_of, sized, step
from .server import MOST, Server
from .streams import FORMATTED, Spec, moment_of

TABLE = "opportunity__history"
STAGE = "activestageid"
TOLD = frozenset({STAGE, "statecode", "estimatedvalue", "estimatedclosedate", "closeprobability", "ownerid"})
"""The columns whose changes are records."""
AUDIT = Spec("audit", "audits", "auditid")


class History:
    """Reads changes of opportunities and of their stages."""

    def __init__(self, server: Server, known: Callable[[], Known], deals: Deals) -> None:
        self._server, self._known, self._deals = server, known, deals

    def page(self, cursor: Cursor | None, limit: int) -> Page:
        """A page: as many rows of the log as the server gives at once. Raises Trouble."""
        place, known = place_of(cursor), self._known()
        if known.audited:
            found = self._log(place, MOST)
            records = self._changes(found.rows)
        else:
            found = step(self._server, self._deals.process(), place, sized(limit), track=False)
            records = tuple(one for row in found.rows if (one := self._standing(row)) is not None)
        began = place.began or found.at
        return Page(records, after(found, began), bool(found.next), began, self._server.api.budget)

    def _log(self, place: Place, size: int) -> Any:
        spec = AUDIT
        if not place.link:
            tables = (DEALS.table, self._known().process.table)
            of = " or ".join(f"objecttypecode eq {odata.literal(one)}" for one in tables)
            since = f" and createdon ge {odata.moment(place.since)}" if place.since is not None else ""
            query = {"filter": f"({of}){since}", "orderby": "createdon,auditid"}
            place = place.replace(link=odata.query(spec.set, query))
        return step(self._server, spec, place, size, track=False)

    def _changes(self, rows: Sequence[dict[str, Any]]) -> tuple[Record, ...]:
        """A record for each column that a row of the log says has changed."""
        known = self._known()
        of_deal = self._owners([str(row["_objectid_value"]) for row in rows if _table(row) == known.process.table])
        made = []
        for row in rows:
            ident = str(row.get("_objectid_value"))
            deal = ident if _table(row) == DEALS.table else of_deal.get(ident)
            if deal is None:
                continue  # its instance is gone, and the opportunity with it
            made += [self._record(deal, row, one) for one in changed(row) if one["logicalName"] in TOLD]
        return tuple(made)

    def _owners(self, instances: Sequence[str]) -> dict[str, str]:
        """By process instance its opportunity. Raises Trouble."""
        spec, of = self._deals.process(), self._known().process.of_deal
        ids = list(dict.fromkeys(instances))
        rows = listed(self._server, spec.set, spec.key, ids, (of,)) if ids else []
        return {str(row[spec.key]): str(row[of]) for row in rows if row.get(of)}

    def _record(self, deal: str, row: Mapping[str, Any], one: Mapping[str, Any]) -> Record:
        column = str(one["logicalName"])
        old, new = (_pointed(one.get(name)) for name in ("oldValue", "newValue"))
        data = {
            "id": f"{row['auditid']}.{column}", "deal": deal, "at": row.get("createdon"), "field": column,
            "old": old, "new": new, "stage": None, "by": row.get("_userid_value"),
            "by.name": row.get(f"_userid_value{FORMATTED}"), "operation": row.get("operation"),
        }  # fmt: skip
        if column == STAGE:
            stages = self._known().stages
            names = {name: stages[value].name for name, value in (("old", old), ("new", new)) if value in stages}
            data |= {"stage": new, **names}
        return Record(TABLE, str(data["id"]), data, moment_of(row.get("createdon")), deal)

    def _standing(self, row: Mapping[str, Any]) -> Record | None:
        """What a process instance tells of its own stage."""
        known = self._known()
        deal, stage = row.get(known.process.of_deal), row.get("_activestageid_value")
        if not deal or not stage:
            return None
        since = row.get("activestagestartedon")
        at, ident = since or row.get("modifiedon"), f"{row[known.process.key]}.{stage}"
        if since:
            ident += f".{since}"  # a stage that it comes into again is another visit
        data = {
            "id": ident, "deal": deal, "at": at, "field": STAGE, "old": None,
            "new": row.get(f"_activestageid_value{FORMATTED}") or _called(known, stage), "stage": stage,
            "by": None, "by.name": None, "operation": None,
        }  # fmt: skip
        return Record(TABLE, str(data["id"]), data, moment_of(row.get("modifiedon")), str(deal))


def changed(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The columns that a row of the log says were changed, with what they were and became.

    The column that holds it is in the reference of the table and read by many; its form is not in the documentation, so
    what cannot be read tells of nothing.
    """
    try:
        said = json.loads(row.get("changedata") or "{}")
    except ValueError:
        return []
    found = said.get("changedAttributes") if isinstance(said, dict) else None
    return [one for one in found or [] if isinstance(one, dict) and one.get("logicalName")]


def _table(row: Mapping[str, Any]) -> str:
    return str(row.get("objecttypecode") or "")


def _pointed(value: Any) -> Any:
    """A lookup in the log is `table,id`: the id."""
    table, comma, ident = value.partition(",") if isinstance(value, str) else ("", "", "")
    return ident if comma and odata.name(table) and odata.guid(ident) else value


def _called(known: Known, stage: str) -> str:
    held = known.stages.get(stage)
    return held.name if held else stage
