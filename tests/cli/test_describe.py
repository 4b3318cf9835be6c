"""``describe`` on the command line: what a CRM has, and what of it a mapping reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.cli.running import CHECKOUT, dealgate, golden
from tests.cli.test_enforce import Office
from tests.fakes.crm import FakeAdapter

from dealgate.ports import Description, FieldInfo, PipelineInfo, StageInfo, Trouble


class Renamed(FakeAdapter):
    """Somebody renamed a stage, added two more and a field, and dropped another field."""

    def describe(self) -> Description:
        stages = (
            StageInfo("prospecting", "Prospecting", 0), StageInfo("q", "Qualified", 1, gates=("Amount", "Topic")),
            StageInfo("proposal", "Proposal", 2), StageInfo("done", "Signed", 3, won=True), StageInfo("no", "Lost", 4, lost=True),
        )  # fmt: skip
        names = ("Id", "Name", "Amount", "Stage", "Status", "Created", "Next", "Approved", "Version", "Terms", "Region")
        fields = [FieldInfo("Deals", name, name, "text") for name in names]
        fields += [FieldInfo("Deals", "Risk__c", "Risk", "choice", {"h": "High"}, custom=True)]
        fields += [FieldInfo("Users", "Id", "Id", "text"), FieldInfo("Users", "Name", "Name", "text")]
        return Description((PipelineInfo("default", "Sales", stages),), tuple(fields), self.crm.now)


@pytest.fixture
def office(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office(elsewhere, monkeypatch)
    made.adapter = lambda: Renamed(made.crm)  # type: ignore[method-assign]
    return made


def test_what_a_crm_has_stands_beside_what_is_read_of_it(office: Office) -> None:
    ran = dealgate("describe")
    assert ran.code == 0, ran.all
    assert max(map(len, ran.out.splitlines())) <= 80
    golden("describe.txt", ran.out)


def test_it_is_had_as_json(office: Office) -> None:
    found = json.loads(dealgate("describe", "crm", "--output", "json").out)
    schema = json.loads((CHECKOUT / "schemas" / "output" / "describe.schema.json").read_text("utf-8"))
    assert [e.message for e in Draft202012Validator(schema).iter_errors(found)] == []
    assert [one["id"] for one in found["pipelines"][0]["stages"] if not one["mapped"]] == ["q"]
    assert {one["column"] for one in found["lacking"]} == {"Owner", "Topic"}


def test_a_crm_that_lets_nobody_in_is_told_and_exits_with_5(office: Office) -> None:
    class Shut(FakeAdapter):
        def describe(self) -> Description:
            raise Trouble("unauthorised", "The CRM does not take the token.", "make a new one, and set it")

    office.adapter = lambda: Shut(office.crm)  # type: ignore[method-assign]
    ran = dealgate("describe")
    assert ran.code == 5
    assert "error DG971: The CRM does not take the token." in ran.err


def test_a_file_describes_nothing(office: Office) -> None:
    office.written("      tasks: none\n", adapter="file")
    ran = dealgate("describe")
    assert ran.code == 2 and "use `dealgate map` for a file" in ran.err
