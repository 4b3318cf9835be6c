"""Inspection documents: what is refused, where, and how it is mended."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from tests.inspection.looking import PLAIN

from dealgate import load
from dealgate.documents.load import load_documents, load_inspections
from dealgate.inspection.groups import measured
from dealgate.inspection.leaks import Move
from dealgate.inspection.measures import MEASURES, Ground, Measures
from dealgate.inspection.passing import Passed
from dealgate.inspection.walk import DealWalk
from dealgate.model.calendar import Moment
from dealgate.model.deal import Deal
from dealgate.model.diagnostics import Diagnostic
from dealgate.model.inspection import DEAL_MEASURES, GROUP_MEASURES

HEAD = "kind: inspection/v1\nid: mine\ntitle: Mine\nversion: 1.0.0\nowner: Ops\n"


def told(folder: Path, scope: str, when: str, more: str = "") -> list[Diagnostic]:
    """What is said of an inspection with one rule."""
    file = folder / "mine.yaml"
    rule = f"rules:\n  - id: one\n    title: One\n    scope: {scope}\n    severity: warn\n    when: {when}\n{more}"
    file.write_text(HEAD + rule, encoding="utf-8")
    return [d for one in load_documents([file]) for d in one.diagnostics]


@pytest.mark.parametrize(
    ("code", "scope", "when", "hint"),
    [
        ("DG801", "deal", "{criteria: curent_exit, status: [unmet], at_least: 1}", "current_exit"),
        ("DG802", "deal", "{share: deals, where: {field: amount, above: 1}, above: 40%}", "scope"),
        ("DG802", "owner", "{criteria: commit, status: [unmet], at_least: 1}", "where"),
        (
            "DG803",
            "deal",
            "{field: age, above: {learned: won_days_in_stag, quantile: 75%, otherwise: 3 days}}",
            "won_days",
        ),
        (
            "DG803",
            "deal",
            "{field: age, above: {learned: closed_cycle, quantile: 75%, by: [stage], otherwise: 3 days}}",
            "by",
        ),
        ("DG804", "deal", "{field: age, above: {learned: closed_cycle, quantile: 75%}}", "otherwise"),
        ("DG202", "team", "{share: people, where: {field: amount, above: 1}, above: 40%}", "deals"),
        ("DG203", "team", "{largest: deals, of: name, above: 40%}", "amount"),
        ("DG206", "deal", "{field: amount, above: {learned: closed_cycle, quantile: 75%, otherwise: 3 days}}", None),
        ("DG201", "owner", "{field: lossses, above: 3}", "losses"),
        ("DG201", "team", "{share: deals, where: {field: amonut, above: 1}, above: 40%}", "amount"),
    ],
)
def test_a_mistake_in_a_rule_is_one_diagnostic(
    tmp_path: Path, code: str, scope: str, when: str, hint: str | None
) -> None:
    (found,) = told(tmp_path, scope, when)
    assert (found.code, found.where.line) == (code, 11), found
    assert hint is None or hint in (found.suggestion or ""), found


def test_an_escalation_that_is_no_graver_is_refused(tmp_path: Path) -> None:
    more = "    escalate: {severity: info, when: {field: pushes, at_least: 3}}\n"
    (found,) = told(tmp_path, "deal", "{field: pushes, at_least: 2}", more)
    assert (found.code, found.where.line) == ("DG805", 12)
    assert "`high`" in (found.suggestion or "")


def test_a_review_at_no_time_of_day_is_refused(tmp_path: Path) -> None:
    more = 'reviews: [{id: weekly, title: Weekly, every: week, held: {on: monday, at: "25:00"}}]\n'
    (found,) = told(tmp_path, "deal", "{field: pushes, at_least: 2}", more)
    assert found.code == "DG806"


@pytest.mark.parametrize(
    ("item", "code", "hint"),
    [
        ("{title: One, show: riskiest-comits}", "DG830", "riskiest-commits"),
        ("{title: One, show: commitments, severity: high}", "DG835", "severity"),
        ("{title: One, at_most: 3}", "DG835", "at_most"),
        ("{title: One, show: findings, where: {field: amonut, above: 1}}", "DG201", "amount"),
    ],
)
def test_an_agenda_shows_what_there_is_and_reads_every_key_of_it(
    tmp_path: Path, item: str, code: str, hint: str
) -> None:
    more = f"reviews: [{{id: weekly, title: Weekly, every: week, agenda: [{item}]}}]\n"
    (found,) = told(tmp_path, "deal", "{field: pushes, at_least: 2}", more)
    assert found.code == code
    assert hint in (found.suggestion or "")


def test_a_rule_may_bear_an_id_only_once(tmp_path: Path) -> None:
    more = "  - {id: one, title: Two, scope: deal, severity: warn, when: {field: pushes, at_least: 2}}\n"
    (found,) = told(tmp_path, "deal", "{field: pushes, at_least: 2}", more)
    assert found.code == "DG231"


def test_an_overlay_changes_a_threshold_of_what_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "kind: inspection/v1\nid: ours\ntitle: Ours\nversion: 1.0.0\nowner: Ops\nextends: risk@^1\nparams: {quiet: 7 days}\n"
    (tmp_path / "ours.yaml").write_text(text, encoding="utf-8")
    (one,) = load_inspections(load(PLAIN).process, [tmp_path / "ours.yaml"])
    assert [str(d) for d in one.diagnostics if d.severity.name == "ERROR"] == []
    assert one.inspection is not None
    assert str(one.inspection.params["quiet"]) == "7 days"


def test_every_measure_that_a_rule_may_name_is_worked_out() -> None:
    assert MEASURES.keys() == DEAL_MEASURES.keys()
    process = load(PLAIN).process
    moment = Moment(datetime(2026, 11, 23, tzinfo=UTC), process.calendar)
    lost = Deal(
        "D-1",
        {"status": "lost", "closed_on": date(2026, 11, 2), "outcome_reason": "price"},
        {"overrides": (), "visits": ({"stage": "needs", "entered": datetime(2026, 11, 1, tzinfo=UTC)},)},
    )
    move = Move("D-1", datetime(2026, 11, 2, tzinfo=UTC), "needs", "trial", "needs#1", "trial#1", None, None)
    moves = {"D-1": [Passed(move, (), False)] * 20}
    ground = Ground(load(PLAIN).judge, moment, passed=moves)
    walk = DealWalk(process, lost, moment, measures=Measures(lost, ground))
    assert measured([walk]).keys() == GROUP_MEASURES.keys()


def test_an_overlay_moves_the_hour_of_a_review(tmp_path: Path) -> None:
    change = 'change:\n  reviews:\n    weekly: {held: {on: tuesday, at: "14:00"}}\n'
    text = HEAD.replace("id: mine", "id: ours") + "extends: reviews@^1\n" + change
    (tmp_path / "ours.yaml").write_text(text, encoding="utf-8")
    (one,) = load_inspections(load(PLAIN).process, [tmp_path / "ours.yaml"])
    assert one.inspection is not None, one.diagnostics
    assert {held.id: held.held for held in one.inspection.reviews if held.held} == {"weekly": (1, time(14))}
