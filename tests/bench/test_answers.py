from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("numpy", reason="numpy is needed to draw the workload: install the extra `bench`")

from bench.__main__ import main
from bench.peers.zen import ZEN
from bench.spelled import CEL
from tests.conftest import absent

from bench import baselines, batch, contenders, criteria, deals, growth, many, report, workload
from bench import run as bench_run
from dealgate.documents.load import load
from dealgate.model.verdict import Status

# durable-rules asks the clock in a way that newer Pythons would rather not see
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp:DeprecationWarning")


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


@pytest.fixture(scope="module")
def results() -> report.Results:
    return bench_run.run(bench_run.TINY)


def test_the_bench_shows_what_it_keeps(
    results: report.Results, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.__main__.run", lambda _plan, _say: results)
    assert main(["--tiny", "--json", "--out", str(tmp_path)]) == 0
    shown = json.loads(capsys.readouterr().out)
    kept = json.loads(next(tmp_path.glob("*.json")).read_text(encoding="utf-8"))
    assert shown == kept
    assert {found["name"] for found in shown["latency"]} >= {contenders.OURS, contenders.BY_HAND}
    assert {found["deals"] for found in shown["many"]} == set(bench_run.TINY.deals)
    assert not any(shown["differing"].values())
    assert main(["--tiny", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "p50 ratio" in out and "deals a second" in out


def test_a_back_end_of_ours_that_is_not_there_has_missed_what_is_asked(results: report.Results) -> None:
    hand = batch.Speed(many.CEILING, report.MANY, 1.0, 1.0, 1.0, 3, 0)
    slow = batch.Speed(many.OURS_COLUMNS, report.MANY, 2.0, 2.0, 0.5, 3, 0)
    for speeds in ([hand], [hand, slow]):
        asked = replace(results, many=speeds).requirements()
        assert [r.holds for r in asked if many.OURS_COLUMNS in r.what] == [False]


def test_sizes_are_numbers_from_one_on(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ("0,10", "ten"):
        with pytest.raises(SystemExit):
            main(["--deals", words])
    assert "--deals" in capsys.readouterr().err


def test_zen_engine_is_among_the_peers() -> None:
    if find_spec("zen") is None:
        absent("bench", "zen-engine is not installed: install the extra `bench`")
    everyone, _ = contenders.everyone(workload.rows(5))
    assert any(c.name.startswith("zen-engine") for c in everyone)


def test_a_dialect_knows_what_its_engine_calls_things() -> None:
    spelled = dict(zip(criteria.NAMES, CEL.criteria(), strict=True))
    assert spelled["amount_min"] == "(amount != null && amount >= 5000.0)"
    assert spelled["econ_buyer"].endswith('size(contacts.filter(c_, c_.role == "economic_buyer")) >= 1)')
    assert " or " in ZEN.criteria()[8] and "||" not in ZEN.criteria()[8]


def test_what_is_not_met_is_what_by_hand_is_not_met(rows: list[workload.Row]) -> None:
    process = deals.Process()
    for row in rows[:200]:
        ready, unmet = baselines.explained_unmet(row)
        verdicts = process.playbook.evaluate(process.deal(row), as_of=deals.DAY)
        ours = {criteria.NAMES[process.number(v)]: v.status for v in process.unmet(verdicts, row["stage"])}
        assert ours == {name: Status.UNMET if answer is False else Status.UNKNOWN for name, answer, _, _ in unmet}
        assert ready is not bool(unmet)
