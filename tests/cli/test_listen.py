"""``dealgate listen``: a real process that a CRM calls, floods, starves and kills, and nothing is lost."""

from __future__ import annotations

import json
import re
import signal
import socket
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from .listening import House, until
from .running import PATIENCE, dealgate, told

STAGES = ("prospecting", "qualification", "needs-assessment", "proposal", "close")


@pytest.fixture
def house(elsewhere: Path) -> Iterator[House]:
    one = House(elsewhere)
    yield one
    one.close()


def counts(house: House) -> dict[str, int]:
    return {word: n for word, n in house.health()["sources"]["crm"].items() if word != "trouble" and n}


def test_what_a_webhook_tells_of_is_in_the_store_with_its_history(house: House) -> None:
    house.listen()
    house.crm.deal("1", "prospecting", Name="Northwind")
    house.crm.tick()
    house.crm.deal("1", "qualification")
    house.save()
    assert house.tell("1") == 200
    house.worked_off()
    assert house.kept() == {"1": "qualification"}
    steps = json.loads(dealgate("history", "--deal", "1", "--output", "json").out)["steps"]
    assert [(one["before"], one["after"], one["by"], one["origin"]) for one in steps if one["kind"] == "stage"] == [
        (None, "prospecting", "Ada", "told"), ("prospecting", "qualification", "Ada", "told"),
    ]  # fmt: skip
    assert house.end(signal.SIGTERM) == 0
    assert house.said[-1].endswith(" asked to end\n")


def test_what_is_not_genuine_is_refused_and_nothing_comes_of_it(house: House) -> None:
    house.crm.deal("1", "qualification")
    house.save()
    house.listen()
    body, headers = house.signed("1")
    assert house.ask("POST", "/hooks/crm", body + b" ", headers) == 401, "forged"
    assert house.ask("POST", "/hooks/crm", body) == 401, "not signed"
    old, headers_then = house.signed("1", at=datetime.now(UTC) - timedelta(minutes=6))
    assert house.ask("POST", "/hooks/crm", old, headers_then) == 401, "old"
    assert house.ask("POST", "/hooks/other", body, headers) == 404
    assert house.ask("POST", "/hooks/files", body, headers) == 404, "a file calls nobody"
    assert house.ask("GET", "/hooks/crm") == 405
    assert counts(house) == {"refused": 3}
    assert house.kept() == {}
    assert house.ask("POST", "/hooks/crm", body, headers) == 200
    house.worked_off()
    assert house.ask("POST", "/hooks/crm", body, headers) == 200, "a repeat"
    assert counts(house) == {"kept": 1, "refused": 3, "repeated": 1}
    assert house.kept() == {"1": "qualification"}
    assert house.end(signal.SIGTERM) == 0
    assert dropped(house) == {
        "refused: not signed by the CRM, too old, or not to be read": 3,
        "came again and were dropped": 1,
        "refused: there is no such source": 2,
    }


def dropped(house: House) -> Counter[str]:
    """What it said that it did not take, as often as it said so."""
    found: Counter[str] = Counter()
    for line in house.said:
        told_so = re.search(r" warning: (?:crm|nobody): (\d+) ((?:refused|came|sent).*)$", line)
        if told_so:
            found[told_so[2]] += int(told_so[1])
    return found


def test_a_repeat_is_known_after_a_restart(house: House) -> None:
    house.crm.deal("1", "qualification")
    house.save()
    house.listen()
    body, headers = house.signed("1")
    assert house.ask("POST", "/hooks/crm", body, headers) == 200
    house.worked_off()
    house.end(signal.SIGKILL)
    house.listen()
    assert house.ask("POST", "/hooks/crm", body, headers) == 200
    assert counts(house) == {"repeated": 1}


def burst(house: House, deals: list[str], threads: int = 8) -> Counter[int]:
    """Each deal is told of by a delivery of its own, from several threads."""
    became: Counter[int] = Counter()
    lock = threading.Lock()

    def call(mine: list[str]) -> None:
        found: Counter[int] = Counter()
        line = house.connection()
        for n, deal in enumerate(mine):
            if n % 10 == 9:  # some callers keep their connection for a while
                line.close()
                line = house.connection()
            body, headers = house.signed(deal)
            line.request("POST", "/hooks/crm", body, headers)
            answer = line.getresponse()
            answer.read()
            found[answer.status] += 1
        line.close()
        with lock:
            became.update(found)

    running = [threading.Thread(target=call, args=(deals[n::threads],)) for n in range(threads)]
    for one in running:
        one.start()
    for one in running:
        one.join(PATIENCE)
    return became


@pytest.mark.slow
def test_a_burst_is_taken_and_worked_off_though_the_process_is_killed_in_the_middle(house: House) -> None:
    deals = [f"{n:04}" for n in range(1000)]
    for n, deal in enumerate(deals):
        house.crm.deal(deal, STAGES[n % 5])
    house.save()
    (house.folder / "hold-stage_changes").touch()
    house.listen()
    assert burst(house, deals[:600]) == {200: 600}
    until(lambda: (house.folder / "held-stage_changes").exists(), "the middle of a sync")
    assert burst(house, deals[600:]) == {200: 400}
    house.end(signal.SIGKILL)
    assert house.kept() == {}, "it was killed before anything was taken over"
    (house.folder / "hold-stage_changes").unlink()
    house.listen()
    house.worked_off()
    assert house.kept() == house.truth()
    assert house.health()["status"] == "ok"
    before = store_of(house)
    house.end(signal.SIGKILL)
    assert house.command("sync", "crm").wait(PATIENCE) == 0
    assert store_of(house) == before, "nothing is there twice"


def store_of(house: House) -> list[tuple[object, ...]]:
    db = sqlite3.connect(house.folder / "dealgate.db")
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found: list[tuple[object, ...]] = [
        (table, *db.execute(f'SELECT count(*) FROM "{table}"').fetchone()) for table in tables
    ]
    db.close()
    return found


@pytest.mark.slow
def test_killed_again_and_again_while_deals_change_it_ends_with_what_the_crm_has(house: House) -> None:
    for round_ in range(4):
        for n in range(40):
            house.crm.tick()
            house.crm.deal(f"{n:02}", STAGES[(n + round_) % 5])
        house.save()
        house.listen()
        assert burst(house, [f"{n:02}" for n in range(40)], threads=4) == {200: 40}
        house.end(signal.SIGKILL)
    house.crm.tick()
    house.crm.delete("07")
    house.save()
    house.listen()
    assert house.tell("07") == 200
    house.worked_off()
    assert house.kept() == house.truth()
    assert "07" not in house.kept()


def test_a_body_that_is_too_large_is_refused_before_it_is_read(house: House) -> None:
    house.listen()
    assert house.ask("POST", "/hooks/crm", b"x" * 3_000_000) == 413
    line = house.connection()
    line.request(
        "POST", "/hooks/crm", iter([b"x" * 500_000] * 3), {"Transfer-Encoding": "chunked"}, encode_chunked=True
    )
    assert line.getresponse().status == 413
    line.close()
    assert house.ask("POST", "/hooks/crm", b"x" * 1_000_000) == 401, "just as large as may be"
    assert counts(house) == {"large": 2, "refused": 1}
    assert house.health()["status"] == "ok"


@pytest.mark.parametrize(
    "sent",
    [b"nonsense\r\n\r\n", b"POST /hooks/crm HTTP/1.1\r\n\r\n", b"POST /hooks/crm HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"y" * 70_000,
     b"POST /hooks/crm HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
     b"POST /hooks/crm HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: gzip\r\n\r\n",
     b"POST /hooks/crm HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_what_is_no_http_is_refused(house: House, sent: bytes) -> None:
    house.listen()
    with socket.create_connection(("127.0.0.1", house.port), timeout=PATIENCE) as line:
        line.sendall(sent)
        assert line.recv(100).startswith((b"HTTP/1.1 4", b"HTTP/1.1 501"))
    assert house.health()["status"] == "ok"


def test_a_deal_that_is_gone_when_it_is_looked_at_leaves_nothing_behind(house: House) -> None:
    house.crm.deal("1", "qualification")
    house.crm.deal("2", "qualification")
    house.save()
    house.listen()
    assert house.tell("1", "2", "never-was") == 200
    house.worked_off()
    house.crm.tick()
    house.crm.delete("1")
    house.save()
    assert house.tell("1", more="gone") == 200
    house.worked_off()
    assert house.kept() == {"2": "qualification"}


@pytest.mark.slow
@pytest.mark.parametrize("file", [".dealgate/crm.lock", "dealgate.db"], ids=["another-sync", "the-store"])
def test_while_something_is_locked_what_is_told_waits(house: House, file: str) -> None:
    house.crm.deal("1", "qualification")
    house.save()
    house.listen()
    lock = sqlite3.connect(house.folder / file, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    assert house.tell("1") == 200
    until(lambda: house.health()["sources"]["crm"]["trouble"], "the trouble")
    assert house.health()["status"] == "behind" and counts(house)["waiting"] == 1
    lock.close()
    house.worked_off()
    until(lambda: house.health()["status"] == "ok", "its end")
    assert house.kept() == {"1": "qualification"}
    assert re.match(r"20.* (warning: crm: not run|error: crm: failed): DG9", house.said[1])


def test_asked_to_stop_in_the_middle_of_a_sync_it_ends_after_the_page_and_goes_on_there_later(house: House) -> None:
    house.crm.deal("1", "qualification")
    house.save()
    (house.folder / "hold-stage_changes").touch()
    house.listen()
    assert house.tell("1") == 200
    until(lambda: (house.folder / "held-stage_changes").exists(), "the middle of a sync")
    assert house.process is not None
    house.process.send_signal(signal.SIGTERM)
    (house.folder / "hold-stage_changes").unlink()
    assert house.process.wait(PATIENCE) == 0
    assert "left in the middle" not in "".join(house.said)
    house.listen()
    house.worked_off()
    assert house.kept() == {"1": "qualification"}


def test_no_port_twice_no_source_without_webhooks_and_no_address_that_is_none(house: House, elsewhere: Path) -> None:
    house.listen()
    second = house.command("listen", "--port", str(house.port))
    assert second.wait(PATIENCE) == 5
    assert "error DG997: Nobody can call here: address already in use." in "".join(house.said)
    ran = told(dealgate("listen", "--source", "files"))
    assert ran.code == 2 and "error DG995: Nobody calls for `files`" in ran.err
    ran = told(dealgate("listen", "--source", "crn"))
    assert ran.code == 2 and "did you mean `crm`?" in ran.err
    text = (elsewhere / "dealgate.yaml").read_text("utf-8")
    (elsewhere / "dealgate.yaml").write_text(text.replace("https://hooks.acme", "hooks.acme"), "utf-8")
    ran = told(dealgate("listen"))
    assert ran.code == 2 and "error DG996: The `public_url` of `crm` is not an address." in ran.err
    assert "public_url" in dealgate("validate", "dealgate.yaml").out


def test_an_inbox_that_cannot_be_opened_is_told(house: House, elsewhere: Path) -> None:
    (elsewhere / ".dealgate").mkdir()
    (elsewhere / ".dealgate" / "inbox.db").write_bytes(b"somebody's notes, and no database at all" * 50)
    process = house.command("listen", "--port", "0")
    assert process.wait(PATIENCE) == 5
    out = "".join(house.said)
    assert "error DG998: The inbox cannot be opened: file is not a database." in out
    assert ".dealgate/inbox.db" in out


def test_without_a_store_nobody_is_listened_to(house: House, elsewhere: Path) -> None:
    (elsewhere / "dealgate.db").unlink()
    ran = told(dealgate("listen", "--port", "0"))
    assert ran.code == 5 and "dealgate store init" in ran.err
