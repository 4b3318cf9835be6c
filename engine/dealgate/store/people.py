"""Personal values: in the table ``person`` alone, by a random number. Everything else holds the number."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .bulk import any_of, read, table, write
from .results import ERASED

CONTACT = frozenset({"name", "email"})
"""Fields of contacts that are personal whatever their type."""
_WORDS = (("override", "text"), ("override_event", "why"), ("snooze", "reason"),
          ("coaching_action", "action"), ("coaching_action", "origin"), ("coaching_result", "result"),
          ("forecast_call", "reason"))  # fmt: skip
"""Columns that hold the numbers of free text, which may name people."""


def is_personal(scope: str, field: str, kind: str) -> bool:
    """Whether the values of a field belong to a person."""
    return kind == "person" or (scope == "contacts" and field in CONTACT)


class People:
    """The persons of a store, for the length of a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._held: pl.DataFrame | None = None

    @property
    def held(self) -> pl.DataFrame:
        """``person`` and ``known_as``; erased ones are told as such."""
        if self._held is None:
            self._held = read(self._connection, "person", ["id", "value"]).rename({"id": "person", "value": "known_as"})
        return self._held

    def numbers(self, values: pl.Series) -> pl.Series:
        """The number of each value (null: none); those that are new are written."""
        living = self.held.drop_nulls()
        asked = pl.DataFrame({"known_as": values})
        fresh = asked.drop_nulls().unique().join(living, on="known_as", how="anti").sort("known_as")
        if fresh.height:
            living = pl.concat([living, self._add(fresh["known_as"].to_list())])
        return asked.join(living, on="known_as", how="left", maintain_order="left")["person"]

    def _add(self, values: Sequence[str]) -> pl.DataFrame:
        ids = [secrets.randbits(62) for _ in values]
        salts = [secrets.token_hex(16) for _ in values]
        digests = [digest(salt, value) for salt, value in zip(salts, values, strict=True)]
        write(self._connection, "person", pl.DataFrame({"id": ids, "value": values, "salt": salts}))
        write(self._connection, "person_digest", pl.DataFrame({"id": ids, "digest": digests}))
        added = pl.DataFrame({"person": ids, "known_as": values})
        self._held = pl.concat([self.held, added])
        return added

    def living(self, numbers: pl.Series) -> pl.Series:
        """Whether the persons of these numbers are there and not erased."""
        if numbers.null_count() == len(numbers):
            return pl.Series(numbers.name, [False] * len(numbers), pl.Boolean)
        return numbers.is_in(self.held.drop_nulls()["person"].implode()).fill_null(False)

    def texts(self, numbers: pl.Series) -> pl.Series:
        """What the persons of these numbers are called; null where there is none."""
        if numbers.null_count() == len(numbers):
            return pl.Series(numbers.name, [None] * len(numbers), pl.String)
        asked = pl.DataFrame({"person": numbers})
        named = self.held.with_columns(pl.col("known_as").fill_null(ERASED))
        return asked.join(named, on="person", how="left", maintain_order="left")["known_as"].alias(numbers.name)


def erase(connection: Connection, values: Sequence[str]) -> list[tuple[int, str]]:
    """Blanks the persons that are called so, whatever the case, and the words of others that name them.

    The number and digest of each.
    """
    of, digests = table("person"), table("person_digest")
    asked = {value.strip().casefold() for value in values} - {""}
    if not asked:
        return []
    held = read(connection, "person", ["id", "value"]).drop_nulls()
    words = {number for name, column in _WORDS for number in read(connection, name, [column])[column].drop_nulls()}
    named = re.compile("|".join(rf"(?<!\w){re.escape(value)}(?!\w)" for value in sorted(asked)))
    found = sorted(
        number
        for number, value in held.iter_rows()
        if value.strip().casefold() in asked or (number in words and named.search(value.casefold()))
    )
    if not found:
        return []
    connection.execute(sa.update(of).where(any_of(connection, of.c.id, found)).values(value=None, salt=None))
    rows = connection.execute(sa.select(digests).where(any_of(connection, digests.c.id, found)).order_by(digests.c.id))
    return [(row.id, row.digest) for row in rows]


def digest(salt: str, value: str) -> str:
    """SHA-256 of both."""
    return hashlib.sha256(f"{salt}\n{value}".encode()).hexdigest()
