"""One table of a stream: found in the database, read page by page in the order of (modified, id)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dealgate.ports import Record, Trouble

from .shape import Table
from .trouble import near
from .values import BINARY, aware, ids, parsed, shown, yes

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select

FOLD = timedelta(hours=1)
"""Local clocks go back by so much once a year: what was written in that hour sorts before what was written earlier."""
_SQLITE_FORM = "%Y-%m-%d %H:%M:%f"


def find(name: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that is meant: as it is written, else without regard to case where only one fits."""
    names = list(known)
    if name in names:
        return name
    found = [one for one in names if one.casefold() == name.casefold()]
    return found[0] if len(found) == 1 else None


class SqlTable:
    """A table as a shape speaks of it, bound to the columns that are there."""

    def __init__(
        self, spec: Table, called: str, actual: str, schema: str | None, columns: Sequence[Mapping[str, Any]],
        dialect: str, zone: tzinfo, asked: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        """``called`` is what a mapping calls it, ``actual`` its name in the database; ``asked``: which of its columns
        were named by hand, and so must be there. Raises Trouble."""
        import sqlalchemy as sa

        self.spec, self.called, self.actual, self.zone, self.dialect = spec, called, actual, zone, dialect
        types = {str(column["name"]): column["type"] for column in columns}
        self.binary = [name for name, kind in types.items() if isinstance(kind, sa.LargeBinary)]
        self.names = [name for name in types if name not in self.binary]
        self._moments = {name for name, kind in types.items() if isinstance(kind, sa.DateTime)}
        self._naive = {name for name in self._moments if not getattr(types[name], "timezone", False)}
        self._table = sa.table(actual, *(sa.column(name) for name in self.names), schema=schema)
        self.id = [self.column(name) for name in spec.id]
        self.deal = self.column(spec.deal) if spec.deal else None
        self.links = self._present(spec.links, "links" in asked)
        self.deleted = self._present(spec.deleted, "deleted" in asked)
        found = self._present(spec.modified, "modified" in asked)
        self.modified = found[0] if found else None
        if self.modified is not None and not self._load_id() and not self._tells_moments(types[self.modified]):
            message = f"The column `{self.modified}` of `{actual}` holds {_word(types[self.modified])}, not moments."
            raise Trouble("odd", message, "name the column of the last change, as in `deals_modified: updated_at`")

    def _tells_moments(self, kind: Any) -> bool:
        import sqlalchemy as sa

        # SQLite has no type for them: a text is read as one
        loose = (sa.String, sa.types.NullType, sa.Date) if self.dialect == "sqlite" else ()
        return isinstance(kind, (sa.DateTime, *loose))

    def column(self, name: str) -> str:
        """The column that is meant. Raises Trouble where there is none."""
        found = find(name, self.names)
        if found is None:
            message = f"The table `{self.actual}` has no column `{name}`."
            raise Trouble("gone", message, near(name, self.names, "it has"))
        return found

    def _present(self, names: Sequence[str], needed: bool) -> list[str]:
        if needed:
            return [self.column(name) for name in names]
        return [found for name in names if (found := find(name, self.names)) is not None]

    # ------------------------------------------------ what is asked

    @property
    def dated(self) -> bool:
        """Whether changes can be found by a moment."""
        return self.modified is not None

    @property
    def strict(self) -> bool:
        """Whether the moment is the number of a load, whose rows come together: the next pull begins after it."""
        return self._load_id()

    def _moment(self) -> ColumnElement[Any]:
        import sqlalchemy as sa

        assert self.modified is not None
        column: ColumnElement[Any] = self._table.c[self.modified]
        if self.dialect == "sqlite" and not self._load_id():
            return sa.func.strftime(_SQLITE_FORM, column)
        return column

    def _load_id(self) -> bool:
        return self.modified is not None and self.modified.casefold() == "_dlt_load_id"

    def raw(self, moment: datetime) -> str:
        """A moment as the table's own column would have it, as text."""
        if self._load_id():
            return f"{Decimal(int(moment.timestamp() * 1_000_000)) / 1_000_000:.6f}"
        naive = self.modified in self._naive or self.dialect == "sqlite"
        local = moment.astimezone(self.zone) if naive else moment.astimezone(UTC)
        if naive and self.zone is not UTC:
            local -= FOLD
        if self.dialect == "sqlite":
            return local.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        return local.replace(tzinfo=None).isoformat(" ") if naive else local.isoformat()

    def moment_of(self, raw: Any) -> datetime | None:
        """The moment that a value of the column stands for."""
        if isinstance(raw, datetime):
            return aware(raw, self.zone)
        if isinstance(raw, str):
            if self._load_id():
                try:
                    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(Decimal(raw) * 1_000_000))
                except (ArithmeticError, ValueError):
                    return None
            found = parsed(raw)
            return None if found is None else aware(found, self.zone)
        return None

    def _bound(self, raw: Any) -> Any:
        """A value of a cursor as a parameter: moments as such, all else as the driver gave it."""
        if isinstance(raw, str) and self.dialect != "sqlite" and self.modified in self._moments:
            raw = datetime.fromisoformat(raw)
        return _raw(raw)

    def counted(self, connection: Connection, since: str | None) -> tuple[int, int]:
        """How many rows there are from a moment on, and how many have none. Raises Trouble where a row has no id."""
        import sqlalchemy as sa

        id_filled = [sa.func.count(self._table.c[name]) for name in self.id]
        moment = self._moment() if self.dated else None
        filled = sa.func.count(moment) if moment is not None else sa.func.count()
        asked = sa.select(sa.func.count(), filled, *id_filled).select_from(self._table)
        if since is not None and moment is not None:
            asked = asked.where(sa.or_(moment >= self._bound(since), moment.is_(None)))
        every, dated, *named = connection.execute(asked).one()
        for name, filled_ids in zip(self.id, named, strict=True):
            if filled_ids < every:
                n = every - filled_ids
                rows = f"{n:,} rows of `{self.actual}` have" if n > 1 else f"A row of `{self.actual}` has"
                message = f"{rows} nothing in `{name}`, by which rows are told apart."
                raise Trouble("odd", message, "name another column as the id, or a view without those rows")
        return every, every - dated

    def page(
        self, connection: Connection, limit: int, *, undated: bool, after: Any, after_id: Sequence[Any], strict: bool
    ) -> tuple[list[Record], Any, list[Any], bool]:
        """Up to ``limit`` records after a place: those with a moment, or those without.

        ``after``: the moment, as the column has it; with ``after_id`` those behind that id, else from it on, or with
        ``strict`` later than it. Gives the records, the last moment, the last id, and whether there are more.
        """
        import sqlalchemy as sa

        columns = [self._table.c[name] for name in self.names]
        moment = self._moment() if self.dated else sa.null()
        asked: Select[Any] = sa.select(*columns, moment)
        behind = self._behind(after_id) if after_id else None
        if not self.dated or undated:
            asked = asked.where(moment.is_(None)) if self.dated else asked
            asked = asked if behind is None else asked.where(behind)
        else:
            asked = asked.where(moment.is_not(None))
            if after is not None and behind is not None:
                here = self._bound(after)
                asked = asked.where(sa.or_(moment > here, sa.and_(moment == here, behind)))
            elif after is not None:
                asked = asked.where(moment > self._bound(after) if strict else moment >= self._bound(after))
            asked = asked.order_by(moment)
        asked = asked.order_by(*(self._table.c[name] for name in self.id)).limit(limit + 1)
        rows = connection.execute(asked).fetchall()
        kept = rows[:limit]
        records = [self._record(row) for row in kept]
        if not kept:
            return records, after, list(after_id), False
        last = dict(zip(self.names, kept[-1], strict=False))
        return records, _kept(kept[-1][-1]), [_kept(last[name]) for name in self.id], len(rows) > limit

    def _behind(self, after: Sequence[Any]) -> ColumnElement[bool]:
        """Rows whose id sorts behind this one, column by column."""
        import sqlalchemy as sa

        found: ColumnElement[bool] | None = None
        for name, value in reversed(list(zip(self.id, after, strict=True))):
            column = self._table.c[name]
            later = column > _raw(value)
            found = later if found is None else sa.or_(later, sa.and_(column == _raw(value), found))
        assert found is not None
        return found

    def by_id(self, connection: Connection, wanted: Iterable[str]) -> list[Record]:
        """The records with these ids that are there."""
        import sqlalchemy as sa

        columns = [self._table.c[name] for name in self.names]
        moment = self._moment() if self.dated else sa.null()
        found = []
        for ident in wanted:
            parts = json.loads(ident) if len(self.id) > 1 else [ident]
            same = [self._table.c[name] == _raw(part) for name, part in zip(self.id, parts, strict=True)]
            found += [self._record(row) for row in connection.execute(sa.select(*columns, moment).where(*same))]
        return found

    # ------------------------------------------------ what comes back

    def _record(self, row: Sequence[Any]) -> Record:
        raw = dict(zip(self.names, row, strict=False))
        data = {}
        for name, value in raw.items():
            told = shown(value, self.zone, name in self._moments)
            if told is not BINARY:
                data[name] = told
        deal = None if self.deal is None or raw[self.deal] is None else str(data[self.deal])
        if deal is not None and not deal.startswith(self.spec.deal_prefix):
            deal = None
        parts = [str(data.get(name)) for name in self.id]
        modified = self.moment_of(row[-1])
        return Record(
            self.called,
            parts[0] if len(parts) == 1 else json.dumps(parts, ensure_ascii=False),
            data,
            modified,
            deal,
            tuple(link for name in self.links for link in ids(data.get(name))),
            any(yes(raw[name]) for name in self.deleted),
            modified.isoformat() if modified is not None else None,
        )


def _kept(value: Any) -> Any:
    """A value of a cursor as JSON can hold it and the database takes it back."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _raw(value: Any) -> ColumnElement[Any]:
    """A parameter as the driver takes it: the column, not the value, says what it is."""
    import sqlalchemy as sa

    return sa.bindparam(None, value, type_=sa.types.NullType(), unique=True)


def _word(kind: Any) -> str:
    return type(kind).__name__.lower()
