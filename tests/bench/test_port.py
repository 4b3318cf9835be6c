"""The bench's port is held to the scripts it was made from, answer by answer, where those are at hand."""

from __future__ import annotations

import datetime
import importlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.conftest import CHECKOUT, absent

np = pytest.importorskip("numpy", reason="numpy is needed to draw the workload: install the extra `bench`")

from bench.many import polars_by_hand  # noqa: E402
from bench.spelled import CEL  # noqa: E402

from bench import criteria, lowered, many, tables, workload  # noqa: E402 - after numpy is known to be there

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


def test_the_columns_by_hand_are_those_of_the_original(original: ModuleType, tmp_path: Path) -> None:
    theirs = originals_columns(original, DEALS)
    deals = tables.Deals(DEALS, tmp_path)
    for kind, ours in (("pdfd", deals.enums), ("pdf", deals.text)):
        frame = theirs["polq"](theirs[kind]).collect().sort("id")
        frame = frame.rename({c: c.removeprefix("c_") for c in frame.columns} | {"may_exit": many.READY})
        assert frame.equals(polars_by_hand.judged(ours.lazy()).collect().sort("id"))


def test_polars_is_asked_for_the_same_work_as_in_the_original(original: ModuleType, tmp_path: Path) -> None:
    # the same plan word for word, so that neither can be faster
    theirs = originals_columns(original, 100)
    deals = tables.Deals(100, tmp_path)
    for kind, ours in (("pdfd", deals.enums), ("pdf", deals.text)):
        plan = re.sub(r"\bk_(\d)", r"n\1", re.sub(r"\bc_", "", theirs["polq"](theirs[kind]).explain()))
        assert plan.replace("may_exit", many.READY) == polars_by_hand.judged(ours.lazy()).explain()


def originals_columns(original: ModuleType, count: int) -> dict[str, Any]:
    """What the original's script makes of Polars, cut out of it: the rest needs much that is not here."""
    text = (Path(original.__file__ or "").parent / "b_columnar.py").read_text(encoding="utf-8")
    part = text[text.index("# ---- polars") : text.index("# ---- pyarrow.compute")]

    def counts(node: Any) -> list[Any]:
        inner = [c for part in node[1:] for c in counts(part)] if node[0] in ("and", "or", "not") else []
        return [node] if node[0] == "count_ge" else inner

    def day(offset: int) -> datetime.date:
        return datetime.date(1970, 1, 1) + datetime.timedelta(days=original.ASOF + offset)

    names: dict[str, Any] = {
        **vars(original),
        "tab": original.arrow_table(count, date32=True),
        "E_": {},
        "counts": counts,
        "day": day,
    }
    exec(compile(part, "b_columnar.py", "exec"), names)  # noqa: S102 - the script that this is held to
    return names


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
            return "cmp", sign, CEL.term(left), CEL.term(right)
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
                return CEL.literal(value)
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
