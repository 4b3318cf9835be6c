"""Leads: how fast they are touched, how many are accepted, qualified and converted."""

from __future__ import annotations

import polars as pl

from ...compile.frames import MOMENT
from ...model.process import Sla
from ..activities import meetings, touches
from ..cases import Past, left_out
from ..judged import holds
from ..kinds import Clock, Incidence, On, Several, Share, Spread, several
from ..spec import Cases, Policy, Setting, Spec
from ..work_time import business_minutes
from .conversion import WITHIN
from .time import deadlines
from .winning import closings

UNTOUCHED = "nothing tells when a person touched a lead: neither first_human_touch_at nor activities were read"
NO_BEGINNING = "nothing tells when it began"
PROMISED = Policy(
    id="leads",
    choice="promised",
    allowed=("promised", "all"),
    about="promised: those that the process promises an answer (its `respond`); all: every one",
)


def promise(past: Past) -> Sla | None:
    """The promise to answer: the process's ``respond``, else that of its first stage."""
    process = past.process
    if process.lead is not None and process.lead.respond is not None:
        return process.lead.respond
    first = process.stages[:1]
    return next((sla for stage in first for sla in stage.slas if sla.end == "first_human_touch_at"), None)


def _touched(past: Past, setting: Setting) -> Cases:
    """A row a lead: ``at``, ``touched`` (null: never), ``until``: when it closed, or now."""
    key = ("touched", setting["leads"])
    if key not in past.memo:
        past.memo[key] = _cases_touched(past, setting)
    held: Cases = past.memo[key]
    return held


def _cases_touched(past: Past, setting: Setting) -> Cases:
    touched = touches(past)
    empty = past.begun.with_columns(touched=pl.lit(None, MOMENT), until=pl.lit(None, MOMENT))
    if touched is None:
        return Cases(empty, missing=UNTOUCHED)
    found = past.begun.join(touched, on="deal", how="left", maintain_order="left")
    known, unread = past.read(found.filter(pl.col("touched").is_null()), "activities")
    found = pl.concat([found.filter(pl.col("touched").is_not_null()), known])
    ends = past.ends.select("deal", until="at")
    found = found.join(ends, on="deal", how="left", maintain_order="left")
    without = [*unread, *left_out(NO_BEGINNING, found.filter(pl.col("at").is_null()))]
    found = found.filter(pl.col("at").is_not_null())
    promised = promise(past)
    if setting["leads"] == "promised" and promised is not None and promised.applies_when is not None:
        if "promised" not in past.memo:
            past.memo["promised"] = holds(past, {"promised": promised.applies_when})
        found = found.join(past.memo["promised"], on="deal", how="left", maintain_order="left")
        without += left_out(
            "whether it was promised an answer is not known", found.filter(pl.col("promised").is_null())
        )
        found = found.filter(pl.col("promised"))
    found = found.with_columns(pl.col("until").fill_null(pl.lit(past.as_of).cast(MOMENT)))
    early = pl.col("touched") < pl.col("at")
    without += left_out("it was touched before it began, and counts as touched at once", found.filter(early))
    touched_at = pl.when(early).then("at").otherwise("touched")
    return Cases(found.with_columns(touched_at.alias("touched")), tuple(without))


def _response(past: Past, setting: Setting) -> Cases:
    key = ("response", setting["leads"])
    if key not in past.memo:
        cases = _touched(past, setting)
        found = cases.frame.with_columns(
            cause=pl.when(pl.col("touched").is_not_null()).then(pl.lit("touched")),
            end=pl.coalesce("touched", "until"),
        )
        minutes = business_minutes(past, found["at"], found["end"])
        found = found.with_columns(minutes.alias("duration"))
        past.memo[key] = Cases(found.select("deal", "at", "duration", "cause"), cases.left_out, cases.missing)
    held: Cases = past.memo[key]
    return held


def _in_sla(past: Past, setting: Setting) -> Cases:
    promised = promise(past)
    cases = _touched(past, setting)
    if cases.missing is not None or promised is None:
        missing = cases.missing or "the process promises no answer"
        return Cases(cases.frame, cases.left_out, missing)
    found, limit = cases.frame, promised.within
    if limit.business and not limit.in_days:
        allowed = limit.count * (60 if limit.unit == "hour" else 1)
        end = found.select(pl.coalesce("touched", "until")).to_series()
        late = business_minutes(past, found["at"], end) > allowed
    else:
        due = deadlines(past, found["at"], limit)
        late = found.select(pl.coalesce("touched", "until")).to_series() > due
    # untouched and not late yet is not decided
    hit = pl.when(pl.col("late")).then(False).when(pl.col("touched").is_not_null()).then(True)
    found = found.with_columns(late.alias("late")).select("deal", "at", hit.alias("hit"))
    return Cases(found, cases.left_out)


def _never(past: Past, setting: Setting) -> Cases:
    cases = _touched(past, setting)
    return Cases(cases.frame.with_columns(hit=pl.col("touched").is_null()), cases.left_out, cases.missing)


def _converted(past: Past, setting: Setting) -> Cases:
    found = past.begun
    without = [*left_out(NO_BEGINNING, found.filter(pl.col("at").is_null()))]
    found = found.filter(pl.col("at").is_not_null())
    converted = past.last_moment("converted_at")
    won = past.ends.filter(pl.col("status") == "won").select("deal", won="at")
    gone = past.ends.filter(pl.col("status") != "won").select("deal", "status", end="at")
    for frame in (converted, won, gone):
        found = found.join(frame, on="deal", how="left", maintain_order="left")
    found = found.with_columns(goal=pl.coalesce("converted_at", "won"))
    found = found.with_columns(until=pl.coalesce("goal", "end").fill_null(pl.lit(past.as_of).cast(MOMENT)))
    days = (past.day(found["until"]) - past.day(found["at"])).dt.total_days()
    found = found.with_columns(
        days.alias("days"), cause=pl.when(pl.col("goal").is_not_null()).then(pl.lit("converted")).otherwise("status")
    )
    backwards = (pl.col("days") < 0) & (pl.col("cause") == "converted")
    without += left_out("it was converted before it began: it counts, its days do not", found.filter(backwards))
    return _placed(found.with_columns(duration=pl.col("days").clip(0)), "converted", setting, tuple(without))


def _placed(found: pl.DataFrame, cause: str, setting: Setting, without: tuple[object, ...]) -> Cases:
    within = setting["within"]
    done = (pl.col("cause") == cause).fill_null(False)
    in_time = done if within is None else done & (pl.col("duration") <= within)
    over = pl.col("cause").is_not_null()
    mature = over if within is None else over | (pl.col("duration") >= within)
    return Cases(found.with_columns(cohort=in_time, mature=mature), without)  # type: ignore[arg-type]


def _accepted(past: Past) -> pl.DataFrame:
    """``deal``, ``accepted``: true; false where it was refused or closed without; null while it is open."""
    said = past.last("accepted").select("deal", said=pl.col("value") == "true")
    closed = past.ends.select("deal", closed=pl.lit(True))
    found = past.begun.join(said, on="deal", how="left", maintain_order="left")
    found = found.join(closed, on="deal", how="left", maintain_order="left")
    hit = pl.when(pl.col("said").is_not_null()).then("said").when(pl.col("closed")).then(False)
    return found.select("deal", "at", hit.alias("hit"))


NOT_SAID = "nothing tells whether it was accepted: no `accepted` was read"


def _sal(past: Past, setting: Setting) -> Cases:
    return Cases(_accepted(past), missing=None if past.knows("accepted") else NOT_SAID)


def _sql(past: Past, setting: Setting) -> Cases:
    wanted = setting["qualified_stage"]
    stages = past.process.open_stages
    ranks = {stage.id: rank for rank, stage in enumerate(stages)}
    if wanted is not None and wanted not in ranks:
        return Cases(past.begun, missing=f"the process has no stage {wanted}")
    rank = ranks[wanted] if wanted is not None else len(stages) - 1
    qualified = past.reached.filter(pl.col("rank") == rank).select("deal", qualified=pl.lit(True))
    closed = past.ends.select("deal", closed=pl.lit(True))
    found = _accepted(past).filter("hit").drop("hit")
    for frame in (qualified, closed):
        found = found.join(frame, on="deal", how="left", maintain_order="left")
    hit = pl.when(pl.col("qualified")).then(True).when(pl.col("closed")).then(False)
    return Cases(found.select("deal", "at", hit.alias("hit")), missing=None if past.knows("accepted") else NOT_SAID)


def _sql_acceptance(past: Past, setting: Setting) -> Cases:
    handed = past.reached.filter(pl.col("rank") == 1).select("deal", handed="at")
    found = handed.join(_accepted(past).select("deal", "hit"), on="deal", maintain_order="left")
    found = found.select("deal", pl.col("handed").alias("at"), "hit")
    return Cases(found, missing=None if past.knows("accepted") else NOT_SAID)


def _to_meeting(past: Past, setting: Setting) -> Cases:
    met = meetings(past)
    if met is None:
        return Cases(past.begun, missing="no activities were read")
    first = met.group_by("deal").agg(pl.col("at").min().alias("met"))
    known, unread = past.read(past.begun, "activities")
    found = known.join(first, on="deal", how="left", maintain_order="left")
    ends = past.ends.select("deal", "status", end="at")
    found = found.join(ends, on="deal", how="left", maintain_order="left")
    without = [*unread, *left_out(NO_BEGINNING, found.filter(pl.col("at").is_null()))]
    found = found.filter(pl.col("at").is_not_null())
    found = found.with_columns(
        cause=pl.when(pl.col("met").is_not_null()).then(pl.lit("met")).otherwise("status"),
        until=pl.coalesce("met", "end"),
    )
    found = found.with_columns(past.days(found["at"], found["until"]).clip(0).alias("duration"))
    return _placed(found, "met", setting, tuple(without))


def _disqualified(past: Past, setting: Setting) -> Cases:
    out = past.moves.filter(pl.col("left").is_not_null(), pl.col("to").is_not_null())
    last = out.unique(["deal", "stage"], keep="last", maintain_order=True)
    counted = closings(past, "per_closure").select("deal", pl.col("at").alias("left"), "counts_as")
    counted = counted.unique(["deal", "left"], keep="last")
    last = last.join(counted, on=["deal", "left"], how="left", maintain_order="left")
    said = past.value(last, "disqualified_reason", at="left") if past.knows("disqualified_reason") else None
    lost = pl.col("to") == "lost"
    hit = lost & (pl.col("counts_as") == "lost")
    if said is not None:
        last = last.with_columns(said.alias("said"))
        hit = lost & ((pl.col("counts_as") == "lost") | pl.col("said").is_not_null())
    return Cases(last.select("deal", "stage", pl.col("left").alias("at"), hit.fill_null(False).alias("hit")))


_RESPONSE = (
    "Leads nobody has touched are censored now, or when they closed; they are not dropped.",
    "A touch is by a person: first_human_touch_at, else the first activity that went out, was held or was two-way, and "
    "is not marked automated.",
    "Minutes are those of working hours on business days.",
)
_MET = ("met", "won", "lost", "cancelled")
_TO = ("converted", "won", "lost", "cancelled")


def _incident(cause: str, causes: tuple[str, ...], missing: str) -> Several:
    return several(
        Incidence(causes, {cause: "incidence"}),
        On(Share("cohort", missing=missing), hit="cohort"),
        On(Share("maturity", missing=missing), hit="mature"),
    )


_MEASURES = {
    "incidence": "share by h days, or by the end of what was followed, open ones censored",
    "cohort": "those that have by now ÷ all that began; too low while some are open",
    "maturity": "share whose answer is known, or that was watched for h days",
}

SPECS = (
    *(
        Spec(
            id=f"response_{name}",
            question="How long does a lead wait for a person?",
            formula=f"{words} by Kaplan and Meier of first human touch − creation",
            unit="business minutes",
            grain="lead",
            stage="ever",
            better="lower",
            source="Kaplan and Meier 1958",
            measures={name: f"working minutes within which {share} have been touched"},
            edges=_RESPONSE,
            policies=(PROMISED,),
            cases=_response,
            kind=Clock("business minutes", {name: q}),
        )
        for name, q, words, share in (
            ("median", 0.5, "median", "half"),
            ("p90", 0.9, "90th percentile", "nine in ten"),
        )
    ),
    Spec(
        id="response_in_sla",
        question="How many leads are touched within the promised time?",
        formula="touched within the promise ÷ (touched + untouched beyond the promise)",
        unit="share",
        grain="lead",
        stage="ever",
        better="higher",
        source="our own",
        measures={"share": "in time ÷ decided"},
        edges=("A lead that nobody touched and that is not late yet is not decided.", *_RESPONSE[1:]),
        policies=(PROMISED,),
        cases=_in_sla,
        kind=Share(missing="no lead is decided"),
    ),
    Spec(
        id="never_touched_share",
        question="How many leads has nobody touched?",
        formula="leads without a touch by a person ÷ leads",
        unit="share",
        grain="lead",
        stage="ever",
        better="lower",
        source="our own",
        measures={"share": "untouched ÷ all"},
        edges=("As of now: a lead that came in a minute ago counts.", _RESPONSE[1]),
        policies=(PROMISED,),
        cases=_never,
        kind=Share(missing="no lead"),
    ),
    Spec(
        id="lead_to_opportunity",
        question="How many leads become an opportunity?",
        formula="Aalen and Johansen's incidence of conversion by h days; `cohort`: converted ÷ begun",
        unit="share",
        grain="lead",
        stage="ever",
        better="higher",
        source="Aalen and Johansen 1978",
        record="lead",
        measures={
            "cohort": _MEASURES["cohort"],
            "incidence": _MEASURES["incidence"],
            "maturity": _MEASURES["maturity"],
            "days": "median calendar days from beginning to conversion, of those converted",
        },
        edges=(
            "Days are calendar days in the process's zone.",
            "A lead converted before it began counts; its days do not.",
        ),
        policies=(WITHIN,),
        cases=_converted,
        kind=several(
            On(Share("cohort", missing="no lead"), hit="cohort"),
            Incidence(_TO, {"converted": "incidence"}),
            On(Share("maturity", missing="no lead"), hit="mature"),
            Spread("days", where=(pl.col("cause") == "converted") & (pl.col("days") >= 0), quantiles={"days": 0.5}),
        ),
    ),
    Spec(
        id="lead_to_meeting",
        question="How many leads come to a held meeting?",
        formula="Aalen and Johansen's incidence of the first held two-way meeting by h days",
        unit="share",
        grain="lead or deal",
        stage="ever",
        better="higher",
        source="Aalen and Johansen 1978",
        measures=_MEASURES,
        edges=("A meeting is a held, two-way meeting, demo or proposal review.",),
        policies=(WITHIN,),
        cases=_to_meeting,
        kind=_incident("met", _MET, "no lead"),
    ),
    Spec(
        id="sal_rate",
        question="How many leads does sales accept?",
        formula="accepted ÷ (accepted + refused + closed without being accepted)",
        unit="share",
        grain="lead",
        stage="ever",
        better="higher",
        source="common: SAL ÷ MQL",
        record="lead",
        measures={"share": "accepted ÷ decided"},
        edges=(
            "Every lead in the process counts as marketing-qualified.",
            "Open leads without an answer are not decided.",
        ),
        cases=_sal,
        kind=Share(missing="no lead is decided"),
    ),
    Spec(
        id="sql_rate",
        question="How many accepted leads become sales-qualified?",
        formula="came to the qualified stage or beyond ÷ accepted and (came there or closed)",
        unit="share",
        grain="lead",
        stage="ever",
        better="higher",
        source="common: SQL ÷ SAL",
        record="lead",
        measures={"share": "qualified ÷ decided"},
        policies=(
            Policy(id="qualified_stage", choice=None, about="the stage of qualified leads; none: the last open one"),
        ),
        cases=_sql,
        kind=Share(missing="no accepted lead is decided"),
    ),
    Spec(
        id="sql_acceptance",
        question="How many of those handed over does sales accept?",
        formula="accepted ÷ decided, of those that came beyond the first stage",
        unit="share",
        grain="lead or deal",
        stage="ever",
        better="higher",
        source="our own",
        measures={"share": "accepted ÷ decided"},
        edges=("Refused, or closed without being accepted, is no; open without an answer is not decided.",),
        cases=_sql_acceptance,
        kind=Share(missing="none handed over is decided"),
    ),
    Spec(
        id="disqualified_share",
        question="How many deals are disqualified in a stage? None at all is a warning.",
        formula="deals lost from the stage (not as no decision), or with a disqualified_reason ÷ deals that left",
        unit="share",
        grain="deal and stage",
        better="neither",
        source="our own",
        stage="own",
        measures={"share": "disqualified ÷ left"},
        edges=("A deal counts by how it left the stage the last time.", "A loss without a reason counts as lost."),
        cases=_disqualified,
        kind=Share(missing="no deal has left it"),
    ),
)
