"""``run: inspect crm``: an inspection by the clock, kept in the store; what is grave and new is told, once."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import dealgate
from tests.cli.scheduled import SCHEDULE, Works, listening, of
from tests.cli.test_run import works  # noqa: F401 - a fixture
from tests.cli.test_run_told import at, notified

INSPECT = "  - {id: crm-look, run: inspect crm, every: 15 minutes}\n"
RULES = """\
kind: inspection/v1
id: own
title: Own
version: 1.0.0
owner: Sales Operations
rules:
  - id: nobody-sells-there
    title: Nobody sells in this region
    scope: deal
    severity: high
    when: {field: region, is: Atlantis}
    why: It cannot be delivered.
    coach: Who would deliver it?
    action: Close it.
"""
THERE = {"Region": "Atlantis"}


def test_findings_are_kept_counted_and_the_grave_ones_told_once(works: Works, tmp_path: Path) -> None:  # noqa: F811
    (works.folder / "rules" / "own.yaml").write_text(RULES, "utf-8")
    works.deal("006C", "qualification", Name="Fabrikam", Owner="Ada Okafor", Amount=900, **THERE)
    notified(works, SCHEDULE + INSPECT, events="findings")
    metrics = tmp_path / "metrics.prom"
    with listening() as (port, got):
        works.once(env=at(port))
        works.at(10)
        log = works.once("--metrics-file", metrics, env=at(port))
        works.at(10, 15)
        again = works.once(env=at(port))
        works.deal("006D", "qualification", Name="Litware", Owner="Ada Okafor", Amount=900, **THERE)
        works.at(11)
        works.once(env=at(port))
    ran = {line["job"]: line for line in of(log, "ran")}
    assert (ran["crm-look"]["outcome"], ran["crm-look"]["findings"]["high"]) == ("done", 1)
    assert ran["crm-look"]["said"].startswith("done: 1 finding open (1 high), 1 of them new"), ran["crm-look"]["said"]
    assert [line["outcome"] for line in of(again, "ran")] == ["done", "done"]
    assert 'dealgate_findings{severity="high",source="crm"} 1.0' in metrics.read_text("utf-8")
    assert [one["message"] for one in got] == [
        "crm: 1 new grave finding: nobody-sells-there 1. Deals: 006C.",
        "crm: 1 new grave finding: nobody-sells-there 1. Deals: 006D.",
    ]
    shown = dealgate("inspect", "store:crm", "--rule", "nobody-sells-there", "--as-of", "2026-11-03", "--dry-run").out
    assert "since 2 Nov 2026" in shown, shown


def test_an_inspection_before_the_last_one_kept_fails_and_says_why(works: Works) -> None:  # noqa: F811
    (works.folder / "rules" / "own.yaml").write_text(RULES, "utf-8")
    works.deal("006C", "qualification", Name="Fabrikam", Owner="Ada Okafor", Amount=900, **THERE)
    works.scheduled(SCHEDULE + INSPECT)
    works.once()
    works.at(10)
    works.once()
    works.at(10, 15)
    assert dealgate("inspect", "store:crm", "--as-of", "2026-11-20").code == 0
    log = works.once(code=1)
    assert [line["code"] for line in of(log, "diagnostic")] == ["DG814"], log


def test_inspecting_takes_no_option_and_applies_nothing(works: Works) -> None:  # noqa: F811
    works.scheduled("schedule:\n  - {id: a, run: inspect crm --all, every: 1 hour, apply: true}\n")
    said = dealgate("run", "--list").err
    assert "inspect has no option `--all`" in said and "nothing to apply in inspect" in said
