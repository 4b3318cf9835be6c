"""What the past's commands say: history, waterfall."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from .running import AS_OF, CHECKOUT, Ran, dealgate, golden

FROM = ("--from", "2026-09-30")


def told(ran: Ran, code: str, status: int) -> None:
    assert (ran.code, code in ran.err) == (status, True), ran
    assert "Traceback" not in ran.all


def schema(name: str) -> Any:
    return json.loads((CHECKOUT / "schemas" / "output" / f"{name}.schema.json").read_text(encoding="utf-8"))


# ------------------------------------------------ one deal


def test_the_past_of_a_deal_reads_as_a_story(company: Path) -> None:
    ran = dealgate("history", company, "--deal", "D-00012", *AS_OF)
    assert ran.code == 0, ran.err
    golden("history.txt", ran.out)
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_json_of_a_past_holds_to_its_schema(company: Path) -> None:
    found = json.loads(dealgate("history", company, "--deal", "D-00012", *AS_OF, "--output", "json").out)
    jsonschema.Draft202012Validator(schema("history")).validate(found)
    assert found["reconstructed"] is True and found["steps"][0]["kind"] == "begun"
    moments = [step["at"] for step in found["steps"] if step["at"]]
    assert moments == sorted(moments)


def test_the_past_as_of_an_earlier_day_ends_there(company: Path) -> None:
    words = ("history", company, "--deal", "D-00012", "--output", "json")
    later, earlier = (json.loads(dealgate(*words, "--as-of", day).out) for day in ("2026-11-23", "2025-02-10"))
    assert len(earlier["steps"]) < len(later["steps"])
    assert all(step["at"] is None or step["at"] < "2025-02-11" for step in earlier["steps"])


def test_a_deal_that_is_not_there_is_told_with_the_nearest(company: Path) -> None:
    told(dealgate("history", company, "--deal", "D-0012", *AS_OF), "DG901", 2)


def test_a_file_cannot_tell_what_was_known_earlier(company: Path) -> None:
    told(dealgate("history", company, "--deal", "D-00012", "--known-at", "2026-01-01"), "DG951", 2)


# ------------------------------------------------ the waterfall


@pytest.mark.parametrize("columns", [80, 100])
def test_the_waterfall_fits_its_terminal(company: Path, columns: int) -> None:
    ran = dealgate("waterfall", company, *FROM, *AS_OF, columns=columns)
    assert ran.code == 0, ran.err
    assert max(map(len, ran.out.splitlines())) <= columns
    golden(f"waterfall-{columns}.txt", ran.out)


def test_the_waterfall_balances_in_json_and_in_csv(company: Path) -> None:
    found = json.loads(dealgate("waterfall", company, *FROM, *AS_OF, "--output", "json", "--deals").out)
    jsonschema.Draft202012Validator(schema("waterfall")).validate(found)
    lines = {line["cause"]: line for line in found["lines"]}
    moved = [line for cause, line in lines.items() if cause not in ("begin", "end")]
    assert lines["begin"]["count"] + sum(line["count"] for line in moved) == lines["end"]["count"]
    rows = csv.DictReader(io.StringIO(dealgate("waterfall", company, *FROM, *AS_OF, "--output", "csv").out))
    cents = {row["line"]: round(float(row["amount"]) * 100) for row in rows}
    assert sum(value for cause, value in cents.items() if cause != "end") == cents["end"]
    assert {row["line"] for row in found["deals"]} <= set(lines)


def test_the_waterfall_of_a_part_holds_only_that_part(company: Path) -> None:
    whole, part = (
        json.loads(dealgate("waterfall", company, *FROM, *AS_OF, "--output", "json", *more).out)
        for more in ((), ("--only", "segment=enterprise", "--period", "2026-Q4"))
    )
    assert part["period"] == ["2026-10-01", "2026-12-31"]
    assert part["lines"][-1]["count"] < whole["lines"][-1]["count"]


@pytest.mark.parametrize(
    "words",
    [
        ("--from", "2026-12-01"),
        (*FROM, "--period", "2026-Q5"),
        (*FROM, "--only", "segment"),
        (*FROM, "--to", "2026-01-01"),
    ],
)
def test_dates_and_words_that_make_no_sense_are_told(company: Path, words: tuple[str, ...]) -> None:
    told(dealgate("waterfall", company, *words, *AS_OF), "DG902", 2)
