"""Findings as the store keeps them: open since when, gone when; and what silences them, each a link of the audit chain.

The store is their place because a finding outlives every run, must be one for all who look, and names owners, who stand
in ``person`` alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dealgate.model.finding import Finding, Kept, Key, Silence, Snooze

from . import audit
from .bulk import next_id, table
from .ingest import micros
from .people import People

_FINDING, _SNOOZE = "finding", "snooze"


class Findings:
    """The findings of one process's inspections, in one transaction; writing is for the only writer."""

    def __init__(self, connection: Connection, process: str) -> None:
        self._connection, self._process = connection, process
        self._people = People(connection)

    # ------------------------------------------------ out

    def last(self) -> datetime | None:
        """The last moment that anything was found, or gone, at."""
        of = table(_FINDING)
        asked = sa.select(sa.func.max(of.c.seen), sa.func.max(of.c.gone)).where(of.c.process == self._process)
        known = [at for at in self._connection.execute(asked).one() if at is not None]
        return _moment(max(known)) if known else None

    def kept(self, at: datetime) -> list[Kept]:
        """The findings that were there by a moment, also those gone by then: of each key the last."""
        of = table(_FINDING)
        asked = (
            sa.select(of).where(of.c.process == self._process, of.c.since <= micros(at)).order_by(of.c.since, of.c.id)
        )
        rows = [row._mapping for row in self._connection.execute(asked)]
        found = dict(zip(self._keys(rows), rows, strict=True))
        return [
            Kept(
                key, row["inspection"], row["severity"], _moment(row["since"]),
                _moment(row["gone"]) if row["gone"] is not None and row["gone"] <= micros(at) else None,
            )
            for key, row in found.items()
        ]  # fmt: skip

    def snoozes(self, at: datetime) -> list[Silence]:
        """What was silenced by a moment, in the order it was said."""
        of = table(_SNOOZE)
        asked = sa.select(of).where(of.c.process == self._process, of.c.at <= micros(at)).order_by(of.c.at, of.c.id)
        rows = [row._mapping for row in self._connection.execute(asked)]
        reasons, names = self._called(row["reason"] for row in rows), self._called(row["by"] for row in rows)
        return [
            Silence(key, Snooze(reason, date.fromisoformat(row["until"]), by), _moment(row["at"]))
            for key, row, reason, by in zip(self._keys(rows), rows, reasons, names, strict=True)
        ]

    def _keys(self, rows: Sequence[sa.RowMapping]) -> list[Key]:
        people = self._called(row["person"] for row in rows)
        return [
            (row["rule"], row["scope"], name if row["person"] is not None else row["subject"])
            for row, name in zip(rows, people, strict=True)
        ]

    def _called(self, numbers: Iterable[int | None]) -> list[str]:
        return [text or "" for text in self._people.texts(pl.Series(list(numbers), dtype=pl.Int64)).to_list()]

    # ------------------------------------------------ in

    def keep(self, findings: Collection[Finding], gone: Collection[Key], at: datetime) -> None:
        """Keeps what is open at a moment, and that what is ``gone`` ended then.

        Raises ValueError where something was kept of a later moment: the past is not written anew.
        """
        last = self.last()
        if last is not None and at < last:
            raise ValueError("findings are kept in the order of time")
        of, now = table(_FINDING), micros(at)
        live = self._live()
        fresh = [one for one in findings if one.key not in live]
        here = [live[one.key] for one in findings if one.key in live]
        people = self._people.numbers(
            pl.Series([one.subject if one.scope == "owner" else None for one in fresh], dtype=pl.String)
        ).to_list()
        first = next_id(self._connection, _FINDING)
        rows = [
            {
                "id": first + n, "process": self._process, "inspection": one.inspection, "rule": one.rule,
                "scope": one.scope, "subject": "" if person is not None else one.subject, "person": person,
                "severity": one.severity, "since": now, "seen": now, "gone": None,
            }
            for n, (one, person) in enumerate(zip(fresh, people, strict=True))
        ]  # fmt: skip
        if rows:
            self._connection.execute(sa.insert(of), rows)
        if here:
            graver = [{"key": live[one.key], "how": one.severity} for one in findings if one.key in live]
            named = sa.update(of).where(of.c.id == sa.bindparam("key"))
            self._connection.execute(named.values(seen=now, severity=sa.bindparam("how")), graver)
        ended = [{"key": live[key]} for key in gone if key in live]
        if ended:
            self._connection.execute(sa.update(of).where(of.c.id == sa.bindparam("key")).values(gone=now), ended)

    def _live(self) -> dict[Key, int]:
        of = table(_FINDING)
        asked = sa.select(of).where(of.c.process == self._process, of.c.gone.is_(None))
        rows = [row._mapping for row in self._connection.execute(asked)]
        return dict(zip(self._keys(rows), (row["id"] for row in rows), strict=True))

    def snooze(self, key: Key, said: Snooze, at: datetime, recorded_at: datetime) -> None:
        """Silences a finding. Raises ValueError where none is open of this key."""
        if key not in self._live():
            raise ValueError("only what is open is silenced")
        rule, scope, subject = key
        owner = subject if scope == "owner" else None
        person, reason, by = self._people.numbers(pl.Series([owner, said.reason, said.by], dtype=pl.String)).to_list()
        row = {
            "id": next_id(self._connection, _SNOOZE), "process": self._process, "rule": rule, "scope": scope,
            "subject": "" if owner is not None else subject, "person": person, "reason": reason, "by": by,
            "until": said.until.isoformat(), "at": micros(at), "recorded_at": micros(recorded_at),
        }  # fmt: skip
        self._connection.execute(sa.insert(table(_SNOOZE)), row)
        audit.append(self._connection, row["recorded_at"], f"person:{by}", "finding snoozed", {_SNOOZE: row})


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at)
