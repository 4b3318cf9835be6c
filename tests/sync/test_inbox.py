"""The inbox: what webhooks tell is on disk before it is answered, once, and stays until it was looked at."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.running import CHECKOUT, PATIENCE

from dealgate.ports import Reference, Webhook
from dealgate.sync.inbox import CAP, REMEMBERED, WINDOW, Inbox

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def said(*deals: str, id: str = "d1", sent_at: datetime | None = None) -> Webhook:  # noqa: A002
    return Webhook(tuple(Reference("deals", deal) for deal in deals), id, sent_at)


def refs(inbox: Inbox, source: str = "crm") -> list[str]:
    return [one.ref.id for one in inbox.waiting(source, 100_000)]


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    one = Inbox(tmp_path / ".dealgate" / "inbox.db")
    yield one
    one.close()


def test_what_comes_again_is_dropped_in_another_process_too(inbox: Inbox) -> None:
    assert inbox.keep("crm", said("1"), NOW) == "kept"
    assert inbox.keep("crm", said("1"), NOW + timedelta(minutes=1)) == "repeated"
    other = Inbox(inbox.path)
    assert other.keep("crm", said("1"), NOW + timedelta(hours=20)) == "repeated"
    assert other.keep("other", said("1"), NOW) == "kept", "another source has ids of its own"
    other.close()
    inbox.done(inbox.waiting("crm", 10))
    assert inbox.keep("crm", said("1"), NOW) == "repeated", "also when it was worked off"
    assert refs(inbox) == []


def test_without_an_id_each_is_taken_and_they_wait_as_one(inbox: Inbox) -> None:
    assert [inbox.keep("crm", said("1", "1", id=""), NOW) for _ in range(3)] == ["kept"] * 3
    assert refs(inbox) == ["1"]


@pytest.mark.parametrize("off", [-1, 1])
def test_a_moment_outside_the_window_is_refused(inbox: Inbox, off: int) -> None:
    second = timedelta(seconds=1)
    assert inbox.keep("crm", said("1", sent_at=NOW + off * (WINDOW + second)), NOW) == "old"
    assert inbox.count("crm") == 0
    assert inbox.keep("crm", said("1", sent_at=NOW + off * (WINDOW - second)), NOW) == "kept"


def test_no_id_is_forgotten_while_its_moment_would_let_it_in(inbox: Inbox) -> None:
    sent = NOW + WINDOW  # the CRM's clock is as far ahead as is let in
    assert inbox.keep("crm", said("1", sent_at=sent), NOW) == "kept"
    hour, at, became = timedelta(hours=1), NOW, set()
    while at < NOW + 2 * REMEMBERED:
        at += hour
        inbox.forget(at)
        became.add(inbox.keep("crm", said("1", sent_at=sent), at))
    assert became == {"repeated", "old"}


def test_what_is_forgotten_is_gone_from_the_file(inbox: Inbox) -> None:
    for n in range(5):
        inbox.keep("crm", said("1", id=str(n)), NOW + n * timedelta(days=1))
    assert inbox.forget(NOW + REMEMBERED + timedelta(days=2)) == 2
    assert inbox.forget(NOW + REMEMBERED + timedelta(days=2)) == 0


def test_more_than_may_wait_is_sent_away_and_taken_later(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox.db", cap=3)
    assert inbox.keep("crm", said("1", "2", id="a"), NOW) == "kept"
    assert inbox.keep("crm", said("3", "4", id="b"), NOW) == "full"
    assert refs(inbox) == ["1", "2"], "all of it or nothing"
    assert inbox.keep("other", said("3", "4", id="b"), NOW) == "kept", "each source has room of its own"
    inbox.done(inbox.waiting("crm", 10))
    assert inbox.keep("crm", said("3", "4", id="b"), NOW) == "kept", "it was not taken for a repeat"
    inbox.done(inbox.waiting("crm", 10))
    assert inbox.keep("crm", said("1", "2", "3", "4", id="c"), NOW) == "kept", "else it would never get in"
    inbox.close()
    assert CAP > 1_000


def test_what_is_told_again_while_it_is_looked_at_stays(inbox: Inbox) -> None:
    inbox.keep("crm", said("1", "2", id="a"), NOW)
    looked_at = inbox.waiting("crm", 10)
    inbox.keep("crm", said("1", id="b"), NOW)
    inbox.done(looked_at)
    assert refs(inbox) == ["1"]


def test_a_record_that_was_tried_is_counted_until_it_is_told_of_again(inbox: Inbox) -> None:
    inbox.keep("crm", said("1", id="a"), NOW)
    for _ in range(2):
        inbox.again(inbox.waiting("crm", 10))
    assert [one.tries for one in inbox.waiting("crm", 10)] == [2]
    inbox.keep("crm", said("1", id="b"), NOW)
    assert [one.tries for one in inbox.waiting("crm", 10)] == [0]


def test_what_has_waited_longest_comes_first_and_no_more_than_asked_for(inbox: Inbox) -> None:
    for n in range(5):
        inbox.keep("crm", said(f"{9 - n}", id=str(n)), NOW)
    assert [one.ref.id for one in inbox.waiting("crm", 2)] == ["9", "8"]


def test_a_webhook_that_speaks_of_nothing_is_remembered_all_the_same(inbox: Inbox) -> None:
    assert inbox.keep("crm", said(), NOW) == "kept"
    assert inbox.keep("crm", said(), NOW) == "repeated"
    assert inbox.count("crm") == 0


def test_no_id_of_a_delivery_stands_in_the_file(inbox: Inbox) -> None:
    inbox.keep("crm", said("1", id="sig-5f3a9c0d"), NOW)  # an id may be a signature
    assert not any(b"sig-5f3a9c0d" in file.read_bytes() for file in inbox.path.parent.iterdir())


def test_threads_that_write_at_once_lose_nothing(inbox: Inbox) -> None:
    became: list[str] = []

    def write(first: int) -> None:
        own = Inbox(inbox.path)
        became.extend(own.keep("crm", said(str(n % 250), id=str(n)), NOW) for n in range(first, first + 250))
        own.close()

    threads = [threading.Thread(target=write, args=(250 * n,)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(PATIENCE)
    assert became == ["kept"] * 1000
    assert sorted(refs(inbox), key=int) == [str(n) for n in range(250)]


def test_a_file_that_is_none_of_ours_is_told_and_left(tmp_path: Path) -> None:
    (tmp_path / "inbox.db").write_bytes(b"not a database, but somebody's notes" * 100)
    with pytest.raises(sqlite3.Error):
        Inbox(tmp_path / "inbox.db")
    assert (tmp_path / "inbox.db").read_bytes().startswith(b"not a database")


ENDLESS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from dealgate.ports import Reference, Webhook
from dealgate.sync.inbox import Inbox
inbox = Inbox(Path(sys.argv[1]))
for n in range(10**9):
    assert inbox.keep("crm", Webhook((Reference("deals", str(n)),), str(n)), datetime.now(UTC)) == "kept"
    print(n, flush=True)
"""


def test_what_was_said_to_be_kept_outlives_a_process_that_is_killed(tmp_path: Path) -> None:
    path = os.pathsep.join(str(CHECKOUT / folder) for folder in ("engine", "adapters"))
    writer = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(tmp_path / "inbox.db")],
        env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert writer.stdout is not None
    for _ in range(50):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    last = 49 + len(writer.stdout.read().splitlines())
    writer.wait(PATIENCE)
    writer.stdout.close()
    inbox = Inbox(tmp_path / "inbox.db")
    assert set(map(str, range(last + 1))) <= set(refs(inbox))
    assert inbox.keep("crm", said("7", id="7"), NOW) == "repeated"
    inbox.close()
