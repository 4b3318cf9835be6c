"""A store with four deals, for calls and frozen forecasts; and ways to make them."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.inspection.looking import PLAIN, deal

from dealgate.cli import calling
from dealgate.cli.calling import Called, Froze
from dealgate.metrics.figure import NoValue

from .running import AS_OF, CHECKOUT, dealgate

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)
TEAMS = """\
teams:
  sales: {title: Sales}
  north: {title: North, parent: sales, members: [Rita Lind]}
"""
DEALS = [
    deal(forecast_category="commit", amount="20000.50"),
    deal(id="D-2", name="Fabrikam", amount=None),
    deal(id="D-3", name="Litware", owner__name="Tom Two", owner__team="South"),
    deal(id="D-4", name="Northwind", status="won", stage="close", closed_on="2026-11-01"),
]


def workspace(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a plain process, two teams and a store with four deals."""
    folder = elsewhere / "mine"
    (folder / "rules").mkdir(parents=True)
    shutil.copyfile(PLAIN, folder / "rules" / "plain.yaml")
    text = f"kind: workspace/v1\nid: mine\ntitle: Mine\nprocesses: [plain]\n{TEAMS}"
    (folder / "dealgate.yaml").write_text(text, "utf-8")
    (folder / "deals.jsonl").write_text("".join(json.dumps(one) + "\n" for one in DEALS), "utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setattr("dealgate.cli.commands.store.now", lambda: NOW)
    # ids are random: here they are told apart by their number
    numbers = iter(range(1, 99))
    monkeypatch.setattr("dealgate.store.calls.fresh_ident", lambda *_: f"c{next(numbers)}")
    assert dealgate("store", "init").code == 0
    assert dealgate("store", "load", "deals.jsonl", *AS_OF).code == 0
    return folder


def call(amount: str | None = "410000", **more: Any) -> Called:
    """A manager's call for all deals in the fourth quarter, or another."""
    said: dict[str, Any] = {
        "period": "2026-Q4", "layer": "manager", "amount": amount, "reason": "Two commits have no paper",
        "by": "Max Berg", "as_of": TODAY, "recorded_at": NOW, **more,
    }  # fmt: skip
    return calling.call(**said)


def holds(name: str, text: str) -> dict[str, Any]:
    """The JSON, which holds by its schema."""
    found: dict[str, Any] = json.loads(text)
    jsonschema.validate(found, json.loads((CHECKOUT / f"schemas/output/{name}.schema.json").read_text("utf-8")))
    return found


def freeze(at: date = date(2026, 11, 15), taken_at: datetime = NOW, amount: int = 41_000_000, **more: Any) -> Froze:
    of = calling.freezing("2026-Q4", None, at, taken_at, **more)
    forecasts = [
        of.frozen("category", amount, view="commit"),
        of.frozen("category", 2_000_050, view="commit", owner="Rita Lind"),
        of.frozen("monte-carlo", 39_000_000, range_=(21_000_000, 38_500_000, 52_000_000)),
        of.frozen("historical", NoValue("there is no history")),
    ]
    return calling.freeze(of, forecasts, "Max Berg")
