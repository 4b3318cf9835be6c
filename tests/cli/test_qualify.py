from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.running import AS_OF, dealgate, golden


def test_a_deals_scorecards_say_what_is_proven_and_what_to_ask(company: Path, hero: str) -> None:
    out = dealgate("qualify", company, "--deal", hero, *AS_OF).out
    assert max(map(len, out.splitlines())) <= 80
    golden("qualify-deal-80.txt", out)


def test_every_open_deal_has_its_line(company: Path, records: list[dict[str, Any]]) -> None:
    out = dealgate("qualify", company, *AS_OF, columns=200).out
    assert len(out.splitlines()) == 1 + sum(r["status"] == "open" for r in records)
    golden("qualify-80.txt", dealgate("qualify", company, *AS_OF).out)


def test_scorecards_as_json_hold_the_same_deals(company: Path, records: list[dict[str, Any]]) -> None:
    found = json.loads(dealgate("qualify", company, "--output", "json", *AS_OF).out)
    assert [d["id"] for d in found["deals"]] == [r["id"] for r in records if r["status"] == "open"]
    assert {f["framework"] for d in found["deals"] for f in d["frameworks"]} == {"bant", "icp"}
    one = json.loads(dealgate("qualify", company, "--output", "json", "--framework", "bant", *AS_OF).out)
    assert {f["framework"] for d in one["deals"] for f in d["frameworks"]} == {"bant"}


def test_a_framework_that_the_process_does_not_use_is_refused_with_the_nearest(company: Path) -> None:
    ran = dealgate("qualify", company, "--framework", "bnat", *AS_OF)
    assert ran.code == 2 and "bant" in ran.err


def test_a_score_of_which_less_is_better_says_so(tmp_path: Path) -> None:
    (tmp_path / "bids.yaml").write_text(
        "kind: process/v1\nid: bids\nversion: 1.0.0\ntitle: Bids\nowner: Ops\ncurrency: USD\n"
        "use: {frameworks: [scotsman, champ]}\n"
        "stages: [{id: qualification, title: Qualification, objective: Decide.}]\n",
        encoding="utf-8",
    )
    record = {
        "id": "D1", "name": "Rails", "stage": "qualification", "status": "open",
        "evidence": [{"element": "scotsman.money", "level": 0, "answer": "no", "dated": "2026-11-10"}],
    }  # fmt: skip
    deals = tmp_path / "deals.jsonl"
    deals.write_text(json.dumps(record) + "\n", encoding="utf-8")
    out = dealgate("qualify", deals, "--process", tmp_path / "bids.yaml", "--deal", "D1", *AS_OF).out
    assert "SCOTSMAN: unknown, score 2 to 16 (lower is better)" in out
    assert "CHAMP: unknown, score 0 to 4\n" in out
    assert "  Money        the buyer said no\n" in out
