"""jsonschema and jsonschema_rs agree on what holds, over mutated documents and over the shipped schemas."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from dealgate.documents.schema import Schemas
from dealgate.documents.yaml import parse, plain_data, read_text

HERE = Path(__file__).parent
MINE = Schemas(HERE / "schemas")
GOOD = sorted((HERE.parent / "schemas" / "good").glob("*.yaml"))
WORDS = ["a", "no", "x y", "block", "process/v1", "", "15%", 3, -1, True, None, Decimal("1.5"), [], {}]
KEYS = ["kind", "title", "stages", "id", "exit", "check", "field", "is", "all", "use", "owner", "due", "on", "odd"]


def oracle(folder: Path, name: str) -> Any:
    read = {p.name: json.loads(p.read_text("utf-8")) for p in folder.glob("*.schema.json")}
    registry: Registry[Any] = Registry().with_resources((k, Resource.from_contents(v)) for k, v in read.items())
    return Draft202012Validator(read[f"{name}.schema.json"], registry=registry)


ORACLE = oracle(HERE / "schemas", "process")


def floats(data: Any) -> Any:
    """jsonschema knows no Decimal."""
    if isinstance(data, dict):
        return {k: floats(v) for k, v in data.items()}
    if isinstance(data, list):
        return [floats(v) for v in data]
    return float(data) if isinstance(data, Decimal) else data


VALUES = st.recursive(
    st.sampled_from(WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)),
    max_leaves=12,
)
STAGE = st.fixed_dictionaries(
    {"id": st.just("a"), "title": st.just("A")}, optional={"exit": st.lists(VALUES, max_size=2), "max_age": VALUES}
)
DOCUMENTS = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {"kind": st.just("process/v1"), "title": st.just("T"), "stages": st.lists(STAGE, max_size=2)},
        optional=dict.fromkeys(("owner", "due", "applies_to", "weight", "names", "odd"), VALUES),
    ),
)


@given(DOCUMENTS)
def test_both_libraries_agree_on_any_document(data: Any) -> None:
    assert MINE.validator("process").is_valid(data) is ORACLE.is_valid(floats(data))


@given(DOCUMENTS)
def test_what_does_not_hold_is_always_told(data: Any) -> None:
    node, _ = parse(json.dumps(data, default=float), "p.yaml")
    if node is not None:
        holds = MINE.validator("process").is_valid(plain_data(node))
        assert bool(MINE.check(node, "process")) is not holds


@pytest.mark.parametrize("path", GOOD, ids=lambda p: p.stem)
def test_the_good_documents_hold_by_both(path: Path, checkout: Path) -> None:
    text, wrong = read_text(path)
    assert not wrong
    node, wrong = parse(text or "", path.name)
    assert not wrong
    assert node is not None
    data: Any = plain_data(node)
    kind = data["kind"].partition("/")[0]
    assert Schemas(checkout / "schemas").check(node, kind) == []
    assert oracle(checkout / "schemas", kind).is_valid(floats(data))
