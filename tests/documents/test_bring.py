"""What a shared criterion rests on comes with it."""

from __future__ import annotations

from pathlib import Path

from dealgate.documents.load import Loaded, load
from dealgate.model.values import Duration

SHARED = """\
kind: criteria/v1
id: talk
title: Talk
params:
  window: {type: duration, default: 14 days, title: How long a talk counts}
  unasked: {type: integer, default: 2, title: Nobody asks}
evidence_types: {recap: {title: The recap, max_age: 90 days}}
conditions:
  lately: {some: activities, where: {field: at, within_last: {param: window}}}
criteria:
  - {id: talked, title: We talked, check: {condition: lately}, fix: Talk.}
  - {id: recapped, title: They confirmed, check: {evidence: recap, at_least: 2}, fix: Ask.}
"""
PROCESS = """\
kind: process/v1
id: mine
title: Mine
version: 1.0.0
owner: Ops
currency: USD
stages:
  - {id: one, title: One, exit: [{use: talked}]}
overrides: {reasons: [executive-request], expires: 14 days, approvers: [{role: manager}]}
"""
OVERLAY = """\
kind: process/v1
id: client
title: Client
version: 1.0.0
owner: Ops
extends: mine
params: {window: 7 days}
"""


def loaded(folder: Path, process: str = PROCESS, shared: str = SHARED, **more: str) -> Loaded:
    for name, text in {"talk": shared, "mine": process, **more}.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    return load(folder / f"{next(iter(more)) if more else 'mine'}.yaml")


def test_a_process_has_the_parameters_and_conditions_of_the_shared_criteria_it_uses_and_no_others(
    tmp_path: Path,
) -> None:
    process = loaded(tmp_path).need()
    assert process.params == {"window": Duration(14, "day")}
    assert set(process.conditions) == {"lately"}
    assert not process.evidence_types


def test_what_the_process_declares_itself_is_what_the_shared_criterion_means(tmp_path: Path) -> None:
    own = PROCESS + "params: {window: {type: duration, default: 3 days, title: Ours}}\n"
    assert loaded(tmp_path, own).need().params == {"window": Duration(3, "day")}


def test_an_overlay_sets_the_threshold_of_a_shared_criterion(tmp_path: Path) -> None:
    found = loaded(tmp_path, client=OVERLAY)
    assert [d.message for d in found.diagnostics] == []
    assert found.need().params == {"window": Duration(7, "day")}


def test_a_criterion_that_an_overlay_adds_brings_what_it_rests_on(tmp_path: Path) -> None:
    over = OVERLAY.replace("params: {window: 7 days}", "add: {exit: {one: [{use: recapped}]}}")
    assert set(loaded(tmp_path, client=over).need().evidence_types) == {"recap"}


def test_what_nobody_declares_is_told_where_the_shared_criterion_stands(tmp_path: Path) -> None:
    found = loaded(tmp_path, shared=SHARED.replace("  window:", "  windows:"))
    where = {(Path(d.where.file).name, d.code) for d in found.diagnostics}
    assert any(file == "talk.yaml" for file, _ in where)


def test_a_shared_criterion_is_changed_where_it_is_used_and_keeps_the_places_of_its_own_words(tmp_path: Path) -> None:
    found = loaded(tmp_path, PROCESS.replace("{use: talked}", "{use: talked, enforce: approve}")).need()
    criterion = found.criterion("one.talked")
    assert criterion is not None
    assert (criterion.title, criterion.enforce, criterion.fix) == ("We talked", "approve", "Talk.")
    assert Path(criterion.at.file).name == "mine.yaml"


def test_a_shared_criterion_that_is_not_there_is_told_once_with_the_nearest(tmp_path: Path) -> None:
    found = loaded(tmp_path, PROCESS.replace("talked", "talkd"))
    told = [(d.code, d.message, d.suggestion, d.where.line) for d in found.diagnostics]
    assert told == [("DG237", "There is no shared criterion `talkd`.", "did you mean `talked`?", 8)]


def test_an_overlay_is_milder_than_what_the_shared_criterion_or_its_place_says(tmp_path: Path) -> None:
    over = OVERLAY.replace("params: {window: 7 days}", "change: {stages: {one: {exit: {talked: {enforce: approve}}}}}")
    softer = loaded(tmp_path, client=over)
    assert [d.code for d in softer.diagnostics] == ["DG420"]
    observed = SHARED.replace("title: We talked,", "title: We talked, enforce: observe,")
    assert loaded(tmp_path, shared=observed, client=over).diagnostics == []
    warned = PROCESS.replace("{use: talked}", "{use: talked, enforce: warn}")
    assert loaded(tmp_path, warned, client=over).diagnostics == []


def test_an_overlay_may_give_a_shared_criterion_another_check(tmp_path: Path) -> None:
    stricter = "{all: [{condition: lately}, {field: amount, filled: true}]}"
    change = f"change: {{stages: {{one: {{exit: {{talked: {{check: {stricter}}}}}}}}}}}"
    found = loaded(tmp_path, client=OVERLAY.replace("params: {window: 7 days}", change))
    assert found.diagnostics == []
    assert found.need().criterion("one.talked") is not None
