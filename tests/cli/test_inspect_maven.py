"""The 26th rule and the sixth on real deals, as a person asks for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .running import dealgate, golden


def inspected(folder: Path, *more: str) -> str:
    words = ("inspect", folder / "maven_crm_sales", "--mapping", "maven", "--as-of", "2017-12-31", *more)
    ran = dealgate(*words)
    assert ran.code == 0, ran.err
    return ran.out


def test_deals_older_than_any_that_closed_are_told_in_one_line_with_what_to_do(shared_data: Path) -> None:
    shown = inspected(shared_data, "--rule", "older-than-any-closed")
    golden("inspect-maven.txt", shown.partition("\n\nNot known")[0] + "\n")
    (finding,) = json.loads(inspected(shared_data, "--rule", "older-than-any-closed", "--output", "json"))["findings"]
    assert finding["reason"] == (
        "1,291 of 1,589 deals, not known of 500 more (limit 138 days: 100% of cycles of won and lost deals, n = 6,711)."
    )
    assert len(finding["deals"]) == 1291


def test_beside_it_deals_stand_longer_in_the_stage_than_most_that_were_won(shared_data: Path) -> None:
    found: list[Any] = json.loads(inspected(shared_data, "--rule", "ageing", "--output", "json"))["findings"]
    assert (len(found), sum(one["severity"] == "high" for one in found)) == (1481, 1432)
