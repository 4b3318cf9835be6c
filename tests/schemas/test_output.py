"""The schemas of what is printed: they take what DESIGN says and refuse what is not exact."""

from __future__ import annotations

import copy
from typing import Any

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

from .documents import schema

VERDICT: dict[str, Any] = {
    "id": "qualification.need-stated",
    "title": "The buyer has stated a problem",
    "status": "unknown",
    "enforce": "block",
    "reason": "no evidence of bant.need",
    "values": {"amount": {"amount": "60000.00", "currency": "USD"}, "pushes": 2, "competitor": None, "tags": ["a"]},
    "missing": ["bant.need"],
    "where": "rules/processes/practical.yaml:41",
}
PLAYBOOK = {"id": "practical", "version": "1.0.0", "digest": "sha256:00"}
COUNTS = ["deals", "open", "won", "lost", "cancelled", "unmapped", "ready", "blocked", "unknown"]
CHECK: dict[str, Any] = {
    "as_of": "2026-11-23T23:59:59Z",
    "playbook": PLAYBOOK,
    "summary": dict.fromkeys(COUNTS, 0),
    "deals": [
        {
            "id": "006A",
            "name": "Acme",
            "stage": "qualification",
            "status": "open",
            "state": "unknown",
            "readiness": 0.5,
            "amount": {"amount": "60000.00", "currency": "USD"},
            "criteria": [VERDICT],
        },
        {"id": "1", "name": None, "stage": None, "status": None, "state": None, "readiness": None, "criteria": []},
    ],
}
GATE: dict[str, Any] = {
    "as_of": "2026-11-23T23:59:59+01:00",
    "playbook": PLAYBOOK,
    "deal": "006A",
    "from": "qualification",
    "to": "won",
    "decision": "needs_approval",
    "unmet": [],
    "unknown": ["qualification.need-stated"],
    "waived": [],
    "warnings": ["One stage is skipped."],
    "criteria": [VERDICT],
}
GOOD = {"check": CHECK, "gate": GATE}


def holds(name: str, value: Any) -> bool:
    found = schema(f"output/{name}")
    held = Draft202012Validator(found).is_valid(value)
    assert jsonschema_rs.is_valid(found, value) is held
    return held


@pytest.mark.parametrize("name", GOOD)
def test_the_output_holds_by_its_own_schema_alone(name: str) -> None:
    assert holds(name, GOOD[name])


@pytest.mark.parametrize("name", GOOD)
def test_every_key_that_design_names_is_needed(name: str) -> None:
    for key in GOOD[name]:
        assert not holds(name, {k: v for k, v in GOOD[name].items() if k != key}), key


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("deals", 0, "amount"), {"amount": 60000, "currency": "USD"}),
        (("deals", 0, "amount"), {"amount": "60000.00"}),
        (("deals", 0, "criteria", 0, "values", "amount"), {"amount": 60000.0, "currency": "USD"}),
        (("deals", 0, "criteria", 0, "status"), "fulfilled"),
        (("deals", 0, "criteria", 0, "id"), "need-stated"),
        (("deals", 0, "criteria", 0, "where"), "practical.yaml"),
        (("deals", 0, "readiness"), 50),
        (("deals", 0, "state"), "stuck"),
        (("summary", "won"), -1),
        (("as_of",), "2026-11-23"),
    ],
    ids=str,
)
def test_what_is_not_exact_is_refused(path: tuple[Any, ...], value: Any) -> None:
    changed = copy.deepcopy(CHECK)
    node: Any = changed
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    assert not holds("check", changed)
