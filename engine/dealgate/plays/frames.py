"""Facts as columns: millions of verdicts, grouped by what plays ask of them, made facts only where one is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from ..model.diagnostics import NOWHERE, Where
from ..model.play import ABOVE, SCOPES, Need
from .facts import Fact, Record, order

if TYPE_CHECKING:
    import polars as pl

Placed = tuple[Fact, tuple[str | None, ...]]
TEXTS = tuple(name for name in Fact._fields if name not in ("kind", "value", "change", "unit", "on", "where"))
"""What a frame may have as text beside ``on``."""
_SURE, _MAY = "·sure", "·may"


class Frame(NamedTuple):
    """Facts of one kind without figures, a row each. Columns are named as a ``Fact``'s parts; one that is not there is
    not known. ``lines`` tells by criterion or rule the line it comes from.
    """

    rows: pl.DataFrame
    lines: Mapping[str, Where] = {}


class Rows(Sequence[Fact]):
    """The facts of a need about one record, read from their frame when somebody asks for one of them.

    ``named`` is how many values of the need's ``distinct`` they have, ``most`` with those that may be.
    """

    __slots__ = ("_columns", "_held", "_part", "_size", "most", "named")

    def __init__(self, columns: Columns, part: tuple[Any, ...], size: int, named: int, most: int) -> None:
        self._columns, self._part, self._size, self.named, self.most = columns, part, size, named, most
        self._held: tuple[Fact, ...] | None = None

    def __len__(self) -> int:
        return self._size

    def _all(self) -> tuple[Fact, ...]:
        if self._held is None:
            self._held = tuple(sorted(self._columns.read(*self._part), key=order))
        return self._held

    def __iter__(self) -> Iterator[Fact]:
        return iter(self._all())

    @overload
    def __getitem__(self, n: int) -> Fact: ...
    @overload
    def __getitem__(self, n: slice) -> Sequence[Fact]: ...
    def __getitem__(self, n: int | slice) -> Fact | Sequence[Fact]:
        return self._all()[n]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and self._all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all())


class Columns:
    """A frame up to a day, each row with the records it is about. ``later`` counts the rows after the day."""

    def __init__(self, kind: str, frame: Frame, records: Mapping[tuple[str, str], Record], today: date) -> None:
        import polars as pl

        self.kind, self.lines = kind, frame.lines
        rows = frame.rows
        self.later = 0
        if "on" in rows.columns:
            seen = rows.filter(pl.col("on").is_null() | (pl.col("on") <= today))
            self.later, rows = rows.height - seen.height, seen
        self.names = [name for name in rows.columns if name in TEXTS or name == "on"]
        rows = rows.with_columns(
            (pl.col(scope).cast(pl.String) if scope in rows.columns else pl.lit(None, pl.String)).alias(_key(scope))
            for scope in SCOPES
        )
        self.rows = _widened(rows, records)

    def known(self, scope: str) -> set[str]:
        """The records of a scope that rows are about."""
        return set(self.rows[_key(scope)].drop_nulls().unique().to_list())

    def unplaced(self, scope: str, needs: Sequence[Need]) -> int:
        """The rows that a need asks for and of which it is not known whom of a scope they are about."""
        import polars as pl

        if not needs:
            return 0
        lacking = self.rows.filter(pl.col(_key(scope)).is_null())
        if not lacking.height:
            return 0
        own = [pl.col(one).is_not_null() for one in SCOPES if one in self.names]
        narrower = [pl.col(one).is_not_null() for one in SCOPES if one in self.names and scope in ABOVE[one]]
        there = pl.any_horizontal(own) if own else pl.lit(False)
        near = pl.any_horizontal(narrower) if narrower else pl.lit(False)
        asked = pl.any_horizontal([self._shape(need).fill_null(True) for need in needs])
        return lacking.filter(asked & (near | ~there)).height

    def signatures(self, scope: str, needs: Mapping[Need, date | None]) -> pl.DataFrame:
        """By record of a scope (``key``), all that decides which of the needs hold; records of no row are left out."""
        import polars as pl

        fits = [self._fit(need, since) for need, since in needs.items()]
        bits = [1 << n for n, _ in enumerate(fits)]
        sure = pl.sum_horizontal([f.fill_null(False).cast(pl.UInt64) * b for f, b in zip(fits, bits, strict=True)])
        may = pl.sum_horizontal([f.is_null().cast(pl.UInt64) * b for f, b in zip(fits, bits, strict=True)])
        asked = (
            self.rows.lazy()
            .select(pl.col(_key(scope)).alias("key"), sure.alias(_SURE), may.alias(_MAY))
            .filter(((pl.col(_SURE) | pl.col(_MAY)) != 0) & pl.col("key").is_not_null())
        )
        found = asked.group_by("key").agg(pl.col(_SURE).bitwise_or(), pl.col(_MAY).bitwise_or()).collect()
        for n, (need, since) in enumerate(needs.items()):
            if need.count:
                counts = self._counts(scope, need, since)
                counts = counts.rename({name: f"{name}{n}" for name in counts.columns if name != "key"})
                found = found.join(counts, on="key", how="left")
        return found

    def counted(self, scope: str, need: Need, since: date | None) -> dict[str, tuple[Rows, Rows]]:
        """By record of a scope, the facts that surely are what a need asks for, and those that may be."""
        found = {}
        for key, sure, may, named, most, nameless in self._counts(scope, need, since).iter_rows():
            certain = Rows(self, (scope, key, need, since, True), sure, named, most + nameless)
            found[key] = (certain, Rows(self, (scope, key, need, since, False), may, 0, most + nameless))
        return found

    def read(self, scope: str, key: str, need: Need, since: date | None, sure: bool) -> Iterator[Fact]:
        """The facts about one record, each once."""
        import polars as pl

        fit = self._fit(need, since)
        mine = self.rows.filter((pl.col(_key(scope)) == key) & (fit if sure else fit.is_null()))
        return (fact for fact, _ in self._facts(mine.select(self._kept()).unique()))

    def about(self, scope: str, keys: Iterable[str], needs: Mapping[Need, date | None]) -> list[Placed]:
        """The facts about some records that any need may ask for."""
        import polars as pl

        asked = pl.any_horizontal([self._fit(need, since).fill_null(True) for need, since in needs.items()])
        mine = pl.col(_key(scope)).is_in(pl.Series(list(keys), dtype=pl.String).implode())
        return list(self._facts(self.rows.filter(mine & asked).select(self._kept())))

    def _counts(self, scope: str, need: Need, since: date | None) -> pl.DataFrame:
        import polars as pl

        held = self.rows.with_columns(self._fit(need, since).alias(_SURE))
        held = held.filter(pl.col(_SURE).fill_null(True) & pl.col(_key(scope)).is_not_null())
        held = held.select(*self._kept(), pl.col(_SURE).fill_null(False)).unique()
        by = pl.col(need.distinct) if need.distinct in self.names else pl.lit(None, pl.String).repeat_by(1).explode()
        if need.distinct in self.names:
            named, most = by.filter(pl.col(_SURE)).drop_nulls().n_unique(), by.drop_nulls().n_unique()
            nameless = by.is_null().sum()
        else:
            named, most, nameless = pl.lit(0), pl.lit(0), pl.len()
        sure = pl.col(_SURE)
        return held.group_by(pl.col(_key(scope)).alias("key")).agg(
            sure.sum().alias("sure"), (~sure).sum().alias("may"), named.alias("named"), most.alias("most"),
            nameless.alias("nameless"),
        )  # fmt: skip

    def _kept(self) -> list[str]:
        return [*self.names, *(_key(scope) for scope in SCOPES)]

    def _facts(self, rows: pl.DataFrame) -> Iterator[Placed]:
        size, lines = len(self.names), self.lines
        for row in rows.iter_rows():
            held: dict[str, Any] = dict(zip(self.names, row[:size], strict=True))
            where = lines.get(held.get("criterion") or held.get("rule") or "", NOWHERE) if lines else NOWHERE
            held["says"] = held.get("says") or ""
            yield Fact(self.kind, where=where, **held), tuple(row[size:])

    def _shape(self, need: Need) -> pl.Expr:
        import polars as pl

        found = pl.lit(True)
        for attribute, allowed in need.tests:
            if attribute not in self.names:
                return pl.lit(None, pl.Boolean) & found
            dtype, held = self.rows.schema[attribute], pl.col(attribute)
            words = [one for one in allowed if one in dtype.categories] if isinstance(dtype, pl.Enum) else list(allowed)
            no = pl.when(held.is_not_null()).then(pl.lit(False))
            found = found & (pl.any_horizontal([held == word for word in words]) if words else no)
        return found

    def _fit(self, need: Need, since: date | None) -> pl.Expr:
        """Whether a row is what a need asks for; null: unknown."""
        import polars as pl

        found = self._shape(need)
        if need.value or need.change or (since is not None and "on" not in self.names):
            found = found & pl.lit(None, pl.Boolean)
        if since is not None and "on" in self.names:
            found = found & (pl.col("on") >= since)
        return found


def _key(scope: str) -> str:
    return f"·{scope}"


def _widened(rows: pl.DataFrame, records: Mapping[tuple[str, str], Record]) -> pl.DataFrame:
    """Each row with the wider records that its narrower ones tell of, as ``Facts.keys`` has them."""
    import polars as pl

    for scope in SCOPES[:-1]:
        wider = [one for one in ABOVE[scope][1:] if rows[_key(one)].null_count()]
        held = {key: record for (one, key), record in records.items() if one == scope} if wider else {}
        if held:
            told = {"·told": list(held)} | {f"·told-{w}": [getattr(r, w) for r in held.values()] for w in wider}
            table = pl.DataFrame(told, schema=dict.fromkeys(told, pl.String))
            rows = rows.join(table, left_on=_key(scope), right_on="·told", how="left").with_columns(
                pl.coalesce(_key(w), f"·told-{w}").alias(_key(w)) for w in wider
            ).drop(f"·told-{w}" for w in wider)  # fmt: skip
    return rows
