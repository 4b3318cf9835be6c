"""Answers as verdicts, and how a deal stands: state and readiness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm
from operator import add, and_, or_

import polars as pl

from ..plan.plan import Judged, Required
from .cells import Cell, constant_truth, halved
from .printer import exactly, inverted

STATUS = pl.Enum(["met", "unmet", "unknown", "not_applicable", "waived"])
STATE = pl.Enum(["ready", "unknown", "blocked"])
GROUP = pl.Enum(["open", "won", "lost", "cancelled", "unmapped"])


@lru_cache(maxsize=64)
def _word(word: str, kind: pl.Enum) -> pl.Expr:
    return pl.lit(word, dtype=kind)


def three(answer: Cell, words: tuple[str, str, str], kind: pl.Enum) -> pl.Expr:
    """One of three words, for true, false and null. ``when`` between two constants is the quickest Polars has."""
    yes, no, unknown = (_word(w, kind) for w in words)
    if isinstance(answer.dtype, pl.Null):
        return unknown
    if answer.constant is not None:
        return yes if answer.constant else no
    sure = pl.when(answer.expr).then(yes).otherwise(no)
    return sure if answer.whole else pl.when(answer.expr.is_null()).then(unknown).otherwise(sure)


@dataclass(frozen=True, slots=True)
class Answered:
    """A criterion's answers as columns: ``holds`` (true where it does not apply), ``applies`` and ``waived``."""

    judged: Judged
    holds: Cell
    applies: Cell | None
    waived: Cell | None

    def status(self) -> pl.Expr:
        """Its status."""
        found = three(self.holds, ("met", "unmet", "unknown"), STATUS)
        if self.waived is not None and self.waived.constant is not False:
            not_met = inverted(exactly(self.holds, True))
            found = pl.when(self.waived.expr & not_met.expr).then(_word("waived", STATUS)).otherwise(found)
        if self.applies is not None and self.applies.constant is not True:
            out = exactly(self.applies, False)
            found = pl.when(out.expr).then(_word("not_applicable", STATUS)).otherwise(found)
        return found

    def in_the_way(self) -> Cell:
        """True where it lets the deal pass: met, waived or not applicable; false or null where it holds it back."""
        if self.waived is None or self.waived.constant is False:
            return self.holds
        whole = self.holds.whole
        return Cell("truth", self.holds.expr | self.waived.expr, whole)

    def done(self) -> Cell:
        """Whether it is met, waived or not applicable; never null."""
        return exactly(self.in_the_way(), True)

    def left_out(self) -> Cell:
        """Whether it does not apply; never null."""
        return constant_truth(False) if self.applies is None else exactly(self.applies, False)


class Standing:
    """State and readiness by the stage a deal is in. ``here`` are the truths "is in this stage", never null."""

    def __init__(self, required: Sequence[Required], here: Sequence[pl.Expr], answered: Sequence[Answered]) -> None:
        self.required, self.here, self.answered = required, here, answered

    def state(self, counted: pl.Expr) -> pl.Expr:
        """blocked, unknown or ready; null where the deal is not counted.

        In Kleene's logic "one of: it is in this stage, and all that this stage asks holds" is the deal's own answer.
        """
        stages: list[pl.Expr] = []
        for required, here in zip(self.required, self.here, strict=True):
            asked = [self.answered[n] for n in required.places if self.answered[n].judged.criterion.holds]
            stages.append(halved([here, *(a.in_the_way().expr for a in asked)], and_))
        if not stages:
            return pl.when(counted).then(_word("ready", STATE))
        words = three(Cell("truth", halved(stages, or_)), ("ready", "blocked", "unknown"), STATE)
        return pl.when(counted).then(words)

    def readiness(self, counted: pl.Expr) -> pl.Expr:
        """The weighted share of what is met or waived among what applies; null where nothing does."""
        weights, largest = self._weights()
        kind = pl.UInt8 if largest < 2**8 else pl.UInt16 if largest < 2**16 else pl.Int64
        whole = pl.lit(0, dtype=kind)
        for required, here in zip(self.required, self.here, strict=True):
            total = sum(weights[n] for n in required.places)
            whole = pl.when(here).then(pl.lit(total, dtype=kind)).otherwise(whole)
        nothing = pl.lit(0, dtype=kind)
        opens, outs = [nothing], [nothing]
        for n, one in enumerate(self.answered):
            places = [h for r, h in zip(self.required, self.here, strict=True) if n in r.places]
            if not places or not weights[n]:
                continue
            mine = halved(places, or_)
            weight = pl.lit(weights[n], dtype=kind)
            done, out = one.done(), one.left_out()
            if done.constant is not True:
                opens.append(pl.when(mine & ~done.expr).then(weight).otherwise(nothing))
            if out.constant is not False:
                outs.append(pl.when(mine & out.expr).then(weight).otherwise(nothing))
        open_, left_out = halved(opens, add), halved(outs, add)
        applying = (whole - left_out).cast(pl.Float64)
        share = (whole - left_out - open_).cast(pl.Float64) / applying
        return pl.when(counted & (applying > 0)).then(share)

    def _weights(self) -> tuple[list[int], int]:
        """Weights as whole numbers, and the largest sum of a stage."""
        exact = [Fraction(a.judged.criterion.weight) for a in self.answered]
        scale = lcm(*(w.denominator for w in exact)) if exact else 1
        weights = [int(w * scale) for w in exact]
        return weights, max((sum(weights[n] for n in r.places) for r in self.required), default=0)
