"""The bench's port is held to the scripts it was made from, answer by answer, where those are at hand."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from tests.conftest import CHECKOUT, absent

np = pytest.importorskip("numpy", reason="numpy is needed to draw the workload: install the extra `bench`")

from bench.peers import zen  # noqa: E402

from bench import criteria, lowered, workload  # noqa: E402 - after numpy is known to be there

DEALS = 3_000


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The original ``common.py``, by DEALGATE_TEST_BENCH or beside the checkout; it works in a folder of its own."""
    folder = Path(os.environ.get("DEALGATE_TEST_BENCH") or CHECKOUT.parent / "shared" / "bench")
    if not (folder / "common.py").is_file():
        absent("data", "the original bench scripts are not here: set DEALGATE_TEST_BENCH")
    for needed in ("pyarrow",):
        pytest.importorskip(needed, reason=f"the original bench scripts need {needed}: install the extra `bench`")
    before = Path.cwd(), sys.dont_write_bytecode
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    os.chdir(tmp_path_factory.mktemp("originals"))
    try:
        yield importlib.import_module("common")
    finally:
        os.chdir(before[0])
        sys.dont_write_bytecode = before[1]
        sys.path.remove(str(folder))
        sys.modules.pop("common", None)


@pytest.mark.parametrize("seed", [7, 11])
def test_the_generator_makes_the_same_deals(original: ModuleType, seed: int) -> None:
    theirs, ours = original.rows(DEALS, seed), workload.rows(DEALS, seed)
    assert ours == theirs
    types = [{name: type(value) for name, value in row.items()} for row in ours]
    assert types == [{name: type(value) for name, value in row.items()} for row in theirs]


def test_the_criteria_have_the_same_names_and_stages_require_the_same(original: ModuleType) -> None:
    assert list(criteria.NAMES) == original.NAMES
    assert {stage: list(required) for stage, required in criteria.REQUIRED.items()} == original.REQ


def test_the_reference_gives_the_same_answers(original: ModuleType) -> None:
    for row in workload.rows(DEALS):
        theirs = original.ref_row(row)
        assert criteria.reference(row) == theirs
        assert criteria.ready(theirs, row) == original.ref_exit(theirs, row)


def test_the_two_valued_form_is_the_same(original: ModuleType) -> None:
    for (_, tree), condition in zip(original.CR, criteria.CRITERIA.values(), strict=True):
        assert shape(lowered.is_true(condition)) == theirs_shape(original.T(tree))
        assert shape(lowered.is_false(condition)) == theirs_shape(original.Fz(tree))


def shape(node: lowered.Lowered) -> object:
    """A lowered condition as nested tuples."""
    match node:
        case lowered.IsNull(name, null):
            return "null" if null else "nn", name
        case criteria.Compare(sign, left, right):
            return "cmp", sign, zen._term(left), zen._term(right)
        case lowered.Member(name, words, inside):
            return "in" if inside else "nin", name, words
        case lowered.And(parts):
            return "and2", tuple(map(shape, parts))
        case lowered.Or(parts):
            return "or2", tuple(map(shape, parts))
    return "count_ge" if node.reached else "count_lt", node.count.match, node.count.at_least


def theirs_shape(node: tuple) -> object:  # type: ignore[type-arg]
    """The same of the original's tuples, where a field may be guarded twice."""

    def term(t: tuple) -> str:  # type: ignore[type-arg]
        match t:
            case ("f", name):
                return str(name)
            case ("c", value):
                return zen._literal(value)
            case ("asof", offset):
                return str(workload.AS_OF + offset)
        return f"({term(t[1])} {t[0]} {term(t[2])})"

    if node[0] in ("and2", "or2"):
        return node[0], tuple(dict.fromkeys(map(theirs_shape, node[1])))
    if node[0] == "cmp":
        return "cmp", node[1], term(node[2]), term(node[3])
    if node[0] in ("in", "nin"):
        return node[0], node[1], tuple(node[2])
    return tuple(node)
