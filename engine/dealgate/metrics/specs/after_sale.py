"""After the signature: handoff, first value, customers who leave, references."""

from __future__ import annotations

import polars as pl

from ...compile.frames import MOMENT
from ...model.condition import refs
from ..cases import Past, left_out
from ..kinds import Clock, Incidence, Share
from ..spec import Cases, Policy, Setting, Spec

NO_SIGNATURE = "nothing tells when it was signed or won"


def _customers(past: Past) -> pl.DataFrame:
    """``deal``, ``at``: won deals, when they were signed (else won); null where nothing tells."""
    won = past.ends.filter(pl.col("status") == "won").select("deal", won="at")
    found = won.join(past.last_moment("signed_on"), on="deal", how="left", maintain_order="left")
    return found.select("deal", at=pl.coalesce("signed_on", "won"))


def _value(past: Past, setting: Setting) -> Cases:
    if not past.knows("first_value_on"):
        return Cases(past.begun, missing="no first_value_on was read")
    found = _customers(past).join(past.last_moment("first_value_on"), on="deal", how="left", maintain_order="left")
    by_now = pl.col("first_value_on") <= pl.lit(past.as_of).cast(MOMENT)
    found = found.with_columns(pl.when(by_now).then("first_value_on").alias("first_value_on"))
    without = [*left_out(NO_SIGNATURE, found.filter(pl.col("at").is_null()))]
    found = found.filter(pl.col("at").is_not_null())
    end = found["first_value_on"].fill_null(past.as_of)
    days = (past.day(end) - past.day(found["at"])).dt.total_days()
    cause = pl.when(pl.col("first_value_on").is_not_null()).then(pl.lit("value"))
    found = found.with_columns(days.alias("duration"), cause.alias("cause"))
    without += left_out("value came before the signature", found.filter(pl.col("duration") < 0))
    return Cases(found.filter(pl.col("duration") >= 0), tuple(without))


def _handoff(past: Past, setting: Setting) -> Cases:
    after = [stage for stage in past.process.stages if stage.after == "won"]
    asked = [ref.field.id for stage in after for c in stage.exit if c.part == "capture" for ref in refs(c.check)]
    if not asked:
        return Cases(past.begun, missing="the process asks for nothing at the handoff")
    if not any(past.knows(name) for name in asked):
        return Cases(past.begun, missing=f"nothing was read of {', '.join(asked)}")
    there = [past.last(name).select("deal") for name in asked]
    complete = pl.concat(there).group_by("deal").len().filter(pl.col("len") == len(asked))
    with_all = complete.select("deal", hit=pl.lit(True))
    found = _customers(past).join(with_all, on="deal", how="left", maintain_order="left")
    return Cases(found.with_columns(pl.col("hit").fill_null(False)))


def _churn(past: Past, setting: Setting) -> Cases:
    told = past.told("account.status")
    if not past.knows("account.status"):
        return Cases(past.begun, missing="no account.status was read")
    customers = _customers(past)
    without = [*left_out(NO_SIGNATURE, customers.filter(pl.col("at").is_null()))]
    customers = customers.filter(pl.col("at").is_not_null())
    left = told.filter(pl.col("value") == "former_customer").select("deal", gone="at")
    left = left.join(customers, on="deal").filter(pl.col("gone") >= pl.col("at"))
    first = left.group_by("deal").agg(pl.col("gone").min())
    found = customers.join(first, on="deal", how="left", maintain_order="left")
    cause = pl.when(pl.col("gone").is_not_null()).then(pl.lit("left"))
    found = found.with_columns(past.days(found["at"], found["gone"]).alias("duration"), cause.alias("cause"))
    return Cases(found, tuple(without))


def _referrals(past: Past, setting: Setting) -> Cases:
    if not past.knows("reference_answer"):
        return Cases(past.begun, missing="no reference_answer was read")
    said = past.last("reference_answer").select("deal", "value")
    found = _customers(past).join(said, on="deal", maintain_order="left")
    hit = pl.when(pl.col("value") == "agreed").then(True).when(pl.col("value") == "declined").then(False)
    return Cases(found.select("deal", "at", hit.alias("hit")))


SPECS = (
    Spec(
        id="time_to_value",
        question="How long does a customer wait for the first confirmed result?",
        formula="median by Kaplan and Meier of first_value_on − signed_on, those still waiting censored now",
        unit="days",
        grain="won deal",
        stage="ever",
        better="lower",
        source="Kaplan and Meier 1958",
        measures={"median": "days by which half have it", "p75": "three quarters", "p90": "nine in ten"},
        edges=("From the signature, else from the day the deal was won; calendar days.",),
        cases=_value,
        kind=Clock(),
    ),
    Spec(
        id="handoff_completeness",
        question="How many handoffs have all that was asked for?",
        formula="won deals with every field that the stage after the sale captures ÷ won deals",
        unit="share",
        grain="won deal",
        stage="ever",
        better="higher",
        source="the process's own `capture`",
        measures={"share": "complete ÷ all"},
        edges=("A field that is not known is not there.", "As of now."),
        cases=_handoff,
        kind=Share(missing="no deal was won"),
    ),
    Spec(
        id="early_churn",
        question="How many customers leave early?",
        formula="1 − Kaplan and Meier at h days from the signature; leaving is account.status becoming former_customer",
        unit="share",
        grain="won deal",
        stage="ever",
        better="lower",
        source="Kaplan and Meier 1958",
        measures={"share": "share that has left by h days"},
        edges=("Customers watched for less than h days are censored, not counted as staying.",),
        policies=(Policy(id="within", choice=180, about="days from the signature that count as early"),),
        cases=_churn,
        kind=Incidence(("left",), {"left": "share"}),
    ),
    Spec(
        id="referral_rate",
        question="How many customers who answered the reference ask agree?",
        formula="agreed ÷ (agreed + declined)",
        unit="share",
        grain="won deal",
        stage="ever",
        better="higher",
        source="our own",
        measures={"share": "agreed ÷ answered"},
        edges=("Asked and not answered is not decided.",),
        cases=_referrals,
        kind=Share(missing="no customer has answered"),
    ),
)
