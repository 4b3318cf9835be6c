"""Exceptions on the command line: asked for, approved by another, seen by every command, over on a day."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dealgate.model.diagnostics import DealgateError

from .running import AS_OF, CHECKOUT, Ran, dealgate, golden
from .test_past import told as checked

NEED = "qualification.need-stated"
WHY = "The CFO told us on the phone; the recap follows on Monday."
ROLES = """\
roles: {admin: [Ada Okafor], manager: [Max Berg]}
teams:
  north: {title: North, manager: Nora North, members: [Rita Lind, Tom Two]}
"""


def deal(number: int, **more: Any) -> dict[str, Any]:
    """A deal that was qualified from 1 October on; its owner is one of three."""
    owner = ("Rita Lind", "Tom Two", "Sid Lane")[number % 3]
    entered = "2026-10-01T09:00:00+00:00"
    usual = {
        "id": f"D-{number:02}", "name": f"Contoso {number}", "stage": "qualification", "status": "open",
        "amount": "20000.00", "currency": "USD", "created_at": "2026-09-20T09:00:00+00:00", "owner.id": f"u-{number % 3}",
        "owner.name": owner, "visits": [{"stage": "qualification", "entered": entered}], "evidence": [],
        "activities": [], "contacts": [], "overrides": [],
    }  # fmt: skip
    return usual | more


def closed(number: int, status: str, on: str = "2026-11-02") -> dict[str, Any]:
    visit = {"stage": "qualification", "entered": "2026-10-01T09:00:00+00:00", "left": f"{on}T09:00:00+00:00"}
    return deal(number, status=status, closed_on=on, visits=[visit])


DEALS = [deal(n) for n in range(1, 5)] + [closed(n, "lost" if n in (6, 9) or n > 22 else "won") for n in range(5, 29)]
"""Four open ones, and 24 that closed: 2 of the first 12 lost, 6 of the others."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with roles whose store has the deals."""
    folder = tmp_path_factory.mktemp("overriding") / "mine"
    folder.mkdir()
    (folder / "dealgate.yaml").write_text(
        f"kind: workspace/v1\nid: mine\ntitle: Mine\nprocesses: [practical]\n{ROLES}", encoding="utf-8"
    )
    url = f"sqlite:///{folder}/dealgate.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert dealgate("validate").code == 0
        assert dealgate("store", "init", "--url", url).code == 0
        patch.setattr("dealgate.cli.options.now", lambda: datetime(2026, 10, 1, tzinfo=UTC))
        patch.setattr("dealgate.cli.commands.store.now", lambda: datetime(2026, 10, 1, tzinfo=UTC))
        for deals, day in (([deal(n) for n in range(1, 29)], "2026-10-02"), (DEALS, "2026-11-23")):
            (folder / "crm.jsonl").write_text("".join(json.dumps(one) + "\n" for one in deals), encoding="utf-8")
            ran = dealgate("store", "load", "crm.jsonl", "--url", url, "--as-of", day)
            assert ran.code == 0, ran.err
    return folder


@pytest.fixture
def mine(template: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, before the day of the tests, with ids that can be told beforehand."""
    place = elsewhere / "mine"
    shutil.copytree(template, place)
    monkeypatch.chdir(place)
    monkeypatch.delenv("DEALGATE_BY", raising=False)
    monkeypatch.setattr("dealgate.cli.options.now", lambda: datetime(2026, 10, 1, tzinfo=UTC))
    idents = (f"k3m9x2p{letter}" for letter in "abcdefghjkmnpqrstuvwxyz")
    monkeypatch.setattr("dealgate.store.overrides.fresh_ident", lambda *_: next(idents))
    return place


def told(ran: Ran, code: str, exit_code: int) -> Ran:
    """The same, once it is sure that it was refused with this code."""
    checked(ran, code, exit_code)
    return ran


def request(*more: object, deal: str = "D-01", by: str = "Rita Lind", day: str = "2026-11-23", **words: str) -> Ran:
    usual = {"criterion": NEED, "reason": "executive-request", "text": WHY} | words
    given = itertools.chain.from_iterable((f"--{name}", value) for name, value in usual.items())
    return dealgate("override", "request", "--deal", deal, "--by", by, "--as-of", day, *given, *more)


def approve(ident: str = "k3m9x2pa", *more: object, by: str = "Max Berg", day: str = "2026-11-23") -> Ran:
    return dealgate("override", "approve", ident, "--by", by, "--as-of", day, *more)


def listed(*words: object, day: str = "2026-11-23") -> list[dict[str, Any]]:
    ran = dealgate("override", "list", *words, "--as-of", day, "--output", "json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    jsonschema.validate(found, schema("override-list"))
    overrides: list[dict[str, Any]] = found["overrides"]
    return overrides


def schema(name: str) -> Any:
    return json.loads((CHECKOUT / f"schemas/output/{name}.schema.json").read_text(encoding="utf-8"))


def status(day: str, deal: str = "D-01", criterion: str = NEED, *more: str) -> tuple[str, str]:
    """A criterion's status and reason on a deal, by ``check`` of the store."""
    found = json.loads(dealgate("check", "store", "--as-of", day, "--output", "json", *more).out)
    (one,) = [d for d in found["deals"] if d["id"] == deal]
    (verdict,) = [c for c in one["criteria"] if c["id"] == criterion]
    return verdict["status"], verdict["reason"]


# ---------------------------------------------------------------- the whole way


def test_an_override_from_its_request_on_at_80_columns(mine: Path) -> None:
    asked = request()
    assert asked.code == 0, asked.err
    assert "dealgate override approve k3m9x2pa" in asked.err
    golden("override-request.txt", asked.out)
    assert request(deal="D-02", by="Sid Lane", text="Their board meets on Friday.").code == 0
    assert approve().code == 0
    for name, words in (
        ("override-list", ("override", "list")),
        ("override-explain", ("explain", "store", "--deal", "D-01")),
        ("override-gate", ("gate", "store", "--deal", "D-01", "--to", "needs-assessment")),
    ):
        ran = dealgate(*words, *AS_OF)
        assert max(map(len, ran.out.splitlines())) <= 80
        golden(f"{name}.txt", ran.out)
    full = dealgate("explain", "store", "--deal", "D-01", "--full", *AS_OF).out
    assert "waived" in full
    assert "Waived by Max Berg until 7 Dec 2026" in full
    assert "links of the chain hold" in dealgate("audit", "verify").out


def test_one_as_json_fits_its_schema(mine: Path) -> None:
    for ran in (request("--output", "json", "--until", "2026-11-30"), approve("k3m9x2pa", "--output", "json")):
        found = json.loads(ran.out)
        jsonschema.validate(found, schema("override"))
    assert (found["state"], found["until"], found["owner"]) == ("approved", "2026-11-30", "Tom Two")
    assert found["steps"][0]["expires"] == "2026-11-30"


def test_the_gate_lets_through_what_was_approved_and_says_so(mine: Path) -> None:
    def decision() -> dict[str, Any]:
        ran = dealgate("gate", "store", "--deal", "D-01", "--to", "needs-assessment", *AS_OF, "--output", "json")
        found: dict[str, Any] = json.loads(ran.out)
        return found

    before = decision()
    holding = [*before["unmet"], *before["unknown"]]
    assert before["decision"] == "block"
    for number, criterion in enumerate(holding):
        ident = f"k3m9x2p{'abcdefghjkmnpqrstuvwxyz'[number]}"
        assert request(criterion=criterion).code == 0
        # more than the cap for one owner: five a quarter
        ran = approve(ident)
        assert ran.code == (0 if number < 5 else 1), ran.err
    after = decision()
    assert after["waived"] == holding[:5]
    assert {*after["unmet"], *after["unknown"]} == set(holding[5:])


@pytest.mark.parametrize("engine", ["polars", "python"])
def test_a_deal_is_waived_from_the_approval_to_its_last_day(mine: Path, engine: str) -> None:
    request(day="2026-11-10")
    approve(day="2026-11-12")
    found = {
        day: status(f"2026-{day}", "D-01", NEED, "--engine", engine)[0]
        for day in ("11-09", "11-11", "11-12", "11-26", "11-27")
    }
    gap = found["11-09"]
    assert gap in ("unmet", "unknown")
    assert found == {"11-09": gap, "11-11": gap, "11-12": "waived", "11-26": "waived", "11-27": gap}
    assert status("2026-11-12")[1].startswith("Waived by Max Berg until 26 Nov 2026 (executive request).")
    assert status("2026-11-12", "D-02")[0] != "waived"


def test_what_was_revoked_or_denied_waives_nothing(mine: Path) -> None:
    request(day="2026-11-10")
    approve(day="2026-11-11")
    ran = dealgate(
        "override", "revoke", "k3m9x2pa", "--by", "Rita Lind", "--why", "It is met.", "--as-of", "2026-11-15"
    )
    assert ran.code == 0, ran.err
    assert [status(f"2026-11-{day}")[0] == "waived" for day in (14, 15, 16)] == [True, False, False]
    assert request(day="2026-11-16").code == 0
    ran = dealgate(
        "override", "deny", "k3m9x2pb", "--by", "Max Berg", "--why", "Ask him again.", "--as-of", "2026-11-17"
    )
    assert ran.code == 0, ran.err
    assert status("2026-11-18")[0] != "waived"
    assert [one["state"] for one in listed()] == ["denied", "revoked"]
    assert request(day="2026-11-18").code == 0


def test_a_decision_entered_later_is_not_known_before(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request(day="2026-11-10")
    monkeypatch.setattr("dealgate.cli.options.now", lambda: datetime(2026, 11, 20, 12, tzinfo=UTC))
    ran = approve(day="2026-11-12")
    assert "on 12 Nov 2026 (entered on 20 Nov 2026)" in ran.out
    states = [listed("--known-at", f"2026-11-{known}", day="2026-11-15")[0]["state"] for known in (19, 20)]
    assert states == ["requested", "approved"]
    words = ("override", "outcomes", "--as-of", "2026-11-15", "--known-at")
    assert "No override was approved" in dealgate(*words, "2026-11-19").out
    assert "Qualification" in dealgate(*words, "2026-11-20").out


def test_a_source_s_own_overrides_are_kept_beside(mine: Path) -> None:
    theirs = {"criterion": NEED, "reason": "migrated-deal", "requester": "Sid Lane", "approver": "Vera Top",
              "approved_on": "2026-11-20", "expires": "2026-11-30"}  # fmt: skip
    (mine / "crm.jsonl").write_text(json.dumps(deal(1, overrides=[theirs])) + "\n", encoding="utf-8")
    assert dealgate("store", "load", "crm.jsonl", "--as-of", "2026-11-24").code == 0
    ran = told(request(day="2026-11-25"), "DG765", 1)
    assert "waived by an override that the source brought" in ran.err
    assert request(criterion="qualification.authority-known", day="2026-11-25").code in (0, 2)
    other = next(
        c["id"]
        for d in json.loads(dealgate("check", "store", "--as-of", "2026-11-25", "--output", "json").out)["deals"]
        if d["id"] == "D-01"
        for c in d["criteria"]
        if c["status"] in ("unmet", "unknown") and c["id"] != "qualification.authority-known"
    )
    assert request(criterion=other, day="2026-11-25").code == 0
    ident = listed("--deal", "D-01", day="2026-11-25")[-1]["id"]
    assert approve(ident, day="2026-11-25").code == 0
    assert [status("2026-11-25", criterion=one)[0] for one in (NEED, other)] == ["waived", "waived"]


# ---------------------------------------------------------------- who, what, which


def test_nobody_is_guessed(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "LOGNAME", "USERNAME"):
        monkeypatch.setenv(name, "Max Berg")
    words = ("--deal", "D-01", "--criterion", NEED, "--reason", "executive-request", "--text", WHY, *AS_OF)
    for by in ((), ("--by", " ")):
        ran = dealgate("override", "request", *words, *by)
        told(ran, "DG772", 2)
        assert "DEALGATE_BY" in ran.err
    assert dealgate("override", "request", *words, env={"DEALGATE_BY": "Rita Lind"}).code == 0
    told(dealgate("override", "approve", "k3m9x2pa", *AS_OF), "DG772", 2)
    assert listed()[0]["requester"] == "Rita Lind"


def test_what_cannot_be_asked_is_refused_and_leaves_nothing(mine: Path) -> None:
    told(request(criterion="need-stated"), "DG760", 2)
    told(request(reason="because"), "DG762", 2)
    told(request(text="tbd"), "DG763", 2)
    told(request("--until", "2027-01-01"), "DG769", 2)
    told(request(deal="D-99"), "DG901", 2)
    told(dealgate("override", "request", "crm.jsonl", "--deal", "D-01", "--criterion", NEED, "--reason", "x", "--text",
                  WHY, "--by", "Rita Lind", *AS_OF), "DG774", 2)  # fmt: skip
    told(dealgate("override", "outcomes", "crm.jsonl", *AS_OF), "DG774", 2)
    assert listed() == []
    assert "There is no such override." in dealgate("override", "list", *AS_OF).out


def test_what_cannot_be_decided_is_refused_and_leaves_it_as_it_was(mine: Path) -> None:
    request()
    told(approve(by="rita lind "), "DG767", 1)
    told(approve(by="Tom Two"), "DG767", 1)
    told(approve(by="Sam South"), "DG768", 1)
    told(approve("k3m9x2pb"), "DG773", 2)
    assert "did you mean `k3m9x2pa`" in approve("k3m9x2pb").err
    assert [one["state"] for one in listed()] == ["requested"]
    told(request(), "DG766", 1)
    assert approve(by="Nora North").code == 0
    told(approve(), "DG771", 1)
    told(dealgate("override", "deny", "k3m9x2pa", "--by", "Max Berg", "--why", "No.", *AS_OF), "DG771", 1)


def test_the_only_override_of_a_deal_is_named_by_the_deal(mine: Path) -> None:
    request()
    request(deal="D-02")
    request(deal="D-02", criterion="qualification.has-close-date")
    assert approve("D-01").code == 0
    assert "k3m9x2pb, k3m9x2pc" in told(approve("D-02"), "DG773", 2).err
    told(approve("D-01"), "DG773", 2)
    ran = dealgate("override", "revoke", "D-01", "--by", "Max Berg", "--why", "It is met.", *AS_OF)
    assert ran.code == 0, ran.err


def test_the_cap_is_told_to_who_asks_and_to_who_approves(mine: Path) -> None:
    spent = [f"D-{n:02}" for n in range(7, 22, 3)]
    for number, one in enumerate(spent):
        assert request(deal=one, day="2026-10-05").code == 0
        assert approve(f"k3m9x2p{'abcdefgh'[number]}", day="2026-10-05").code == 0
    asked = request()
    assert asked.code == 0
    assert "DG775" in asked.err
    ran = told(approve("k3m9x2pf"), "DG770", 1)
    assert "at most 5 times a quarter per owner" in ran.err
    assert request(day="2027-01-04").code == 1  # it waits still
    assert approve("k3m9x2pf", day="2027-01-04").code == 0


def test_a_large_deal_takes_a_higher_role(mine: Path) -> None:
    (mine / "crm.jsonl").write_text(json.dumps(deal(1, amount="50000.01")) + "\n", encoding="utf-8")
    assert dealgate("store", "load", "crm.jsonl", "--as-of", "2026-11-24").code == 0
    assert request(day="2026-11-25").code == 0
    told(approve(day="2026-11-25"), "DG768", 1)
    assert approve(by="ADA OKAFOR", day="2026-11-25").code == 0


def test_two_who_ask_at_once_make_one_request(mine: Path) -> None:
    from dealgate.cli.overriding import ask

    def one(_: int) -> str:
        try:
            made, _told = ask(None, None, "D-01", NEED, "executive-request", WHY, "Rita Lind", None, date(2026, 11, 23),
                              anyway=False)  # fmt: skip
        except DealgateError as refusal:
            return refusal.diagnostics[0].code
        return made.state

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == ["DG766", "DG766", "DG766", "requested"]
    assert len(listed()) == 1


# ---------------------------------------------------------------- lists and outcomes


@pytest.fixture
def several(mine: Path) -> Iterator[Path]:
    """Of each state one: a waiting, b holding, c denied, d revoked, e expired."""
    for letter, number in zip("abcde", (1, 2, 3, 4, 7), strict=True):
        day = "2026-10-05" if letter == "e" else "2026-11-20"
        assert request(deal=f"D-{number:02}", by="Zoe Zest", day=day).code == 0
        if letter in "bde":
            assert approve(f"k3m9x2p{letter}", day=day).code == 0
    for what, letter in (("deny", "c"), ("revoke", "d")):
        words = ("--by", "Max Berg", "--why", "The recap came.", "--as-of", "2026-11-21")
        assert dealgate("override", what, f"k3m9x2p{letter}", *words).code == 0
    yield mine


def test_a_list_shows_what_is_asked_of_it(several: Path) -> None:
    def letters(*words: object, day: str = "2026-11-23") -> str:
        return "".join(one["id"][-1] for one in listed(*words, day=day))

    assert letters() == "abcde"
    assert [letters("--state", state) for state in ("requested", "approved", "denied", "revoked", "expired")] == list(
        "abcde"
    )
    assert letters("--state", "denied", "--state", "approved") == "bc"
    assert letters("--owner", " tom two") == "ade"
    assert letters("--deal", "D-03") == letters("--deal", "contoso 3") == "c"
    assert (letters("--expiring", 11), letters("--expiring", 10)) == ("b", "")
    assert (letters("store:crm"), letters("store:other")) == ("abcde", "")
    assert letters(day="2026-10-10") == "e"
    golden("override-list-all.txt", dealgate("override", "list", *AS_OF).out)


def test_what_became_of_overridden_deals_stands_beside_the_others(mine: Path) -> None:
    for number in range(5, 17):
        one = f"D-{number:02}"
        assert request(deal=one, by="Zoe Zest", day="2026-10-05").code == 0
        ident = listed("--deal", one)[0]["id"]
        assert approve(ident, day="2026-10-05").code == 0
    words = ("override", "outcomes", *AS_OF)
    golden("override-outcomes.txt", dealgate(*words).out)
    found = json.loads(dealgate(*words, "--output", "json").out)
    jsonschema.validate(found, schema("override-outcomes"))
    assert [one["stage"] for one in found["stages"]] == [None, "qualification"]
    for stage in found["stages"]:
        overridden, others = stage["overridden"], stage["others"]
        assert [overridden[key] for key in ("deals", "won", "lost", "open")] == [12, 10, 2, 0]
        assert [others[key] for key in ("deals", "won", "lost", "open")] == [16, 6, 6, 4]
        rate = overridden["win_rate"]
        assert rate["n"] == 12
        assert rate["value"] == pytest.approx(10 / 12)
        assert (rate["low"], rate["high"]) == pytest.approx((0.5520, 0.9530), abs=1e-4)
    few = json.loads(dealgate(*words, "--min-n", 13, "--output", "json").out)["stages"][0]["overridden"]["win_rate"]
    assert (few["value"], few["low"], few["n"]) == (None, None, 12)
    assert "fewer than 13" in few["reason"]


# ---------------------------------------------------------------- hostile words, erasure, and the sync


@pytest.mark.parametrize(
    "text",
    ["'; DROP TABLE override; --", "[bold red]x[/]", "{{ 7 * 7 }}", "\u202egnp.exe", "a\nb\tc", "😀 " * 400, "${env:HOME}"],
)  # fmt: skip
def test_words_come_back_as_they_were_and_steer_no_terminal(mine: Path, text: str) -> None:
    assert request(text=text, by="O'Brien; [x]").code == 0
    assert listed()[0]["text"] == text.strip()
    assert listed()[0]["requester"] == "O'Brien; [x]"
    out = dealgate("override", "list", *AS_OF).out
    assert not set(out) & set("\u202e\x1b\t")
    assert max(map(len, out.splitlines())) <= 80
    assert approve().code == 0
    assert "Waived by" in status("2026-11-23")[1]


@pytest.mark.parametrize("text", ["\x1b[2Jgone", "a\x07b", "x" * 2_001, "\u200b"])
def test_words_that_are_none_are_refused(mine: Path, text: str) -> None:
    ran = told(request(text=text), "DG763", 2)
    assert "\x1b" not in ran.err
    assert listed() == []


def test_who_is_erased_is_gone_from_overrides_and_the_chain_holds(mine: Path) -> None:
    request(text="Rita Lind heard it from the CFO.", by="Rita Lind")
    approve()
    for who in ("Rita Lind", "Max Berg"):
        assert dealgate("store", "erase", who, "--by", "Data protection").code == 0
    (one,) = listed()
    assert (one["requester"], one["text"], one["steps"][0]["by"]) == ("erased", "erased", "erased")
    assert status("2026-11-23")[1].startswith("Waived by erased until 7 Dec 2026")
    assert "hold" in dealgate("audit", "verify").out
    content = b"".join(file.read_bytes() for file in mine.glob("dealgate.db*"))
    assert b"Rita Lind" not in content
    assert b"Max Berg" not in content


def test_a_forged_approval_is_named_by_the_audit(mine: Path) -> None:
    request()
    with closing(sqlite3.connect(mine / "dealgate.db")) as connection:
        connection.execute(
            "INSERT INTO override_event (id, override, what, by, expires, why, at, recorded_at)"
            " SELECT 1, id, 'approved', requester, '2099-01-01', NULL, at, recorded_at FROM override"
        )
        connection.commit()
    told(dealgate("audit", "verify"), "DG953", 1)


def test_the_next_load_neither_loses_nor_doubles_an_override(mine: Path) -> None:
    request()
    approve()
    before = listed(day="2026-11-24")
    for _ in range(2):
        assert dealgate("store", "load", "crm.jsonl", "--as-of", "2026-11-24").code == 0
    assert listed(day="2026-11-24") == before
    assert status("2026-11-24")[0] == "waived"
    folder = mine / "kept"
    assert dealgate("store", "export", folder).code == 0
    lines = [json.loads(line) for line in (folder / "overrides.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["id"], line["what"]) for line in lines] == [("k3m9x2pa", "approved"), ("k3m9x2pa", "requested")]
