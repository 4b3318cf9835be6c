"""Real databases in the shapes that loaders give them, and a store that takes their deals over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.support.targets import target_in

from dealgate.ports import Record, Settings
from dealgate.store import Store
from dealgate.sync.mirror import Mirror
from dealgate.sync.project import Taken, Target, take_over
from dealgate.sync.pull import Run, pull
from dealgate_adapters.sql import SqlAdapter, connect

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
STAGES = ("Prospecting", "Qualification", "Needs Analysis", "Proposal/Price Quote", "Negotiation/Review")
OURS = ("prospecting", "qualification", "needs-assessment", "proposal", "close")


OPEN: list[SqlAdapter] = []
"""Adapters that a test has opened; they are closed after it."""


def opened(url: str, secret: Mapping[str, str] | None = None, **options: Any) -> SqlAdapter:
    """The adapter as a workspace opens it."""
    held = dict(secret or {})
    values = {"adapter": "sql", **({"url": url} if url else {}), **options}
    OPEN.append(connect(Settings(values, held.get, lambda: START)))
    return OPEN[-1]


def text_of(moment: datetime) -> str:
    """A moment as a loader writes it into SQLite."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


@dataclass
class Database:
    """A database of the tests' own. ``write`` runs as its owner, whatever the adapter may."""

    url: str
    engine: sa.Engine
    now: datetime = START
    names: dict[str, sa.Table] = field(default_factory=dict)

    @property
    def sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def run(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]

    def table(self, name: str, *columns: sa.Column[Any], schema: str | None = None) -> sa.Table:
        made = sa.Table(name, sa.MetaData(), *columns, schema=schema)
        made.create(self.engine)
        self.names[name] = made
        return made

    def put(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows written or written anew, by the first column as their id."""
        table = self.names[name]
        key = next(iter(table.columns))
        held = list(rows)
        with self.engine.begin() as connection:
            for row in held:
                connection.execute(sa.delete(table).where(key == row[key.name]))
            if held:
                connection.execute(sa.insert(table), held)

    def moment(self, at: datetime) -> Any:
        return text_of(at) if self.sqlite else at

    def synced(self, seconds: int = 60) -> Any:
        """The loader's next moment."""
        self.now += timedelta(seconds=seconds)
        return self.moment(self.now)


def at() -> Any:
    """A column for a moment: text in SQLite, as most write it there; with a zone elsewhere."""
    return sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def fivetran_salesforce(db: Database) -> None:
    """The tables of Fivetran's connector that the adapter reads."""
    common = lambda: (sa.Column("_fivetran_synced", at()), sa.Column("is_deleted", sa.Boolean))  # noqa: E731
    text, money = sa.Text, sa.Numeric(18, 2)
    db.table(
        "opportunity", sa.Column("id", text, primary_key=True), sa.Column("account_id", text), sa.Column("name", text),
        sa.Column("stage_name", text), sa.Column("amount", money), sa.Column("probability", sa.Numeric(5, 2)),
        sa.Column("forecast_category", text), sa.Column("close_date", sa.Date), sa.Column("type", text),
        sa.Column("lead_source", text), sa.Column("next_step", text), sa.Column("is_closed", sa.Boolean),
        sa.Column("is_won", sa.Boolean), sa.Column("owner_id", text), sa.Column("created_date", at()),
        sa.Column("system_modstamp", at()), sa.Column("logo", sa.LargeBinary), *common(),
    )  # fmt: skip
    db.table(
        "opportunity_history", sa.Column("id", text, primary_key=True), sa.Column("opportunity_id", text),
        sa.Column("stage_name", text), sa.Column("amount", money), sa.Column("probability", sa.Numeric(5, 2)),
        sa.Column("close_date", sa.Date), sa.Column("created_date", at()), sa.Column("created_by_id", text), *common(),
    )  # fmt: skip
    db.table(
        "account",
        sa.Column("id", text, primary_key=True),
        sa.Column("name", text),
        sa.Column("industry", text),
        *common(),
    )
    db.table(
        "contact", sa.Column("id", text, primary_key=True), sa.Column("name", text), sa.Column("email", text), *common()
    )
    db.table(
        "opportunity_contact_role", sa.Column("id", text, primary_key=True), sa.Column("opportunity_id", text),
        sa.Column("contact_id", text), sa.Column("role", text), *common(),
    )  # fmt: skip
    db.table(
        "user",
        sa.Column("id", text, primary_key=True),
        sa.Column("name", text),
        sa.Column("is_active", sa.Boolean),
        *common(),
    )
    db.table(
        "task", sa.Column("id", text, primary_key=True), sa.Column("what_id", text), sa.Column("subject", text),
        sa.Column("task_subtype", text), sa.Column("activity_date", sa.Date), sa.Column("is_closed", sa.Boolean),
        *common(),
    )  # fmt: skip
    db.table(
        "event", sa.Column("id", text, primary_key=True), sa.Column("what_id", text), sa.Column("subject", text),
        sa.Column("event_subtype", text), sa.Column("start_date_time", at()), *common(),
    )  # fmt: skip
    db.table(
        "opportunity_stage", sa.Column("id", text, primary_key=True), sa.Column("api_name", text),
        sa.Column("master_label", text), sa.Column("sort_order", sa.Integer), sa.Column("default_probability", money),
        sa.Column("is_won", sa.Boolean), sa.Column("is_closed", sa.Boolean), sa.Column("_fivetran_synced", at()),
    )  # fmt: skip


def opportunity(db: Database, n: int, stage: str = STAGES[0], **more: Any) -> dict[str, Any]:
    """An opportunity as the loader writes it now."""
    return {
        "id": f"006{n:05}", "account_id": f"001{n % 7}", "name": f"Deal {n}", "stage_name": stage,
        "amount": Decimal(1000 + n) + Decimal("0.25"), "probability": Decimal(10), "forecast_category": "Pipeline",
        "close_date": date(2026, 12, 1 + n % 28), "type": "New Customer", "lead_source": "Web", "next_step": "Call",
        "is_closed": False, "is_won": False, "owner_id": "005A", "created_date": db.moment(START - timedelta(days=9)),
        "system_modstamp": db.moment(db.now), "logo": b"\x00", "_fivetran_synced": db.moment(db.now),
        "is_deleted": False, **more,
    }  # fmt: skip


def history(db: Database, n: int, turn: int, stage: str, when: datetime) -> dict[str, Any]:
    """A row of the history of stages."""
    return {
        "id": f"008{n:05}-{turn}", "opportunity_id": f"006{n:05}", "stage_name": stage,
        "amount": Decimal(1000 + n) + Decimal("0.25"), "probability": Decimal(10), "close_date": date(2026, 12, 1),
        "created_date": db.moment(when), "created_by_id": "005A", "_fivetran_synced": db.moment(db.now),
        "is_deleted": False,
    }  # fmt: skip


def filled(db: Database, deals: int = 300) -> None:
    """A company: deals with history, accounts, one user, contacts with roles, tasks and an event."""
    fivetran_salesforce(db)
    own = {"_fivetran_synced": db.moment(db.now), "is_deleted": False}
    db.put("account", [{"id": f"001{n}", "name": f"Account {n}", "industry": "Retail", **own} for n in range(7)])
    db.put("user", [{"id": "005A", "name": "Ada Okafor", "is_active": True, **own}])
    db.put("contact", [{"id": "003A", "name": "Ben Lund", "email": "ben@example.com", **own}])
    stages = [
        {"id": f"01J{n}", "api_name": name, "master_label": name, "sort_order": n, "default_probability": Decimal(n * 10),
         "is_won": name == "Closed Won", "is_closed": name.startswith("Closed"), "_fivetran_synced": db.moment(db.now)}
        for n, name in enumerate((*STAGES, "Closed Won", "Closed Lost"))
    ]  # fmt: skip
    db.put("opportunity_stage", stages)
    rows, past = [], []
    for n in range(deals):
        # ten of them share each moment of the loader, as a batch does
        db.now = START + timedelta(seconds=n // 10)
        rows.append(opportunity(db, n, STAGES[n % 5]))
        past += [history(db, n, k, STAGES[k], START - timedelta(days=8 - k)) for k in range(n % 5 + 1)]
    db.put("opportunity", rows)
    db.put("opportunity_history", past)
    role = {"id": "00KA", "opportunity_id": "00600001", "contact_id": "003A", "role": "Economic Buyer", **own}
    db.put("opportunity_contact_role", [role])
    task = {
        "subject": "Call Ben",
        "task_subtype": "Call",
        "activity_date": date(2026, 10, 30),
        "is_closed": False,
        **own,
    }
    db.put("task", [{"id": "00TA", "what_id": "00600001", **task}, {"id": "00TB", "what_id": "0011", **task}])
    start = db.moment(START - timedelta(days=2))
    db.put(
        "event",
        [
            {
                "id": "00UA",
                "what_id": "00600002",
                "subject": "Demo",
                "event_subtype": "Event",
                "start_date_time": start,
                **own,
            }
        ],
    )
    db.synced()


@dataclass
class House:
    """A mirror and a store for one source."""

    folder: Path
    store: Store
    target: Target

    def sync(self, adapter: SqlAdapter, limit: int = 7, **options: Any) -> tuple[Run, Taken]:
        """A pull and a taking over, as the command does it."""
        mirror = Mirror(self.folder / "mirror.db")
        try:
            run = pull(adapter, mirror, limit=limit, **options)
            assert not run.troubles, run.troubles
            assert run.watermark is not None
            return run, take_over(mirror, self.target, run.watermark, run.watermark)
        finally:
            mirror.close()

    def now(self, *fields: str) -> dict[str, tuple[Any, ...]]:
        """Each deal that is there, with the values of these fields as the store has them."""
        from dealgate.history import history_of

        events = self.store.events()
        last = events["recorded_at"].max()
        assert isinstance(last, datetime)
        held = history_of(events, self.target.process, last, last, self.store.children())
        frames = [dict(held.now(name).select("id", name).iter_rows()) for name in fields]
        return {ident: tuple(frame.get(ident) for frame in frames) for ident in frames[0]}


def house(folder: Path, mapping: str | Path = "fivetran-salesforce") -> House:
    folder.mkdir(exist_ok=True)
    target = target_in(folder, mapping)
    return House(folder, target.store, target)


def read(adapter: SqlAdapter, stream: str, limit: int = 3, cursor: Any = None) -> tuple[list[Record], Any]:
    """A stream to its end, and the cursor there."""
    found: list[Record] = []
    for _ in range(10_000):
        page = adapter.pull(stream, cursor, limit)
        assert len(page.records) <= limit
        found += page.records
        cursor = page.next
        if not page.more:
            return found, cursor
    raise AssertionError("the stream does not end")
