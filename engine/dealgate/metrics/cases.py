"""What metrics count, made once of a history and shared by them all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

import polars as pl

from ..compile.frames import MOMENT
from ..history import History
from ..history.days import day_begins, local_day
from ..model.calendar import Moment, Rates
from ..model.currencies import MINOR_DIGITS
from ..model.values import Money
from .spec import LeftOut

CLOSED = ("won", "lost", "cancelled")
LONG_AGO = pl.lit(datetime(1, 1, 1)).dt.replace_time_zone("UTC").cast(MOMENT)
_NEXT = (pl.col("deal") == pl.col("deal").shift(-1)).fill_null(False)
_MONEY = r"^-?\d+(\.\d+)? [A-Z]{3}$"


class Past:
    """A history as metrics read it. Every ``deal`` column is of ``ids``; deleted and merged deals are in none.

    Days are local ones in the process's zone, and durations are days of wall-clock time there: from midnight to
    midnight is a whole number of days, whatever summer time does.
    """

    def __init__(self, history: History, rates: Rates | None = None) -> None:
        self.history, self.rates = history, rates
        self.process, self.as_of = history.process, history.as_of
        self.calendar = history.process.calendar
        self.zone = self.calendar.zone
        self.currency = self.process.currency
        gone = history.gone["deal"]
        there = history.begun["deal"].unique().sort()
        self._kept = there if gone.is_empty() else there.filter(~there.is_in(gone.implode()))
        self.ids = pl.Enum(self._kept)
        self._firsts: dict[str, tuple[pl.Series, pl.Series]] = {}
        self._told: dict[str, pl.DataFrame] = {}
        self.memo: dict[object, Any] = {}
        """What metrics share, by what it is."""

    @cached_property
    def deals(self) -> pl.Series:
        """Every deal, once, in order."""
        return self._kept.cast(self.ids).alias("deal")

    def own(self, frame: pl.DataFrame) -> pl.DataFrame:
        """A frame of the history with its ``deal`` column as ``ids``, without deals that are gone."""
        found = frame.with_columns(pl.col("deal").cast(self.ids, strict=False))
        return found.filter(pl.col("deal").is_not_null()) if found["deal"].null_count() else found

    def children(self, name: str) -> pl.DataFrame | None:
        """A collection's records; None where it was never read."""
        held = self.history.children.get(name)
        if held is None:
            return None
        key = ("children", name)
        if key not in self.memo:
            self.memo[key] = self.own(held)
        found: pl.DataFrame = self.memo[key]
        return found

    def child(self, name: str, **kinds: Any) -> pl.DataFrame | None:
        """A collection's records with ``deal`` and these columns, empty where the source has none of that name."""
        held = self.children(name)
        if held is None:
            return None
        made = [(pl.col(n) if n in held.columns else pl.lit(None)).cast(kind).alias(n) for n, kind in kinds.items()]
        return held.select("deal", *made)

    def read(self, frame: pl.DataFrame, name: str) -> tuple[pl.DataFrame, tuple[LeftOut, ...]]:
        """The rows of deals whose collection was read, and the others as left out: what was not read is not none."""
        told = self.own(self.history.part(f"@{name}").select("deal"))["deal"]
        held = self.children(name)
        if held is None or told.is_empty():
            return frame, ()
        known = pl.col("deal").is_in(pl.concat([told, held["deal"]]).unique().implode())
        return frame.filter(known), tuple(left_out(f"its {name} were not read", frame.filter(~known)))

    # ------------------------------------------------ what happened

    @cached_property
    def begun(self) -> pl.DataFrame:
        """``deal``, ``at``: when it began; null where nothing tells."""
        return self.own(self.history.begun)

    @cached_property
    def statuses(self) -> pl.DataFrame:
        """As ``History.statuses``."""
        return self.own(self.history.statuses)

    @cached_property
    def closings(self) -> pl.DataFrame:
        """``deal``, ``status``, ``at``, ``nth`` (from 0), ``last``: it is closed now, and this is how it closed."""
        closed = pl.col("status").is_in(CLOSED)
        # lost, then put right to won without being opened in between, is one closing: the later one
        put_right = (_NEXT & pl.col("status").shift(-1).is_in(CLOSED)).fill_null(False)
        found = self.statuses.with_columns(put_right=put_right, now=~_NEXT).filter(closed, ~pl.col("put_right"))
        nth = pl.int_range(pl.len(), dtype=pl.Int32).over("deal").alias("nth")
        return found.select("deal", "status", pl.col("since").alias("at"), nth, pl.col("now").alias("last"))

    @cached_property
    def ends(self) -> pl.DataFrame:
        """``deal``, ``status``, ``at`` of the deals that are closed now: how, and since when."""
        return self.closings.filter("last").select("deal", "status", "at")

    @cached_property
    def visits(self) -> pl.DataFrame:
        """As ``History.visits``, with ``stage`` an Enum in the process's order; null: the process has it not."""
        return self.own(self.history.visits).with_columns(pl.col("stage").cast(self.stages, strict=False))

    @cached_property
    def stages(self) -> pl.Enum:
        """The stages in order."""
        return pl.Enum([stage.id for stage in self.process.stages])

    @cached_property
    def states(self) -> pl.Enum:
        """The stages and the ends, in order."""
        return pl.Enum([*(stage.id for stage in self.process.stages), *CLOSED])

    @cached_property
    def moves(self) -> pl.DataFrame:
        """A row a visit of an open stage: ``deal``, ``stage``, ``rank``, ``entered``, ``left``, ``spell``, ``turn``,
        ``to`` and ``to_rank``.

        ``to``: the stage that follows at once, else how the deal closed; null while it is there, and where it left the
        open pipeline without closing. A won deal goes to ``won``, whatever stage it is kept in afterwards.
        """
        steps = self.visits.with_columns(
            follows=(_NEXT & (pl.col("entered").shift(-1) == pl.col("left"))).fill_null(False),
            next=pl.col("stage").shift(-1).cast(pl.String),
            next_rank=pl.col("rank").shift(-1),
            next_spell=pl.col("spell").shift(-1),
        ).filter(pl.col("rank").is_not_null())
        ended = self.statuses.filter(pl.col("status").is_in(CLOSED)).select(
            "deal", pl.col("since").alias("left"), pl.col("status").alias("ended")
        )
        ended = ended.unique(["deal", "left"], keep="last", maintain_order=True)
        steps = steps.join(ended, on=["deal", "left"], how="left", maintain_order="left")
        inside = pl.col("follows") & pl.col("next_rank").is_not_null() & (pl.col("next_spell") == pl.col("spell"))
        to = pl.when(inside).then("next").otherwise("ended")
        return steps.select(
            "deal",
            "stage",
            "rank",
            "entered",
            "left",
            "spell",
            "turn",
            to.cast(self.states).alias("to"),
            pl.when(inside).then("next_rank").alias("to_rank"),
        )

    @cached_property
    def entries(self) -> pl.DataFrame:
        """``deal``, ``stage``, ``rank``, ``at``: when a deal first entered a stage; null where nothing tells."""
        known = self.visits.filter(pl.col("stage").is_not_null())
        firsts = known.unique(["deal", "stage"], keep="first", maintain_order=True)
        return firsts.select("deal", "stage", "rank", pl.col("entered").alias("at"))

    @cached_property
    def reached(self) -> pl.DataFrame:
        """``deal``, ``rank``, ``at``, ``there``: when a deal was first at an open stage or beyond it (won).

        ``there``: it entered that very stage at that moment; else it skipped it then. ``at`` null: it was there when
        it was first seen.
        """
        firsts = self.entries.filter(pl.col("rank").is_not_null()).select(
            "deal", pl.col("rank").cast(pl.Int32), pl.col("at").fill_null(LONG_AGO)
        )
        last = len(self.process.open_stages)
        # a win that was undone is none
        won = self.ends.filter(pl.col("status") == "won")
        won = won.select("deal", pl.lit(last, pl.Int32).alias("rank"), pl.col("at").fill_null(LONG_AGO))
        known = pl.concat([firsts, won])
        wide = known.group_by("deal").agg(
            [pl.col("at").filter(pl.col("rank") == rank).min().alias(f"own{rank}") for rank in range(last + 1)]
            + [pl.col("at").filter(pl.col("rank") >= rank).min().alias(f"any{rank}") for rank in range(last + 1)]
        )
        tall = [
            wide.select(
                "deal",
                pl.lit(rank, pl.Int32).alias("rank"),
                pl.col(f"any{rank}").alias("at"),
                (pl.col(f"own{rank}") == pl.col(f"any{rank}")).fill_null(False).alias("there"),
            )
            for rank in range(last + 1)
        ]
        found = pl.concat(tall).filter(pl.col("at").is_not_null())
        return found.with_columns(pl.when(pl.col("at") != LONG_AGO).then("at").alias("at"))

    # ------------------------------------------------ values as they were

    def told(self, field: str) -> pl.DataFrame:
        """``deal``, ``at`` (never null: LONG_AGO is before all), ``value`` as in EVENTS, in order."""
        if field not in self._told:
            found = self._known[self.history.places(field)]
            self._told[field] = found.drop_nulls("deal") if found["deal"].null_count() else found
        return self._told[field]

    @cached_property
    def _known(self) -> pl.DataFrame:
        # all at once: ids take a while to look up
        events = self.history.events
        return events.select(pl.col("deal").cast(self.ids, strict=False), pl.col("at").fill_null(LONG_AGO), "value")

    def knows(self, field: str) -> bool:
        """Whether any event tells of a field."""
        return self.told(field)["value"].null_count() < self.told(field).height

    def value(self, frame: pl.DataFrame, field: str, *, at: str = "at", strictly: bool = False) -> pl.Series:
        """A field as it was at each row's moment, as EVENTS spell it; as of now where the moment is null.

        Where nothing is told by then the first value that is told stands in. ``strictly``: what happened at that very
        moment does not count.
        """
        place = self._place(frame, field, at, strictly)
        return self.told(field)["value"].gather(place).alias(field)

    def coded(self, frame: pl.DataFrame, field: str, *, at: str = "at") -> pl.Series:
        """As ``value``, as an Enum of the values there are: to group by."""
        key = ("coded", field)
        if key not in self.memo:
            values = self.told(field)["value"]
            kind = self.stages if field == "stage" else pl.Enum(values.drop_nulls().unique().sort())
            self.memo[key] = values.cast(kind, strict=False)
        held: pl.Series = self.memo[key]
        return held.gather(self._place(frame, field, at, False)).alias(field)

    def _place(self, frame: pl.DataFrame, field: str, at: str, strictly: bool) -> pl.Series:
        """The row of ``told(field)`` that holds at each row's moment; null where nothing is told of the deal."""
        moments = self.told(field)["at"].to_physical()
        first, count = self._spans(field)
        deal = frame["deal"].to_physical().cast(pl.UInt32)
        start = first.gather(deal)
        many = (count.gather(deal) > 1).fill_null(False)
        if not many.any():
            return start
        rows = pl.DataFrame({"start": start, "deal": deal, "at": frame[at]}).with_row_index("row").filter(many)
        low = rows["start"]
        high = low + count.gather(rows["deal"])
        when = rows["at"].fill_null(self.as_of).to_physical()
        most = count.max()
        assert isinstance(most, int)
        # all rows are searched at once, by halves: the first event of the deal that lies after the moment
        for _ in range(most.bit_length()):
            middle = (low + high) // 2
            then = moments.gather(middle.clip(0, len(moments) - 1))
            by_then = (low < high) & ((then < when) if strictly else (then <= when))
            low, high = (middle + 1).zip_with(by_then, low), high.zip_with(by_then | (low >= high), middle)
        found = (low - 1).zip_with(low > rows["start"], rows["start"])
        return start.scatter(rows["row"], found)

    def _spans(self, field: str) -> tuple[pl.Series, pl.Series]:
        """By place of the deal: the first row of ``told(field)`` that is its own, and how many are."""
        if field not in self._firsts:
            # a deal's rows stand together
            runs = self.told(field)["deal"].to_physical().cast(pl.UInt32).rle().struct.unnest()
            count = runs["len"].cast(pl.Int64)
            both = []
            for values in (count.cum_sum() - count, count):
                # scatter writes into the series itself
                none = pl.repeat(None, len(self._kept), dtype=pl.Int64, eager=True)
                both.append(none.scatter(runs["value"], values))
            self._firsts[field] = (both[0], both[1])
        return self._firsts[field]

    def last(self, field: str) -> pl.DataFrame:
        """``deal``, ``at``, ``value``: what a field is now and since when, of the deals that have it."""
        held = self.told(field).unique("deal", keep="last", maintain_order=True)
        return held.filter(pl.col("value").is_not_null())

    def last_moment(self, field: str) -> pl.DataFrame:
        """``deal`` and the field's present value as a moment, named as the field; a bare date: as the day begins."""
        held = self.last(field)
        if self.process.catalogue.deal[field].type == "date":
            made = day_begins(held["value"].str.to_date("%Y-%m-%d", strict=False), self.zone)
        else:
            made = held["value"].str.to_datetime(
                "%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False
            )
        return held.select("deal", made.alias(field)).filter(pl.col(field).is_not_null())

    def money(
        self, frame: pl.DataFrame, field: str, *, at: str = "at", strictly: bool = False, rated: date | None = None
    ) -> pl.Series:
        """An amount at each row's moment, in minor units of the process's currency; null where there is none.

        Amounts in other currencies count at the rate of the case's day, or of the day ``rated``; without a rate they
        are none.
        """
        place = self._place(frame, field, at, strictly)
        amounts = self._amounts(field)
        other = (amounts["code"] != self.currency).fill_null(False)
        if not other.any():
            return amounts["minor"].gather(place).alias(field)
        parts = pl.DataFrame([amounts["code"].gather(place), amounts["minor"].gather(place), frame[at].alias("at")])
        return self._converted(parts, other.gather(place).fill_null(False), rated).alias(field)

    def _amounts(self, field: str) -> pl.DataFrame:
        """``minor``, ``code`` of each row of ``told(field)``; null where it is no amount."""
        key = ("amounts", field)
        if key not in self.memo:
            two = pl.when(pl.col("value").str.contains(_MONEY)).then(pl.col("value").str.split_exact(" ", 1))
            parts = self.told(field).select(number=two.struct[0], code=two.struct[1])
            digits = pl.col("code").replace_strict(MINOR_DIGITS, default=None, return_dtype=pl.Int64)
            number = pl.col("number").cast(pl.Decimal(38, 4), strict=False)
            minor = (number * pl.lit(10, pl.Int64).pow(digits)).cast(pl.Int64, strict=False)
            self.memo[key] = parts.select(minor.alias("minor"), "code")
        held: pl.DataFrame = self.memo[key]
        return held

    def _converted(self, parts: pl.DataFrame, other: pl.Series, rated: date | None) -> pl.Series:
        own = self.day(parts["at"].fill_null(self.as_of))
        day = own if rated is None else pl.repeat(rated, parts.height, dtype=pl.Date, eager=True)
        foreign = parts.with_columns(day.alias("day")).filter(other).select("code", "day", "minor").unique()
        made = []
        for code, on, minor in foreign.iter_rows():
            moment = Moment(datetime.combine(on, time.max, self.zone), self.calendar, self.currency, self.rates)
            value = None if minor is None else moment.minor(Money(minor, code))
            made.append(None if value is None else int(Decimal(value).quantize(Decimal(1), ROUND_HALF_UP)))
        table = foreign.with_columns(pl.Series("made", made, pl.Int64))
        found = parts.with_columns(day.alias("day"), other.alias("other")).join(
            table, on=["code", "day", "minor"], how="left", maintain_order="left"
        )
        return found.select(pl.when("other").then("made").otherwise("minor")).to_series()

    # ------------------------------------------------ time

    def day(self, moments: pl.Series) -> pl.Series:
        """The local day of each moment."""
        return local_day(moments, self.zone)

    def starts(self, day: date) -> datetime:
        """The moment a local day begins."""
        found = day_begins(pl.Series([day]), self.zone)[0]
        assert isinstance(found, datetime)
        return found

    def wall(self, moments: pl.Series) -> pl.Series:
        """Wall-clock time of each moment, without a zone."""
        name = "UTC" if self.zone is UTC else getattr(self.zone, "key", None)
        if name is not None:
            return moments.dt.convert_time_zone(name).dt.replace_time_zone(None)
        at = moments.to_list()
        local = [None if m is None else m.astimezone(self.zone).replace(tzinfo=None) for m in at]
        return pl.Series(moments.name, local, pl.Datetime("us"))

    def days(self, start: pl.Series, end: pl.Series, *, business: bool = False) -> pl.Series:
        """Days from one moment to another, null ends being now; business days are whole ones, from day to day."""
        until = end.fill_null(self.as_of) if end.null_count() else end
        if business:
            first, last = self.day(start), self.day(until)
            held = pl.DataFrame({"first": first, "last": last})
            week = [day not in self.calendar.weekend for day in range(7)]
            count = pl.business_day_count("first", "last", week_mask=week, holidays=sorted(self.calendar.holidays))
            return held.select(count.cast(pl.Float64).alias("days")).to_series()
        apart = self.wall(until) - self.wall(start)
        # summer time's end puts a later moment before an earlier one by the clock on the wall
        found = pl.DataFrame(
            {"apart": apart, "turned": (until >= start) & (apart < pl.Series([0], dtype=pl.Duration("us")))}
        )
        value = pl.col("apart").dt.total_microseconds() / 86_400_000_000
        return found.select(pl.when("turned").then(0.0).otherwise(value).alias("days")).to_series()


def left_out(reason: str, frame: pl.DataFrame) -> Iterable[LeftOut]:
    """What is left out, where it is anything."""
    if frame.height:
        yield LeftOut(reason, frame.height, tuple(frame["deal"].head(3).cast(pl.String)))
