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
