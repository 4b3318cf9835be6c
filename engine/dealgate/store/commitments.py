"""Commitments as the store keeps them: agreed, and what came of each; append-only, each a link of the audit chain.

The store is their place because both who agreed and the next review must see the same, and they name people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dealgate.model.commitment import STATES, Commitment

from . import audit
from .bulk import fresh_ident, next_id, table
from .ingest import micros
from .people import People

_AGREED, _ENDED = "coaching_action", "coaching_result"


class Commitments:
    """The commitments of a store, in one transaction; writing is for the only writer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._people = People(connection)

    # ------------------------------------------------ out

    def all(self, at: datetime | None = None, known_at: datetime | None = None) -> tuple[Commitment, ...]:
        """Every commitment agreed by a moment (None: ever), in the order they came in, as it stood then, by what had
        been entered by another (None: all)."""
        of, ended = table(_AGREED), table(_ENDED)
        agreed = sa.select(of).order_by(of.c.id)
        results = sa.select(ended).order_by(ended.c.id)
        if at is not None:
            agreed, results = agreed.where(of.c.at <= micros(at)), results.where(ended.c.at <= micros(at))
        if known_at is not None:
            known = micros(known_at)
            agreed, results = agreed.where(of.c.recorded_at <= known), results.where(ended.c.recorded_at <= known)
        rows = [row._mapping for row in self._connection.execute(agreed)]
        came = {row._mapping["action"]: row._mapping for row in self._connection.execute(results)}
        names = ("who", "by", "action", "origin")
        called = {name: self._called([row[name] for row in rows]) for name in names}
        told = dict(zip(came, self._called([row["result"] for row in came.values()]), strict=True))
        return tuple(
            Commitment(
                id=row["ident"], who=called["who"][n], action=called["action"][n],
                due=date.fromisoformat(row["due"]), agreed=date.fromisoformat(row["agreed"]), by=called["by"][n],
                team=row["team"], deal=row["deal"], theme=row["theme"], origin=called["origin"][n],
                **_result(came.get(row["id"]), told.get(row["id"], "")),
            )
            for n, row in enumerate(rows)
        )  # fmt: skip

    def _called(self, numbers: Sequence[int | None]) -> list[str]:
        return [text or "" for text in self._people.texts(pl.Series(numbers, dtype=pl.Int64)).to_list()]

    # ------------------------------------------------ in

    def agree(self, said: Commitment, at: datetime, recorded_at: datetime) -> Commitment:
        """Keeps a commitment; as it is kept, with its random id. What came of the one given does not count."""
        who, action, origin, by = self._numbers(said.who, said.action, said.origin or None, said.by)
        row = {
            "id": next_id(self._connection, _AGREED),
            "ident": fresh_ident(self._connection, _AGREED),
            "who": who,
            "team": said.team,
            "deal": said.deal,
            "theme": said.theme,
            "origin": origin,
            "action": action,
            "due": said.due.isoformat(),
            "agreed": said.agreed.isoformat(),
            "by": by,
            "at": micros(at),
            "recorded_at": micros(recorded_at),
        }
        self._keep(_AGREED, row, "commitment agreed", by)
        return said.replace(id=row["ident"], state=STATES[0], result="", ended=None)

    def end(
        self, ident: str, state: str, result: str, by: str, on: date, at: datetime, recorded_at: datetime
    ) -> Commitment:
        """Keeps what came of a commitment: it was ``done`` or ``missed``.

        Raises ValueError where there is none of this id, it has ended already, or it would end before it was agreed.
        """
        held = next((one for one in self.all() if one.id == ident), None)
        if held is None or held.state != STATES[0] or state not in STATES[1:] or on < held.agreed:
            raise ValueError("only an open commitment is ended, once, and not before it was agreed")
        of = table(_AGREED)
        number, told = self._numbers(by, result or None)
        row = {
            "id": next_id(self._connection, _ENDED),
            "action": self._connection.execute(sa.select(of.c.id).where(of.c.ident == ident)).scalar_one(),
            "state": state,
            "result": told,
            "ended": on.isoformat(),
            "by": number,
            "at": micros(at),
            "recorded_at": micros(recorded_at),
        }
        self._keep(_ENDED, row, f"commitment {state}", number)
        return held.replace(state=state, result=result, ended=on)

    def _numbers(self, *values: str | None) -> list[int | None]:
        return self._people.numbers(pl.Series(values, dtype=pl.String)).to_list()

    def _keep(self, name: str, row: dict[str, Any], action: str, actor: int | None) -> None:
        self._connection.execute(sa.insert(table(name)), row)
        audit.append(self._connection, row["recorded_at"], f"person:{actor}", action, {name: row})


def _result(row: sa.RowMapping | None, told: str) -> dict[str, Any]:
    if row is None:
        return {}
    return {"state": row["state"], "result": told, "ended": date.fromisoformat(row["ended"])}
