"""A process document becomes the checked process."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from dealgate.documents.build import build_fields, build_framework, build_process
from dealgate.documents.conditions import Scope
from dealgate.documents.library import Library
from dealgate.documents.load import load
from dealgate.model.calendar import Calendar
from dealgate.model.condition import Test as FieldTest
from dealgate.model.diagnostics import Diagnostic, Severity
from dealgate.model.process import Process, Sla
from dealgate.model.values import Duration, Money

from .conditions_help import FIELDS, FRAMEWORK, tree

PROCESS = """\
kind: process/v1
id: acme
version: 1.0.0
title: Acme
owner: Ops
currency: EUR
calendar:
  time_zone: Europe/Berlin
  weekend: [friday, saturday]
  working_hours: {from: "08:00", to: "16:00"}
  holidays: [2026-12-25]
  fiscal_year_starts: april
applies_to: {field: kind, is: new}
use: {frameworks: [{id: bant, due: {need: proposal}}]}
params: {large: {type: money, default: 50000, title: Large}}
evidence_types: {contract: {title: The contract, max_age: 30 days}}
conditions: {known: {some: contacts}}
lead:
  definition: Somebody who fits.
  becomes_opportunity_when:
    - {id: known, title: We know them, check: {condition: known}}
  respond: {from: created_at, to: touched_at, within: 1 business hour}
  recycle: {require: [source]}
stages:
  - id: qualification
    title: Qualification
    max_age: 14 days
    probability: 15%
    slas: [{id: decide, from: created_at, to: left.qualification, within: 10 days}]
    capture: [close_date, {field: owner.name, enforce: warn, fix: Ask them.}]
    exit:
      - id: need-stated
        title: The need is stated
        check: {framework: bant, element: need, at_least: 2}
        applies_when: {field: amount, at_least: {param: large}}
        weight: 2.5
        stays: true
        since: 2026-01-31
        in_flight: grandfather
        tags: [need]
  - id: proposal
    title: Proposal
    category: commit
    enter: [{id: signed, title: Signed, check: {field: signed_on, filled: true}, enforce: approve}]
    exit:
      - {id: again, title: Again, check: {criterion: qualification.need-stated}}
  - {id: post-sale, title: Post-sale, after: won}
outcomes:
  won: {require: [{id: paper, title: Paper, check: {evidence: contract}}]}
  lost:
    require: [{id: why, title: Why, check: {field: reason, in: [price]}}]
    reasons: [{id: price, counts_as: lost}, {id: nothing, title: They did nothing, counts_as: no_decision}]
forecast: {commit: {require: [{id: late, title: Late stage, check: {field: stage, at_least: proposal}}]}}
moves: {skip: {enforce: approve}, back: {require_reason: true}, reopen: {within: 90 days}}
overrides:
  reasons: [because]
  expires: 14 days
  approvers: [{up_to: 50000, role: manager}, {role: admin}]
  cap: {per: owner, in: quarter, at_most: 5}
placeholders: [ASAP]
"""
EXTRA = "reason: {type: choice, title: Reason, reasons: true}"


def build(text: str) -> tuple[Process | None, list[Diagnostic]]:
    wrong: list[Diagnostic] = []
    catalogue = build_fields([tree(FIELDS)], tree(EXTRA), wrong)
    bant = build_framework(tree(FRAMEWORK), Scope(catalogue), wrong)
    assert bant is not None
    assert not wrong
    return build_process(tree(text), {"bant": bant}, catalogue, wrong), wrong


@pytest.fixture(scope="module")
def process() -> Process:
    found, wrong = build(PROCESS)
    assert not wrong
    assert found is not None
    return found


def test_criteria_are_qualified_by_where_they_stand(process: Process) -> None:
    assert [c.id for c in process.criteria] == [
        "lead.known", "recycle.has-source", "qualification.has-close-date", "qualification.has-owner-name", "qualification.need-stated",
        "proposal.signed", "proposal.again", "won.paper", "lost.why", "commit.late",
    ]  # fmt: skip
    parts = [c.part for c in process.criteria]
    assert parts == ["lead", "recycle", "capture", "capture", "exit", "enter", "exit", "won", "lost", "commit"]


def test_capture_asks_that_the_field_is_filled(process: Process) -> None:
    plain, longer = process.stages[0].exit[:2]
    assert isinstance(plain.check, FieldTest)
    assert (plain.check.ref.name, plain.check.operator.key) == ("close_date", "filled")
    assert (plain.title, plain.fix, plain.enforce) == ("Close date is captured", "Fill in Close date.", "block")
    assert (longer.title, longer.fix, longer.enforce) == ("Owner is captured", "Ask them.", "warn")


def test_a_criterion_carries_all_that_is_written(process: Process) -> None:
    found = process.criterion("qualification.need-stated")
    assert found is not None
    assert (found.weight, found.stays, found.since, found.in_flight, found.tags) == (
        Decimal("2.5"), True, date(2026, 1, 31), "grandfather", ("need",),
    )  # fmt: skip
    assert found.applies_when is not None
    assert (found.at.file, found.at.line) == ("rules.yaml", 32)


def test_stages_and_reasons_become_the_options_of_their_fields(process: Process) -> None:
    assert process.catalogue.deal["stage"].options == ("qualification", "proposal", "post-sale")
    assert process.catalogue.deal["reason"].options == ("price", "nothing")
    assert [s.id for s in process.open_stages] == ["qualification", "proposal"]
    assert process.stages[2].category == "closed"


def test_a_due_stage_is_bound_anew_and_one_that_is_not_there_falls_away(process: Process) -> None:
    assert {e.id: e.due for e in process.frameworks["bant"].elements} == {"budget": "qualification", "need": "proposal"}
    found, _ = build(
        PROCESS.replace("[{id: bant, due: {need: proposal}}]", "[bant@^1]").replace("qualification", "start")
    )
    assert found is not None
    assert {e.due for e in found.frameworks["bant"].elements} == {None}


def test_settings_are_read(process: Process) -> None:
    first = process.stages[0]
    assert (first.max_age, first.probability) == (Duration(14, "day"), Decimal("0.15"))
    assert first.slas == (Sla("decide", "created_at", "left.qualification", Duration(10, "day")),)
    assert (process.moves.skip, process.moves.back, process.moves.back_needs_reason) == ("approve", "warn", True)
    assert process.moves.reopen_within == Duration(90, "day")
    assert process.overrides.approvers == ((5_000_000, "manager"), (None, "admin"))
    assert process.overrides.cap == {"per": "owner", "in": "quarter", "at_most": 5}
    assert process.lead is not None
    assert process.lead.respond == Sla("respond", "created_at", "touched_at", Duration(1, "hour", business=True))
    assert [c.id for c in process.lead.recycle] == ["recycle.has-source"]
    assert process.params == {"large": Money(5_000_000, "EUR")}
    assert "asap" in process.reading.placeholders
    assert process.evidence_types["contract"].max_age == Duration(30, "day")
    assert process.reasons[0].title == "Price"
    assert set(process.conditions) == {"known"}
    assert process.applies_to is not None


def test_the_calendar_is_read(process: Process) -> None:
    found = process.calendar
    assert str(found.zone) == "Europe/Berlin"
    assert (found.weekend, found.holidays) == (frozenset({4, 5}), frozenset({date(2026, 12, 25)}))
    assert (found.opens, found.closes, found.fiscal_month) == (time(8), time(16), 4)


def test_what_is_left_out_keeps_its_default() -> None:
    found, wrong = build("{id: a, title: A, version: 1.0.0, owner: O, stages: [{id: one, title: One}]}")
    assert not wrong
    assert found is not None
    assert (found.currency, found.record, found.calendar) == ("USD", "deal", Calendar())


MISTAKES = [
    ("currency: EUR", "currency: EUX", "DG234", "EUR"),
    ("Europe/Berlin", "Europe/Berln", "DG235", "Europe/Berlin"),
    ('from: "08:00"', 'from: "18:00"', "DG235", None),
    ("[2026-12-25]", "[2026-13-25]", "DG240", None),
    ("{id: bant, due", "{id: bnat, due", "DG218", "`bant`"),
    ("{need: proposal}", "{need: propsal}", "DG230", "`proposal`"),
    ("{need: proposal}", "{ned: proposal}", "DG219", "`need`"),
    ("from: created_at, to: touched_at", "from: created_on, to: touched_at", "DG201", "`created_at`"),
    ("to: left.qualification", "to: left.qualifcation", "DG230", "`left.qualification`"),
    ("to: left.qualification", "to: amount", "DG206", None),
    ("[source]", "[sorce]", "DG201", "`source`"),
    ("capture: [close_date,", "capture: [accepted,", "DG236", "is: true"),
    ("capture: [close_date,", "capture: [close_dat,", "DG201", "`close_date`"),
    ("{id: again, title", "{id: signed, title", "DG231", None),
    ("{evidence: contract}", "{evidence: contrct}", "DG221", "`contract`"),
    ("[price]}", "[prise]}", "DG205", "`price`"),
    ("{condition: known}", "{condition: knwon}", "DG215", "`known`"),
    ("enforce: approve}, back", "enforce: aprove}, back", "DG240", "`approve`"),
    ("up_to: 50000", "up_to: 50000 USD", "DG209", None),
    ("probability: 15%", "probability: 15", "DG208", "15%"),
    ("    max_age: 14 days\n", "    max_age: 14\n", "DG204", "14 days"),
    ("after: won", "after: lost", "DG230", None),
    (" check: {condition: known}", "", "DG238", None),
]


@pytest.mark.parametrize(("old", "new", "code", "hint"), MISTAKES)
def test_a_mistake_is_one_diagnostic_at_its_line(old: str, new: str, code: str, hint: str | None) -> None:
    line = PROCESS[: PROCESS.index(old)].count("\n") + 1
    found, wrong = build(PROCESS.replace(old, new, 1))
    assert found is None
    assert [(d.code, d.where.line) for d in wrong] == [(code, line)]
    if hint is not None:
        assert hint in (wrong[0].suggestion or "")


def test_a_stage_that_stands_twice_is_refused() -> None:
    found, wrong = build(PROCESS.replace("id: post-sale", "id: proposal"))
    assert found is None
    assert [(d.code, d.where.line) for d in wrong] == [("DG231", 47)]


def test_a_loop_of_criteria_is_one_error_that_lists_it() -> None:
    text = PROCESS.replace("check: {framework: bant, element: need, at_least: 2}", "check: {criterion: proposal.again}")
    found, wrong = build(text)
    assert found is None
    assert [d.code for d in wrong] == ["DG217"]
    assert "qualification.need-stated → proposal.again → qualification.need-stated" in wrong[0].message


def test_a_loop_through_a_named_condition_is_found() -> None:
    found, wrong = build(PROCESS.replace("known: {some: contacts}", "known: {criterion: lead.known}"))
    assert found is None
    assert [d.code for d in wrong] == ["DG217"]


def test_what_a_framework_does_not_use_is_told_apart_from_what_is_not_there() -> None:
    _, wrong = build(PROCESS.replace("use: {frameworks: [{id: bant, due: {need: proposal}}]}", "use: {}"))
    assert [d.code for d in wrong] == ["DG218"]
    assert "add bant" in (wrong[0].suggestion or "")


@pytest.mark.parametrize("key", [line.split(":")[0] for line in PROCESS.splitlines() if line[0] not in " -"])
@pytest.mark.parametrize("value", ["[]", "{}", "~", "5", "[[a], {b: c}]", "{a: {b: []}}", "{require: {a: 1}}"])
def test_no_odd_value_makes_the_builder_fall_over(key: str, value: str) -> None:
    plain = "id: a\nstages: [{id: one, title: One}]\n"
    kept = "" if key in ("id", "stages") else plain
    build(f"{kept}{key}: {value}\n")


@pytest.mark.parametrize("name", Library().ids("process"))
def test_a_bundled_process_holds_and_says_how_to_mend_each_criterion(name: str) -> None:
    found = load(name)
    assert [d for d in found.diagnostics if d.severity is not Severity.INFO] == []
    assert all(c.fix for c in found.need().criteria)
