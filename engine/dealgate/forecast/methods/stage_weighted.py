"""Amount times the probability of the stage: the process's, the CRM's, or what history had in such a period."""

from __future__ import annotations

import polars as pl

from ...metrics.figure import NoValue
from ..rates import by_stage
from ..snapshot import Snapshot
from . import Asked, Method, Outlook, dated, undated_notes, weighted, won_of
from .categories import UNDATED


def make(snapshot: Snapshot, asked: Asked) -> Outlook | NoValue:
    """The outlook. By history: the share of a stage's deals that were won by the period's end, whatever their date."""
    notes = undated_notes(snapshot)
    if asked.weights == "history":
        rates = by_stage(snapshot)
        if isinstance(rates, NoValue):
            return rates
        held = snapshot.deals.join(rates.select("stage", pl.col("shrunk").alias("chance")), on="stage", how="left")
        return Outlook(
            "stage-weighted", won_of(snapshot), weighted(_with_reason(held, "its stage has no history"), snapshot)
        )
    if snapshot.period is not None and snapshot.deals.height and snapshot.deals["day"].drop_nulls().is_empty():
        return UNDATED
    held = dated(snapshot)
    if asked.weights == "crm":
        told = held.with_columns(pl.col("crm_chance").alias("chance"))
        held = _with_reason(told, "the CRM gives no probability from 0 to 100 %")
        return Outlook("stage-weighted", won_of(snapshot), weighted(held, snapshot), notes=notes)
    given = {s.id: float(s.probability) for s in snapshot.past.process.open_stages if s.probability is not None}
    if not given:
        return NoValue("no stage of the process has a probability")
    chance = pl.col("stage").replace_strict(given, default=None, return_dtype=pl.Float64).alias("chance")
    held = _with_reason(held.with_columns(chance), "its stage has no probability")
    return Outlook("stage-weighted", won_of(snapshot), weighted(held, snapshot), notes=notes)


def _with_reason(held: pl.DataFrame, why: str) -> pl.DataFrame:
    return held.with_columns(pl.when(pl.col("chance").is_null()).then(pl.lit(why)).alias("reason"))


METHODS = (
    Method(
        "stage-weighted",
        "Stage-weighted",
        "won + Σ amount × probability of the stage",
        "every deal of a stage has one chance, whatever is known of it",
        20,
        make,
    ),
)
