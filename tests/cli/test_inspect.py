"""Inspecting on the command line: what is found, remembered, silenced; and the formats it is told in."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.inspection.looking import PLAIN, deal

from .running import AS_OF, CHECKOUT, Ran, dealgate, golden
from .test_past import told as checked

DEALS = [
    deal(name="Contoso", next_step_by="seller", close_date="2026-11-01"),
    deal(id="D-2", name="Fabrikam", next_step_on="2026-11-20", amount="0.00"),
    deal(id="D-3", name="Litware", discount="20%", discount_approved=False, approved_discount="10%"),
    deal(id="D-4", name="Adatum", owner__name="Tom Two", activities=[]),
]


def load(day: str, *records: Mapping[str, Any]) -> None:
    """Loads the store as a source would be read on a day."""
    Path("crm.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    ran = dealgate("store", "load", "crm.jsonl", "--as-of", day)
    assert ran.code == 0, ran.err


@pytest.fixture
def mine(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a plain process and a store with four deals."""
    folder = elsewhere / "mine"
    (folder / "rules").mkdir(parents=True)
    shutil.copyfile(PLAIN, folder / "rules" / "plain.yaml")
    (folder / "dealgate.yaml").write_text(
        "kind: workspace/v1\nid: mine\ntitle: Mine\nprocesses: [plain]\n", encoding="utf-8"
    )
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DEALGATE_BY", raising=False)
    for module in ("options", "commands.store", "commands.snooze"):
        monkeypatch.setattr(f"dealgate.cli.{module}.now", lambda: datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert dealgate("store", "init").code == 0
    load("2026-11-23", *DEALS)
    return folder


def told(day: str, *words: object) -> dict[str, Any]:
    """The JSON of an inspection, which holds by its schema."""
    ran = dealgate("inspect", "--as-of", day, "--output", "json", *words)
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    schema = json.loads((CHECKOUT / "schemas/output/inspect.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    return found


def rules(found: Mapping[str, Any], key: str = "findings") -> list[tuple[str, str]]:
    return sorted((one["rule"], one["subject"]) for one in found[key])


def snooze(rule: str = "close-date-passed", *more: object, deal: str = "D-1", until: str = "2026-12-01") -> Ran:
    words = ("--reason", "The buyer's board meets", "--until", until, "--by", "Max Berg", *AS_OF)
    return dealgate("snooze", rule, "--deal", deal, *words, *more)


def test_findings_at_80_columns(mine: Path) -> None:
    ran = dealgate("inspect", *AS_OF)
    assert ran.code == 0, ran.err
    assert max(map(len, ran.out.splitlines())) <= 80
    golden("inspect.txt", ran.out)


def test_findings_are_new_then_there_still_then_gone(mine: Path) -> None:
    first = told("2026-11-23")
    assert first["kept"]
    assert {one["state"] for one in first["findings"]} == {"new"}
    assert ("close-date-passed", "D-1") in rules(first)
    assert ("discount-unapproved", "D-3") in rules(first)
    load("2026-11-24", DEALS[0] | {"close_date": "2026-12-20"}, *DEALS[1:])
    second = told("2026-11-24")
    assert rules(second, "gone") == [("close-date-passed", "D-1")]
    (kept,) = [one for one in second["findings"] if one["rule"] == "seller-only-step"]
    assert (kept["state"], kept["since"]) == ("still", "2026-11-23")


def test_a_dry_run_and_a_look_at_an_earlier_day_leave_no_trace(mine: Path) -> None:
    assert not told("2026-11-23", "--dry-run")["kept"]
    assert told("2026-11-24")["summary"]["still"] == 0
    assert not told("2026-11-23")["kept"]
    assert told("2026-11-25")["summary"]["new"] == 0


def test_only_what_is_asked_for_is_shown_and_all_of_it_is_kept(mine: Path) -> None:
    few = told("2026-11-23", "--severity", "block")
    assert rules(few) == [("discount-unapproved", "D-3")]
    assert {one["owner"] for one in told("2026-11-23", "--owner", "tom two")["findings"]} == {"Tom Two"}
    assert rules(told("2026-11-23", "--rule", "no-amount")) == [("no-amount", "D-2")]
    assert told("2026-11-24")["summary"]["new"] == 0
    refused = dealgate("inspect", *AS_OF, "--rule", "no-amont")
    checked(refused, "DG810", 2)
    assert "no-amount" in refused.err


def test_a_continuous_check_fails_on_what_is_as_grave(mine: Path) -> None:
    assert dealgate("inspect", *AS_OF, "--fail-on", "block").code == 1
    assert dealgate("inspect", *AS_OF, "--fail-on", "block", "--owner", "Tom Two").code == 0
    assert dealgate("inspect", *AS_OF).code == 0


def test_a_silenced_finding_is_told_apart_and_comes_back(mine: Path) -> None:
    told("2026-11-23")
    ran = snooze()
    assert (ran.code, ran.out) == (
        0,
        "close-date-passed on deal D-1 is silent until 2026-12-01, and comes back the day after.\n",
    )
    day = told("2026-11-24")
    assert rules(day, "snoozed") == [("close-date-passed", "D-1")]
    assert day["snoozed"][0]["snoozed"] == {
        "reason": "The buyer's board meets",
        "until": "2026-12-01",
        "by": "Max Berg",
    }
    assert ("close-date-passed", "D-1") not in rules(day)
    assert dealgate("inspect", *AS_OF, "--fail-on", "high", "--rule", "close-date-passed").code == 0
    assert ("close-date-passed", "D-1") in rules(told("2026-12-02"))
    assert dealgate("audit", "verify").code == 0


def test_a_snooze_is_refused_where_it_cannot_be(mine: Path) -> None:
    checked(snooze(), "DG811", 2)
    told("2026-11-23")
    checked(snooze(deal="D-9"), "DG811", 2)
    checked(snooze(until="2027-06-01"), "DG812", 2)
    checked(snooze(until="2026-11-22"), "DG812", 2)
    nobody = dealgate("snooze", "ageing", "--deal", "D-1", "--reason", "x", "--until", "2026-12-01", *AS_OF)
    checked(nobody, "DG772", 2)
    wordless = ("--reason", " ", "--until", "2026-12-01", "--by", "Max", *AS_OF)
    checked(dealgate("snooze", "ageing", "--deal", "D-1", *wordless), "DG812", 2)
    checked(dealgate("snooze", "ageing", *wordless), "DG902", 2)
    checked(dealgate("snooze", "ageing", "crm.jsonl", "--deal", "D-1", *wordless), "DG813", 2)


def test_findings_of_a_file_are_told_and_not_kept(mine: Path) -> None:
    found = told("2026-11-23", "crm.jsonl")
    assert not found["kept"]
    assert {one["since"] for one in found["findings"]} == {None}


def test_csv_has_a_row_a_finding_and_no_formula(mine: Path) -> None:
    load("2026-11-24", DEALS[0] | {"name": "=1+1"}, *DEALS[1:])
    ran = dealgate("inspect", "--as-of", "2026-11-24", "--output", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert len(rows) == len(told("2026-11-24")["findings"])
    assert {row["name"] for row in rows if row["subject"] == "D-1"} == {"'=1+1"}


def test_rules_that_do_not_hold_are_told_and_nothing_is_inspected(mine: Path) -> None:
    text = "kind: inspection/v1\nid: bad\ntitle: Bad\nversion: 1.0.0\nowner: Ops\nrules:\n  - {id: a, title: A, scope: deal, severity: warn, when: {field: amonut, above: 1}}\n"
    Path("bad.yaml").write_text(text, encoding="utf-8")
    checked(dealgate("inspect", *AS_OF, "--inspection", "bad.yaml"), "DG201", 3)
