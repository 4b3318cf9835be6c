"""What became of the pipeline that a period began with, and what was won that it did not begin with."""

from __future__ import annotations

import polars as pl

from ..cases import Past, left_out
from ..dated import EVERY, LATER, assumed, opening, periods_of, undatable
from ..kinds import Share, ValueShare, several
from ..spec import Cases, Setting, Spec
from .winning import AMOUNT, REOPEN, closing_amounts, closings

_CLOSED = ["won", "lost", "cancelled"]
NOT_OVER = "the period is not over"


def _opened(past: Past, setting: Setting, hit: pl.Expr) -> Cases:
    if not past.knows("close_date"):
        return Cases(pl.DataFrame(), missing="no close dates are known")
    base = opening(past, setting["every"])
    over = base.filter("over").with_columns(hit.alias("hit"))
    flags = (LATER,) if assumed(past, over, "then") else ()
    without = (*left_out(NOT_OVER, base.filter(~pl.col("over"))), *undatable(past))
    return Cases(over, without, flags=flags)


def _slip(past: Past, setting: Setting) -> Cases:
    return _opened(past, setting, ~pl.col("outcome").is_in(_CLOSED))


def _win_in_period(past: Past, setting: Setting) -> Cases:
    return _opened(past, setting, pl.col("outcome") == "won")


def _create_and_close(past: Past, setting: Setting) -> Cases:
    found = closings(past, setting["reopen_policy"])
    found = found.filter(pl.col("status") == "won")
    found = found.with_columns(closing_amounts(past, found, setting["amount_basis"]))
    found = found.join(
        past.begun.select("deal", pl.col("at").alias("begun")), on="deal", how="left", maintain_order="left"
    )
    unknown = found.filter(pl.col("at").is_null() | pl.col("begun").is_null())
    every = setting["every"]
    began, ended = past.day(found["begun"]), past.day(found["at"])
    same = periods_of(past, began, every) == periods_of(past, ended, every)
    found = found.with_columns(same.alias("hit")).filter(pl.col("at").is_not_null(), pl.col("begun").is_not_null())
    return Cases(found, tuple(left_out("nothing tells when it began or closed", unknown)))


_BOTH = {"share": "share of deals", "value": "share of their amount"}
_AS_OPENED = (
    "the base is what was open and dated in the period at its first moment, with the amounts of then",
    "the outcome is that of the period's last moment; periods that are not over are left out",
)
SPECS = (
    Spec(
        id="slip_rate",
        question="How much of the pipeline that a period begins with is still open when it ends?",
        formula="open at the end ÷ open and dated in the period at its start",
        unit="share",
        grain="deal and period",
        better="lower",
        source="DOMAIN.md B",
        stage="then",
        measures=_BOTH,
        edges=(*_AS_OPENED, "a deal that was lost or cancelled has not slipped"),
        policies=(EVERY,),
        cases=_slip,
        kind=several(Share(), ValueShare()),
    ),
    Spec(
        id="win_in_period",
        question="How much of the pipeline that a period begins with is won in it?",
        formula="won by the end ÷ open and dated in the period at its start",
        unit="share",
        grain="deal and period",
        better="higher",
        source="DOMAIN.md B; millergrowth.co",
        stage="then",
        measures=_BOTH,
        edges=(*_AS_OPENED, "deals that came later are in create_and_close_share"),
        policies=(EVERY,),
        cases=_win_in_period,
        kind=several(Share(), ValueShare()),
    ),
    Spec(
        id="create_and_close_share",
        question="How much of what is won was begun in the same period?",
        formula="won deals begun in the period they were won in ÷ won deals",
        unit="share",
        grain="won deal",
        better="neither",
        source="DOMAIN.md B; revcast.com",
        measures=_BOTH,
        edges=("the period is that of the win", "the amount is that at the win"),
        policies=(EVERY, REOPEN, AMOUNT),
        cases=_create_and_close,
        kind=several(Share(), ValueShare()),
    ),
)
