"""Overrides as the store keeps them: requests and decisions, append-only, each a link of the audit chain."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dealgate.model.diagnostics import WrongUsage, error
from dealgate.model.override import MAY_FOLLOW, OverrideRequest, Step

from . import audit
from .bulk import fresh_ident, next_id, table
from .ingest import micros
from .people import People
from .reading import SEVERAL

_ASKED, _DECIDED = "override", "override_event"


class Overrides:
    """The overrides of a store, in one transaction; writing is for the only writer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._people = People(connection)

    def place(self, record: str, deal: str, source: str | None = None) -> str | None:
        """The source of a deal; None where the store has no such deal. Raises WrongUsage where several have it."""
        found = self._places(record, deal, source)
        if len(found) > 1:
            message = "Several sources have a deal of this id."
            hint = f"name one as SOURCE: {', '.join(f'store:{name}' for name in sorted(found))}"
            raise WrongUsage(error(SEVERAL, message, suggestion=hint))
        return next(iter(found), None)

    def _places(self, record: str, deal: str, source: str | None) -> dict[str, int]:
        of, by = table("deal"), table("source")
        asked = sa.select(by.c.name, of.c.id).join(by, by.c.id == of.c.source)
        asked = asked.where(of.c.record == record, of.c.external == deal)
        if source is not None:
            asked = asked.where(by.c.name == source)
        return {str(name): int(number) for name, number in self._connection.execute(asked)}

    # ------------------------------------------------ out

    def all(self) -> list[OverrideRequest]:
        """Every request with all that was decided on it, in the order they came in; erased people are told as such."""
        of, deal, source, event = (table(name) for name in (_ASKED, "deal", "source", _DECIDED))
        query = sa.select(of, deal.c.external, deal.c.record, source.c.name)
        query = query.join(deal, deal.c.id == of.c.deal).join(source, source.c.id == deal.c.source).order_by(of.c.id)
        asked = [row._mapping for row in self._connection.execute(query)]
        steps = [row._mapping for row in self._connection.execute(sa.select(event).order_by(event.c.id))]
        numbers = {row[name] for row in asked for name in ("requester", "owner", "text")}
        numbers |= {row[name] for row in steps for name in ("by", "why")}
        called = self._called([number for number in numbers if number is not None])
        decided: dict[int, list[Step]] = {}
        for row in steps:
            decided.setdefault(row["override"], []).append(
                Step(
                    row["what"], called[row["by"]], _moment(row["at"]), _moment(row["recorded_at"]),
                    _day(row["expires"]), called.get(row["why"], ""),
                )
            )  # fmt: skip
        return [
            OverrideRequest(
                row["ident"], row["name"], row["record"], row["external"], row["criterion"], row["playbook"],
                row["digest"], row["reason"], called[row["text"]], called[row["requester"]],
                called.get(row["owner"], ""), _moment(row["at"]), _moment(row["recorded_at"]), _day(row["until"]),
                tuple(decided.get(row["id"], ())),
            )
            for row in asked
        ]  # fmt: skip

    def _called(self, numbers: list[int]) -> dict[int, str]:
        asked = pl.Series(numbers, dtype=pl.Int64)
        return dict(zip(numbers, self._people.texts(asked).to_list(), strict=True))

    # ------------------------------------------------ in

    def ask(self, request: OverrideRequest) -> OverrideRequest:
        """Keeps a request; as it is kept, with its random id. ``id`` and ``steps`` of the one given do not count.

        Raises ValueError where its deal is not there, or it was recorded before it was made.
        """
        self._in_time(request.at, request.recorded_at)
        deals = self._places(request.record, request.deal, request.source)
        if not deals:
            raise ValueError("an override is of a deal of the store")
        requester, text, owner = self._numbers(request.requester, request.text, request.owner or None)
        row = {
            "id": next_id(self._connection, _ASKED),
            "ident": fresh_ident(self._connection, _ASKED),
            "deal": deals[request.source],
            "criterion": request.criterion,
            "playbook": request.playbook,
            "digest": request.digest,
            "reason": request.reason,
            "text": text,
            "requester": requester,
            "owner": owner,
            "until": request.until.isoformat() if request.until is not None else None,
            "at": micros(request.at),
            "recorded_at": micros(request.recorded_at),
        }
        self._keep(_ASKED, row, "override requested", requester)
        return request.replace(id=row["ident"], steps=())

    def decide(self, request: OverrideRequest, step: Step) -> OverrideRequest:
        """Keeps a decision on a request; the request with it.

        Raises ValueError for what may not follow, or is dated before what is there.
        """
        held = next((one for one in self.all() if one.id == request.id), None)
        if held is None or step.what not in MAY_FOLLOW.get(held.decided, ()):
            raise ValueError("this cannot be decided on such a request")
        last = held.steps[-1] if held.steps else held
        if step.at < last.at or step.recorded_at < last.recorded_at:
            raise ValueError("a decision follows what was there before it")
        self._in_time(step.at, step.recorded_at)
        of = table(_ASKED)
        by, why = self._numbers(step.by, step.why or None)
        row = {
            "id": next_id(self._connection, _DECIDED),
            "override": self._connection.execute(sa.select(of.c.id).where(of.c.ident == request.id)).scalar_one(),
            "what": step.what,
            "by": by,
            "expires": step.expires.isoformat() if step.expires is not None else None,
            "why": why,
            "at": micros(step.at),
            "recorded_at": micros(step.recorded_at),
        }
        self._keep(_DECIDED, row, f"override {step.what}", by)
        return held.replace(steps=(*held.steps, step))

    @staticmethod
    def _in_time(at: datetime, recorded_at: datetime) -> None:
        if recorded_at < at:
            raise ValueError("nothing is known before it was decided")

    def _numbers(self, *values: str | None) -> list[int | None]:
        return self._people.numbers(pl.Series(values, dtype=pl.String)).to_list()

    def _keep(self, name: str, row: dict[str, Any], action: str, actor: int | None) -> None:
        self._connection.execute(sa.insert(table(name)), row)
        audit.append(self._connection, row["recorded_at"], f"person:{actor}", action, {name: row})


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
