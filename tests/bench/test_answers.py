from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="numpy is needed to draw the workload: install the extra `bench`")

from bench.__main__ import main
from tests.conftest import absent

from bench import contenders, criteria, deals, growth, workload
from dealgate.documents.load import load
from dealgate.model.verdict import Status


@pytest.fixture(scope="module")
def rows() -> list[workload.Row]:
    return workload.rows(1_000)


def test_the_process_holds_without_an_error() -> None:
    # warnings it has: nothing captures its fields, since a criterion for each would be more than forty
    assert {d.code for d in load(deals.PROCESS).diagnostics} <= {"DG307"}
    assert len(deals.Process().playbook.process.criteria) == len(criteria.NAMES) == 40


def test_everybody_gives_the_answers_of_the_reference(rows: list[workload.Row]) -> None:
    found = contenders.differences(rows, 100)
    assert found and not any(found.values()), found


def test_a_wrong_answer_is_noticed(rows: list[workload.Row], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(criteria.CRITERIA, "has_amount", criteria.Not(criteria.Present("amount")))
    assert contenders.differences(rows[:10], 0)[contenders.OURS] >= 10


def test_every_criterion_has_all_its_answers_in_the_workload(rows: list[workload.Row]) -> None:
    answers = [criteria.reference(row) for row in rows]
    for n, (name, condition) in enumerate(criteria.CRITERIA.items()):
        decided = isinstance(condition, criteria.Present) or name == "stage_valid"
        # close dates lie from 20 days before the day judged at to 300 after it; deals are nearly all made before
        never = {None} if decided else {False} if name in ("close_within_year", "close_after_created") else set()
        assert {a[n] for a in answers} >= {True, False, None} - never, name


def test_verdicts_carry_exact_values_by_field(rows: list[workload.Row]) -> None:
    process = deals.Process()
    row = next(r for r in rows if r["amount"] is not None and r["contacts"] is None)
    verdicts = {v.criterion.id: v for v in process.playbook.evaluate(process.deal(row), as_of=deals.DAY)}
    assert verdicts["qualify.amount-min"].values["amount"].minor == round(row["amount"] * 100)
    assert verdicts["develop.econ-buyer"].status is Status.UNKNOWN
    assert verdicts["develop.econ-buyer"].missing == ("contacts",)


def test_a_process_can_be_written_at_any_size(tmp_path: Path) -> None:
    path = tmp_path / "grown.yaml"
    path.write_text(growth.written(100), encoding="utf-8")
    process = load(path).process
    assert process is not None and len(process.criteria) == 100


def test_the_bench_runs_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--tiny", "--json", "--out", str(tmp_path)]) == 0
    shown = json.loads(capsys.readouterr().out)
    kept = json.loads(next(tmp_path.glob("*.json")).read_text(encoding="utf-8"))
    assert shown == kept
    assert {found["name"] for found in shown["latency"]} >= {contenders.OURS, contenders.BY_HAND}
    assert not any(shown["differing"].values())
    assert main(["--tiny", "--out", str(tmp_path)]) == 0
    assert "p50 ratio" in capsys.readouterr().out


def test_zen_engine_is_among_the_peers() -> None:
    if find_spec("zen") is None:
        absent("bench", "zen-engine is not installed: install the extra `bench`")
    everyone, left_out = contenders.everyone(workload.rows(5))
    assert any(c.name.startswith("zen-engine") for c in everyone) and not left_out
