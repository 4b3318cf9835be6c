"""Whatever breaks in the middle: nothing is half written, and the next run ends as if nothing had been."""

from __future__ import annotations

import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
from tests.store.conftest import Maker, exported
from tests.store.model import Pull, ingest, seen, told

from dealgate.model.diagnostics import SourceFailed
from dealgate.store import Store, open_store, rows

pytestmark = pytest.mark.slow

PROGRAM = """
import sys
from tests.store.test_faults import story
from tests.store.model import ingest
from dealgate.store import open_store
pulls = story()
with open_store(sys.argv[1]) as store:
    print("ready", flush=True)
    for pull in pulls:
        ingest(store, pull)
print("done", flush=True)
"""


def story() -> list[Pull]:
    """Three pulls of a few thousand events."""
    found = []
    for number in (1, 3, 2):
        some = []
        for deal in range(400):
            name = f"d{deal}"
            some += [told(name, "stage", f"s{turn}", turn, turn, by=f"P{deal % 7}") for turn in range(number + 1)]
            some += [
                seen(name, "owner.name", f"P{(deal + number) % 11}"),
                seen(name, "amount", str(deal % (number + 1))),
            ]
        contacts = {f"d{deal}": [{"name": f"C{deal}", "engaged": deal % number == 0}] for deal in range(400)}
        found.append(Pull(number * 4, number * 4, tuple(some), contacts))
    return found


def content(url: str, folder: Path) -> dict[str, bytes]:
    with open_store(url) as store:
        assert store.verify_audit() is None
        return exported(store, folder)


@pytest.fixture(scope="module")
def undisturbed(sqlite_maker: Maker, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    url = sqlite_maker()
    with open_store(url) as store:
        for pull in story():
            ingest(store, pull)
    return content(url, tmp_path_factory.mktemp("undisturbed"))


def start(url: str, checkout: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, url], cwd=checkout, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize(("kind", "times"), [("sqlite", 50), ("postgres", 10)])
def test_an_ingest_that_is_killed_is_completed_by_the_next(
    request: pytest.FixtureRequest, kind: str, times: int, checkout: Path, tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    make: Maker = request.getfixturevalue(f"{kind}_maker")
    with start(make(), checkout) as whole:
        begun = time.monotonic()
        assert whole.wait() == 0
    length = time.monotonic() - begun
    chance, killed, pulls = random.Random(4), 0, story()
    url = make()
    for number in range(times):
        if number % 5 == 0:  # the kills add up on one store
            url = make()
        with start(url, checkout) as process:
            time.sleep(chance.uniform(0, length * 0.8))
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
        if number % 5 == 4:
            with open_store(url) as store:
                for pull in pulls:
                    ingest(store, pull)
            assert content(url, tmp_path / str(number)) == undisturbed
    assert killed > times / 2


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file of this process grows beyond a megabyte, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def big(number: int) -> Pull:
    return Pull(number, number, tuple(seen(f"d{deal}", "name", f"{deal}" * 20) for deal in range(20_000)))


def test_a_full_disk_leaves_the_store_as_it_was(sqlite_maker: Maker, request: pytest.FixtureRequest) -> None:
    url = sqlite_maker()
    with open_store(url) as store:
        ingest(store, Pull(1, 1, (seen("d1", "x", "1"),)))
        request.getfixturevalue("small_files")
        with pytest.raises(SourceFailed, match="DG942"):
            ingest(store, big(2))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert store.events().height == 1
        assert ingest(store, big(2)).new_events == 20_000
        assert store.verify_audit() is None


def test_a_database_that_may_not_grow_leaves_the_store_as_it_was(sqlite_maker: Maker) -> None:
    with open_store(sqlite_maker()) as store:
        ingest(store, Pull(1, 1, (seen("d1", "x", "1"),)))

        @sa.event.listens_for(store._database.engine, "checkout")
        def small(raw: object, *_: object) -> None:
            raw.execute("PRAGMA max_page_count = 200")  # type: ignore[attr-defined]

        with pytest.raises(SourceFailed, match="DG942"):
            ingest(store, big(2))
        assert store.events().height == 1


def test_a_server_that_goes_away_in_the_middle_leaves_nothing_half_done(
    postgres_maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres_maker()
    other = sa.create_engine(url, poolclass=sa.NullPool)
    write = rows.write_rows

    def gone(connection: sa.Connection, name: str, some: pl.DataFrame) -> None:
        write(connection, name, some)
        with other.connect() as killer:
            killer.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    with open_store(url) as store:
        ingest(store, Pull(1, 1, (seen("d1", "x", "1"),)))
        before = store.stats()
        monkeypatch.setattr(rows, "write_rows", gone)
        with pytest.raises(SourceFailed, match="DG943"):
            ingest(store, Pull(2, 2, (seen("d1", "x", "2"),), {"d1": [{"name": "Ann", "engaged": True}]}))
        monkeypatch.undo()
        assert store.stats() == before
        assert ingest(store, Pull(2, 2, (seen("d1", "x", "2"),))).new_events == 1
        assert store.verify_audit() is None


def test_an_error_of_our_own_in_the_middle_leaves_nothing_half_done(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(rows, "write_rows", wrong)
    with pytest.raises(ZeroDivisionError):
        ingest(store, Pull(1, 1, (seen("d1", "owner.name", "Ann"),)))
    monkeypatch.undo()
    told_of = store.stats()
    assert [told_of[name] for name in ("sources", "deals", "events", "persons", "pulls", "audit")] == [0] * 6
