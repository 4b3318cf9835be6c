"""The calls of a period, and what was frozen of it, as the command lists them."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest

from .calls_given import NOW, call, freeze, holds, workspace
from .running import dealgate, golden


@pytest.fixture
def mine(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return workspace(elsewhere, monkeypatch)


def calls(*words: str, columns: int = 80) -> str:
    """What the command lists as of the end of 24 November, a day after NOW."""
    ran = dealgate("forecast", "calls", "--as-of", "2026-11-24", *words, columns=columns)
    assert ran.code == 0, ran.err
    return ran.out


def called_much() -> None:
    """Calls of every layer and kind, one in the place of another; and two freezes."""
    call(owner="Rita Lind", layer="rep", by="Rita Lind", amount="300000", reason="What I have in writing")
    call(owner="Rita Lind")
    call("390000.25", owner="Rita Lind", as_of=date(2026, 11, 24), reason="One more has no paper, " * 9 + "and so on")
    call("12345678.90", deal="D-1", category="best_case", layer="leader", by="Lea\x1b[31m Roth")
    call(None, deal="D-3", category="omitted", by="Tom Two", layer="rep")
    call("1000000", team="North", as_of=date(2026, 11, 10))
    call("0", layer="leader", period="2026-12")
    call("7", layer="leader", period="2027", by="=Ann")
    freeze()
    freeze(date(2026, 10, 1), known_at=NOW)


@pytest.mark.parametrize("columns", [80, 100])
def test_the_calls_of_a_period_as_a_person_reads_them(mine: Path, columns: int) -> None:
    called_much()
    text = calls(columns=columns)
    assert max(map(len, text.splitlines())) <= columns
    assert ", ".join(["One more has no paper"] * 9) in " ".join(text.split())  # no reason is cut
    golden(f"forecast-calls-{columns}.txt", text)


def test_no_figure_and_no_word_is_lost_on_a_narrow_screen(mine: Path) -> None:
    call("9" * 15, deal="D-1", category="best_case", reason="ß" * 90)
    text = calls(columns=50)
    assert max(map(len, text.splitlines())) <= 50
    assert (text.count("9"), text.count("ß")) == (15, 90)


def test_calls_that_were_replaced_are_listed_when_all_are_asked_for(mine: Path) -> None:
    called_much()
    standing = {one["id"]: one for one in json.loads(calls("--output", "json"))["calls"]}
    every = {one["id"]: one for one in json.loads(calls("--all", "--output", "json"))["calls"]}
    assert every.keys() - standing.keys() == {"c2"}
    assert {key: one["replaced_by"] for key, one in every.items() if one["replaced_by"]} == {"c2": "c3"}
    assert "(c2, replaced by c3)" in " ".join(calls("--all").split())


def test_what_was_entered_later_was_not_known_before(mine: Path) -> None:
    called_much()  # all of it was entered at NOW or after
    assert json.loads(calls("--known-at", "2026-11-20", "--output", "json"))["calls"] == []
    found = json.loads(calls("--known-at", NOW.isoformat(), "--output", "json"))
    assert [one["id"] for one in found["calls"]] == ["c6"]  # made on the 10th; the others at the end of their day
    assert len(found["frozen"]) == 2


def test_a_call_and_a_freeze_of_a_later_day_are_not_there_yet(mine: Path) -> None:
    called_much()
    ran = dealgate("forecast", "calls", "--as-of", "2026-11-12", "--output", "json")
    found = json.loads(ran.out)
    assert [one["id"] for one in found["calls"]] == ["c6"]
    assert [one["moment"] for one in found["frozen"]] == ["day1"]


def test_the_calls_as_json_hold_by_their_schema(mine: Path) -> None:
    called_much()
    found = holds("forecast-calls", calls("--output", "json"))
    assert [one["layer"] for one in found["calls"]] == ["rep", "rep", "manager", "manager", "leader"]
    assert [one["at"] for one in found["calls"][2:4]] == sorted(one["at"] for one in found["calls"][2:4])
    assert {one["deal"]: one["name"] for one in found["calls"] if one["deal"]} == {"D-1": "Contoso", "D-3": "Litware"}
    assert found["elsewhere"] == ["2026-12", "2027"]
    day1, mid = found["frozen"]
    assert (day1["moment"], day1["day"], day1["by"], day1["hindsight"]) == ("day1", "2026-10-01", "Max Berg", 4)
    assert (mid["moment"], mid["forecasts"], mid["hindsight"]) == ("mid", 4, 0)


def test_the_calls_as_csv_have_a_row_each_and_no_formula(mine: Path) -> None:
    called_much()
    rows = list(csv.DictReader(io.StringIO(calls("--output", "csv"))))
    assert [(one["amount_before"], one["amount"]) for one in rows if one["id"] == "c3"] == [("410000.00", "390000.25")]
    assert [(one["category_before"], one["category"]) for one in rows if one["deal"] == "D-1"] == [
        ("commit", "best_case")
    ]
    (other,) = csv.DictReader(io.StringIO(calls("--period", "2027", "--output", "csv")))
    assert other["author"] == "'=Ann"


def test_where_nobody_called_it_is_said_how_to(mine: Path) -> None:
    golden("forecast-calls-none.txt", calls() + calls("--period", "2025"))
    call(period="2027")
    assert "There are calls for other periods too: 2027" in calls()


def test_who_was_erased_is_not_named_by_the_list(mine: Path) -> None:
    call(owner="Rita Lind", layer="rep", by="Rita Lind", reason="Rita Lind has it in writing")
    freeze()
    assert dealgate("store", "erase", "Rita Lind", "--by", "Ops").code == 0
    assert dealgate("store", "erase", "Max Berg", "--by", "Ops").code == 0
    for form in ("table", "json", "csv"):
        text = calls("--output", form)
        assert "Rita" not in text and "Max" not in text
        assert "erased" in text


def test_without_a_store_the_list_is_refused_as_a_freeze_is(elsewhere: Path) -> None:
    listed = dealgate("forecast", "calls", "--as-of", "2026-11-15")
    frozen = dealgate("forecast", "freeze", "--as-of", "2026-11-15", "--by", "Ops")
    assert (listed.code, listed.err) == (frozen.code, frozen.err) == (5, frozen.err)
    assert "DG952" in listed.err
