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
