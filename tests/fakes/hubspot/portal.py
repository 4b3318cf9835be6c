"""An account of HubSpot as it stands: objects with the history of their properties, associations, people, pipelines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

Told = Callable[[], datetime]
MOMENT = {"contacts": "lastmodifieddate"}
OBJECTS = (
    "deals", "contacts", "companies", "line_items", "notes", "tasks", "calls", "emails", "meetings",
)  # fmt: skip
CODES = {"0-1": "contacts", "0-2": "companies", "0-3": "deals", "0-8": "line_items"}
TYPES = {
    ("deals", "companies"): 341, ("companies", "deals"): 342, ("deals", "contacts"): 3, ("contacts", "deals"): 4,
    ("deals", "line_items"): 19, ("line_items", "deals"): 20, ("notes", "deals"): 214, ("deals", "notes"): 213,
    ("tasks", "deals"): 216, ("deals", "tasks"): 215, ("calls", "deals"): 206, ("deals", "calls"): 205,
    ("emails", "deals"): 210, ("deals", "emails"): 209, ("meetings", "deals"): 212, ("deals", "meetings"): 211,
}  # fmt: skip
PRIMARY = {("deals", "companies"): 5, ("companies", "deals"): 6}
NUMBERS = ("amount", "quantity", "price", "discount", "annualrevenue", "numberofemployees", "hs_deal_stage_probability")
MOMENTS = ("closedate", "createdate", "hs_lastmodifieddate", "lastmodifieddate", "hs_timestamp", "hs_createdate")
READ_ONLY = ("hs_object_id", "hs_lastmodifieddate", "lastmodifieddate", "hs_is_closed", "hs_is_closed_won",
             "num_associated_deals")  # fmt: skip
STANDARD: Mapping[str, tuple[str, ...]] = {
    "deals": (
        "dealname", "pipeline", "dealstage", "hs_is_closed", "hs_is_closed_won", "hs_deal_stage_probability", "amount",
        "deal_currency_code", "closedate", "createdate", "hs_lastmodifieddate", "hubspot_owner_id", "dealtype",
        "hs_next_step", "closed_lost_reason", "hs_object_id", "hs_merged_object_ids", "description",
    ),
    "contacts": (
        "firstname", "lastname", "hs_full_name_or_email", "email", "jobtitle", "hs_buying_role", "createdate",
        "lastmodifieddate", "num_associated_deals", "hs_object_id",
    ),
    "companies": (
        "name", "domain", "industry", "numberofemployees", "annualrevenue", "country", "createdate",
        "hs_lastmodifieddate", "num_associated_deals", "hs_object_id",
    ),
    "line_items": (
        "name", "quantity", "price", "amount", "discount", "hs_discount_percentage", "hs_line_item_currency_code",
        "createdate", "hs_lastmodifieddate", "hs_object_id",
    ),
}  # fmt: skip
_LOGGED = ("hs_timestamp", "hs_createdate", "hs_lastmodifieddate", "hubspot_owner_id", "hs_object_id")
LOGGED: Mapping[str, tuple[str, ...]] = {
    "notes": (*_LOGGED, "hs_note_body"),
    "tasks": (*_LOGGED, "hs_task_subject", "hs_task_body", "hs_task_status", "hs_task_type"),
    "calls": (*_LOGGED, "hs_call_title", "hs_call_direction", "hs_call_status"),
    "emails": (*_LOGGED, "hs_email_subject", "hs_email_direction", "hs_email_status"),
    "meetings": (*_LOGGED, "hs_meeting_title", "hs_meeting_outcome", "hs_meeting_start_time"),
}


class Invalid(Exception):
    """Values that are not valid, each with why: (name, error, message)."""

    def __init__(self, wrong: list[tuple[str, str, str]]) -> None:
        super().__init__(wrong)
        self.wrong = wrong


@dataclass
class Obj:
    """A record, with the history of each of its properties, newest first; ``past``: what a late index may still see."""

    id: str
    created: datetime
    updated: datetime
    properties: dict[str, str | None] = field(default_factory=dict)
    history: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    past: list[tuple[datetime, dict[str, str | None]]] = field(default_factory=list)
    archived: datetime | None = None


@dataclass(frozen=True)
class By:
    """Who makes a change."""

    source: str = "CRM_UI"
    id: str = "userId:9001"
    user: int | None = 9001


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


class Portal:
    """The account. ``now`` is its clock; ids are given one after the other."""

    def __init__(self, now: Told) -> None:
        self._now = now
        self._next = 100_000
        self.objects: dict[str, dict[str, Obj]] = {name: {} for name in OBJECTS}
        self.links: dict[tuple[str, str, str], dict[str, dict[int, str | None]]] = {}
        self.own: dict[str, dict[str, str]] = {"deals": {"dealgate_key": "string", "champion_note": "string"}}
        self.owners: list[dict[str, Any]] = []
        self.merged: dict[str, str] = {}
        self.pipelines: list[dict[str, Any]] = [
            {"id": "default", "label": "Sales Pipeline", "displayOrder": 0, "archived": False, "stages": _stages()}
        ]

    # ------------------------------------------------ people and stages

    def owner(self, ident: str, user: int, first: str, last: str, archived: bool = False) -> None:
        self.owners.append(
            {
                "id": ident, "email": f"{first.lower()}@us.example", "type": "PERSON", "firstName": first,
                "lastName": last, "userId": None if archived else user, "userIdIncludingInactive": user,
                "createdAt": iso(self._now()), "updatedAt": iso(self._now()), "archived": archived,
                "teams": [{"id": "7", "name": "North", "primary": True}],
            }
        )  # fmt: skip

    def stages(self, pipeline: str) -> dict[str, dict[str, Any]]:
        found = next((one for one in self.pipelines if one["id"] == pipeline and not one["archived"]), None)
        return {stage["id"]: stage for stage in found["stages"]} if found else {}

    # ------------------------------------------------ records

    def create(self, kind: str, values: Mapping[str, Any], by: By = By()) -> Obj:
        self._next += 1
        now = self._now()
        made = Obj(str(self._next), now, now)
        start = {"hs_object_id": made.id, "createdate": iso(now)}
        if kind == "deals":
            start |= {"pipeline": values.get("pipeline") or "default", "dealstage": "appointmentscheduled"}
        if kind in LOGGED:
            start |= {"hs_createdate": iso(now)}
            del start["createdate"]
        self._check(kind, values, {**start, **values})
        self._set(kind, made, {**start, **values}, by)
        self.objects[kind][made.id] = made
        return made

    def update(self, kind: str, ident: str, values: Mapping[str, Any], by: By = By()) -> Obj:
        held = self.objects[kind][ident]
        self._check(kind, values, {**held.properties, **values})
        self._set(kind, held, values, by)
        return held

    def touch(self, kind: str, ident: str) -> None:
        """Its moment moves on, as when something of it was counted anew."""
        if ident in self.objects[kind]:
            self._set(kind, self.objects[kind][ident], {}, By("CALCULATED", "", None))

    def merge(self, kind: str, into: str, ident: str) -> None:
        """A record goes into another: it is neither there nor in the bin."""
        del self.objects[kind][ident]
        self.merged[ident] = into
        before = self.objects[kind][into].properties.get("hs_merged_object_ids")
        self.update(kind, into, {"hs_merged_object_ids": ";".join([*filter(None, (before or "").split(";")), ident])})

    def archive(self, kind: str, ident: str) -> None:
        self.objects[kind][ident].archived = self._now()

    def restore(self, kind: str, ident: str) -> None:
        """Back from the bin: what HubSpot reckons itself is set anew, and with it the moment of the last change."""
        self.objects[kind][ident].archived = None
        self.touch(kind, ident)

    def _set(self, kind: str, held: Obj, values: Mapping[str, Any], by: By) -> None:
        now = self._now()
        told = {name: None if value is None else str(value) for name, value in values.items()}
        if kind == "deals" and ("dealstage" in told or "pipeline" in told):
            both = {**held.properties, **told}
            meta = self.stages(str(both["pipeline"]))[str(both["dealstage"])]["metadata"]
            told |= {
                "hs_is_closed": meta["isClosed"], "hs_deal_stage_probability": meta["probability"],
                "hs_is_closed_won": "true" if (meta["isClosed"], meta["probability"]) == ("true", "1.0") else "false",
            }  # fmt: skip
        if kind == "contacts":
            both = {**held.properties, **told}
            full = " ".join(part for part in (both.get("firstname"), both.get("lastname")) if part)
            told["hs_full_name_or_email"] = full or both.get("email")
        told[MOMENT.get(kind, "hs_lastmodifieddate")] = iso(now)
        for name, value in told.items():
            if held.properties.get(name) != value:
                line = {
                    "value": value or "", "timestamp": iso(now), "sourceType": by.source, "sourceId": by.id,
                    **({"updatedByUserId": by.user} if by.user is not None else {}),
                }  # fmt: skip
                held.history.setdefault(name, []).insert(0, line)
        held.properties |= told
        held.updated = now
        held.past.append((now, dict(held.properties)))

    def _check(self, kind: str, values: Mapping[str, Any], whole: Mapping[str, Any]) -> None:
        wrong = []
        known = self.known(kind)
        for name, value in values.items():
            text = "" if value is None else str(value)
            if name not in known:
                wrong.append((name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist'))
            elif name in READ_ONLY:
                wrong.append((name, "READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set'))
            elif known[name] == "number" and text and not _number(text):
                wrong.append((name, "INVALID_FLOAT", f"{text} was not a valid number."))
            elif name == "dealstage" and text not in self.stages(str(whole["pipeline"])):
                allowed = ", ".join(self.stages(str(whole["pipeline"])))
                wrong.append((name, "INVALID_OPTION", f"{text} was not one of the allowed options: [{allowed}]"))
        if wrong:
            raise Invalid(wrong)

    def known(self, kind: str) -> dict[str, str]:
        """By name, the type of each property of an object."""
        standard = STANDARD.get(kind) or LOGGED[kind]
        types = {
            name: "number" if name in NUMBERS else "datetime" if name in MOMENTS else "string" for name in standard
        }
        return {**types, **self.own.get(kind, {})}

    def live(self, kind: str) -> dict[str, Obj]:
        return {ident: held for ident, held in self.objects[kind].items() if held.archived is None}

    # ------------------------------------------------ associations

    def link(
        self, kind: str, ident: str, to: str, other: str, label: tuple[int, str] | None = None, primary: bool = False
    ) -> None:
        """Associates two records, both ways."""
        for a, x, b, y in ((kind, ident, to, other), (to, other, kind, ident)):
            held = self.links.setdefault((a, x, b), {}).setdefault(y, {TYPES[a, b]: None})
            if label is not None:
                held[label[0]] = label[1]
            if primary:
                held[PRIMARY[a, b]] = "Primary"
            self.touch(a, x)

    def unlink(self, kind: str, ident: str, to: str, other: str) -> None:
        for a, x, b, y in ((kind, ident, to, other), (to, other, kind, ident)):
            self.links.get((a, x, b), {}).pop(y, None)
            self.touch(a, x)

    def linked(self, kind: str, ident: str, to: str) -> dict[str, dict[int, str | None]]:
        found = self.links.get((kind, ident, to), {})
        return {other: types for other, types in found.items() if other in self.live(to)}

    # ------------------------------------------------ search

    def indexed(self, kind: str, lag: timedelta) -> Iterable[tuple[Obj, dict[str, str | None]]]:
        """Each record as the search has it: as it was ``lag`` ago, in no order that means anything."""
        seen_until = self._now() - lag
        for held in sorted(self.live(kind).values(), key=lambda one: hashlib.sha256(one.id.encode()).digest()):
            seen = [values for at, values in held.past if at <= seen_until]
            if seen:
                values = dict(seen[-1])
                if "num_associated_deals" in self.known(kind):
                    values["num_associated_deals"] = str(len(self.linked(kind, held.id, "deals")))
                yield held, values


def _number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _stages() -> list[dict[str, Any]]:
    named = [
        ("appointmentscheduled", "Appointment Scheduled", "0.2"), ("qualifiedtobuy", "Qualified To Buy", "0.4"),
        ("presentationscheduled", "Presentation Scheduled", "0.6"),
        ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"), ("contractsent", "Contract Sent", "0.9"),
        ("closedwon", "Closed Won", "1.0"), ("closedlost", "Closed Lost", "0.0"),
    ]  # fmt: skip
    return [
        {
            "id": ident, "label": label, "displayOrder": order, "archived": False, "createdAt": "2020-01-01T00:00:00Z",
            "updatedAt": "2020-01-01T00:00:00Z",
            "metadata": {"isClosed": "true" if ident.startswith("closed") else "false", "probability": chance},
        }
        for order, (ident, label, chance) in enumerate(named)
    ]  # fmt: skip
