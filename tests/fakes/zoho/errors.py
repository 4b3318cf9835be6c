"""Errors as Zoho answers them."""

from __future__ import annotations

from typing import Any

from tests.fakes.served import Reply

Row = dict[str, Any]


def error(status: int, code: str, message: str, **details: Any) -> Reply:
    return Reply(status, {"code": code, "details": details, "message": message, "status": "error"})


def row_error(code: str, message: str, n: int, name: str, **details: Any) -> Row:
    details = {"api_name": name, "json_path": f"$.data[{n}].{name}", **details}
    return {"code": code, "details": details, "message": message, "status": "error"}
