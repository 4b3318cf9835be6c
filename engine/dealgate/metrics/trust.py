"""How far a picture of deals can be trusted: what they should tell by now, and what they do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from ..compile.frames import MOMENT
from ..model.condition import Test
from .cases import Past
from .figure import Figure, nothing
from .keys import field_of
from .shares import share


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Completeness of some deals.

    ``captured``: of the fields that the process asks for in stages they have passed, the share that is filled.
    ``dated``: deals with a close date; ``priced``: with an amount. ``owned``: whose owner is known. ``undatable``:
    deals of the whole history that nothing places in time. ``reconstructed``: whether the history is.
    """

    captured: Figure
    dated: Figure
    priced: Figure
    owned: Figure
    undatable: int
    reconstructed: bool


def asked_fields(past: Past) -> dict[str, tuple[str, ...]]:
    """By open stage, the fields that every deal is asked for to leave it."""
    found = {}
    for stage in past.process.open_stages:
        tests = [c.check for c in stage.exit if c.part == "capture" and c.applies_when is None]
        found[stage.id] = tuple(test.ref.field.id for test in tests if isinstance(test, Test) and not test.ref.child)
    return found


def trust(past: Past, first: date, last: date, key: str | None = None) -> dict[str | None, Trust]:
    """Of the deals that are open now or were closed between two days: all together (None), or by owner or team."""
    memo = ("trust", first, last)
    if memo not in past.memo:
        past.memo[memo] = _counted(past, first, last)
    counted: pl.DataFrame = past.memo[memo]
    group = pl.lit(None, pl.String) if key is None else past.value(counted, field_of(past, key))
    counted = counted.with_columns(group.alias("group"))
    sums = pl.col("asked", "filled", "dated", "priced", "owned").sum().cast(pl.Int64)
    rows = counted.group_by("group").agg(sums, pl.len().cast(pl.Int64).alias("n"))
    return {
        row["group"]: Trust(
            captured=share(row["filled"], row["asked"], missing="no field is asked for yet"),
            dated=share(row["dated"], row["n"], missing=NOBODY),
            priced=share(row["priced"], row["n"], missing=NOBODY),
            owned=share(row["owned"], row["n"], missing=NOBODY),
            undatable=past.history.undated.height,
            reconstructed=past.history.reconstructed,
        )
        for row in rows.iter_rows(named=True)
    }


def _counted(past: Past, first: date, last: date) -> pl.DataFrame:
    """``deal, at, asked, filled, dated, priced, owned`` of each deal that is open now or was closed in between."""
    asked = {stage: fields for stage, fields in asked_fields(past).items() if fields}
    fields = dict.fromkeys(name for names in asked.values() for name in names)
    held = past.history.at(past.as_of, *dict.fromkeys([*fields, "close_date", "amount"]))
    held = held.with_columns(
        pl.col("id").cast(past.ids, strict=False).alias("deal"), pl.lit(past.as_of).cast(MOMENT).alias("at")
    )
    closed = past.ends.select("deal", past.day(past.ends["at"]).alias("closed"))
    held = held.filter(pl.col("deal").is_not_null()).join(closed, on="deal", how="left", maintain_order="left")
    in_time = (pl.col("closed") >= first) & (pl.col("closed") <= last)
    held = held.filter((pl.col("status") == "open") | in_time.fill_null(False))
    owner = past.value(held, field_of(past, "owner"))
    rank = {stage.id: n for n, stage in enumerate(past.process.open_stages)}
    place = pl.col("stage").cast(pl.String).replace_strict(rank, default=0, return_dtype=pl.Int64)
    # a won deal has passed every stage
    place = pl.when(pl.col("status") == "won").then(len(rank)).otherwise(place)
    held = held.with_columns(place.alias("@rank"))
    due = [(name, rank[stage]) for stage, names in asked.items() for name in names]
    want = [(pl.col("@rank") > at).cast(pl.Int64) for _, at in due] or [pl.lit(0, pl.Int64)]
    have = [((pl.col("@rank") > at) & _there(held, name)).cast(pl.Int64) for name, at in due] or [pl.lit(0, pl.Int64)]
    return held.select(
        "deal",
        "at",
        pl.sum_horizontal(want).alias("asked"),
        pl.sum_horizontal(have).alias("filled"),
        pl.col("close_date").is_not_null().alias("dated"),
        pl.col("amount").is_not_null().alias("priced"),
        owner.is_not_null().alias("owned"),
    )


NOBODY = "no deal"


def trust_of_nothing(past: Past) -> Trust:
    """Of somebody without a deal."""
    none = nothing(NOBODY, unit="share")
    return Trust(
        captured=none, dated=none, priced=none, owned=none, undatable=past.history.undated.height,
        reconstructed=past.history.reconstructed,
    )  # fmt: skip


def _there(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Whether a field has a real value; an empty list is none."""
    there = pl.col(name).is_not_null()
    return there & (pl.col(name).list.len() > 0).fill_null(False) if isinstance(frame.schema[name], pl.List) else there
