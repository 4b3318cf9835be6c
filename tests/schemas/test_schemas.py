"""The schemas themselves: valid, closed, and with words for an editor at every key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator

from dealgate.model.fields import TYPES
from dealgate.model.framework import METHODS, STATUSES
from dealgate.model.process import CATEGORIES, ENFORCE
from dealgate.model.verdict import Outcome, State, Status

from .documents import DOCUMENT_KINDS, KINDS, SCHEMAS, SHARED, schema

FILES = sorted(SCHEMAS.rglob("*.schema.json"))
LANGUAGE = [
    "criteria",
    "fields",
    "framework",
    "inspection",
    "learn",
    "mapping",
    "plays",
    "process",
    "rates",
    "targets",
    "test",
    "workspace",
]


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def inside(node: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield at, node
        for key, value in node.items():
            yield from inside(value, f"{at}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from inside(value, f"{at}/{number}")


def target(reference: str, home: dict[str, Any]) -> dict[str, Any]:
    file, _, pointer = reference.partition("#")
    found: Any = SHARED[file] if file else home
    for part in pointer.strip("/").split("/") if pointer else []:
        found = found[part] if part else found
    assert isinstance(found, dict)
    return found


def description(node: Any, home: dict[str, Any]) -> str:
    if not isinstance(node, dict):
        return ""
    if "description" in node or "$ref" not in node:
        return str(node.get("description", ""))
    reference = node["$ref"]
    return description(target(reference, home), SHARED.get(reference.partition("#")[0], home))


def test_there_is_a_schema_for_every_kind() -> None:
    assert DOCUMENT_KINDS == LANGUAGE
    assert sorted({*KINDS} - {*LANGUAGE}) == ["common", "condition"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_a_schema_is_valid_and_names_itself(path: Path) -> None:
    found = read(path)
    Draft202012Validator.check_schema(found)
    jsonschema_rs.meta.validate(found)
    assert found["$id"] == path.name
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_reference_leads_somewhere(path: Path) -> None:
    found = read(path)
    for _, node in inside(found):
        if isinstance(node.get("$ref"), str):
            assert target(node["$ref"], found)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_key_has_a_short_description(path: Path) -> None:
    found = read(path)
    for at, node in inside(found):
        # a key of an if or of a dispatch by lead key was described where all keys are listed
        if not isinstance(node.get("properties"), dict) or at.endswith(("/if", "/properties")):
            continue
        for key, value in node["properties"].items():
            if value is True or value is False:
                continue
            said = description(value, found)
            assert said, f"{at}/{key}"
            assert len(said) <= 260, f"{at}/{key}"
            assert said[-1] in ".?…" or "Example: " in said or said.endswith("…"), f"{at}/{key}: {said}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_object_has_a_title_and_is_closed(path: Path) -> None:
    found = read(path)
    for at, node in inside(found):
        kinds = node.get("type")
        is_object = kinds == "object" or (isinstance(kinds, list) and "object" in kinds)
        if not is_object or at.endswith(("/if", "/properties")) or at.rsplit("/", 1)[-1] in ("items",):
            continue
        if "properties" not in node and "additionalProperties" not in node:
            continue  # a free map of an overlay, or a shape given by reference
        assert node.get("title"), at
        free = path.name == "test.schema.json" and at == "/$defs/deal"
        by_lead = path.name == "condition.schema.json" and at == ""
        assert free or by_lead or "additionalProperties" in node, at


def test_no_schema_hides_the_real_error_behind_alternatives() -> None:
    for path in FILES:
        for at, node in inside(read(path)):
            assert not {"oneOf", "anyOf"} & {k for k in node if not at.endswith("/properties")}, f"{path.name}{at}"


def test_the_words_are_those_of_the_model() -> None:
    shared = SHARED["common.schema.json"]["$defs"]
    assert set(shared["fieldType"]["enum"]) == set(TYPES)
    assert set(shared["enforce"]["enum"]) == set(ENFORCE)
    assert set(schema("process")["$defs"]["stage"]["properties"]["category"]["enum"]) == set(CATEGORIES)
    assert set(schema("framework")["$defs"]["score"]["properties"]["method"]["enum"]) == set(METHODS)
    expect = schema("test")["$defs"]["expect"]["properties"]
    assert set(expect["decision"]["enum"]) == set(Outcome)
    assert set(expect["state"]["enum"]) == set(State)
    assert set(expect["verdicts"]["additionalProperties"]["enum"]) == set(Status)
    assert set(schema("test")["$defs"]["status"]["enum"]) == set(STATUSES)
    for name in ("check", "gate"):
        verdict = schema(f"output/{name}")["$defs"]["verdict"]["properties"]
        assert set(verdict["status"]["enum"]) == set(Status)
        assert set(verdict["enforce"]["enum"]) == set(ENFORCE)
