"""What the fake takes and refuses to write, row by row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.served import Reply, Request, Served

from . import metadata
from .errors import Row, error, row_error


class Writes(Served):
    """``locked``: records; ``blueprints``: by deal the transitions that are open."""

    modules: dict[str, dict[str, Row]]
    people: dict[str, Row]
    pipelines: dict[str, list[str]]
    blueprints: dict[str, list[Row]]
    locked: set[str]

    def put(self, module: str, by: str | None = None, **values: Any) -> str:
        raise NotImplementedError

    def change(self, module: str, ident: str, by: str | None = None, **values: Any) -> None:
        raise NotImplementedError

    def _created(self, request: Request, module: str) -> Reply:
        told, status = [], 201
        for n, values in enumerate(request.json()["data"]):
            wrong = self._refusal(module, None, values, n)
            if wrong is None:
                parent = values.get("Parent_Id") or values.get("What_Id")
                if parent is not None and parent["id"] not in self.modules["Deals"]:
                    name = "Parent_Id" if "Parent_Id" in values else "What_Id"
                    wrong = row_error("INVALID_DATA", "the id given seems to be invalid", n, name)
            if wrong is not None:
                told.append(wrong)
                status = 400
                continue
            kept = {name: value for name, value in values.items() if name in metadata.FIELDS[module]}
            owner = kept.pop("Owner", None)
            ident = self.put(module, **kept)
            if owner:
                self.modules[module][ident]["Owner"] = {
                    "id": owner["id"],
                    "name": self.people[owner["id"]]["full_name"],
                }
            told.append(self._done(module, ident, "record added"))
        return Reply(status, {"data": told})

    def _updated(self, request: Request, module: str, row: Row) -> Reply:
        values = request.json()["data"][0]
        wrong = self._refusal(module, row, values, 0)
        if wrong is not None:
            return Reply(400, {"data": [wrong]})
        # Zoho passes over names that it does not know
        known = {name: value for name, value in values.items() if name in metadata.FIELDS[module]}
        self.change(module, row["id"], **known)
        return Reply(200, {"data": [self._done(module, row["id"], "record updated")]})

    def _done(self, module: str, ident: str, message: str) -> Row:
        row = self.modules[module][ident]
        details = {name: row[name] for name in ("id", "Created_Time", "Created_By", "Modified_Time", "Modified_By")}
        return {"code": "SUCCESS", "details": details, "message": message, "status": "success"}

    def _refusal(self, module: str, row: Row | None, values: Row, n: int) -> Row | None:
        """Why a row is not written."""
        if row is not None and row["id"] in self.locked:
            return {
                "code": "RECORD_LOCKED",
                "details": {"id": row["id"]},
                "message": "record is locked",
                "status": "error",
            }
        if row is not None and row["id"] in self.blueprints and values.get("Stage") not in (None, row["Stage"]):
            return row_error("RECORD_IN_BLUEPRINT", "record is in blueprint process", n, "Stage")
        for name in metadata.MANDATORY[module]:
            if (row is None and values.get(name) is None) or (name in values and values[name] is None):
                return row_error("MANDATORY_NOT_FOUND", "required field not found", n, name)
        for name, value in values.items():
            kind = metadata.FIELDS[module].get(name)
            if kind is None or value is None:
                continue
            if name in metadata.READ_ONLY:
                return row_error("NOT_ALLOWED", "not allowed", n, name)
            fits = _FITS.get(kind)
            if fits is not None and not fits(value):
                return row_error("INVALID_DATA", "invalid data", n, name, expected_data_type=kind)
            if kind == "text" and len(value) > 255:
                return row_error("INVALID_DATA", "invalid data", n, name, maximum_length=255)
        if module == "Deals" and "Stage" in values:
            pipeline = (row or values).get("Pipeline") or next(iter(self.pipelines), None)
            if values["Stage"] not in self.pipelines.get(pipeline or "", [stage for stage, _, _ in metadata.STAGES]):
                return row_error("INVALID_DATA", "the stage is not mapped to the pipeline of the record", n, "Stage")
        return None

    def _blueprint(self, request: Request, row: Row) -> Reply:
        transitions = self.blueprints.get(row["id"])
        if transitions is None:
            return error(400, "RECORD_NOT_IN_PROCESS", "record not in process")
        if request.method == "GET":
            info = {"field_value": row["Stage"], "api_name": "Stage", "name": "Our way"}
            return Reply(200, {"blueprint": {"process_info": info, "transitions": transitions}})
        asked = request.json()["blueprint"][0]
        taken = next((one for one in transitions if one["id"] == asked["transition_id"]), None)
        if taken is None or not taken["criteria_matched"]:
            return error(400, "INVALID_DATA", "transition id is invalid")
        self.change("Deals", row["id"], Stage=taken["next_field_value"], **asked.get("data", {}))
        return Reply(
            200, {"code": "SUCCESS", "details": {}, "message": "transition updated successfully", "status": "success"}
        )


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str), "textarea": lambda value: isinstance(value, str),
    "picklist": lambda value: isinstance(value, str), "boolean": lambda value: isinstance(value, bool),
    "currency": _number, "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "date": lambda value: isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None,
    "lookup": lambda value: isinstance(value, dict) and "id" in value,
    "multiselectpicklist": lambda value: isinstance(value, list),
}  # fmt: skip
