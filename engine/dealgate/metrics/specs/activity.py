"""What people did: meetings, connects, proposals, replies."""

from __future__ import annotations

import polars as pl

from ...compile.frames import MOMENT
from ...history.days import day_begins
from ..activities import activities, meetings
from ..cases import Past, left_out
from ..kinds import Count, Share, Spread, several
from ..spec import Cases, Policy, Setting, Spec

NOT_READ = "no activities were read"
PROPOSALS = "no proposal_sent_on was read"


def proposals(past: Past) -> pl.DataFrame:
    """``deal``, ``at``, ``day``, ``origin``: each day a proposal was sent on, once a deal."""
    told = past.own(past.history.part("proposal_sent_on").select("deal", "value", "origin"))
    told = told.filter(pl.col("value").is_not_null())
    day = told["value"].str.to_date("%Y-%m-%d", strict=False)
    found = told.with_columns(day.alias("day"), day_begins(day, past.zone).alias("at"))
    found = found.filter(pl.col("day").is_not_null(), pl.col("at") <= pl.lit(past.as_of).cast(MOMENT))
    return found.unique(["deal", "day"], keep="first", maintain_order=True)


def _counted(past: Past, setting: Setting) -> Cases:
    held, met = activities(past), meetings(past)
    sent = proposals(past).select("deal", "at", what=pl.lit("proposal"))
    if held is None or met is None:
        if sent.is_empty():
            return Cases(past.begun, missing=NOT_READ)
        return Cases(sent, flags=("no_activities_read",))
    connects = held.filter(pl.col("type") == "call", pl.col("two_way"))
    parts = [
        met.select("deal", "at", what=pl.lit("meeting")),
        connects.select("deal", "at", what=pl.lit("connect")),
        sent,
    ]
    return Cases(pl.concat(parts))


def _next_steps(past: Past, setting: Setting) -> Cases:
    met = meetings(past)
    if met is None:
        return Cases(past.begun, missing=NOT_READ)
    return Cases(met.select("deal", "at", hit="next_step_agreed"))


def _replies(past: Past, setting: Setting) -> Cases:
    people = past.child("contacts", two_way=pl.Boolean)
    if people is None:
        return Cases(past.begun, missing="no contacts were read")
    found = people.join(past.begun, on="deal", how="left", maintain_order="left")
    unknown = found.filter(pl.col("two_way").is_null())
    without = tuple(left_out("whether the person answered is not known", unknown))
    return Cases(found.select("deal", "at", hit="two_way"), without)


GRACE = Policy(id="grace", choice=5, about="days after a proposal was sent before one that was not reviewed counts")


def _reviewed(past: Past, setting: Setting) -> Cases:
    sent = proposals(past)
    held = meetings(past)
    if sent.is_empty():
        return Cases(past.begun, missing=PROPOSALS)
    if held is None and not past.knows("proposal_reviewed_on"):
        return Cases(sent, missing="neither activities nor proposal_reviewed_on were read")
    first = sent.unique("deal", keep="first", maintain_order=True).select("deal", "at")
    told = past.last("proposal_reviewed_on").select("deal", reviewed=pl.lit(True))
    if held is not None:
        live = held.filter(pl.col("type") == "proposal_review").select("deal", reviewed=pl.lit(True))
        told = pl.concat([told, live]).unique("deal")
    found = first.join(told, on="deal", how="left", maintain_order="left")
    found = found.join(past.ends.select("deal", closed=pl.lit(True)), on="deal", how="left", maintain_order="left")
    open_days = past.days(found["at"], pl.repeat(None, found.height, dtype=MOMENT, eager=True))
    found = found.with_columns(open_days.alias("days"))
    over = pl.col("closed").fill_null(False) | (pl.col("days") > setting["grace"])
    hit = pl.when(pl.col("reviewed")).then(True).when(over).then(False)
    unsure, without = past.read(found.filter(pl.col("reviewed").is_null()), "activities")
    found = pl.concat([found.filter(pl.col("reviewed").is_not_null()), unsure])
    return Cases(found.select("deal", "at", hit.alias("hit")), without)


def _discounts(past: Past, setting: Setting) -> Cases:
    held = past.last("discount")
    if held.is_empty():
        return Cases(past.begun, missing="no discount was read")
    text = held["value"].str.strip_suffix("%").cast(pl.Float64, strict=False) / 100
    since = past.own(past.history.part("discount").select("deal", when="at")).unique("deal", keep="last")
    found = held.select("deal", text.alias("discount")).join(since, on="deal", how="left", maintain_order="left")
    return Cases(found.select("deal", pl.col("when").alias("at"), "discount").filter(pl.col("discount").is_not_null()))


def _again(past: Past, setting: Setting) -> Cases:
    sent = proposals(past)
    if sent.is_empty():
        return Cases(past.begun, missing=PROPOSALS)
    by = sent.group_by("deal", maintain_order=True).agg(
        pl.col("at").first(),
        (pl.len().cast(pl.Int64) - 1).alias("again"),
        (pl.col("origin") != "told").all().alias("untold"),
    )
    untold = by.filter("untold")
    found = by.filter(~pl.col("untold")).with_columns(hit=pl.col("again") > 0)
    without = tuple(left_out("no history tells of earlier proposals", untold))
    return Cases(found, without, "no history tells of proposals" if found.is_empty() else None)


SPECS = (
    Spec(
        id="activity_count",
        question="How much did we meet, speak and propose?",
        formula="counts of held two-way meetings, of two-way calls, and of days on which a proposal was sent",
        unit="activities",
        grain="activity",
        better="higher",
        source="our own",
        stage="then",
        measures={"meetings": "held two-way meetings", "connects": "two-way calls", "proposals": "proposals sent"},
        edges=(
            "A meeting is a meeting, demo or proposal review that was held with the buyer in it.",
            "What is marked automated does not count; one meeting with five invited is one.",
            "A count of 0 is a count.",
        ),
        cases=_counted,
        kind=several(
            Count("meetings", where=pl.col("what") == "meeting", unit="activities"),
            Count("connects", where=pl.col("what") == "connect", unit="activities"),
            Count("proposals", where=pl.col("what") == "proposal", unit="activities"),
        ),
    ),
    Spec(
        id="meeting_to_next_step",
        question="How many meetings end with an agreed next step?",
        formula="held two-way meetings with a next step agreed ÷ those that tell",
        unit="share",
        grain="meeting",
        better="higher",
        source="our own",
        stage="then",
        measures={"share": "with a next step ÷ those that tell"},
        edges=("A meeting that does not tell whether a next step was agreed is in neither.",),
        cases=_next_steps,
        kind=Share(missing="no meeting tells whether a next step was agreed"),
    ),
    Spec(
        id="reply_rate",
        question="How many of the people we know answer us?",
        formula="contacts with two-way contact ÷ contacts of whom that is known",
        unit="share",
        grain="contact of a deal",
        stage="ever",
        better="higher",
        source="our own",
        measures={"share": "answered ÷ known"},
        edges=("Contacts have no date: they count with their deal's beginning, as they are now.",),
        cases=_replies,
        kind=Share(missing="no contact tells whether they answered"),
    ),
    Spec(
        id="live_review_share",
        question="How many proposals do we go through live with the buyer?",
        formula="deals with a held two-way proposal_review, or a proposal_reviewed_on ÷ deals with a proposal sent",
        unit="share",
        grain="deal with a proposal",
        stage="ever",
        better="higher",
        source="our own",
        measures={"share": "reviewed live ÷ decided"},
        edges=("A proposal of an open deal that was sent only lately and was not reviewed yet is not decided.",),
        policies=(GRACE,),
        cases=_reviewed,
        kind=Share(missing="no proposal is decided"),
    ),
    Spec(
        id="discount",
        question="How much discount do we give?",
        formula="mean and quantiles of the discount of deals that have one",
        unit="share",
        grain="deal",
        stage="ever",
        better="lower",
        source="our own",
        measures={"mean": "mean", "median": "median", "p90": "90th percentile"},
        edges=(
            "A deal counts with the discount it has now, since it has it. No discount told is not a discount of 0.",
        ),
        cases=_discounts,
        kind=several(
            Spread("discount", "share", quantiles={}, mean=True),
            Spread("discount", "share", quantiles={"median": 0.5, "p90": 0.9}),
        ),
    ),
    Spec(
        id="reproposal_count",
        question="How often do we send a proposal again?",
        formula="mean over deals with a proposal of (days on which one was sent − 1)",
        unit="proposals",
        grain="deal with a proposal",
        stage="ever",
        better="lower",
        source="our own",
        measures={"mean": "proposals sent again, a deal", "share": "share of deals with any"},
        edges=("Counted from the history of proposal_sent_on; deals whose history does not tell are left out.",),
        cases=_again,
        kind=several(Spread("again", "proposals", quantiles={}, mean=True), Share("share")),
    ),
)
