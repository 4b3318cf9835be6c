"""Commitments on the command line: agreed, done or missed, and taken up by plays."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.inspection.looking import PLAIN, deal

from .running import AS_OF, CHECKOUT, Ran, dealgate, golden
from .test_coach import PLAYS, WHY

DEALS = [
    deal(next_step_on="2026-11-20"),
    deal(id="D-2", name="Fabrikam", next_step_on="2026-11-13"),
    deal(id="D-3", name="Litware", owner__name="Tom Two"),
]


@pytest.fixture
def mine(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with a plain process, plays of its own and a store with three deals."""
    folder = elsewhere / "mine"
    (folder / "rules").mkdir(parents=True)
    shutil.copyfile(PLAIN, folder / "rules" / "plain.yaml")
    (folder / "rules/ours.yaml").write_text(PLAYS.lstrip(), "utf-8")
    text = "kind: workspace/v1\nid: mine\ntitle: Mine\nprocesses: [plain]\nuse: {plays: [ours]}\n"
    (folder / "dealgate.yaml").write_text(text, "utf-8")
    (folder / "deals.jsonl").write_text("".join(json.dumps(one) + "\n" for one in DEALS), "utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DEALGATE_BY", raising=False)
    for module in ("options", "commands.store", "commands.coach"):
        monkeypatch.setattr(f"dealgate.cli.{module}.now", lambda: datetime(2026, 11, 23, 12, tzinfo=UTC))
    # ids are random: here they are told apart by their number
    numbers = iter(range(1, 99))
    monkeypatch.setattr("dealgate.store.commitments.fresh_ident", lambda *_: f"c{next(numbers)}")
    assert dealgate("store", "init").code == 0
    assert dealgate("store", "load", "deals.jsonl", *AS_OF).code == 0
    return folder


def commit(*more: object, who: str = "Rita Lind", due: str = "2026-11-30", on: str = "2026-11-23") -> Ran:
    words = ("--who", who, "--action", "Call the quiet buyers", "--due", due, "--theme", "next-step")
    return dealgate("coach", "commit", *words, "--by", "Max Berg", "--as-of", on, *more)


def told(*words: object, on: str = "2026-11-23") -> list[dict[str, Any]]:
    """The JSON of the commitments, which holds by its schema."""
    ran = dealgate("coach", "commitments", "--output", "json", "--as-of", on, *words)
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    jsonschema.validate(found, json.loads((CHECKOUT / "schemas/output/commitments.schema.json").read_text("utf-8")))
    return list(found["commitments"])


def recommended(on: str = "2026-11-23") -> list[str]:
    ran = dealgate("coach", "--output", "json", "--as-of", on)
    assert ran.code == 0, ran.err
    return [one["id"] for one in json.loads(ran.out)["recommendations"]]


def test_a_commitment_is_kept_and_told(mine: Path) -> None:
    ran = commit("--deal", "d-2", "--from", WHY)
    assert ran.code == 0, ran.err
    (one,) = told()
    assert {key: one[key] for key in ("id", "who", "team", "deal", "from", "due", "state", "overdue")} == {
        "id": "c1", "who": "Rita Lind", "team": "North", "deal": "D-2", "from": WHY, "due": "2026-11-30",
        "state": "open", "overdue": False,
    }  # fmt: skip


def test_what_was_agreed_at_80_columns(mine: Path) -> None:
    assert commit().code == commit("--deal", "D-3", who="tom two", due="2026-11-24").code == commit().code == 0
    assert dealgate("coach", "missed", "c3", "--why", "She was ill", "--by", "Max Berg", *AS_OF).code == 0
    ran = dealgate("coach", "commitments", "--as-of", "2026-11-25")
    assert max(map(len, ran.out.splitlines())) <= 80
    golden("commitments.txt", ran.out)


def test_what_was_agreed_on_silences_the_play_until_its_time_is_over(mine: Path) -> None:
    assert WHY in recommended()
    assert commit().code == 0
    assert WHY not in recommended()
    assert WHY not in recommended("2026-12-13")
    assert WHY in recommended("2026-12-15")


def test_the_list_is_narrowed(mine: Path) -> None:
    assert commit().code == commit(who="Tom Two", due="2026-11-24").code == 0
    assert dealgate("coach", "done", "c1", "--result", "Two met", "--by", "Max Berg", *AS_OF).code == 0
    assert [one["id"] for one in told("--who", "tom two")] == ["c2"]
    assert [one["id"] for one in told("--state", "done")] == ["c1"]
    assert [one["id"] for one in told("--overdue", on="2026-11-25")] == ["c2"]
    assert [one["id"] for one in told("--overdue")] == []


def test_the_csv_has_a_row_a_commitment(mine: Path) -> None:
    assert commit().code == 0
    ran = dealgate("coach", "commitments", "--output", "csv", "--as-of", "2026-12-05")
    (row,) = csv.DictReader(io.StringIO(ran.out))
    assert (row["who"], row["state"], row["overdue"]) == ("Rita Lind", "open", "yes")


@pytest.mark.parametrize(
    ("more", "code", "hint"),
    [
        ({"who": "Rita Lynd"}, "DG836", "did you mean Rita Lind?"),
        ({"due": "2026-11-20"}, "DG836", "name a day from today on"),
        ({"more": ("--deal", "D-9")}, "DG836", "did you mean"),
        ({"more": ("--action", " ")}, "DG836", "give --action in words"),
    ],
)
def test_what_cannot_be_agreed_is_told_and_not_kept(mine: Path, more: dict[str, Any], code: str, hint: str) -> None:
    ran = commit(*more.pop("more", ()), **more)
    assert ran.code == 2
    assert code in ran.err
    assert hint in ran.err
    assert told() == []


def test_what_came_of_it_is_said_once(mine: Path) -> None:
    assert commit().code == 0
    for code in (0, 2):
        ran = dealgate("coach", "done", "c1", "--result", "Two met", "--by", "Max Berg", *AS_OF)
        assert ran.code == code, ran.err
    assert "DG838" in ran.err


def test_an_id_that_is_not_there_is_told(mine: Path) -> None:
    ran = dealgate("coach", "done", "c9", "--result", "x", "--by", "Max Berg", *AS_OF)
    assert (ran.code, "DG837" in ran.err) == (2, True)


def test_a_file_keeps_no_commitments(mine: Path) -> None:
    for words in (("commitments", "deals.jsonl"), ("commit", "deals.jsonl", "--who", "x", "--action", "y", "--due",
                                                   "2026-12-01", "--by", "z")):  # fmt: skip
        ran = dealgate("coach", *words, *AS_OF)
        assert (ran.code, "DG839" in ran.err) == (2, True)


def test_nobody_named_is_told(mine: Path) -> None:
    ran = dealgate("coach", "commit", "--who", "Rita Lind", "--action", "Call", "--due", "2026-12-01", *AS_OF)
    assert (ran.code, "DG772" in ran.err) == (2, True)


def test_the_weekly_agenda_takes_up_what_was_agreed(mine: Path) -> None:
    assert commit().code == commit("--deal", "D-3", who="Tom Two", due="2026-11-24").code == commit().code == 0
    assert dealgate("coach", "missed", "c3", "--why", "She was ill", "--by", "Max Berg", *AS_OF).code == 0
    ran = dealgate("inspect", "--agenda", "weekly", "--as-of", "2026-11-26", "--output", "json")
    assert ran.code == 0, ran.err
    points = [one for section in json.loads(ran.out)["sections"] for one in section["points"]]
    agreed = [one["why"] for one in points if "Call the quiet buyers" in one["why"]]
    # two are shown, what is overdue before what was missed before what is open
    assert agreed == [
        "Overdue since 24 Nov 2026: Tom Two, Call the quiet buyers.",
        "Missed on 23 Nov 2026: Call the quiet buyers. She was ill.",
    ]
