"""What an environment has besides records: its tables, the stages of its processes, its currencies. Read once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dealgate.model.struct import Struct
from dealgate.ports import Settings, Trouble

from . import odata
from .server import Server
from .streams import FORMATTED, STREAMS

PROCESS = "opportunitysalesprocess"
"""The business process flow that Dynamics 365 Sales brings for opportunities."""
DEAL_COLUMN = "opportunityid"
"""Its column for the opportunity; a process of one's own has `bpf_opportunityid`."""
LAST = 99
"""Where a stage without a category stands."""
STALE = timedelta(minutes=10)
"""How long it is taken to be so."""


class Process(Struct):
    """The business process flow whose stages are the stages of a deal. ``table``: that of its instances; ``deal``:
    their column for the opportunity; ``set`` and ``key``: their address and id column, once they are known."""

    table: str = PROCESS
    deal: str = DEAL_COLUMN
    set: str = ""
    key: str = "businessprocessflowinstanceid"

    @property
    def of_deal(self) -> str:
        """The property that holds the id of the opportunity."""
        return f"_{self.deal}_value"


class Stage(Struct):
    """A stage of a process. ``process``: the id of its definition; ``called``: its name; ``category``: where it stands,
    as far as that is known."""

    id: str
    name: str
    process: str
    category: int
    table: str
    called: str


class Known(Struct):
    """``tracked``: the tables whose changes are tracked; ``audited``: whether changes of the process are logged, and
    may be read."""

    process: Process
    tracked: frozenset[str]
    audited: bool
    stages: Mapping[str, Stage]
    currencies: Mapping[str, str]


def process_of(settings: Settings) -> Process:
    """The process that the settings name: ``process`` and ``process_deal``. Raises Trouble."""
    table = odata.name(settings.values.get("process") or PROCESS)
    deal = odata.name(settings.values.get("process_deal") or DEAL_COLUMN)
    if table is None or deal is None:
        raise Trouble(
            "odd", "The options `process` and `process_deal` are logical names: small letters, digits and `_`.",
            "take them from the table of the business process flow, such as opportunitysalesprocess",
        )  # fmt: skip
    return Process(table, deal)


def known(server: Server, process: Process) -> Known:
    """Reads it, in one request. Raises Trouble."""
    names = [*(spec.table for spec in STREAMS.values()), process.table]
    either = " or ".join(f"LogicalName eq {odata.literal(name)}" for name in names)
    asked = [
        odata.query("EntityDefinitions", {
            "select": "LogicalName,EntitySetName,PrimaryIdAttribute,ChangeTrackingEnabled,IsAuditEnabled",
            "filter": either,
        }),
        odata.query("processstages", {
            "select": "processstageid,stagename,stagecategory,primaryentitytypecode,_processid_value",
        }),
        odata.query("transactioncurrencies", {"select": "transactioncurrencyid,isocurrencycode"}),
        odata.query("organizations", {"select": "isauditenabled"}),
    ]  # fmt: skip
    what = ("definitions of tables", "stages of business processes", "currencies")
    answers = server.several(asked)
    tables, stages, currencies = (
        server.listed(server.judged(piece.status, piece.json, name)) for piece, name in zip(answers, what, strict=False)
    )
    by_name = {row.get("LogicalName"): row for row in tables}
    held = by_name.get(process.table)
    if held is None:
        raise Trouble(
            "gone", f"{server.http.host} has no business process flow `{process.table}`.",
            "set the option `process` to the table of the process that your opportunities go through",
        )  # fmt: skip
    place, key = odata.name(held.get("EntitySetName")), odata.name(held.get("PrimaryIdAttribute"))
    if place is None or key is None:
        raise server.odd()
    # who may not read the organization's own record may still be let see the log: asking it will tell
    organization = answers[3].json if answers[3].status == 200 else None
    logs = all(row.get("isauditenabled") for row in (organization or {}).get("value", []))
    return Known(
        process.replace(set=place, key=key),
        frozenset(str(name) for name, row in by_name.items() if row.get("ChangeTrackingEnabled") is True),
        logs and _flag(held.get("IsAuditEnabled")),
        {row["processstageid"]: _stage(row) for row in stages},
        {row["transactioncurrencyid"]: row["isocurrencycode"] for row in currencies},
    )


def _stage(row: Mapping[str, Any]) -> Stage:
    category = row.get("stagecategory")
    return Stage(
        row["processstageid"], str(row.get("stagename") or ""), str(row.get("_processid_value") or ""),
        category if isinstance(category, int) else LAST, str(row.get("primaryentitytypecode") or ""),
        str(row.get(f"_processid_value{FORMATTED}") or "Business process"),
    )  # fmt: skip


def _flag(managed: Any) -> bool:
    """A property that administrators may lock comes with its lock."""
    return bool(managed.get("Value")) if isinstance(managed, dict) else bool(managed)
