"""Lists: filtered and paged, or tracked from a token on."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.fakes.served import Reply, Request

from .odata import Bad, compiled, cookie, opened, ordered
from .store import API, EXPIRED, No

if TYPE_CHECKING:
    from . import Dynamics

MOST, KEPT = 5000, timedelta(days=7)


def listed(crm: Dynamics, table: str, request: Request) -> Reply:
    """A page of a table."""
    spec, query = crm.store.tables[table], request.query
    wanted = re.search(r"odata\.maxpagesize=(\d+)", request.headers.get("prefer", ""))
    size = min(int(wanted.group(1)) if wanted else MOST, MOST)
    tracks = "odata.track-changes" in request.headers.get("prefer", "")
    if "$deltatoken" in query or tracks or query.get("$skiptoken", "").startswith("d."):
        return _tracked(crm, table, request, size)
    rows = [crm._whole(table, ident, row) for ident, row in crm.store.of(table).items()]
    for name in re.findall(r"[A-Za-z_]\w*(?= (?:eq|ne|gt|ge|lt|le) )", query.get("$filter", "")):
        if name not in (*rows[:1], spec.key) and rows and name not in rows[0]:
            raise Bad(f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table}'.")
    test = compiled(query.get("$filter", ""))
    rows = ordered(sorted((row for row in rows if test(row)), key=lambda row: row[spec.key]), query.get("$orderby", ""))
    total = len(rows)
    if "$top" in query:
        rows = rows[: int(query["$top"])]
    start = opened(query["$skiptoken"]) if "$skiptoken" in query else 0
    page = rows[start : start + size]
    body: dict[str, Any] = {"@odata.context": f"{crm.url}{API}$metadata#{spec.set}"}
    if query.get("$count") == "true":
        body["@odata.count"] = min(total, MOST)
    body["value"] = [crm._cut(row, spec.key, request) for row in page]
    if start + size < len(rows):
        body["@odata.nextLink"] = crm._link(spec.set, {**query, "$skiptoken": cookie(start + size)})
    return Reply(200, body)


def _tracked(crm: Dynamics, table: str, request: Request, size: int) -> Reply:
    """All of a table, or what changed since a token: what is there by its version, then what was deleted."""
    spec, query = crm.store.tables[table], dict(request.query)
    for name in ("$filter", "$orderby", "$expand", "$top"):
        if name in query:
            raise Bad(f'The "${{{name[1:]}}}" query parameter isn\'t supported when Change Tracking is enabled.')
    if not spec.tracked:
        raise No(400, "0x80044355", f"Change tracking is not enabled for the entity {table}.")
    if "$skiptoken" in query:
        since, upto, after, first = opened(query["$skiptoken"].removeprefix("d."))
    else:
        since, after, first, upto = 0, -1, True, crm.store.version
        if "$deltatoken" in query:
            text, _, at = query["$deltatoken"].partition("!")
            when = datetime.strptime(at, "%m/%d/%Y %H:%M:%S").replace(tzinfo=UTC)
            if crm.now - when > KEPT:
                raise No(400, "0x80044352", EXPIRED)
            since, after, first = int(text), int(text), False
    held = sorted((row.version, 0, ident) for ident, row in crm.store.of(table).items() if since < row.version <= upto)
    gone = sorted((v, 1, ident) for v, name, ident in crm.store.deleted if name == table and since < v <= upto)
    listed = held + ([] if first else gone)
    place = opened(after) if isinstance(after, str) else None
    if place is not None:
        listed = [one for one in listed if (one[1], one[0]) > (place[0], place[1])]
    page = listed[:size]
    body: dict[str, Any] = {
        "@odata.context": f"{crm.url}{API}$metadata#{spec.set}{'' if first else '/$delta'}",
        "value": [],
    }
    for _, kind, ident in page:
        if kind:
            context = f"{crm.url}{API}$metadata#{spec.set}/$deletedEntity"
            body["value"].append({"@odata.context": context, "id": ident, "reason": "deleted"})
        else:
            body["value"].append(crm._cut(crm._whole(table, ident, crm.store.of(table)[ident]), spec.key, request))
    query.pop("$deltatoken", None)
    if len(listed) > size:
        mark = cookie([page[-1][1], page[-1][0]])
        body["@odata.nextLink"] = crm._link(
            spec.set, {**query, "$skiptoken": "d." + cookie([since, upto, mark, first])}
        )
    else:
        query.pop("$skiptoken", None)
        stamp = crm.now.strftime("%m/%d/%Y %H:%M:%S")
        body["@odata.deltaLink"] = crm._link(spec.set, {**query, "$deltatoken": f"{upto}!{stamp}"})
    return Reply(200, body)
