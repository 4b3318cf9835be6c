"""What it costs to infer again and again: no memory, no sessions, and nothing at all for what was inferred before."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from dealgate.model.play import Need, Play, Plays
from dealgate.plays import Fact, Facts, conclude
from dealgate.plays import chain as module

from . import many

CHECKOUT = Path(__file__).resolve().parents[2]
UNMET = Need("verdict", tests=(("status", ("unmet",)),))


def one(name: str) -> Plays:
    return Plays(name, "One", "1.0.0", (Play("a", "A", "deal", (UNMET,), "p", document=name),))


def unmet(*deals: str) -> Facts:
    return Facts([Fact("verdict", criterion="q.need", status="unmet", deal=d) for d in deals], ["verdict"])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="resident memory is read from /proc")
def test_ten_thousand_inferences_keep_no_memory_and_leave_no_session_behind() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "tests.plays.many"],
        cwd=CHECKOUT,
        env={"PYTHONPATH": f"{CHECKOUT}:{CHECKOUT / 'engine'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    found = json.loads(made.stdout)
    assert found["inferences"] >= many.MANY and found["fired"] > many.MANY
    assert found["left"] == 0
    assert found["grown"] < 20_000_000


def test_what_was_inferred_is_remembered_by_its_facts_not_by_its_deals() -> None:
    plays = one("remembered")
    first = conclude(plays, unmet(*(f"d{n}" for n in range(500))), date(2026, 11, 23))
    assert (first.inferences, len(first.conclusions), first.records) == (1, 500, 500)
    again = conclude(plays, unmet("other"), date(2027, 1, 1))
    assert (again.inferences, len(again.conclusions)) == (0, 1)


def test_the_memory_of_a_document_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 3)
    needs = tuple(Need("verdict", tests=(("criterion", (f"q.c{n}",)),)) for n in range(4))
    plays = Plays("bounded", "B", "1", tuple(Play(f"p{n}", "P", "deal", (need,)) for n, need in enumerate(needs)))
    for n in range(4):
        conclude(plays, Facts([Fact("verdict", criterion=f"q.c{n}", deal="d")], ["verdict"]), date(2026, 11, 23))
    with module.using(module_digest(plays), plays.plays) as chain:
        assert len(chain._known) == 3
    # the first has gone, and is inferred again to the same end
    found = conclude(plays, Facts([Fact("verdict", criterion="q.c0", deal="d")], ["verdict"]), date(2026, 11, 23))
    assert (found.inferences, [c.play.id for c in found.conclusions]) == (1, ["p0"])


def module_digest(plays: Plays) -> str:
    from dealgate.documents.digest import digest

    return digest(plays)


def test_only_so_many_documents_are_kept_compiled_and_one_that_went_comes_back() -> None:
    for n in range(module.COMPILED + 3):
        assert len(conclude(one(f"kept-{n}"), unmet("d"), date(2026, 11, 23)).conclusions) == 1
    assert len(module._compiled) == module.COMPILED
    found = conclude(one("kept-0"), unmet("d"), date(2026, 11, 23))
    assert (found.inferences, len(found.conclusions)) == (1, 1)
