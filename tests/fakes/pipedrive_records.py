"""What a company has in the fake of Pipedrive, and what people do to it: deals with their log, persons, products."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

LISTED: Mapping[str, tuple[str, ...]] = {
    "deals": ("id", "update_time", "add_time"),
    "persons": ("id", "update_time", "add_time"),
    "organizations": ("id", "update_time", "add_time"),
    "activities": ("id", "update_time", "add_time", "due_date"),
    "stages": ("id", "update_time", "add_time", "order_nr"),
    "pipelines": ("id", "update_time", "add_time"),
}
"""Listings of version 2, and what each can be sorted by."""
STAGES = ("Qualified", "Contact Made", "Demo Scheduled", "Proposal Made", "Negotiations Started")
"""The pipeline that a new company finds."""
KEYS, PLAN, REGION, BUDGET = "a1" * 20, "b2" * 20, "c3" * 20, "d4" * 20
"""Custom fields of deals: text, enum, set, monetary."""
WRITABLE = {
    "title": str, "value": (int, float), "currency": str, "stage_id": int, "pipeline_id": int, "owner_id": int,
    "person_id": int, "org_id": int, "status": str, "probability": (int, float), "lost_reason": str,
    "expected_close_date": str, "label_ids": list, "is_archived": bool, "visible_to": int,
}  # fmt: skip
_LOGGED = (
    "title",
    "value",
    "currency",
    "stage_id",
    "pipeline_id",
    "status",
    "expected_close_date",
    "owner_id",
    "probability",
    "lost_reason",
)


class Records:
    """Tables by name, each by id. ``log``: by deal its changes, oldest first. ``revision`` counts every write."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock, self.revision, self._last = clock, 0, 0
        self.tables: dict[str, dict[Any, dict[str, Any]]] = {
            name: {} for name in (*LISTED, "users", "leads", "deal_products", "notes")
        }
        self.log: dict[int, list[dict[str, Any]]] = {}
        self.others: dict[int, list[tuple[int, str]]] = {}
        """By deal, persons who take part beside the one that it names."""
        self.robot = 1
        for number, (name, active) in enumerate((("Robot", True), ("Ann Adler", True), ("Bea Blum", False)), 1):
            self.tables["users"][number] = {
                "id": number, "name": name, "email": f"{name.split()[0].lower()}@acme.example", "active_flag": active,
                "created": "2026-01-05 09:00:00", "modified": "2026-01-05 09:00:00", "role_id": 1, "is_deleted": False,
                "access": [{"app": "sales", "admin": number == 1}], "timezone_name": "Europe/Berlin",
            }  # fmt: skip
        self.pipeline("Pipeline", STAGES)
        self.fields: dict[str, list[dict[str, Any]]] = {
            table: _fields(table) for table in ("deals", "persons", "organizations", "activities")
        }

    def stamp(self) -> str:
        self.revision += 1
        return stamped(self._clock())

    def next(self) -> int:
        self._last += 1
        return self._last

    def put(self, table: str, **values: Any) -> int:
        """Somebody makes a record."""
        ident, now = values.pop("id", None) or self.next(), self.stamp()
        held = {"id": ident, "is_deleted": False, "custom_fields": {}, **values, "add_time": now, "update_time": now}
        self.tables[table][ident] = held
        return int(ident)

    def change(self, table: str, ident: int, **values: Any) -> None:
        """Somebody changes one."""
        self.tables[table][ident] |= {**values, "update_time": self.stamp()}

    def pipeline(self, name: str, stages: tuple[str, ...]) -> int:
        """A pipeline with its stages; they are as old as the company."""
        long_ago = {"add_time": "2026-01-05T09:00:00Z", "update_time": "2026-01-05T09:00:00Z", "is_deleted": False}
        ident = len(self.tables["pipelines"]) + 1
        self.tables["pipelines"][ident] = {
            "id": ident, "name": name, "order_nr": ident, "is_deal_probability_enabled": True, **long_ago
        }  # fmt: skip
        for order, stage in enumerate(stages, 1):
            number = len(self.tables["stages"]) + 1
            self.tables["stages"][number] = {
                "id": number, "name": stage, "order_nr": order, "pipeline_id": ident, "deal_probability": 20 * order,
                "is_deal_rot_enabled": False, "days_to_rotten": None, **long_ago,
            }  # fmt: skip
        return ident

    def account(self, name: str, **values: Any) -> int:
        return self.put("organizations", name=name, owner_id=2, visible_to=3, label_ids=[], **values)

    def person(self, name: str, mail: str, org: int | None = None, **values: Any) -> int:
        mails = [
            {"value": f"old-{mail}", "primary": False, "label": "home"},
            {"value": mail, "primary": True, "label": "work"},
        ]
        return self.put("persons", name=name, emails=mails, phones=[], org_id=org, owner_id=2, **values)

    # ------------------------------------------------ deals

    def deal(self, title: str, stage: int = 1, **values: Any) -> int:
        """Somebody makes a deal."""
        custom = {KEYS: None, PLAN: None, REGION: None, BUDGET: None, **values.pop("custom_fields", {})}
        held = {
            "creator_user_id": 2, "owner_id": 2, "person_id": None, "org_id": None, "stage_id": stage,
            "pipeline_id": self.tables["stages"][stage]["pipeline_id"], "value": 0, "currency": "EUR",
            "stage_change_time": None, "status": "open", "is_archived": False, "archive_time": None,
            "probability": None, "lost_reason": None, "visible_to": 3, "close_time": None, "won_time": None,
            "lost_time": None, "expected_close_date": None, "label_ids": [], "origin": "ManuallyCreated",
            "origin_id": None, "channel": None, "channel_id": None, "acv": None, "arr": None, "mrr": None,
            "title": title, **values,
        }  # fmt: skip
        ident = self.put("deals", **held)
        self.tables["deals"][ident]["custom_fields"] = custom
        return ident

    def edit(self, ident: int, by: int = 2, source: str = "app", **values: Any) -> None:
        """Somebody changes a deal; each field that changes is a line of its log."""
        row, now, changed = self.tables["deals"][ident], self.stamp(), dict(values)
        custom = changed.pop("custom_fields", {})
        if changed.get("stage_id") not in (None, row["stage_id"]):
            changed["stage_change_time"] = now
            changed["pipeline_id"] = self.tables["stages"][changed["stage_id"]]["pipeline_id"]
        status = changed.get("status")
        if status not in (None, row["status"]):
            closed = now if status in ("won", "lost") else None
            changed |= {
                "close_time": closed, "won_time": now if status == "won" else None,
                "lost_time": now if status == "lost" else None,
            }  # fmt: skip
        for name, value in {**changed, **custom}.items():
            before = row["custom_fields"].get(name) if name in custom else row.get(name)
            if (name in _LOGGED or name in custom) and before != value:
                self.log.setdefault(ident, []).append(
                    {
                        "field_key": "user_id" if name == "owner_id" else name, "old_value": _said(before),
                        "new_value": _said(value), "actor_user_id": by, "time": now.replace("T", " ").removesuffix("Z"),
                        "change_source": source, "change_source_user_agent": None, "is_bulk_update_flag": False,
                    }
                )  # fmt: skip
        row |= {**changed, "update_time": now}
        row["custom_fields"] |= custom

    def delete(self, ident: int) -> None:
        """Somebody deletes a deal: it is listed among the deleted for 30 days."""
        self.tables["deals"][ident] |= {"is_deleted": True, "status": "deleted", "update_time": self.stamp()}

    def checked(self, values: Mapping[str, Any], no: Callable[[int, str], Exception]) -> None:
        """What version 2 takes: of the right types, and by the rules of a deal."""
        for name, value in values.items():
            if name == "custom_fields":
                for key, held in value.items():
                    self._custom(key, held, no)
                continue
            if name not in WRITABLE:
                raise no(400, f"Validation failed: property {name} is not allowed")
            kinds = WRITABLE[name]
            if value is not None and (not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool)):
                raise no(400, f"Validation failed: {name}: wrong type of value")
        stage = values.get("stage_id")
        if stage is not None and (stage not in self.tables["stages"] or self.tables["stages"][stage]["is_deleted"]):
            raise no(400, "Stage is not valid")
        if (values.get("value") or 0) < 0:
            raise no(400, "Deal value must not be negative")

    def _custom(self, key: str, value: Any, no: Callable[[int, str], Exception]) -> None:
        field = next((one for one in self.fields["deals"] if one["field_code"] == key), None)
        if field is None:
            raise no(400, f"Validation failed: custom_fields: unknown field {key}")
        kinds = {
            "varchar": str,
            "text": str,
            "double": (int, float),
            "enum": int,
            "set": list,
            "monetary": dict,
            "date": str,
        }
        known = {one["id"] for one in field.get("options") or []}
        chosen = value if isinstance(value, list) else [value]
        wrong = value is not None and (
            not isinstance(value, kinds[field["field_type"]])
            or value == []
            or (field["field_type"] in ("enum", "set") and not set(chosen) <= known)
            or (field["field_type"] == "varchar" and len(value) > 255)
        )
        if wrong:
            raise no(400, f"Validation failed: custom_fields: {key}: wrong value")

    # ------------------------------------------------ what belongs to deals

    def take_part(self, deal: int, person: int) -> None:
        self.others.setdefault(deal, []).append((person, self.stamp().replace("T", " ").removesuffix("Z")))
        self.tables["deals"][deal]["update_time"] = stamped(self._clock())

    def participants_of(self, deal: Mapping[str, Any]) -> list[dict[str, Any]]:
        people = [(deal["person_id"], deal["add_time"])] if deal["person_id"] else []
        found = []
        for number, (ident, since) in enumerate([*people, *self.others.get(deal["id"], [])], 1):
            person = self.tables["persons"][ident]
            told = {"active_flag": True, "name": person["name"], "email": person["emails"], "value": ident}
            found.append({"id": number, "person_id": told, "add_time": since, "active_flag": True})
        return found

    def product(self, deal: int, name: str, quantity: float, price: float) -> int:
        row = self.tables["deals"][deal]
        ident = self.put(
            "deal_products", deal_id=deal, product_id=900, name=name, quantity=quantity, item_price=price,
            sum=quantity * price, currency=row["currency"], discount=0, discount_type="percentage", is_enabled=True,
        )  # fmt: skip
        row["update_time"] = stamped(self._clock())
        return ident

    def activity(self, **values: Any) -> dict[str, Any]:
        held = {
            "subject": "",
            "type": "call",
            "owner_id": 2,
            "deal_id": None,
            "lead_id": None,
            "done": False,
            "note": None,
        }
        return dict(self.tables["activities"][self.put("activities", **{**held, **values})])

    def note(self, deal: int, content: str) -> dict[str, Any]:
        # the sanitizing of notes takes out scripts, and leaves text and line breaks
        clean = re.sub(r"(?is)<script.*?</script>", "", content)
        ident = self.put("notes", deal_id=deal, content=clean, user_id=self.robot)
        return self.tables["notes"][ident]

    def lead(self, ident: str, title: str, **values: Any) -> None:
        now = stamped(self._clock()).replace("Z", ".000Z")
        self.tables["leads"][ident] = {
            "id": ident, "title": title, "owner_id": 2, "creator_id": 2, "person_id": None, "organization_id": None,
            "is_archived": False, "value": None, "expected_close_date": None, "label_ids": [], "source_name": "Webforms",
            "was_seen": True, "add_time": now, "update_time": now, **values,
        }  # fmt: skip


def matching(table: str, row: Mapping[str, Any], query: Mapping[str, str], *, archived: bool) -> bool:
    """Whether a row is in a listing, by the query."""
    if table == "deals":
        statuses = query.get("status", "open,won,lost").split(",")
        if row["is_archived"] is not archived or row["status"] not in statuses:
            return False
    elif row["is_deleted"]:
        return False  # whether deleted ones are listed is not documented; what is said of deals alone says that not
    if query.get("ids") and str(row["id"]) not in query["ids"].split(","):
        return False
    if any(query.get(name) and str(row.get(name)) != query[name] for name in ("deal_id", "lead_id", "pipeline_id")):
        return False
    since = query.get("updated_since")
    return since is None or str(row["update_time"]) >= since  # that moment included


def stamped(at: datetime) -> str:
    """A moment as version 2 writes it, in whole seconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _said(value: Any) -> str | None:
    """A value as the log tells it: all are texts."""
    return None if value is None else str(value)


def _fields(table: str) -> list[dict[str, Any]]:
    off = {"enabled": False, "stage_ids": [], "statuses": {}}

    def field(code: str, name: str, kind: str, custom: bool = False, **more: Any) -> dict[str, Any]:
        return {
            "field_code": code, "field_name": name, "field_type": kind, "options": None, "subfields": None,
            "is_custom_field": custom, "is_optional_response_field": False, "required_fields": dict(off),
            "important_fields": {"enabled": False, "stage_ids": []}, **more,
        }  # fmt: skip

    if table != "deals":
        return [
            field("id", "ID", "int"),
            field("owner_id", "Owner", "user"),
            field("update_time", "Update time", "date"),
        ]
    plans = [{"id": 31, "label": "Basic"}, {"id": 32, "label": "Pro"}]
    regions = [{"id": 41, "label": "North"}, {"id": 42, "label": "South"}]
    return [
        field("id", "ID", "int"), field("title", "Title", "varchar"), field("value", "Value", "monetary"),
        field("currency", "Currency", "varchar"), field("stage_id", "Stage", "stage"), field("status", "Status", "status"),
        field("owner_id", "Owner", "user"), field("expected_close_date", "Expected close date", "date"),
        field("probability", "Probability", "int"), field("lost_reason", "Lost reason", "varchar"),
        field(KEYS, "dealgate keys", "varchar", True), field(PLAN, "Plan", "enum", True, options=plans),
        field(REGION, "Regions", "set", True, options=regions), field(BUDGET, "Budget", "monetary", True),
    ]  # fmt: skip
