"""The outbox: what is to be written into a CRM, each under its key, and how far it came.

A row is ``planned``, then ``sent`` before the request is made, then ``done``, ``failed`` or ``conflict``. So a process
that dies leaves no doubt about what may have reached the CRM: that, and only that, is ``sent``. Every step is one
transaction with its link in the audit chain, which holds ids and digests alone. ``dropped``: a later plan looked at the
deal again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from . import audit
from .bulk import next_id, table
from .database import Database
from .ingest import micros

PLANNED, SENT, DONE, FAILED, CONFLICT, DROPPED = "planned", "sent", "done", "failed", "conflict", "dropped"
UNKNOWN = "unknown"
"""The outcome of a write that was asked for, and that nobody will ask for again."""
OPEN = (PLANNED, SENT)
"""States in which there is something to do still."""
_WORD = re.compile(r"[\w.:-]{0,80}")


@dataclass(frozen=True, slots=True)
class Item:
    """An action as the outbox knows it; ``digest`` is over all of it."""

    key: str
    deal: str
    kind: str
    target: str
    visit: str
    digest: str


@dataclass(frozen=True, slots=True)
class Row:
    """How far an action came. ``outcome`` is the CRM's word for it (ports.Outcome.kind), or ``unknown``; ``rule`` its
    code."""

    item: Item
    plan: str
    state: str
    outcome: str = ""
    rule: str = ""
    expected: str | None = None
    version: str | None = None

    @property
    def may_be_done(self) -> bool:
        """Whether the CRM has it, or may have it."""
        return self.state in (DONE, SENT) or self.outcome == UNKNOWN


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the store has come: the last numbers of events and child records, and the moment up to which a source
    was seen (None: never)."""

    events: int = 0
    children: int = 0
    seen_at: datetime | None = None


class Outbox:
    """The outbox of one source, which the store knows already. Raises SourceFailed where the database fails."""

    def __init__(self, database: Database, source: str) -> None:
        self._database, self.source = database, source

    # ------------------------------------------------ what is known

    def rows(self, keys: Iterable[str] | None = None) -> dict[str, Row]:
        """Rows by key: those of some keys, or all."""
        of = table("outbox")
        asked = sa.select(of).where(of.c.source == self._number()).order_by(of.c.planned_at, of.c.place)
        wanted = None if keys is None else set(keys)
        with self._database.reading() as connection:
            return {row.key: _row(row) for row in connection.execute(asked) if wanted is None or row.key in wanted}

    def last(self) -> tuple[Mark, str] | None:
        """Where the store stood when the last plan was made that came to its end, and by which playbook's digest."""
        of = table("enforcement")
        asked = sa.select(of).where(of.c.source == self._number()).order_by(of.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(asked).first()
        return None if row is None else (Mark(row.events, row.children, _moment(row.seen_at)), row.playbook)

    def mark(self) -> Mark:
        """Where the store stands."""
        with self._database.reading() as connection:
            counts = [connection.execute(sa.select(sa.func.max(table(n).c.id))).scalar() or 0 for n in _LEARNED]
            return Mark(int(counts[0]), int(counts[1]), self._seen(connection, sa.func.max))

    def first_seen(self) -> datetime | None:
        """When the source was first read; what is older was learned as past."""
        with self._database.reading() as connection:
            return self._seen(connection, sa.func.min)

    def changed(self, since: Mark) -> set[str]:
        """The deals of which something was learned since."""
        deal, number = table("deal"), self._number()
        found: set[str] = set()
        with self._database.reading() as connection:
            for name, last in zip(_LEARNED, (since.events, since.children), strict=True):
                of = table(name)
                asked = sa.select(deal.c.external).join(of, of.c.deal == deal.c.id).distinct()
                found |= set(connection.execute(asked.where(deal.c.source == number, of.c.id > last)).scalars())
        return found

    def _number(self) -> int:
        of = table("source")
        with self._database.reading() as connection:
            return int(connection.execute(sa.select(of.c.id).where(of.c.name == self.source)).scalar() or 0)

    def _seen(self, connection: Connection, which: Any) -> datetime | None:
        of, where = table("pull"), table("source")
        asked = sa.select(which(of.c.seen_at)).join(where, where.c.id == of.c.source).where(where.c.name == self.source)
        found = connection.execute(asked).scalar()
        return None if found is None else _moment(found)

    # ------------------------------------------------ what is done

    def begin(self, plan: str, items: Sequence[Item], at: datetime, playbook: str) -> None:
        """Takes a plan in: each action is planned that is not done, and not on its way.

        The same plan again leaves all as it is, but what failed is planned again: whoever starts it anew has seen to
        it. What was in conflict stays so within its plan.
        """
        of, number = table("outbox"), self._number()
        with self._database.writing() as connection:
            held = {row.key: row for row in connection.execute(sa.select(of).where(of.c.source == number))}
            known = any(row.plan == plan for row in held.values())
            for place, item in enumerate(items):
                row = held.get(item.key)
                fresh = {
                    "plan": plan, "place": place, "digest": item.digest, "state": PLANNED, "outcome": "", "rule": "",
                    "planned_at": micros(at), "sent_at": None, "ended_at": None, "expected": None, "version": None,
                }  # fmt: skip
                if row is None:
                    ours = {"key": item.key, "source": number, "deal": item.deal, "kind": item.kind}
                    ours |= {"target": item.target, "visit": item.visit}
                    connection.execute(sa.insert(of), ours | fresh)
                elif row.state == SENT:
                    # it may have reached the CRM under the version it was sent for: that stays
                    connection.execute(sa.update(of).where(of.c.key == item.key).values(plan=plan, place=place))
                elif row.state == FAILED or (row.state != DONE and row.plan != plan):
                    connection.execute(sa.update(of).where(of.c.key == item.key).values(fresh))
            if not known:
                told = {"source": self.source, "plan": plan, "playbook": playbook, "actions": len(items)}
                audit.append(connection, micros(at), "enforce", "enforce.begin", told)

    def sent(self, item: Item, plan: str, expected: str | None, at: datetime) -> None:
        """A request is about to be made."""
        self._step(item, plan, "enforce.sent", at, {"state": SENT, "sent_at": micros(at), "expected": expected})

    def back(self, item: Item, plan: str, at: datetime) -> None:
        """The CRM did not take it now, and said so: it waits again."""
        self._step(item, plan, "enforce.throttled", at, {"state": PLANNED, "sent_at": None})

    def ended(
        self, item: Item, plan: str, state: str, outcome: str, rule: str, version: str | None, at: datetime
    ) -> None:
        """What became of it: done, failed or conflict."""
        kept = rule if _WORD.fullmatch(rule) else ""
        values = {"state": state, "outcome": outcome, "rule": kept, "version": version, "ended_at": micros(at)}
        self._step(item, plan, f"enforce.{state}", at, values, outcome=outcome, rule=kept)

    def _step(self, item: Item, plan: str, word: str, at: datetime, values: Mapping[str, Any], **more: str) -> None:
        of = table("outbox")
        payload = {
            "source": self.source, "plan": plan, "key": item.key, "deal": item.deal, "kind": item.kind,
            "target": item.target, "digest": item.digest, **{name: value for name, value in more.items() if value},
        }  # fmt: skip
        with self._database.writing() as connection:
            connection.execute(sa.update(of).where(of.c.key == item.key).values(**values))
            audit.append(connection, micros(at), "enforce", word, payload)

    def unsure(self, plan: str, looked: datetime, at: datetime) -> list[Row]:
        """Writes of older plans that were asked for before ``looked`` and never answered. The plan looked at their
        deals again and does not name them, so nobody will ask: they are dropped as ``unknown``."""
        of, number = table("outbox"), self._number()
        with self._database.writing() as connection:
            left = sa.and_(
                of.c.source == number, of.c.plan != plan, of.c.state == SENT, of.c.sent_at < micros(looked)
            )  # fmt: skip
            found = [_row(row) for row in connection.execute(sa.select(of).where(left).order_by(of.c.key))]
            for row in found:
                values = {"state": DROPPED, "outcome": UNKNOWN}
                connection.execute(sa.update(of).where(of.c.key == row.item.key).values(**values))
                told = {"source": self.source, "plan": plan, "key": row.item.key, "deal": row.item.deal}
                audit.append(connection, micros(at), "enforce", "enforce.unknown", {**told, "kind": row.item.kind})
        return found

    def finish(self, plan: str, playbook: str, upto: Mark, at: datetime) -> bool:
        """The plan came to its end: the next one looks at what changed after ``upto``. What older plans left is
        dropped, for this one looked at those deals again. Whether it had not been ended before."""
        of, done, number = table("outbox"), table("enforcement"), self._number()
        with self._database.writing() as connection:
            if connection.execute(sa.select(done.c.id).where(done.c.plan == plan)).first() is not None:
                return False
            left = sa.and_(of.c.source == number, of.c.plan != plan, of.c.state.in_((PLANNED, FAILED, CONFLICT)))
            connection.execute(sa.update(of).where(left).values(state=DROPPED))
            row = {
                "id": next_id(connection, "enforcement"), "source": number, "plan": plan, "playbook": playbook,
                "events": upto.events, "children": upto.children, "seen_at": micros(upto.seen_at or at),
                "at": micros(at),
            }  # fmt: skip
            connection.execute(sa.insert(done), row)
            states = connection.execute(
                sa.select(of.c.state, sa.func.count()).where(of.c.plan == plan).group_by(of.c.state)
            )
            told = {"source": self.source, "plan": plan, "states": {state: int(n) for state, n in states}}
            audit.append(connection, micros(at), "enforce", "enforce.end", told)
        return True


_LEARNED = ("field_event", "child_version")


def _row(row: Any) -> Row:
    item = Item(row.key, row.deal, row.kind, row.target, row.visit, row.digest)
    return Row(item, row.plan, row.state, row.outcome, row.rule, row.expected, row.version)


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at)
