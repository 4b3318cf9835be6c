"""Winning: how often, how much, how fast."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import polars as pl

from ..cases import Past, left_out
from ..figure import figure, nothing, ratio
from ..kinds import QUANTILES, Count, Incidence, MoneySum, On, Share, Spread, ValueShare, grouped, major, several
from ..quantiles import quantile_of
from ..shares import share
from ..spec import Cases, Policy, Row, Setting, Spec
from .conversion import WITHIN

REOPEN = Policy(
    id="reopen_policy",
    choice="final_outcome",
    allowed=("final_outcome", "first_outcome", "per_closure"),
    about="final_outcome: a deal counts once, as it is closed now; first_outcome: as it was closed first; per_closure: "
    "each closing counts",
)
AMOUNT = Policy(
    id="amount_basis",
    choice="amount",
    allowed=("amount", "list_amount"),
    about="which amount counts; in the process's currency, others at the rate of the case's day",
)
CALENDAR = Policy(id="calendar", choice="calendar", allowed=("calendar", "business"), about="which days are counted")


def closings(past: Past, reopen: str) -> pl.DataFrame:
    """``deal, status, at, counts_as`` of the closings that count. ``counts_as``: won, lost, no_decision or cancelled.

    A lost deal without a reason, or with one the process does not list, counts as lost.
    """
    key = ("closings", reopen)
    if key not in past.memo:
        pick = {"final_outcome": pl.col("last"), "first_outcome": pl.col("nth") == 0, "per_closure": pl.lit(True)}
        found = past.closings.filter(pick[reopen])
        reason = past.value(found, "outcome_reason")
        as_ = {one.id: one.counts_as for one in past.process.reasons}
        counts = pl.when(pl.col("status") == "lost").then(
            pl.col("reason").replace_strict(as_, default="lost", return_dtype=pl.String).fill_null("lost")
        )
        found = found.with_columns(reason.alias("reason")).with_columns(counts.otherwise("status").alias("counts_as"))
        past.memo[key] = found.select("deal", "status", "at", "counts_as")
    held: pl.DataFrame = past.memo[key]
    return held


def closing_amounts(past: Past, frame: pl.DataFrame, field: str = "amount") -> pl.Series:
    """The amount of each closing in minor units: of a won deal as it closed, of another just before that."""
    at_close = past.money(frame, field)
    before = past.money(frame, field, strictly=True)
    return at_close.zip_with(frame["status"] == "won", before).alias("value")


def _win_rate(past: Past, setting: Setting) -> Cases:
    found = closings(past, setting["reopen_policy"])
    value = closing_amounts(past, found, setting["amount_basis"])
    won = pl.col("status") == "won"
    found = found.with_columns(
        value,
        narrow=pl.when(pl.col("counts_as").is_in(["won", "lost"])).then(won),
        broad=won,
    )
    return Cases(found)


def _won(past: Past, setting: Setting) -> Cases:
    found = closings(past, setting["reopen_policy"])
    found = found.with_columns(closing_amounts(past, found, setting["amount_basis"]))
    return Cases(found.filter(pl.col("status") == "won"))


START = Policy(
    id="start",
    choice="created",
    allowed=("created", "first_stage", "qualified"),
    about="created: when the deal began; first_stage: when it entered its first stage; qualified: when it came past "
    "the first stage of the process",
)
IMPORTS = Policy(
    id="imports",
    choice="exclude",
    allowed=("exclude", "keep"),
    about="exclude: deals that closed within a day are taken for imports, left out and counted",
)


def cycles(past: Past, start: str, reopen: str = "final_outcome", *, business: bool = False) -> pl.DataFrame:
    """``deal, status, at, days`` of closed deals: days from the start to the closing, null where no start is known."""
    found = closings(past, reopen).select("deal", "status", "at")
    if start == "created":
        begun = past.begun.select("deal", pl.col("at").alias("start"))
    elif start == "first_stage":
        first = past.visits.unique("deal", keep="first", maintain_order=True)
        begun = first.select("deal", pl.col("entered").alias("start"))
    else:
        begun = past.reached.filter(pl.col("rank") == 1).select("deal", pl.col("at").alias("start"))
    found = found.join(begun, on="deal", how="left", maintain_order="left")
    known = pl.col("start").is_not_null() & pl.col("at").is_not_null()
    days = past.days(found["start"], found["at"], business=business)
    found = found.with_columns(days.alias("days"))
    return found.select("deal", "status", "at", pl.when(known).then("days").alias("days"))


def _cycle(past: Past, setting: Setting) -> Cases:
    found = cycles(past, setting["start"], business=setting["calendar"] == "business")
    without = [*left_out("nothing tells when it began or closed", found.filter(pl.col("days").is_null()))]
    found = found.filter(pl.col("days").is_not_null())
    backwards = found.filter(pl.col("days") < 0)
    without += left_out("it closed before it began", backwards)
    found = found.filter(pl.col("days") >= 0)
    if setting["imports"] == "exclude":
        short = pl.col("days") < 1
        without += left_out("it closed within a day of its start and is taken for an import", found.filter(short))
        found = found.filter(~short)
    return Cases(found, tuple(without))


def _incidence(past: Past, setting: Setting) -> Cases:
    """A row a deal: days from its beginning to how it is closed now."""
    ends = past.ends.select("deal", "status", end="at")
    found = past.begun.join(ends, on="deal", how="left", maintain_order="left")
    untold = pl.col("at").is_null() | (pl.col("status").is_not_null() & pl.col("end").is_null())
    without = [*left_out("nothing tells when it began or closed", found.filter(untold))]
    found = found.filter(~untold)
    found = found.with_columns(past.days(found["at"], found["end"]).alias("duration"), cause=pl.col("status"))
    backwards = pl.col("duration") < 0
    without += left_out("it closed before it began", found.filter(backwards))
    return Cases(found.filter(~backwards).select("deal", "at", "duration", "cause"), tuple(without))


COHORT = Policy(
    id="cohort",
    choice="closed",
    allowed=("closed", "created"),
    about="closed: all four parts from the deals that closed in the window; created: from those that began in it",
)


class _Velocity:
    """N × win rate × average won value ÷ median cycle, all four over the same cases."""

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterator[Row]:
        won = pl.col("status") == "won"
        decided = pl.col("counts_as").is_in(["won", "lost"])
        valued = won & pl.col("value").is_not_null()
        found = (
            pl.len().cast(pl.Int64).alias("n"),
            won.sum().cast(pl.Int64).alias("won"),
            decided.sum().cast(pl.Int64).alias("decided"),
            valued.sum().cast(pl.Int64).alias("valued"),
            pl.col("value").filter(won).sum().cast(pl.Int64).alias("sum"),
            quantile_of(pl.col("days").filter(won & (pl.col("days") >= 1)), 0.5).alias("days"),
        )
        money = setting.currency
        for keys, row in grouped(frame, setting, *found):
            unit = f"{money}/day"
            n = row["n"]
            parts = {
                "win_rate": share(row["won"], row["decided"], missing="no deal closed"),
                "average_won": ratio(
                    Fraction(major(row["sum"], money)), row["valued"], n=row["valued"], unit=money,
                    missing="no won deal has an amount",
                ),
            }  # fmt: skip
            median = row["days"]
            why = next((part.reason for part in parts.values() if part.value is None), None)
            if why is None and not median:
                why = "no won deal has a cycle of a day or more"
            if why is not None:
                yield Row(setting.spec.id, keys, "a_day", nothing(why, unit=unit, n=n))
                continue
            rate, average = parts["win_rate"].value, parts["average_won"].value
            assert rate is not None and average is not None
            value = n * Fraction(rate) * Fraction(average)
            made = ratio(value, Fraction(median), n=n, unit=unit, min_n=setting.min_n)
            yield Row(setting.spec.id, keys, "a_day", made)
            if made.value is None:
                continue
            for name, part in parts.items():
                yield Row(setting.spec.id, keys, name, part)
            yield Row(setting.spec.id, keys, "deals", figure(n, unit="deals", n=n))
            yield Row(setting.spec.id, keys, "cycle", figure(median, unit="days", n=row["won"]))


def _velocity(past: Past, setting: Setting) -> Cases:
    closed = closings(past, "final_outcome")
    closed = closed.with_columns(closing_amounts(past, closed, setting["amount_basis"]))
    days = cycles(past, setting["start"]).select("deal", "days")
    closed = closed.join(days, on="deal", how="left", maintain_order="left")
    if setting["cohort"] == "closed":
        return Cases(closed.filter(pl.col("counts_as").is_in(["won", "lost"])))
    found = past.begun.join(closed.drop("at"), on="deal", how="left", maintain_order="left")
    return Cases(found)


_LOST = pl.col("status") != "won"

SPECS = (
    Spec(
        id="win_rate",
        question="How many of the deals that close do we win?",
        formula="won ÷ (won + lost); broad: won ÷ all closed; value: Σ amount of won ÷ Σ amount of won and lost",
        unit="share",
        grain="closing",
        better="higher",
        source="common; intervals: Wilson 1927",
        measures={
            "share": "won ÷ (won + lost), losses that count as lost",
            "broad": "won ÷ all that closed, no decisions and cancellations among them",
            "value": "won amount ÷ (won + lost amount)",
        },
        edges=(
            "A won deal counts with its amount as it closed, a lost one with its amount just before it closed.",
            "A lost deal whose reason is not known counts as lost.",
            "Open deals are in none of it, so that in a young pipeline the rate is that of the quick ones.",
        ),
        policies=(REOPEN, AMOUNT),
        cases=_win_rate,
        kind=several(
            On(Share("share", missing="no deal closed"), hit="narrow"),
            On(Share("broad", missing="no deal closed"), hit="broad"),
            On(ValueShare("value"), hit="narrow"),
        ),
    ),
    Spec(
        id="won_value",
        question="How much did we win?",
        formula="Σ amount of won deals as they closed",
        unit="money",
        grain="won deal",
        better="higher",
        source="common",
        measures={"value": "Σ amount", "deals": "won deals"},
        edges=("Won deals without an amount are counted among the deals, and the value is flagged.",),
        policies=(REOPEN, AMOUNT),
        cases=_won,
        kind=several(MoneySum("value"), Count("deals")),
    ),
    Spec(
        id="cycle_time",
        question="How many days does a deal take from its start to its close?",
        formula="median of (close − start) over won deals; lost deals apart",
        unit="days",
        grain="closed deal",
        better="lower",
        source="common; quantiles: Hyndman and Fan 1996, type 7",
        measures={
            **{name: f"{name} of won deals" for name in QUANTILES},
            **{f"lost_{name}": f"{name} of deals that closed otherwise" for name in QUANTILES},
        },
        edges=(
            "A deal that was reopened counts from its first start to its last close.",
            "Deals that closed within a day are taken for imports, left out and counted.",
        ),
        policies=(START, CALENDAR, IMPORTS),
        cases=_cycle,
        kind=several(Spread(where=~_LOST), Spread(where=_LOST, prefix="lost_")),
    ),
    Spec(
        id="velocity",
        question="How much do we win a day?",
        formula="deals × win rate × average won amount ÷ median cycle in days",
        unit="money a day",
        grain="deal",
        better="higher",
        source="common",
        measures={
            "a_day": "money a day",
            "deals": "deals in the cohort",
            "win_rate": "won ÷ (won + lost)",
            "average_won": "average amount of won deals that have one",
            "cycle": "median cycle of won deals of a day or more",
        },
        edges=("All four parts rest on the same deals.", "Not additive: segments do not sum to the whole."),
        policies=(COHORT, START, AMOUNT),
        cases=_velocity,
        kind=_Velocity(),
    ),
    Spec(
        id="win_incidence",
        question="How many of the deals that begin are won by h days?",
        formula="Aalen and Johansen's cumulative incidence of being won, from the beginning, losses competing",
        unit="share",
        grain="deal",
        stage="ever",
        better="higher",
        source="Aalen and Johansen 1978",
        measures={"won": "share won by h days, or by the end of what was followed", "lost": "the same of lost deals"},
        edges=("Open deals are censored now.", "A deal that was reopened is one spell, from beginning to final end."),
        policies=(WITHIN,),
        cases=_incidence,
        kind=Incidence(("won", "lost", "cancelled"), {"won": "won", "lost": "lost"}),
    ),
)
