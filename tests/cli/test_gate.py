from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.cli.running import AS_OF, CHECKOUT, dealgate, golden


@pytest.fixture(scope="module")
def shape() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CHECKOUT / "schemas/output/gate.schema.json").read_text(encoding="utf-8"))
    return found


def test_a_blocked_move_says_why_and_what_to_do(company: Path, hero: str) -> None:
    ran = dealgate("gate", company, "--deal", hero, "--to", "proposal", *AS_OF)
    assert ran.code == 1
    golden("gate-80.txt", ran.out)


@pytest.mark.parametrize("to", ["proposal", "won", "lost", "prospecting", "cancelled"])
def test_a_decision_as_json_holds_to_its_schema(company: Path, hero: str, shape: dict[str, Any], to: str) -> None:
    ran = dealgate("gate", company, "--deal", hero, "--to", to, "--output", "json", *AS_OF)
    found = json.loads(ran.out)
    jsonschema.Draft202012Validator(shape).validate(found)
    assert ran.code == (1 if found["decision"] in ("block", "needs_approval") else 0)
    assert (found["deal"], found["to"]) == (hero, to)


def test_the_text_and_the_json_of_a_decision_agree(company: Path, hero: str) -> None:
    words = ["gate", company, "--deal", hero, "--to", "proposal", *AS_OF]
    text, found = dealgate(*words).out, json.loads(dealgate(*words, "--output", "json").out)
    assert len(found["unmet"]) + len(found["unknown"]) == sum(line[:2] in ("✗ ", "? ") for line in text.splitlines())
    assert "Blocked." in text and found["decision"] == "block"


def test_a_lead_that_becomes_an_opportunity_is_stamped_with_who_when_and_by_which_version(tmp_path: Path) -> None:
    import yaml

    test = yaml.safe_load((CHECKOUT / "rules/processes/practical.test.yaml").read_text(encoding="utf-8"))
    lead = {"id": "L-1", "name": "Ada Okafor", **test["deals"]["lead"]}
    (tmp_path / "leads.jsonl").write_text(json.dumps(lead, default=str), encoding="utf-8")
    words = ["gate", tmp_path / "leads.jsonl", "--process", "practical", "--lead", "L-1", "--to", "opportunity"]
    ran = dealgate(*words, "--by", "Dana Reyes", *AS_OF, "--output", "json")
    stamp = json.loads(ran.out)["stamp"]
    assert (ran.code, stamp["by"], stamp["playbook"]) == (0, "Dana Reyes", "practical@1.0.0")
    assert "Dana Reyes" in dealgate(*words, "--by", "Dana Reyes", *AS_OF).out
