"""How the open pipeline came from one date to another: every deal and every cent by its cause.

Definition: DOMAIN.md B, "Waterfall". Begin + all lines = End holds exactly, in number and in every currency.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from ..compile.events import DELETED
from ..compile.spelling import typed_again
from ..history import History
from ..history.days import end_of, local_day
from ..model.calendar import Rates
from .standing import Period, Scope, day_of, standing
from .worth import WHOLE, Exchange

LINES: Mapping[str, str] = {
    "begin": "Open at the start",
    "new": "New",
    "reopened": "Reopened",
    "pulled_in": "Pulled in from a later period",
    "pushed_in": "Pushed in from an earlier period",
    "dated_in": "Had no close date, now dated in the period",
    "scope_in": "Came into scope",
    "increase": "Amount raised",
    "decrease": "Amount lowered",
    "won": "Won",
    "lost": "Lost",
    "cancelled": "Cancelled",
    "pushed_out": "Pushed out to a later period",
    "pulled_out": "Pulled out to an earlier period",
    "undated": "Lost its close date",
    "scope_out": "Left the scope",
    "merged": "Merged into another deal",
    "deleted": "Deleted",
    "exchange": "Exchange rates",
    "data_fix": "Corrected data",
    "end": "Open at the end",
}
"""The lines, in the order they are read, and their words."""
FIXES = frozenset({"import"})
"""The channels through which data is corrected: what comes through them is nobody's change of mind."""
_CLOSED = ["won", "lost", "cancelled"]
_LEFT_BEHIND = ["lost", "cancelled", "merged", "deleted"]
"""Causes at which a deal leaves with the amount it last had while open: closing may have cleared it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line. ``count`` and ``amount`` (minor units) are what it adds, negative where it takes away.

    ``deals``: how many deals stand behind it. ``apart``: what it adds in currencies no rate leads from.
    """

    cause: str
    count: int
    amount: int
    deals: int
    apart: Mapping[str, int]

    @property
    def title(self) -> str:
        """Its words."""
        return LINES[self.cause]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Waterfall:
    """The pipeline from ``start`` to ``end``, amounts in ``currency``.

    ``lines`` are all of LINES, in order. ``moves`` has a row a line and deal for drill-down: ``line``, ``deal``,
    ``count``, ``currency``, ``amount`` (what it adds, minor units). A deal without an amount counts with 0:
    ``without_amount`` says how many at the end. ``without_date``: open deals in scope at the end that have no close
    date and so are in no period. ``assumed``: deals whose amount or date at the start is a later one that stands in.
    ``scope_unknown``: deals that would belong to it but for a field the scope asks for, which is missing.
    ``undated``: open deals that nothing places in time. ``reconstructed``: whether the history is.
    """

    start: datetime
    end: datetime
    period: Period | None
    currency: str
    lines: tuple[Line, ...]
    moves: pl.DataFrame
    without_amount: int
    without_date: int
    assumed: int
    scope_unknown: int
    undated: int
    reconstructed: bool

    def __getitem__(self, cause: str) -> Line:
        """The line of a cause. Raises KeyError."""
        for line in self.lines:
            if line.cause == cause:
                return line
        raise KeyError(cause)

    def deals(self, cause: str) -> list[str]:
        """The deals behind a line."""
        return self.moves.filter(pl.col("line") == cause)["deal"].unique(maintain_order=True).to_list()

    def differences(self) -> dict[str, int]:
        """What Begin and all lines lack to the End: nothing where the identity holds. By ``count`` and currency."""
        sums: dict[str, int] = {}
        for line in self.lines:
            sign = -1 if line.cause == "end" else 1
            for key, value in {"count": line.count, self.currency: line.amount, **line.apart}.items():
                sums[key] = sums.get(key, 0) + sign * value
        return {key: -value for key, value in sums.items() if value}

    def check(self) -> None:
        """Raises ArithmeticError where Begin and all lines do not make the End."""
        if wrong := self.differences():
            raise ArithmeticError(f"the waterfall does not balance: {wrong}")


def waterfall(
    history: History,
    start: date | datetime,
    end: date | datetime,
    period: tuple[date, date] | None = None,
    *,
    scope: Scope = None,
    rates: Rates | None = None,
    rates_on: date | None = None,
    fixes: Collection[str] = FIXES,
) -> Waterfall:
    """The pipeline that is open and dated in ``period`` (None: all that is open) between two dates.

    ``rates``: what changes amounts into the process's currency, at each end by that day's rates, or by those of
    ``rates_on`` throughout. A deal has one cause, the first that fits of: deleted or merged, scope, won, lost or
    cancelled, date out, reopened, new, date in. What comes, comes with the amount it had at the start (new: at the
    end); what leaves, leaves with that of the end (lost, cancelled, deleted, merged: of the start); the difference
    stands in increase, decrease, exchange and data_fix. A deal that came and was won in between, in the period, is in
    both lines. Raises ValueError where ``end`` lies before ``start`` or after what the history knows.
    """
    zone = history.process.calendar.zone
    first, last = end_of(start, zone), end_of(end, zone)
    if last < first:
        raise ValueError("a waterfall ends no earlier than it starts")
    if last > history.as_of:
        raise ValueError("the history ends before the waterfall does")
    span = None if period is None else Period(*period)
    days = [rates_on or day_of(history, first), rates_on or day_of(history, last)]
    work = _Work(history, first, last, span, scope, Exchange(history.process.currency, rates, days), days)
    moves = pl.concat([part for part in work.parts(frozenset(fixes)) if part.height] or [_nothing()])
    return Waterfall(
        start=first,
        end=last,
        period=span,
        currency=history.process.currency,
        lines=_lines(moves, history.process.currency),
        moves=moves,
        reconstructed=history.reconstructed,
        undated=history.undated.filter(pl.col("status") == "open").height,
        **work.told(),
    )


_MOVES: dict[str, Any] = {
    "line": pl.String,
    "deal": pl.String,
    "count": pl.Int64,
    "currency": pl.String,
    "amount": WHOLE,
}


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema=_MOVES)


def _lines(moves: pl.DataFrame, currency: str) -> tuple[Line, ...]:
    counts = moves.group_by("line").agg(pl.col("count").sum(), pl.col("deal").n_unique())
    found = {line: (count, deals) for line, count, deals in counts.iter_rows()}
    sums: dict[str, dict[str, int]] = {}
    for line, code, amount in (
        moves.group_by("line", "currency").agg(pl.col("amount").sum()).sort("currency").iter_rows()
    ):
        sums.setdefault(line, {})[code] = int(amount)
    made = []
    for cause in LINES:
        count, deals = found.get(cause, (0, 0))
        apart = {code: amount for code, amount in sums.get(cause, {}).items() if code != currency and amount}
        amount = sums.get(cause, {}).get(currency, 0)
        made.append(Line(cause=cause, count=count, amount=amount, deals=deals, apart=apart))
    return tuple(made)


class _Work:
    """Every deal at both ends, side by side: columns of the start end in 0, those of the end in 1."""

    def __init__(
        self,
        history: History,
        first: datetime,
        last: datetime,
        period: Period | None,
        scope: Scope,
        exchange: Exchange,
        days: list[date],
    ) -> None:
        self.history, self.first, self.last, self.period = history, first, last, period
        self.exchange, self.days = exchange, days
        before = self._end(standing(history, first, scope=scope), 0)
        after = self._end(standing(history, last, "outcome_reason", scope=scope), 1)
        both = before.join(after, on="id", how="full", coalesce=True)
        flags = [f"{flag}{n}" for n in (0, 1) for flag in ("there", "open", "dated", "in")]
        both = both.with_columns(pl.col(flags).fill_null(False), pl.col("scoped0", "scoped1").fill_null(False))
        self.deals = self._caused(both)

    def _end(self, deals: pl.DataFrame, n: int) -> pl.DataFrame:
        """One end, with amounts in our currency and whether each deal belongs to the pipeline."""
        worth, code = self.exchange.into(deals["amount"].fill_null(0), deals["currency"], self.days[n])
        dated = pl.lit(True) if self.period is None else self.period.holds("day").fill_null(False)
        made = deals.with_columns(
            worth.alias("worth"),
            code.alias("in_currency"),
            there=pl.lit(True),
            dated=dated,
            unclear=pl.col("scoped").is_null(),
        )
        made = made.with_columns(scoped=pl.col("scoped").fill_null(False))
        made = made.with_columns((pl.col("open") & pl.col("dated") & pl.col("scoped")).alias("in"))
        return made.rename({name: f"{name}{n}" for name in made.columns if name != "id"})

    def _caused(self, both: pl.DataFrame) -> pl.DataFrame:
        """With ``came`` and ``went``: the line by which a deal entered, and that by which it left; null: neither."""
        early = pl.lit(None, pl.Date) if self.period is None else pl.lit(self.period.first)
        late = pl.lit(None, pl.Date) if self.period is None else pl.lit(self.period.last)
        both = both.join(self._won(), on="id", how="left", maintain_order="left")
        both = both.join(self.history.gone.select(pl.col("deal").alias("id"), "into"), on="id", how="left")
        won_in = (pl.lit(True) if self.period is None else self.period.holds("won_on")) & (
            pl.col("won_at") > self.first
        )
        passed = ~pl.col("in0") & ~pl.col("in1") & (pl.col("status1") == "won") & pl.col("scoped1") & won_in
        came = (
            pl.when(~pl.col("there0"))
            .then(pl.lit("new"))
            .when(~pl.col("scoped0"))
            .then(pl.lit("scope_in"))
            .when(pl.col("status0").is_in(_CLOSED))
            .then(pl.lit("reopened"))
            .when(pl.col("open0") & ~pl.col("dated0"))
            .then(_by_date("day0", early, late, ("pulled_in", "pushed_in", "dated_in")))
            .otherwise(pl.lit("data_fix"))
        )
        went = (
            pl.when(~pl.col("there1"))
            .then(pl.when(pl.col("into") != DELETED).then(pl.lit("merged")).otherwise(pl.lit("deleted")))
            .when(~pl.col("scoped1"))
            .then(pl.lit("scope_out"))
            .when(pl.col("status1") == "won")
            .then(pl.lit("won"))
            .when((pl.col("status1") == "cancelled") | (pl.col("status1") == "lost") & self._called_off())
            .then(pl.lit("cancelled"))
            .when(pl.col("status1") == "lost")
            .then(pl.lit("lost"))
            .when(pl.col("open1") & ~pl.col("dated1"))
            .then(_by_date("day1", early, late, ("pushed_out", "pulled_out", "undated")))
            .otherwise(pl.lit("data_fix"))
        )
        both = both.with_columns(passed.fill_null(False).alias("passed"))
        return both.with_columns(
            pl.when(~pl.col("in0") & pl.col("in1") | pl.col("passed")).then(came).alias("came"),
            pl.when(pl.col("in0") & ~pl.col("in1") | pl.col("passed")).then(went).alias("went"),
        )

    def _called_off(self) -> pl.Expr:
        """Whether the reason of a lost deal counts as a cancelled one."""
        reasons = [reason.id for reason in self.history.process.reasons if reason.counts_as == "cancelled"]
        return pl.col("outcome_reason1").cast(pl.String).is_in(reasons).fill_null(False)

    def _won(self) -> pl.DataFrame:
        """When and on which day the deals that are won at the end were."""
        since = self.history.statuses.filter(pl.col("since").is_null() | (pl.col("since") <= self.last))
        since = since.unique("deal", keep="last", maintain_order=True).filter(pl.col("status") == "won")
        on = local_day(since["since"], self.history.process.calendar.zone)
        return since.select(pl.col("deal").alias("id"), pl.col("since").alias("won_at"), on.alias("won_on"))

    # ------------------------------------------------ lines

    def parts(self, fixes: frozenset[str]) -> Iterator[pl.DataFrame]:
        """The moves, line by line."""
        deals = self.deals
        yield _moves(deals.filter("in0"), pl.lit("begin"), 1, "0")
        new = pl.col("came") == "new"
        yield _moves(deals.filter(pl.col("came").is_not_null(), ~new), pl.col("came"), 1, "0")
        yield _moves(deals.filter(new), pl.col("came"), 1, "1")
        behind = pl.col("went").is_in(_LEFT_BEHIND)
        yield _moves(deals.filter(pl.col("went").is_not_null(), ~behind), pl.col("went"), -1, "1")
        yield _moves(deals.filter(behind), pl.col("went"), -1, "0")
        counted = (pl.col("in0") | pl.col("came").is_not_null() & ~new) & (
            pl.col("in1") | pl.col("went").is_not_null() & ~behind
        )
        yield from self._changes(deals.filter(counted), fixes)
        yield _moves(deals.filter("in1"), pl.lit("end"), 1, "1")

    def _changes(self, deals: pl.DataFrame, fixes: frozenset[str]) -> Iterator[pl.DataFrame]:
        """What became of the amounts of deals that count with one at both ends."""
        # one without an amount has no currency of its own: it is 0 in the other end's
        deals = deals.with_columns(
            pl.when(pl.col("amount0").is_null()).then("in_currency1").otherwise("in_currency0").alias("in_currency0"),
            pl.when(pl.col("amount1").is_null() & pl.col("amount0").is_not_null())
            .then("in_currency0")
            .otherwise("in_currency1")
            .alias("in_currency1"),
        )
        moved = deals.filter(pl.col("in_currency0") != pl.col("in_currency1"))
        yield _line(moved, pl.lit("decrease"), "in_currency0", 0 - pl.col("worth0"))
        yield _line(moved, pl.lit("increase"), "in_currency1", pl.col("worth1"))
        stayed = deals.filter(pl.col("in_currency0") == pl.col("in_currency1"))
        stayed = stayed.join(self._fixed(stayed, fixes), on="id", how="left", maintain_order="left")
        now, code = stayed["amount1"].cast(WHOLE).fill_null(0), stayed["currency1"]
        steady, _ = self.exchange.into(now, code, self.days[0])
        without, _ = self.exchange.into(now - stayed["fixed"].fill_null(0), code, self.days[0])
        stayed = stayed.with_columns(steady.alias("steady"), (steady - without).alias("fix"))
        stayed = stayed.with_columns(change=pl.col("steady") - pl.col("worth0") - pl.col("fix"))
        yield _line(stayed, pl.lit("data_fix"), "in_currency1", pl.col("fix"))
        which = pl.when(pl.col("change") > 0).then(pl.lit("increase")).otherwise(pl.lit("decrease"))
        yield _line(stayed, which, "in_currency1", pl.col("change"))
        yield _line(stayed, pl.lit("exchange"), "in_currency1", pl.col("worth1") - pl.col("steady"))

    def _fixed(self, deals: pl.DataFrame, fixes: frozenset[str]) -> pl.DataFrame:
        """id, fixed: by how much corrections changed amounts (minor units of the deal's currency), not counting 0."""
        events = self.history.part("amount")
        mine = pl.col("channel").is_in(list(fixes)) & (pl.col("at") > self.first) & (pl.col("at") <= self.last)
        touched = events.filter(mine)["deal"].unique()
        of = deals.filter(pl.col("id").is_in(touched.implode()), pl.col("currency0") == pl.col("currency1"))["id"]
        events = events.filter(pl.col("deal").is_in(of.implode()))
        process = self.history.process
        typed = typed_again(events["value"], process.catalogue.deal["amount"], process.reading, process.currency)
        code = typed[1] if len(typed) > 1 else pl.Series([None] * events.height, dtype=pl.String)
        known = events.with_columns(typed[0].cast(WHOLE).alias("minor"), code.fill_null(process.currency).alias("code"))
        known = known.with_columns(pl.col("minor", "code").shift(1).over("deal").name.suffix("_before"))
        # where nothing was before, or another currency, a correction is no difference between two amounts
        known = known.filter(mine, pl.col("minor_before").is_not_null(), pl.col("code") == pl.col("code_before"))
        step = pl.col("minor").fill_null(0) - pl.col("minor_before")
        return known.group_by(pl.col("deal").alias("id")).agg(step.sum().alias("fixed"))

    def told(self) -> dict[str, Any]:
        """What has to be known beside the lines."""
        deals = self.deals
        at_the_end = deals.filter("in1")
        open_ = deals.filter(pl.col("open1") & pl.col("scoped1"))
        unclear = pl.any_horizontal(
            (pl.col(f"unclear{n}") & pl.col(f"open{n}") & pl.col(f"dated{n}")).fill_null(False) for n in (0, 1)
        )
        return {
            "without_amount": at_the_end["amount1"].null_count(),
            "without_date": 0 if self.period is None else open_["day1"].null_count(),
            "assumed": deals.filter(pl.col("in0") & pl.col("assumed0")).height,
            "scope_unknown": deals.filter(unclear).height,
        }


def _by_date(day: str, early: pl.Expr, late: pl.Expr, lines: tuple[str, str, str]) -> pl.Expr:
    """Later than the period, earlier than it, or undated."""
    after, before, without = lines
    return (
        pl.when(pl.col(day) > late)
        .then(pl.lit(after))
        .when(pl.col(day) < early)
        .then(pl.lit(before))
        .otherwise(pl.lit(without))
    )


def _moves(deals: pl.DataFrame, line: pl.Expr, sign: int, side: str) -> pl.DataFrame:
    return deals.select(
        line.alias("line"),
        pl.col("id").alias("deal"),
        pl.lit(sign, pl.Int64).alias("count"),
        pl.col(f"in_currency{side}").alias("currency"),
        (pl.col(f"worth{side}") * sign).cast(WHOLE).alias("amount"),
    )


def _line(deals: pl.DataFrame, line: pl.Expr, currency: str, amount: pl.Expr) -> pl.DataFrame:
    made = deals.select(
        line.alias("line"),
        pl.col("id").alias("deal"),
        pl.lit(0, pl.Int64).alias("count"),
        pl.col(currency).alias("currency"),
        amount.cast(WHOLE).alias("amount"),
    )
    return made.filter(pl.col("amount") != 0)
