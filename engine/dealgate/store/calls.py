"""Calls and frozen forecasts as the store keeps them: append-only, each a link of the audit chain.

Owners, authors and reasons name people, and stand in ``person``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dealgate.model.call import Call, Frozen, standing
from dealgate.model.values import Money

from . import audit
from .bulk import fresh_ident, next_id, table
from .ingest import micros
from .people import People

_CALL, _SNAPSHOT = "forecast_call", "forecast_snapshot"
_FROZEN, _PERSON = "forecast frozen", "person:"
_AS_IS = ("moment", "method", "view", "team", "currency", "amount", "p10", "p50", "p90", "reason", "digest")


class Calls:
    """The calls and frozen forecasts of a store, in one transaction; writing is for the only writer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._people = People(connection)

    # ------------------------------------------------ out

    def all(self, as_of: datetime | None = None, known_at: datetime | None = None) -> tuple[Call, ...]:
        """Every call made by a moment (None: ever), by what had been entered by another (None: all), in the order they
        came in."""
        of = table(_CALL)
        asked = sa.select(of).order_by(of.c.id)
        for column, moment in ((of.c.at, as_of), (of.c.recorded_at, known_at)):
            if moment is not None:
                asked = asked.where(column <= micros(moment))
        rows = [row._mapping for row in self._connection.execute(asked)]
        called = {name: self._called([row[name] for row in rows]) for name in ("owner", "by", "reason")}
        return tuple(
            Call(
                id=row["ident"], first=date.fromisoformat(row["first"]), last=date.fromisoformat(row["last"]),
                layer=row["layer"], author=called["by"][n] or "", reason=called["reason"][n] or "",
                at=_moment(row["at"]), recorded_at=_moment(row["recorded_at"]),
                after=_money(row["amount"], row["currency"]),
                before=_money(row["amount_before"], row["currency_before"]),
                owner=called["owner"][n], team=row["team"], deal=row["deal"], category=row["category"],
                category_before=row["category_before"],
            )
            for n, row in enumerate(rows)
        )  # fmt: skip

    def calls_of(self, as_of: datetime, known_at: datetime | None = None) -> tuple[Call, ...]:
        """The calls that stood at a moment: of each author the last on a layer about one thing in a period."""
        return standing(self.all(as_of, known_at))

    def frozen(self, known_at: datetime | None = None) -> tuple[Frozen, ...]:
        """What was frozen by a moment (None: ever), in the order it came in."""
        return tuple(one for _, one in self._frozen(known_at))

    def frozen_by_whom(self, known_at: datetime | None = None) -> tuple[tuple[Frozen, str | None], ...]:
        """The same, each with who froze it, as the audit chain tells; None where it does not."""
        held, chain = self._frozen(known_at), table("audit")
        asked = sa.select(chain.c.actor, chain.c.payload).where(chain.c.action == _FROZEN)
        who = {json.loads(row.payload)[_SNAPSHOT]["id"]: row.actor for row in self._connection.execute(asked)}
        actors = [who.get(number, "").removeprefix(_PERSON) for number, _ in held]
        names = self._called([int(one) if one.isdecimal() else None for one in actors])
        return tuple((one, name) for (_, one), name in zip(held, names, strict=True))

    def _frozen(self, known_at: datetime | None) -> list[tuple[int, Frozen]]:
        """Each with the number of its row."""
        of = table(_SNAPSHOT)
        asked = sa.select(of).order_by(of.c.id)
        if known_at is not None:
            asked = asked.where(of.c.taken_at <= micros(known_at))
        rows = [row._mapping for row in self._connection.execute(asked)]
        owners = self._called([row["owner"] for row in rows])
        return [
            (row["id"], Frozen(
                first=date.fromisoformat(row["first"]), last=date.fromisoformat(row["last"]), owner=owners[n],
                as_of=_moment(row["as_of"]), known_at=_moment(row["known_at"]), taken_at=_moment(row["taken_at"]),
                **{name: row[name] for name in _AS_IS},
            ))
            for n, row in enumerate(rows)
        ]  # fmt: skip

    def _called(self, numbers: Sequence[int | None]) -> list[str | None]:
        return self._people.texts(pl.Series(numbers, dtype=pl.Int64)).to_list()

    # ------------------------------------------------ in

    def call(self, said: Call) -> Call:
        """Keeps a call; as it is kept, with its random id. Nothing else changes: an earlier one stays beside it."""
        owner, by, reason = self._numbers(said.owner, said.author, said.reason)
        row: dict[str, Any] = {
            "id": next_id(self._connection, _CALL),
            "ident": fresh_ident(self._connection, _CALL),
            "first": said.first.isoformat(),
            "last": said.last.isoformat(),
            "layer": said.layer,
            "owner": owner,
            "team": said.team,
            "deal": said.deal,
            **_columns(said.after, ""),
            **_columns(said.before, "_before"),
            "category": said.category,
            "category_before": said.category_before,
            "reason": reason,
            "by": by,
            "at": micros(said.at),
            "recorded_at": micros(said.recorded_at),
        }
        self._keep(_CALL, row, "forecast called", by, row["recorded_at"])
        return said.replace(id=row["ident"])

    def freeze(self, forecasts: Sequence[Frozen], by: str) -> tuple[Frozen, ...]:
        """Keeps forecasts; those that were not frozen before. What a method said of the same in a view at a moment of a
        period stays as it was frozen first, so that the same twice changes nothing."""
        (actor,) = self._numbers(by)
        held = {_key(one) for one in self.frozen()}
        first = {_key(one): one for one in reversed(forecasts)}
        fresh = [one for one in forecasts if first[_key(one)] is one and _key(one) not in held]
        owners = self._numbers(*(one.owner for one in fresh))
        start = next_id(self._connection, _SNAPSHOT)
        for n, one in enumerate(fresh):
            row: dict[str, Any] = {
                "id": start + n,
                "first": one.first.isoformat(),
                "last": one.last.isoformat(),
                "owner": owners[n],
                **{name: getattr(one, name) for name in _AS_IS},
                **{name: micros(getattr(one, name)) for name in ("as_of", "known_at", "taken_at")},
            }
            self._keep(_SNAPSHOT, row, _FROZEN, actor, row["taken_at"])
        return tuple(fresh)

    def _numbers(self, *values: str | None) -> list[int | None]:
        return self._people.numbers(pl.Series(values, dtype=pl.String)).to_list()

    def _keep(self, name: str, row: dict[str, Any], action: str, actor: int | None, at: int) -> None:
        self._connection.execute(sa.insert(table(name)), row)
        audit.append(self._connection, at, f"{_PERSON}{actor}", action, {name: row})


def _key(one: Frozen) -> object:
    return one.first, one.last, one.moment, one.method, one.view, one.owner, one.team


def _columns(money: Money | None, more: str) -> dict[str, int | str | None]:
    return {f"amount{more}": money and money.minor, f"currency{more}": money and money.currency}


def _money(minor: int | None, currency: str | None) -> Money | None:
    return None if minor is None or currency is None else Money(minor, currency)


def _moment(micro: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micro)
