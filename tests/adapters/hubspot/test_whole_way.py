"""From HubSpot to verdicts and back: a workspace is synced, planned and applied, as an operator types it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.running import dealgate
from tests.fakes.hubspot import By, HubSpotFake

from .shop import sell

pytestmark = pytest.mark.slow
PERSON = By("CRM_UI", "userId:9002", 9002)


def workspace(fake: HubSpotFake, folder: Path) -> None:
    (folder / "dealgate.yaml").write_text(
        f"""\
kind: workspace/v1
id: acme
title: Acme
processes: [practical]
sources:
  crm:
    adapter: hubspot
    mapping: hubspot
    process: practical
    url: {fake.url}
    credentials: {{token: "${{env:OUR_TOKEN}}"}}
    write_back:
      fields: {{readiness: dealgate_readiness, missing: dealgate_missing}}
      tasks: leaked
      reverts: true
      notes: true
""",
        encoding="utf-8",
    )


@pytest.fixture
def here(fake: HubSpotFake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OUR_TOKEN", fake.token)
    monkeypatch.chdir(tmp_path)
    workspace(fake, tmp_path)
    fake.portal.own["deals"] |= {"dealgate_readiness": "number", "dealgate_missing": "string"}
    # commands read this machine's clock
    fake.now = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)
    assert dealgate("store", "init").code == 0
    return tmp_path


def held(fake: HubSpotFake, deal: str, name: str) -> str | None:
    return fake.portal.objects["deals"][deal].properties.get(name)


def test_a_plan_is_written_once_and_a_person_s_change_is_not_overwritten(fake: HubSpotFake, here: Path) -> None:
    ids = sell(fake, 5, dealstage="qualifiedtobuy")
    fake.now = datetime.now(UTC).replace(microsecond=0)
    assert dealgate("sync", "crm").code == 0
    assert dealgate("enforce", "crm", "--plan", "plan.json").code == 0
    planned = {
        one["deal"]: {change["crm_field"]: change["after"] for change in one["changes"]}
        for one in json.loads(Path("plan.json").read_text("utf-8"))["actions"] if one["kind"] == "set_fields"
    }  # fmt: skip
    assert set(planned) == set(ids)
    fake.tick()
    fake.portal.update("deals", ids[0], {"dealstage": "presentationscheduled"}, PERSON)
    ran = dealgate("enforce", "--apply", "plan.json")
    assert ran.code == 1, ran.all
    assert held(fake, ids[0], "dealgate_readiness") is None
    assert held(fake, ids[0], "dealstage") == "presentationscheduled"
    for ident in ids[1:]:
        assert {name: held(fake, ident, name) for name in planned[ident]} == {
            name: str(value) for name, value in planned[ident].items()
        }
    writes = len([one for one in fake.asked if one.startswith("PATCH")])
    assert writes == 4
    assert dealgate("enforce", "--apply", "plan.json").code == 1
    assert len([one for one in fake.asked if one.startswith("PATCH")]) == writes, "nothing is written twice"
    fake.now = datetime.now(UTC).replace(microsecond=0)
    assert dealgate("sync", "crm").code == 0
    assert dealgate("enforce", "crm", "--plan", "next.json").code == 0
    actions = json.loads(Path("next.json").read_text("utf-8"))["actions"]
    assert {one["deal"] for one in actions} == {ids[0]}, "what we wrote ourselves is no change to act upon"
    assert "dealgate_key" not in Path("next.json").read_text("utf-8")
    assert fake.token not in "".join(file.read_text("utf-8", "replace") for file in here.rglob("*") if file.is_file())
    assert dealgate("audit", "verify").code == 0


def test_a_stale_token_ends_a_sync_with_a_sentence(fake: HubSpotFake, here: Path) -> None:
    sell(fake, 1)
    fake.token = "another-token-by-now"  # noqa: S105
    ran = dealgate("sync", "crm")
    assert ran.code == 5
    assert "does not take the access token of this source" in ran.all
    assert "set it under `credentials` of the source" in ran.all
