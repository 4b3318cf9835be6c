"""The store: one class over its database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
import sqlalchemy as sa

from dealgate.model.diagnostics import SourceFailed, Where
from dealgate.model.override import OverrideRequest
from dealgate.model.process import Process

from . import audit, failures, people
from .bulk import table
from .calls import Calls
from .commitments import Commitments
from .database import Database
from .export import export
from .failures import told
from .findings import Findings
from .ingest import Ingest, micros
from .links import unlinked
from .migrate import upgrade
from .outbox import Outbox
from .overrides import Overrides
from .reading import Reading, filled, standing
from .results import Broken, Ingested
from .tables import REVISIONS


class Store:
    """What was learned of deals. A method raises SourceFailed where the database fails, and then nothing changed."""

    def __init__(self, url: str, *, ready: bool = True, wait: float = 10.0) -> None:
        self._database = Database(url, wait)
        try:
            if ready:
                self._database.check()
        except BaseException:
            self.close()
            raise

    @property
    def shown(self) -> str:
        """How people are told of it; no password."""
        return self._database.shown

    # ------------------------------------------------ the database

    def init(self) -> bool:
        """Makes the tables; whether there were none. Raises SourceFailed where a store of another version is there."""
        return self._upgraded(new=True)

    def upgrade(self) -> bool:
        """Brings the tables to the present version; whether they were older. Raises SourceFailed where none are."""
        return self._upgraded(new=False)

    def _upgraded(self, *, new: bool) -> bool:
        file = self._database.file
        if file is not None and not file.parent.is_dir():
            raise SourceFailed(failures.unreachable(Where(self.shown), "there is no such folder", "make it first"))
        trouble = self._database.not_ready()
        if trouble is None:
            return False
        if trouble.code != (failures.NO_STORE if new else failures.OLDER):
            raise SourceFailed(trouble)
        self._database.kept_in_wal()
        with self._database.writing() as connection:
            upgrade(connection)
        return True

    def vacuum(self) -> None:
        """Gives back the room that nothing needs, and lets the database look at what it holds."""
        with told(self.shown):
            raw = self._database.outside()
            try:
                if self._database.sqlite:
                    for word in ("VACUUM", "ANALYZE"):
                        raw.cursor().execute(word)
                else:
                    raw.driver_connection.autocommit = True
                    try:
                        for name in ("field_event", "child_version", "person", "deal", "pull"):
                            raw.cursor().execute(f"VACUUM ANALYZE {name}")
                    finally:
                        raw.driver_connection.autocommit = False
            finally:
                raw.close()
        self._database.settled()

    def close(self) -> None:
        """Lets the database go."""
        self._database.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # ------------------------------------------------ in

    def ingest(
        self,
        source: str,
        process: Process,
        events: pl.DataFrame,
        children: Mapping[str, pl.DataFrame],
        *,
        seen_at: datetime,
        recorded_at: datetime,
        playbook: tuple[str, str] | None = None,
        keep: bool = True,
    ) -> Ingested:
        """Takes in what a source told (EVENTS) and its child records (as ``Frames.children``), all of it or nothing.

        ``process`` tells which fields are personal, the kind of record and the currency. ``seen_at`` is when the source
        was read, ``recorded_at`` when that was learned; both have a zone. What is there already is not written again;
        pulls may come in any order, and what was seen at one moment may be learned again later: that leaves no trace.
        ``@contacts`` events that say SYNCED tell of which deals a collection was read;
        where there are none of a collection, it was read of all deals of the pull. Without ``keep`` it is only told
        what would be taken in.
        """
        with self._database.writing() as connection:
            part = connection.begin_nested()
            ingest = Ingest(connection, source, process, seen_at, recorded_at)
            done = ingest.run(events, children, playbook)
            if ingest.void or not keep:
                part.rollback()
            else:
                part.commit()
            return done

    @contextmanager
    def overriding(self) -> Iterator[Overrides]:
        """The overrides for the only writer: what is looked at and what is written belong together, or nothing is."""
        with self._database.writing() as connection:
            yield Overrides(connection)

    @contextmanager
    def findings(self, process: str, *, writing: bool = False) -> Iterator[Findings]:
        """The findings of a process's inspections; with ``writing`` for the only writer."""
        with self._database.writing() if writing else self._database.reading() as connection:
            yield Findings(connection, process)

    @contextmanager
    def commitments(self, *, writing: bool = False) -> Iterator[Commitments]:
        """What people agreed to do; with ``writing`` for the only writer."""
        with self._database.writing() if writing else self._database.reading() as connection:
            yield Commitments(connection)

    @contextmanager
    def calls(self, *, writing: bool = False) -> Iterator[Calls]:
        """What people called for periods, and forecasts that were frozen; with ``writing`` for the only writer."""
        with self._database.writing() if writing else self._database.reading() as connection:
            yield Calls(connection)

    # ------------------------------------------------ out

    def events(
        self,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        fields: Sequence[str] | None = None,
        source: str | None = None,
        record: str | None = None,
    ) -> pl.DataFrame:
        """EVENTS up to ``as_of`` that were learned up to ``known_at`` (None: all), in order, persons by name.

        ``recorded_at`` of what a source's first load told or dated is when it happened, and ``backfilled`` is true.
        Raises WrongUsage where the ids of several sources or kinds of record collide.
        """
        with self._database.reading() as connection:
            return Reading(connection, source, record).events(as_of, known_at, fields)

    def children(
        self,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        source: str | None = None,
        record: str | None = None,
    ) -> dict[str, pl.DataFrame]:
        """Child records as they were at ``as_of``, as far as known by ``known_at``, as ``Frames.children``."""
        with self._database.reading() as connection:
            return Reading(connection, source, record).children(as_of, known_at)

    def filled(self, source: str, record: str, deals: Sequence[str]) -> pl.DataFrame:
        """``deal``, ``field``, ``last``, ``latest``: of some deals of a source, the fields that ever had a value, when
        they last got one, and when anything was last told or seen of them."""
        with self._database.reading() as connection:
            return filled(connection, source, record, deals)

    def standing(self, source: str, record: str, deals: Sequence[str] | None = None) -> pl.DataFrame:
        """``deal``, ``value``, ``last``: of some deals of a source (None: all) the last word on the record itself:
        THERE, DELETED or ``merged:…``, and when it was told or seen."""
        with self._database.reading() as connection:
            return standing(connection, source, record, deals)

    def playbooks(self, source: str | None = None, record: str | None = None) -> list[tuple[datetime, str]]:
        """Since when deals were read by which playbook (its canonical JSON), oldest first; each change once."""
        of, by, where = table("pull"), table("playbook_version"), table("source")
        asked = sa.select(of.c.seen_at, by.c.canonical).join(by, by.c.digest == of.c.playbook)
        if source is not None:
            asked = asked.join(where, where.c.id == of.c.source).where(where.c.name == source)
        if record is not None:
            asked = asked.where(of.c.record == record)
        found: list[tuple[datetime, str]] = []
        with self._database.reading() as connection:
            for at, canonical in connection.execute(asked.order_by(of.c.seen_at, of.c.id)):
                if not found or found[-1][1] != canonical:
                    found.append((datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at), canonical))
        return found

    def overrides(self, source: str | None = None, record: str | None = None) -> list[OverrideRequest]:
        """Requests for overrides (None: of every source and kind of record) with all that was decided on them, in the
        order they came in."""
        with self._database.reading() as connection:
            found = Overrides(connection).all()
        return [r for r in found if source in (None, r.source) and record in (None, r.record)]

    def export(self, folder: str | Path) -> list[Path]:
        """Writes the content as canonical JSON lines; the files."""
        with self._database.reading() as connection:
            return export(connection, Path(folder))

    def stats(self) -> dict[str, int | str]:
        """How much there is: rows by table's meaning, and the version."""
        counted = {
            "sources": "source",
            "pulls": "pull",
            "playbooks": "playbook_version",
            "deals": "deal",
            "events": "field_event",
            "children": "child_version",
            "persons": "person",
            "overrides": "override",
            "commitments": "coaching_action",
            "calls": "forecast_call",
            "frozen": "forecast_snapshot",
            "audit": "audit",
        }
        with self._database.reading() as connection:
            found: dict[str, int | str] = {"version": REVISIONS[-1]}
            for word, name in counted.items():
                found[word] = int(connection.execute(sa.select(sa.func.count()).select_from(table(name))).scalar_one())
            of = table("person")
            gone = sa.select(sa.func.count()).select_from(of).where(of.c.value.is_(None))
            found["erased"] = int(connection.execute(gone).scalar_one())
        return found

    def outbox(self, source: str) -> Outbox:
        """What is written into the CRM of a source, and how far that came."""
        return Outbox(self._database, source)

    # ------------------------------------------------ accounts

    def verify_audit(self) -> Broken | None:
        """The first link of the audit chain that does not hold, or does not fit the overrides, commitments, calls and
        frozen forecasts; None where all do."""
        with self._database.reading() as connection:
            return audit.first_broken(connection) or unlinked(connection)

    def erase(self, *values: str, at: datetime, actor: str = "store") -> int:
        """Blanks the persons of these names or addresses, whatever the case; how many there were.

        What is told of them stays, without who they were; an audit row says so by number and digest. ``actor`` is who
        asked for it, and is kept as a person too. A later pull that still holds the value brings it back.
        """
        with self._database.writing() as connection:
            gone = people.erase(connection, values)
            if gone:
                (who,) = people.People(connection).numbers(pl.Series([actor], dtype=pl.String)).to_list()
                payload = {"persons": [{"person": number, "digest": digest} for number, digest in gone]}
                audit.append(connection, micros(at), f"person:{who}", "erase", payload)
        self._database.settled()
        return len(gone)
