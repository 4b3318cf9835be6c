"""What a sync costs on our side: a CRM that answers at once, a mirror, and a store in SQLite.

The first sync of so many deals with their history, and one of 500 changes after it, each in a process of its own.
Seconds of the CRM's own answers are taken off; requests are counted against the fewest that the pages allow.
"""

from __future__ import annotations

import json
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from dealgate.ports import (
    Action,
    Capabilities,
    Cursor,
    Description,
    Outcome,
    Page,
    Record,
    Reference,
)  # fmt: skip

CHECKOUT = Path(__file__).resolve().parent.parent
START = datetime(2024, 1, 1, tzinfo=UTC)
STAGES = ("prospecting", "qualification", "needs-assessment", "proposal", "close")
FIRST, AGAIN = "first sync", "sync of 500 changes"
MOVES = 3
CHANGES = 500
PAGE = 1000
_STAGE = f"{{from: Stage, values: {{{', '.join(f'{s}: {s}' for s in STAGES)}}}}}"
MAPPING = f"""\
kind: mapping/v1
id: steady
title: A CRM that answers at once
deals:
  from: Deals
  id: Id
  fields:
    name: {{from: Name}}
    amount: {{from: Amount, currency: USD}}
    stage: {_STAGE}
    created_at: {{from: Created}}
    close_date: {{from: CloseDate}}
    owner.name: {{from: Owner}}
    account.name: {{from: Account}}
stage_changes: {{from: History, deal: Deal, at: At, by: By, shape: snapshots, fields: {{stage: {_STAGE}}}}}
contacts:
  from: Contacts
  deal: Deal
  optional: true
  fields: {{name: {{from: Name}}, role: {{from: Role, optional: true}}}}
"""


class Steady:
    """The CRM and its adapter: ``deals`` of them, each moved ``MOVES`` times, with one contact."""

    def __init__(self, deals: int) -> None:
        self.spent, self.requests = 0.0, 0
        self.now = START + timedelta(days=900)
        self._streams: dict[str, list[Record]] = {"deals": [], "stage_changes": [], "deal_contacts": []}
        for n in range(deals):
            self._streams["deals"].append(self._deal(n, MOVES, START + timedelta(minutes=n)))
            for turn in range(MOVES):
                self._streams["stage_changes"].append(self._move(n, turn, START + timedelta(minutes=n, seconds=turn)))
            contact = {"Deal": f"d{n:07}", "Name": f"Contact {n % 9973}", "Role": "Decision maker"}
            self._streams["deal_contacts"].append(
                Record("Contacts", f"c{n:07}", contact, START + timedelta(minutes=n), f"d{n:07}")
            )
        self._index()

    def change(self, deals: int) -> None:
        """So many deals are moved on, spread over all of them."""
        held = self._streams["deals"]
        self.now += timedelta(hours=1)
        for place in range(0, len(held), len(held) // deals)[:deals]:
            n = int(held[place].id[1:])
            held[place] = self._deal(n, MOVES + 1, self.now - timedelta(minutes=20))
            self._streams["stage_changes"].append(self._move(n, MOVES, self.now - timedelta(minutes=20)))
        self._index()

    def _deal(self, n: int, moves: int, at: datetime) -> Record:
        data = {
            "Id": f"d{n:07}", "Name": f"Deal {n}", "Amount": f"{1000 + n % 50000}.50", "Stage": STAGES[min(moves, 4)],
            "Created": (START + timedelta(minutes=n)).isoformat(), "CloseDate": "2026-12-31",
            "Owner": f"Owner {n % 40}", "Account": f"Account {n % 5000}",
        }  # fmt: skip
        return Record("Deals", f"d{n:07}", data, at, f"d{n:07}", version=at.isoformat())

    def _move(self, n: int, turn: int, at: datetime) -> Record:
        data = {"Deal": f"d{n:07}", "Stage": STAGES[min(turn + 1, 4)], "At": at.isoformat(), "By": f"Owner {n % 40}"}
        return Record("History", f"h{n:07}-{turn}", data, at, f"d{n:07}")

    def _index(self) -> None:
        self._keys: dict[str, list[tuple[datetime, str]]] = {}
        for stream, records in self._streams.items():
            records.sort(key=lambda one: (one.modified or START, one.id))
            self._keys[stream] = [(one.modified or START, one.id) for one in records]

    # ------------------------------------------------ the contract

    def capabilities(self) -> Capabilities:
        return Capabilities(tuple(self._streams), history="native", deletes="none", cursor="keyset")

    def describe(self) -> Description:
        return Description((), (), self.now)

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        started = perf_counter()
        self.requests += 1
        keys, records = self._keys[stream], self._streams[stream]
        first = 0 if cursor is None or cursor.at is None else bisect_right(keys, (cursor.at, cursor.id))
        page = tuple(records[first : first + limit])
        last = page[-1] if page else None
        after = Cursor(last.modified, last.id) if last else (cursor or Cursor())
        made = Page(page, after, first + limit < len(records), self.now, total=len(records))
        self.spent += perf_counter() - started
        return made

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        return []

    def apply(self, action: Action) -> Outcome:
        return Outcome("rejected")

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> list[Reference]:
        raise NotImplementedError

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Sync:
    """One sync: seconds of ours, MB at most above what the process held before, requests, and the fewest there are."""

    name: str
    deals: int
    pull: float
    take: float
    megabytes: float
    requests: int
    fewest: int

    @property
    def seconds(self) -> float:
        """What is ours of it."""
        return self.pull + self.take


def measured(deals: int, folder: Path) -> list[Sync]:
    """The first sync of so many deals and one of 500 changes, in a process of its own."""
    words = [sys.executable, "-m", "bench.syncing", str(deals), str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=CHECKOUT)
    return [Sync(**one) for one in json.loads(done.stdout)]


def grown(sizes: Sequence[int] = (10_000, 100_000)) -> list[Sync]:
    """Each size in a folder of its own."""
    found = []
    for deals in sizes:
        with TemporaryDirectory() as folder:
            found += measured(deals, Path(folder))
    return found


def _alone(deals: int, folder: Path) -> list[dict[str, Any]]:
    from dealgate.documents.digest import canonical
    from dealgate.documents.library import Library
    from dealgate.documents.load import load
    from dealgate.sources.mapping.load import load_mapping
    from dealgate.store import open_store
    from dealgate.sync.mirror import Mirror
    from dealgate.sync.project import Target, take_over
    from dealgate.sync.pull import pull

    (folder / "steady.yaml").write_text(MAPPING, "utf-8")
    loaded = load("practical")
    process = loaded.need()
    mapping = load_mapping(folder / "steady.yaml", process, Library())
    store = open_store(f"sqlite:///{folder}/store.db", ready=False)
    store.init()
    target = Target(store, "crm", process, mapping, (loaded.digest, canonical(process)))
    crm, mirror = Steady(deals), Mirror(folder / "mirror.db")
    found = []
    for name in (FIRST, AGAIN):
        before, asked, spent = _held(), crm.requests, crm.spent
        start = perf_counter()
        run = pull(crm, mirror, limit=PAGE)
        middle = perf_counter()
        assert run.watermark is not None
        taken = take_over(mirror, target, run.watermark, run.watermark)
        end = perf_counter()
        assert taken.deals == (deals if name == FIRST else CHANGES), taken
        rows = {"deals": deals, "deal_contacts": deals, "stage_changes": deals * MOVES}
        fewest = sum(-(-n // PAGE) for n in rows.values()) if name == FIRST else len(rows)
        ours = middle - start - (crm.spent - spent)
        found.append(asdict(Sync(name, deals, ours, end - middle, _held() - before, crm.requests - asked, fewest)))
        crm.change(CHANGES)
    mirror.close()
    store.close()
    return found


def _held() -> float:
    """The most that this process ever held, in MB."""
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most / 1000


if __name__ == "__main__":
    print(json.dumps(_alone(int(sys.argv[1]), Path(sys.argv[2]))))
