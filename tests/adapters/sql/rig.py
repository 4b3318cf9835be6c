"""The rig of a database: tables as Fivetran loads them, a person who works in Salesforce, and the adapter on them.

What the loader writes, and what the adapter reads, is real SQL on a real database; faults strike between SQLAlchemy and
the driver, where a connection breaks.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from dealgate.ports import CrmAdapter
from dealgate.sync.conformance import Deal, Rig, Truth
from dealgate_adapters._sql import results
from dealgate_adapters.sql import SqlAdapter

from .base import STAGES, Database, filled, history, opened, opportunity

SHAPE = "fivetran-salesforce"
PASSWORD = "hunter2-d41c"  # noqa: S105 - made up; the tests' own database lets one in without asking for it


class Line:
    """What passes between the adapters and the driver: counted, and broken where it is asked for."""

    def __init__(self) -> None:
        self.requests = self.struck = 0
        self.planned: tuple[str, str] | None = None

    def watch(self, engine: sa.Engine) -> None:
        """Puts itself into an engine."""
        dialect: Any = engine.dialect
        execute, commit = dialect.do_execute, dialect.do_commit
        wrote: list[bool] = []

        def executed(cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
            self.requests += 1
            self.strike("before", dialect)
            execute(cursor, statement, parameters, context)
            if statement.lstrip().upper().startswith("INSERT"):
                wrote.append(True)

        def committed(connection: Any) -> None:
            commit(connection)
            if wrote:
                wrote.clear()
                self.strike("after", dialect)

        dialect.do_execute, dialect.do_commit = executed, committed

    def strike(self, when: str, dialect: Any) -> None:
        """Raises what a driver does, if that was asked for."""
        if self.planned is not None and self.planned[1] == when:
            kind, self.planned = self.planned[0], None
            self.struck += 1
            broken = "server closed the connection unexpectedly"
            raise dialect.dbapi.OperationalError(broken if kind == "lost" else "the server is out of memory")


class SqlRig(Rig):
    """A database of its own, with an account, a user and the stages."""

    fields = {}
    """None: a client's tables are read and never written; what is decided stands in a table of our own."""
    stage_field = "stage_name"
    history_fields = {"stage": "stage_name", "at": "created_date", "by": "created_by_id"}
    faults = frozenset({"lost", "server-error"})

    def __init__(self, db: Database) -> None:
        self.db, self.line, self.number, self.turn = db, Line(), 0, 0
        filled(db, 0)
        # what belongs to no opportunity: a task of an account, and a meeting of a deal that is not there
        db.run("DELETE FROM task", "DELETE FROM event", "DELETE FROM opportunity_contact_role")
        self.tick()

    def adapter(self, clock_off: timedelta = timedelta(0)) -> CrmAdapter:
        url = sa.make_url(self.db.url)
        if not self.db.sqlite:
            url = url.set(password=PASSWORD)
        made: SqlAdapter = opened("", {"url": url.render_as_string(hide_password=False)}, shape=SHAPE)
        self.line.watch(made._engine)
        return made

    def now(self) -> datetime:
        return datetime.now(UTC)

    def tick(self) -> None:
        time.sleep(0.005)  # SQLite compares moments by the millisecond
        self.db.now = datetime.now(UTC)

    def stages(self) -> Sequence[str]:
        return STAGES

    def put_deal(self, stage: str, **values: Any) -> str:
        self.number += 1
        row = opportunity(self.db, self.number, stage, created_date=self.db.moment(self.db.now), **values)
        self.db.put("opportunity", [row])
        self._told(self.number, stage)
        own = {"_fivetran_synced": self.db.moment(self.db.now), "is_deleted": False}
        role = {"opportunity_id": row["id"], "contact_id": "003A", "role": "Economic Buyer"}
        self.db.put("opportunity_contact_role", [{"id": f"00K{self.number}", **role, **own}])
        task = {"subject": "Call", "task_subtype": "Call", "activity_date": date(2026, 10, 30)}
        self.db.put("task", [{"id": f"00T{self.number}", "what_id": row["id"], **task, **own}])
        return str(row["id"])

    def _told(self, number: int, stage: str) -> None:
        self.turn += 1
        self.db.put("opportunity_history", [history(self.db, number, self.turn, stage, self.db.now)])

    def _write(self, deal: str, **values: Any) -> None:
        table = self.db.names["opportunity"]
        moment = self.db.moment(self.db.now)
        with self.db.engine.begin() as connection:
            connection.execute(
                sa.update(table)
                .where(table.c.id == deal)
                .values(_fivetran_synced=moment, system_modstamp=moment, **values)
            )

    def move(self, deal: str, stage: str) -> str | None:
        self._write(deal, stage_name=stage)
        self._told(int(deal.removeprefix("006")), stage)
        return "005A"

    def edit(self, deal: str, **values: Any) -> None:
        self._write(deal, **values)

    def delete(self, deal: str) -> None:
        self._write(deal, is_deleted=True)

    def truth(self) -> Truth:
        table = self.db.names["opportunity"]
        ours = results.table(None)
        with self.db.engine.connect() as connection:
            rows = connection.execute(sa.select(table).where(table.c.is_deleted.is_(False))).mappings().all()
            there = sa.inspect(connection).has_table(results.NAME)
            written = (
                connection.execute(sa.select(ours.c.action, ours.c.deal, ours.c.field, ours.c.text)).all()
                if there
                else []
            )
        deals = {row["id"]: Deal(row["stage_name"], {}, (row["account_id"], row["owner_id"])) for row in rows}
        tasks = tuple((deal, str(field)) for kind, deal, field, _ in written if kind == "create_task")
        notes = tuple((deal, str(text)) for kind, deal, _, text in written if kind == "note")
        return Truth(deals, tasks, notes)

    def fail(self, kind: str, when: str = "before") -> None:
        self.line.struck, self.line.planned = 0, (kind, when)

    def heal(self) -> int:
        self.line.planned = None
        return self.line.struck

    def requests(self) -> int:
        return self.line.requests


class PostgresRig(SqlRig):
    """The same, with a password in the address."""

    secrets = (PASSWORD,)
