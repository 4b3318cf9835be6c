"""What a company's Pipedrive has, and what it asks for itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.fakes.pipedrive_records import BUDGET, PLAN, REGION, STAGES

from dealgate.documents.workspace import ConfiguredSource
from dealgate.ports import CrmAdapter, Cursor
from dealgate.sync.adapters import open_adapter
from dealgate_adapters.pipedrive import Pipedrive

from .rig import PipedriveRig


def test_stages_are_described_with_what_pipedrive_asks_for_in_each(rig: PipedriveRig, adapter: Pipedrive) -> None:
    fields = {one["field_code"]: one for one in rig.crm.records.fields["deals"]}
    fields["expected_close_date"]["required_fields"] = {"enabled": True, "stage_ids": [3, 4], "statuses": {}}
    fields["lost_reason"]["required_fields"] = {"enabled": True, "stage_ids": [], "statuses": {"1": ["lost"]}}
    fields[PLAN]["required_fields"] = {"enabled": True, "stage_ids": [], "statuses": {}}
    fields[REGION]["important_fields"] = {"enabled": True, "stage_ids": [2]}
    fields[BUDGET]["required_fields"] = {"enabled": False, "stage_ids": [1], "statuses": {}}
    rig.crm.records.pipeline("Renewals", ("Due",))
    told = adapter.describe()
    assert [one.title for one in told.pipelines] == ["Pipeline", "Renewals"]
    stages = told.pipelines[0].stages
    assert [one.title for one in stages] == [*STAGES, "Won", "Lost"]
    assert [one.probability for one in stages] == ["0.2", "0.4", "0.6", "0.8", "1", "1", "0"]
    assert {one.title: one.gates for one in stages} == {
        "Qualified": (PLAN,), "Contact Made": (PLAN, REGION), "Demo Scheduled": ("expected_close_date", PLAN),
        "Proposal Made": ("expected_close_date", PLAN), "Negotiations Started": (PLAN,), "Won": (PLAN,),
        "Lost": ("lost_reason", PLAN),
    }  # fmt: skip
    assert [one.won for one in stages][-2:] == [True, False] and stages[-1].lost
    found = {(one.table, one.id): one for one in told.fields}
    assert found["deals", PLAN].options == {"31": "Basic", "32": "Pro"} and found["deals", PLAN].custom
    assert not found["deals", "stage_id"].writable and found["deals", "value"].writable


def test_a_workspace_opens_it_by_its_name(rig: PipedriveRig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUR_PIPEDRIVE_TOKEN", rig.given)
    said = {
        "url": rig.crm.url, "credentials": {"token": "${env:OUR_PIPEDRIVE_TOKEN}"}, "mapping": "pipedrive",
        "process": "practical", "options": {"archived": False},
    }  # fmt: skip
    adapter = open_adapter(ConfiguredSource("crm", "pipedrive", said, tmp_path), lambda: datetime.now(UTC))
    assert isinstance(adapter, CrmAdapter)
    assert [one.data["name"] for one in adapter.pull("users", None, 100).records] == ["Robot", "Ann Adler", "Bea Blum"]
    adapter.pull("deals", Cursor(rig.crm.now), 10)
    assert not any("archived" in asked for asked in rig.crm.asked)
    adapter.close()
