"""The store on the command line: made, filled, read as the past, verified, tidied; and its bad days."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from .running import AS_OF, dealgate
from .test_past import told


@pytest.fixture
def workspace(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert dealgate("init", "mine").code == 0
    monkeypatch.chdir(elsewhere / "mine")
    return elsewhere / "mine"


def test_what_is_loaded_twice_is_there_once(workspace: Path, company: Path) -> None:
    assert "Made a store" in dealgate("store", "init").err
    assert "already a store" in dealgate("store", "init").err
    first = dealgate("store", "load", company, *AS_OF)
    assert first.code == 0 and "400 of them new" in first.err, first.err
    again = dealgate("store", "load", company, *AS_OF)
    assert "nothing is new" in again.err
    stats = dict(line.split() for line in dealgate("store", "stats").out.splitlines())
    assert (stats["deals"], stats["pulls"], stats["playbooks"]) == ("400", "1", "1")
    assert "links of the chain hold" in dealgate("audit", "verify").out
    assert dealgate("store", "vacuum").code == 0
    assert dealgate("store", "export", workspace / "kept").code == 0
    assert list((workspace / "kept").glob("*.jsonl"))


def test_the_store_tells_the_same_past_as_the_file(workspace: Path, company: Path) -> None:
    dealgate("store", "init")
    dealgate("store", "load", company, *AS_OF)
    for words in (
        ("waterfall", "--from", "2026-09-30", *AS_OF, "--output", "json"),
        ("metrics", "--metric", "win_rate", "--metric", "time_in_stage", *AS_OF, "--output", "json"),
        ("history", "--deal", "D-00012", *AS_OF, "--output", "json"),
    ):
        command, *rest = words
        stored, file = (json.loads(dealgate(command, *source, *rest).out) for source in ((), (company,)))
        key = {"waterfall": "lines", "metrics": "figures", "history": "steps"}[command]
        assert stored[key] == file[key], command


def test_what_was_known_earlier_is_known_by_the_store(workspace: Path, company: Path) -> None:
    dealgate("store", "init")
    dealgate("store", "load", company, "--as-of", "2026-11-23")
    words = ("history", "--deal", "D-00012", *AS_OF, "--output", "json")
    now, then = (json.loads(dealgate(*words, *more).out) for more in ((), ("--known-at", "2025-02-10")))
    assert len(then["steps"]) < len(now["steps"])


def test_an_erased_person_is_gone_and_the_chain_holds(workspace: Path, company: Path) -> None:
    dealgate("store", "init")
    dealgate("store", "load", company, *AS_OF)
    ran = dealgate("store", "erase", "Zanele Eriksen", "--by", "Data protection")
    assert ran.code == 0 and "1 person erased" in ran.err
    assert dealgate("store", "erase", "Nobody At All", "--by", "x").code == 1
    assert "hold" in dealgate("audit", "verify").out
    assert b"Zanele Eriksen" not in (workspace / "dealgate.db").read_bytes()
    assert "Zanele" not in dealgate("history", "--deal", "D-00012", *AS_OF).out


def test_a_link_that_was_changed_is_named(workspace: Path, company: Path) -> None:
    dealgate("store", "init")
    dealgate("store", "load", company, *AS_OF)
    with closing(sqlite3.connect(workspace / "dealgate.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE audit SET payload = '{}' WHERE id = (SELECT max(id) FROM audit)")
        connection.commit()
    told(dealgate("audit", "verify"), "DG953", 1)


def test_where_there_is_no_store_it_is_said_how_to_make_one(
    elsewhere: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = dealgate("metrics", *AS_OF)
    assert ran.code == 5 and "dealgate store init" in ran.err, ran
    monkeypatch.chdir(elsewhere)
    told(dealgate("metrics", *AS_OF), "DG952", 5)


def test_one_of_several_sources_is_named(workspace: Path, company: Path) -> None:
    dealgate("store", "init")
    for name in ("here", "there"):
        assert dealgate("store", "load", company, *AS_OF, "--name", name).code == 0
    told(dealgate("history", "--deal", "D-00012", *AS_OF), "DG946", 2)
    assert dealgate("history", "store:there", "--deal", "D-00012", *AS_OF).code == 0
    told(dealgate("history", "store:nowhere", "--deal", "D-00012", *AS_OF), "DG901", 2)


def test_figures_are_grouped_by_the_playbook_that_was_in_force(workspace: Path, company: Path) -> None:
    dealgate("store", "init")
    dealgate("store", "load", company, "--as-of", "2026-09-30")
    words = ("metrics", "--metric", "win_rate", "--by", "version", "--min-n", 0, *AS_OF, "--output", "json")
    dealgate("store", "load", company, *AS_OF)
    found = json.loads(dealgate(*words).out)
    assert {figure["version"] for figure in found["figures"]} == {"practical@1.0.0", None}


@pytest.mark.parametrize(
    "words", [("check", "--output", "json"), ("qualify", "--output", "json"), ("explain", "--deal", "D-00012")]
)
def test_the_store_is_judged_as_the_file_is(workspace: Path, company: Path, words: tuple[str, ...]) -> None:
    dealgate("store", "init")
    dealgate("store", "load", company, *AS_OF)
    command, *rest = words
    stored, file = (dealgate(command, source, *rest, *AS_OF) for source in ("store", company))
    assert stored.code == file.code == 0, stored.err
    if "json" not in rest:
        assert stored.out == file.out
        return
    held, told_ = (json.loads(ran.out)["deals"] for ran in (stored, file))
    by_id = {deal["id"]: deal for deal in held}
    assert [by_id[deal["id"]] for deal in told_] == told_


def test_the_store_is_judged_as_of_an_earlier_day(workspace: Path, company: Path) -> None:
    dealgate("store", "init")
    dealgate("store", "load", company, *AS_OF)
    then, now = (
        json.loads(dealgate("check", "store", "--as-of", day, "--output", "json").out)
        for day in ("2026-06-30", "2026-11-23")
    )
    assert then["summary"]["deals"] < now["summary"]["deals"] == 400
    assert then["summary"]["won"] < now["summary"]["won"]
