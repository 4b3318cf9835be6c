"""``enforce`` on the command line: a plan that is read, kept, shown and done; and what is refused, in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.cli.running import CHECKOUT, Ran, dealgate, golden
from tests.cli.test_past import told
from tests.fakes.crm import Crm, FakeAdapter
from tests.sync.enforcing import MAPPING, PROCESS

from dealgate.ports import Action, Outcome, SetFields, Trouble

WRITE_BACK = """\
      fields: {readiness: Readiness, state: Gate, missing: Missing}
      tasks: all
      notes: true
      reverts: true
"""


class Office:
    """A workspace whose CRM is in memory, with its clock."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.crm = folder, Crm()
        self.answer: Callable[[Action], Outcome | None] = lambda _action: None
        self.written(WRITE_BACK)
        (folder / "rules").mkdir()
        (folder / "rules" / "small.yaml").write_text(PROCESS, "utf-8")
        (folder / "rules" / "fake.yaml").write_text(MAPPING, "utf-8")
        monkeypatch.setattr("dealgate.sync.adapters.open_adapter", lambda _source, _clock: self.adapter())
        monkeypatch.setattr("dealgate.cli.options.now", lambda: self.crm.now)

    def written(self, write_back: str, adapter: str = "fake") -> None:
        (self.folder / "dealgate.yaml").write_text(
            "kind: workspace/v1\nid: mine\ntitle: Mine\nprocesses: [small]\nsources:\n  crm:\n"
            f"    adapter: {adapter}\n    mapping: fake\n    process: small\n    write_back:\n{write_back}",
            "utf-8",
        )

    def adapter(self) -> FakeAdapter:
        office = self

        class Answering(FakeAdapter):
            def apply(self, action: Action) -> Outcome:
                return office.answer(action) or super().apply(action)

        return Answering(self.crm)

    def deal(self, ident: str, stage: str, by: str = "Ada", **more: Any) -> None:
        self.crm.tick(minutes=30)
        self.crm.deal(ident, stage, by=by, **more)
        self.crm.tick(minutes=1)

    def sync(self) -> None:
        self.crm.tick(minutes=1)
        assert dealgate("sync").code == 0
        self.crm.tick(minutes=1)


@pytest.fixture
def office(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = Office(elsewhere, monkeypatch)
    assert dealgate("store", "init").code == 0
    made.deal("006A", "prospecting", Name="Acme rollout", Owner="Ada Okafor", Topic="Costs", Amount=60000)
    made.deal("006B", "qualification", Name="Northwind renewal", Owner="Ben Ortiz", Next="Call on Friday")
    made.deal("006C", "qualification", Name="Contoso", Owner="Ada Okafor", Amount=1200.5, Approved="true", Next="Call")
    made.sync()
    made.deal("006B", "proposal", by="Integration")
    made.deal("006C", "close", by="Ada Okafor", Version="2")
    made.deal("006C", "close", Status="won")
    made.sync()
    return made


def valid(name: str, text: str) -> Any:
    found = json.loads(text)
    schema = json.loads((CHECKOUT / "schemas" / "output" / f"{name}.schema.json").read_text("utf-8"))
    assert [e.message for e in Draft202012Validator(schema).iter_errors(found)] == []
    return found


def planned(*words: object) -> Ran:
    ran = dealgate("enforce", "--plan", "plan.json", *words)
    assert ran.code == 0, ran.all
    return ran


def test_a_plan_reads_at_eighty_columns(office: Office) -> None:
    ran = dealgate("enforce", "crm")
    assert ran.code == 0, ran.all
    assert max(map(len, ran.out.splitlines())) <= 80
    golden("enforce-plan.txt", ran.out)
    assert office.crm.writes == []


def test_what_is_printed_what_is_kept_and_what_is_shown_are_the_same(office: Office) -> None:
    ran = planned()
    assert "Nothing was written into the CRM." in ran.err
    assert dealgate("enforce", "--show", "plan.json").out == ran.out
    kept = Path("plan.json").read_text("utf-8")
    assert dealgate("enforce", "--show", "plan.json", "--output", "json").out == kept
    plan = valid("plan", kept)
    assert len(plan["actions"]) == 7
    assert office.crm.writes == []


def test_a_plan_is_applied_and_the_next_one_is_empty(office: Office) -> None:
    planned()
    ran = dealgate("enforce", "crm", "--apply", "plan.json")
    assert (ran.code, ran.out) == (0, "crm: 7 done.\n")
    again = dealgate("enforce", "crm", "--apply", "plan.json", "--output", "json")
    assert valid("enforced", again.out)["counts"] == {"already": 7}
    office.sync()
    assert "Nothing is to be written." in dealgate("enforce").out
    assert "Nothing is to be written." in dealgate("enforce", "--all").out
    assert "links of the chain hold" in dealgate("audit", "verify").out


def test_what_the_crm_refuses_and_what_a_person_changed_is_told_deal_by_deal(office: Office) -> None:
    planned()
    office.deal("006B", "close", by="Ben Ortiz")
    office.answer = lambda a: (
        Outcome("rejected", "LOCKED", "The field is locked.") if isinstance(a, SetFields) else None
    )
    ran = dealgate("enforce", "crm", "--apply", "plan.json")
    assert ran.code == 1
    golden("enforce-refused.txt", ran.out)
    found = valid("enforced", dealgate("enforce", "crm", "--apply", "plan.json", "--output", "json").out)
    assert found["counts"] == {"already": 2, "conflict": 4, "rejected": 1}


def test_a_crm_that_asks_to_wait_is_told_with_when(office: Office) -> None:
    planned()
    at = office.crm.now + timedelta(minutes=5)
    office.answer = lambda _action: Outcome("throttled", retry_at=at)
    ran = dealgate("enforce", "crm", "--apply", "plan.json")
    assert ran.code == 5
    assert "7 still to do." in ran.out
    assert f"It may be asked again at {at:%Y-%m-%d %H:%M:%S} UTC." in " ".join(ran.out.split())
    office.answer = lambda _action: None
    assert dealgate("enforce", "crm", "--apply", "plan.json").out == "crm: 7 done.\n"


def test_a_crm_that_fails_is_told_and_gone_on_with(office: Office) -> None:
    planned()

    def broken(_action: Action) -> Outcome:
        raise Trouble("unauthorised", "The token has expired.", "make a new one and set CRM_TOKEN")

    office.answer = broken
    ran = dealgate("enforce", "crm", "--apply", "plan.json")
    told(ran, "DG971", 5)
    assert "set CRM_TOKEN" in ran.err
    office.answer = lambda _action: None
    assert dealgate("enforce", "crm", "--apply", "plan.json").code == 0
    assert len({one.key for one in office.crm.writes}) == len(office.crm.writes) == 7


def test_the_limit_of_a_run_is_kept_and_told(office: Office) -> None:
    office.written(WRITE_BACK + "      at_most: 4\n")
    planned()
    ran = dealgate("enforce", "crm", "--apply", "plan.json")
    assert (ran.code, len(office.crm.writes)) == (0, 4)
    assert "The limit of 4 writes a run is reached. Run it again to go on." in " ".join(ran.out.split())
    assert dealgate("enforce", "crm", "--apply", "plan.json").out == "crm: 3 done, 4 done before.\n"


def test_a_plan_that_does_not_hold_any_more_is_refused(office: Office) -> None:
    planned()
    text = Path("plan.json").read_text("utf-8")
    Path("edited.json").write_text(text.replace("Integration", "Nobody"), "utf-8")
    told(dealgate("enforce", "crm", "--apply", "edited.json"), "DG983", 1)
    told(dealgate("enforce", "--show", "rules/small.yaml"), "DG982", 2)
    office.written(WRITE_BACK.replace("reverts: true", "reverts: false"))
    told(dealgate("enforce", "crm", "--apply", "plan.json"), "DG986", 1)
    office.written(WRITE_BACK)
    rules = Path("rules/small.yaml")
    rules.write_text(PROCESS.replace("title: The amount is known", "title: An amount is known"), "utf-8")
    told(dealgate("enforce", "crm", "--apply", "plan.json"), "DG984", 1)
    rules.write_text(PROCESS, "utf-8")
    office.crm.tick(days=2)
    told(dealgate("enforce", "crm", "--apply", "plan.json"), "DG985", 1)
    assert office.crm.writes == []


def test_what_cannot_be_meant_is_refused(office: Office) -> None:
    planned()
    told(dealgate("enforce", "crm", "--apply", "plan.json", "--plan", "other.json"), "DG988", 2)
    told(dealgate("enforce", "crn"), "DG978", 2)
    office.written("      fields: {score.meddic: Score}\n")
    told(dealgate("enforce", "crm"), "DG980", 2)


def test_a_source_that_was_never_read_is_refused(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Office(elsewhere, monkeypatch)
    dealgate("store", "init")
    told(dealgate("enforce", "crm"), "DG981", 5)


def test_a_plan_makes_its_folder(office: Office) -> None:
    assert dealgate("enforce", "crm", "--plan", ".dealgate/plans/crm-2026-11-02.json").code == 0
    assert Path(".dealgate/plans/crm-2026-11-02.json").is_file()


def test_a_file_that_nobody_loaded_is_told_with_what_loads_it(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Office(elsewhere, monkeypatch).written(WRITE_BACK, adapter="file")
    dealgate("store", "init")
    ran = dealgate("enforce", "crm")
    told(ran, "DG981", 5)
    assert "`dealgate store load FILE --name crm`" in ran.err
    ran = dealgate("sync", "crm")
    told(ran, "DG878", 2)
    assert "path" in ran.err


def test_a_file_can_be_planned_for_and_takes_no_writes(office: Office) -> None:
    office.written(WRITE_BACK, adapter="file")
    Path("deals.csv").write_text("id,name,stage\n1,Acme,qualification\n", "utf-8")
    words = ("--process", "small", "--name", "crm", "--as-of", office.crm.now.isoformat())
    assert dealgate("store", "load", "deals.csv", *words).code == 0
    ran = planned("--all")
    assert "+ task: The amount is known" in ran.out
    told(dealgate("enforce", "crm", "--apply", "plan.json"), "DG987", 1)


def test_a_plan_holds_no_secret(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_TOKEN", "s3cret-t0ken")
    office.written(WRITE_BACK + "    credentials: {token: '${env:CRM_TOKEN}'}\n")
    ran = planned()
    dealgate("enforce", "crm", "--apply", "plan.json")
    everything = ran.all + Path("plan.json").read_text("utf-8") + str(Path("dealgate.db").read_bytes())
    assert "s3cret-t0ken" not in everything


def test_a_renamed_stage_is_told_at_every_sync_until_it_is_mapped_and_nothing_is_lost(office: Office) -> None:
    office.deal("006D", "qualified", Name="New", Owner="Ben Ortiz")
    office.deal("006B", "qualified")
    said = (
        "error DG966: 2 deals are in `qualified`, a stage of the CRM that the mapping does not know: 006B, 006D.\n"
        "  = list it under `stage` in an overlay of the mapping; `dealgate describe crm` shows every stage"
    )
    for _ in range(2):
        ran = dealgate("sync")
        assert ran.code == 5 and said in ran.err, ran.all
        office.crm.tick(minutes=1)
    mapping = office.folder / "rules" / "fake.yaml"
    mapping.write_text(
        mapping.read_text("utf-8").replace("close: close}", "close: close, qualified: qualification}"), "utf-8"
    )
    ran = dealgate("sync")
    assert (ran.code, ran.err) == (0, ""), ran.all
    shown = dealgate("check", "store").out
    assert "Qualification     2" in shown, shown
