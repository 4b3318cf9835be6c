"""What is proven: criteria met, evidence, people who take part, overrides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from ...compile.frames import MOMENT
from ..cases import Past, left_out
from ..judged import statuses_of
from ..kinds import Ratio, Share, grouped
from ..shares import share
from ..spec import Cases, Policy, Row, Setting, Spec

_EVIDENCE = {"type": pl.String, "level": pl.Int64, "from_buyer": pl.Boolean, "dated": pl.Date}


def asked_and_met(past: Past) -> pl.DataFrame:
    """``deal, stage, at, criterion, hit`` of what open deals are asked in the stage they are in, as of now.

    ``hit``: met or waived; null: unknown. What does not apply is left out.
    """
    if "asked" not in past.memo:
        statuses = statuses_of(past)
        now = pl.lit(past.as_of).cast(MOMENT)
        here = past.moves.filter(pl.col("left").is_null()).select("deal", "stage")
        parts = []
        for stage in past.process.open_stages:
            asked = [criterion.id for criterion in past.process.asked_in(stage)]
            mine = here.filter(pl.col("stage") == stage.id).join(statuses.select("deal", *asked), on="deal")
            if asked:
                status = pl.col("status")
                tall = mine.with_columns(pl.col(asked).cast(pl.String)).unpivot(
                    asked, index=["deal", "stage"], variable_name="criterion", value_name="status"
                )
                tall = tall.filter(status != "not_applicable")
                hit = pl.when(status.is_in(["met", "waived"])).then(True).when(status == "unmet").then(False)
                parts.append(tall.select("deal", "stage", now.alias("at"), "criterion", hit.alias("hit")))
        kinds: dict[str, Any] = {"deal": past.ids, "stage": past.stages, "at": MOMENT}
        kinds |= {"criterion": pl.String, "hit": pl.Boolean}
        past.memo["asked"] = pl.concat(parts) if parts else pl.DataFrame(schema=kinds)
    found: pl.DataFrame = past.memo["asked"]
    return found


class _ByCriterion:
    """A share a criterion."""

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterator[Row]:
        for (name,), part in frame.group_by("criterion", maintain_order=True):
            counts = (pl.col("hit").sum().cast(pl.Int64).alias("w"), pl.col("hit").count().cast(pl.Int64).alias("n"))
            for keys, row in grouped(part, setting, *counts):
                made = share(
                    row["w"], row["n"], missing="it is unknown for all deals", min_n=setting.min_n, flags=setting.flags
                )
                yield Row(setting.spec.id, {**keys, "criterion": str(name)}, "share", made)


def _criteria(past: Past, setting: Setting) -> Cases:
    return Cases(asked_and_met(past))


def _complete(past: Past, setting: Setting) -> Cases:
    asked = asked_and_met(past)
    there = pl.col("hit").fill_null(False).sum().cast(pl.Int64)
    found = asked.group_by("deal", "stage", "at", maintain_order=True).agg(
        there.alias("num"), pl.len().cast(pl.Int64).alias("den")
    )
    return Cases(found)


def _threaded(past: Past, setting: Setting) -> Cases:
    people = past.child("contacts", engaged=pl.Boolean)
    if people is None:
        return Cases(past.begun, missing="no contacts were read")
    least = setting["at_least"]
    counts = people.group_by("deal").agg(
        pl.col("engaged").fill_null(False).sum().alias("engaged"), pl.col("engaged").is_null().sum().alias("unknown")
    )
    known, without = past.read(past.begun, "contacts")
    found = known.join(counts, on="deal", how="left", maintain_order="left").with_columns(
        pl.col("engaged", "unknown").fill_null(0)
    )
    hit = pl.when(pl.col("engaged") >= least).then(True).when(pl.col("engaged") + pl.col("unknown") < least).then(False)
    return Cases(found.select("deal", "at", hit.alias("hit")), without)


def _confirmed(past: Past, setting: Setting) -> Cases:
    kind = setting["evidence"]
    held = past.child("evidence", **_EVIDENCE)
    if kind not in past.process.evidence_types:
        return Cases(past.begun, missing=f"the process has no evidence {kind}")
    if held is None:
        return Cases(past.begun, missing="no evidence was read")
    proof = (pl.col("type") == kind) & pl.col("from_buyer") & (pl.col("level") >= 2)
    with_it = held.filter(proof).select("deal").unique().with_columns(hit=pl.lit(True))
    known, without = past.read(past.begun, "evidence")
    found = known.join(with_it, on="deal", how="left", maintain_order="left")
    return Cases(found.with_columns(pl.col("hit").fill_null(False)), without)


def _overrides(past: Past, setting: Setting) -> Cases:
    held = past.child("overrides", criterion=pl.String, approved_on=pl.Date, revoked_on=pl.Date)
    moved = past.moves.filter(pl.col("left").is_not_null(), pl.col("entered").is_not_null())
    moved = moved.filter((pl.col("to_rank") > pl.col("rank")) | (pl.col("to") == "won"))
    moved = moved.with_columns(past.day(moved["left"]).alias("day"), past.day(moved["entered"]).alias("from"))
    if held is None:
        return Cases(past.begun, missing="no overrides were read")
    criteria = {criterion.id: criterion.stage for criterion in past.process.criteria}
    stage = pl.col("criterion").replace_strict(criteria, default=None, return_dtype=pl.String)
    given = held.with_columns(stage.cast(past.stages).alias("stage")).filter(pl.col("approved_on").is_not_null())
    joined = moved.select("deal", "stage", "turn", "day").join(given, on=["deal", "stage"])
    in_force = (pl.col("approved_on") <= pl.col("day")) & (
        pl.col("revoked_on").is_null() | (pl.col("revoked_on") > pl.col("day"))
    )
    used = joined.filter(in_force).select("deal", "turn").unique().with_columns(hit=pl.lit(True))
    found = moved.join(used, on=["deal", "turn"], how="left", maintain_order="left")
    odd = given.filter(pl.col("stage").is_null())
    without = tuple(left_out("an override of a criterion that is of no stage", odd))
    return Cases(found.select("deal", "stage", pl.col("left").alias("at"), pl.col("hit").fill_null(False)), without)


_NOW = "As of now, on open deals: what deals met when they left is not kept."

SPECS = (
    Spec(
        id="criterion_share",
        question="How many deals meet each thing that their stage asks?",
        formula="open deals that meet a criterion of their stage ÷ open deals in it for which that is known",
        unit="share",
        grain="deal and criterion",
        better="higher",
        source="the process's own criteria",
        stage="own",
        measures={"share": "met or waived ÷ known, with the key `criterion`"},
        edges=(_NOW, "Unknown is not unmet: it is in neither.", "What does not apply to a deal is not asked of it."),
        cases=_criteria,
        kind=_ByCriterion(),
    ),
    Spec(
        id="evidence_completeness",
        question="How much of what a stage asks for is there?",
        formula="Σ criteria met ÷ Σ criteria asked, over open deals in the stage",
        unit="share",
        grain="deal",
        better="higher",
        source="our own",
        stage="own",
        measures={"share": "met ÷ asked"},
        edges=(_NOW, "What is unknown is asked and not there."),
        cases=_complete,
        kind=Ratio("share", missing="nothing is asked of an open deal"),
    ),
    Spec(
        id="multi_threaded_share",
        question="In how many deals do several people take part?",
        formula="deals with at least 2 engaged contacts ÷ deals",
        unit="share",
        grain="deal",
        stage="ever",
        better="higher",
        source="DOMAIN.md D; our own",
        measures={"share": "with several engaged ÷ decided"},
        edges=(
            "Contacts have no date: they count as they are now.",
            "Where contacts that may be engaged would decide it, it is not decided.",
        ),
        policies=(Policy(id="at_least", choice=2, about="how many people have to take part"),),
        cases=_threaded,
        kind=Share(missing="no deal is decided"),
    ),
    Spec(
        id="recap_confirmed_share",
        question="In how many deals has the buyer confirmed our recap?",
        formula="deals with evidence of the recap from the buyer, level 2 or more ÷ deals",
        unit="share",
        grain="deal",
        stage="ever",
        better="higher",
        source="our own",
        measures={"share": "confirmed ÷ all"},
        edges=("Evidence counts by now, though it may have expired since.",),
        policies=(Policy(id="evidence", choice="confirmed-recap", about="the type of evidence that counts"),),
        cases=_confirmed,
        kind=Share(missing="no deal"),
    ),
    Spec(
        id="override_share",
        question="How many moves needed an exception?",
        formula="forward moves out of a stage with an override of one of its criteria in force ÷ all such moves",
        unit="share",
        grain="move",
        better="lower",
        source="our own",
        stage="own",
        measures={"share": "with an override ÷ all"},
        edges=("An override counts from the day it was approved until it is revoked.",),
        cases=_overrides,
        kind=Share(missing="no deal moved on"),
    ),
)
