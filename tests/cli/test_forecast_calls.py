"""Calls lie over a forecast as layers, frozen forecasts stay, and the backtest tells what each layer was worth."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.forecast.given import deal, ended
from tests.inspection.looking import PLAIN

from .running import Ran, dealgate, golden

ON = ("--as-of", "2026-11-23")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def mine(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose store has a year of deals, loaded on 23 November 2026."""
    past = [
        ended(n, "won" if n % 2 else "lost", date(2025, 10, 3) + timedelta(days=6 * n), amount=f"{1000 + n}.00")
        for n in range(60)
    ]
    # the history tells of amounts, so that they are known in the past
    told = {"field": "amount", "from": "900.00", "to": "1000.00", "at": "2025-11-20T09:00:00+00:00"}
    past.append(ended(80, "lost", date(2025, 12, 1), changes=[told]))
    still = [deal(n, forecast_category="commit" if n % 2 else "best_case") for n in range(90, 96)]
    folder = elsewhere / "mine"
    (folder / "rules").mkdir(parents=True)
    shutil.copyfile(PLAIN, folder / "rules" / "plain.yaml")
    (folder / "dealgate.yaml").write_text("kind: workspace/v1\nid: mine\ntitle: Mine\nprocesses: [plain]\n", "utf-8")
    (folder / "deals.jsonl").write_text("".join(json.dumps(one) + "\n" for one in [*past, *still]), "utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setattr("dealgate.cli.commands.store.now", lambda: NOW)
    monkeypatch.setattr("dealgate.cli.options.now", lambda: NOW)
    numbers = iter(range(1, 99))
    monkeypatch.setattr("dealgate.store.calls.fresh_ident", lambda *_: f"c{next(numbers)}")
    assert dealgate("store", "init").code == 0
    assert dealgate("store", "load", "deals.jsonl", *ON).code == 0
    return folder


def ok(*words: str) -> Ran:
    made = dealgate("forecast", *words)
    assert made.code == 0, made.err
    return made


def test_a_call_lies_over_the_forecast_and_changes_no_method(mine: Path) -> None:
    before = json.loads(ok(*ON, "--output", "json").out)
    made = ok("call", "--layer", "manager", "--amount", "4100", "--reason", "Two are signed", "--by", "Max Berg", *ON)
    golden("forecast-called.txt", made.out)
    after = json.loads(ok(*ON, "--output", "json").out)
    assert after["methods"] == before["methods"]
    (layer,) = after["layers"]
    assert (layer["layer"], layer["amount"], layer["author"]) == ("manager", "4100.00", "Max Berg")
    assert "Called by the manager: 4,100 USD" in ok(*ON).out


def test_what_is_frozen_stays(mine: Path) -> None:
    first = ok("freeze", "--as-of", "2026-11-15", "--by", "Ops", "--output", "json").out
    again = ok("freeze", "--as-of", "2026-11-15", "--by", "Ops", "--output", "json").out
    assert json.loads(first)["frozen"] == json.loads(again)["frozen"]
    refused = dealgate("forecast", "freeze", *ON, "--by", "Ops")
    assert refused.code == 2
    assert "error DG874" in refused.err


def test_the_backtest_tells_what_a_layer_added(mine: Path) -> None:
    words = ("--layer", "leader", "--period", "2026-Q3", "--amount", "8000", "--reason", "As last year", "--by", "Ann")
    ok("call", *words, "--as-of", "2026-07-01")
    made = ok("backtest", *ON, "--periods", "2", "--at", "mid", "--output", "json")
    layers = {one["layer"]: one for one in json.loads(made.out)["layers"]}
    assert layers["leader"]["n"] == 1
    assert layers["leader"]["fva"] is not None
    assert "Calls, leader: off by" in ok("backtest", *ON, "--periods", "2", "--at", "mid").out
