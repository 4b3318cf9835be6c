"""How deals move through the stages: conversion, flow, moves, going back and skipping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from ...compile.frames import MOMENT
from ..cases import CLOSED, Past, left_out
from ..chain import MEMORYLESS, Chain
from ..figure import NoValue, figure, nothing
from ..kinds import Incidence, On, Share, names, several
from ..shares import share
from ..spec import Cases, LeftOut, Policy, Row, Setting, Spec

UNTOLD = "it was in the stage when it was first seen, and since when is not known"
ADVANCED = "advanced"
CAUSES = (ADVANCED, "lost", "cancelled")

WITHIN = Policy(id="within", choice=None, about="days within which it has to happen; none: ever")
SKIP = Policy(
    id="skip_policy",
    choice="imputed",
    allowed=("imputed", "strict", "exclude"),
    about="imputed: who reaches a stage has passed those before it; strict: moves from a stage to the next one only; "
    "exclude: deals that jump over one of the stages are left out",
)
BACK = Policy(id="back_policy", choice="first_passage", allowed=("first_passage",), about="a stage counts once a deal")
TO = Policy(id="to", choice="next", about="the stage that has to be reached or passed: next, won, or a stage's id")


def _target(past: Past, to: str, rank: int) -> int | None:
    """The rank to reach from a rank; None where the stage does not lie after it."""
    last = len(past.process.open_stages)
    if to == "next":
        return rank + 1
    ranks = {stage.id: n for n, stage in enumerate(past.process.open_stages)} | {"won": last}
    reach = ranks.get(to)
    return reach if reach is not None and reach > rank else None


def conversion_cases(past: Past, to: str = "next", skip: str = "imputed") -> tuple[pl.DataFrame, tuple[LeftOut, ...]]:
    """A row a deal and open stage that it came to: ``deal, stage, at, there, duration, cause``.

    ``duration``: days from first coming to the stage to the target, else to its end, else to now. ``cause``: advanced,
    lost, cancelled; null while it is open. A loss that was reopened is none. ``there``: it was in that very stage then.
    """
    stages = past.process.open_stages
    own = past.entries.select("deal", pl.col("rank").cast(pl.Int32), pl.col("at").alias("entered"))
    reached = past.reached
    adjacent = _adjacent(past) if skip == "strict" else None
    ends = past.ends.filter(pl.col("status") != "won").select("deal", pl.col("status").alias("ended"), end="at")
    parts: list[pl.DataFrame] = []
    for rank, stage in enumerate(stages):
        target = _target(past, to, rank)
        if target is None:
            continue
        mine = reached.filter(pl.col("rank") == rank).select("deal", "at", "there")
        if skip == "strict":
            mine = own.filter(pl.col("rank") == rank).select("deal", pl.col("entered").alias("at"), there=True)
        there = reached.filter(pl.col("rank") == target).select("deal", pl.col("at").alias("goal"), reached=True)
        if adjacent is not None:
            steps = adjacent.filter(pl.col("rank").is_between(rank, target - 1))
            there = steps.group_by("deal").agg(pl.col("at").max().alias("goal"), pl.len())
            there = there.filter(pl.col("len") == target - rank).select("deal", "goal", reached=True)
        mine = mine.join(there, on="deal", how="left", maintain_order="left")
        if skip == "exclude":
            jumped = reached.filter(pl.col("rank").is_between(rank, min(target, len(stages) - 1)), ~pl.col("there"))
            mine = mine.join(jumped.select("deal").unique(), on="deal", how="anti", maintain_order="left")
        parts.append(mine.with_columns(pl.lit(stage.id, past.stages).alias("stage")))
    if not parts:
        empty: dict[str, Any] = {"deal": past.ids, "stage": past.stages, "at": MOMENT, "there": pl.Boolean}
        return pl.DataFrame(schema=empty | {"duration": pl.Float64, "cause": pl.String}), ()
    found = pl.concat(parts).join(ends, on="deal", how="left", maintain_order="left")
    untold = found.filter(pl.col("at").is_null())
    found = found.filter(pl.col("at").is_not_null())
    advanced = pl.col("reached").fill_null(False)
    found = found.with_columns(
        cause=pl.when(advanced).then(pl.lit(ADVANCED)).otherwise("ended"),
        until=pl.when(advanced).then("goal").otherwise("end"),
    )
    found = found.with_columns(past.days(found["at"], found["until"]).alias("duration"))
    return found.select("deal", "stage", "at", "there", "duration", "cause"), tuple(left_out(UNTOLD, untold))


def _adjacent(past: Past) -> pl.DataFrame:
    """``deal, rank, at``: when a deal first went straight on to the next stage, or from the last to won."""
    last = len(past.process.open_stages) - 1
    straight = (pl.col("to_rank") == pl.col("rank") + 1) | ((pl.col("rank") == last) & (pl.col("to") == "won"))
    steps = past.moves.filter(straight.fill_null(False))
    return (
        steps.group_by("deal", "rank").agg(pl.col("left").min().alias("at")).with_columns(pl.col("rank").cast(pl.Int32))
    )


def _conversion(past: Past, setting: Setting) -> Cases:
    key = ("conversion", setting["to"], setting["skip_policy"])
    if key not in past.memo:
        past.memo[key] = conversion_cases(past, setting["to"], setting["skip_policy"])
    frame, without = past.memo[key]
    targets = ("next", "won", *(stage.id for stage in past.process.open_stages))
    missing = None if setting["to"] in targets else f"the process has no open stage {setting['to']}"
    within = setting["within"]
    done = pl.col("cause") == ADVANCED
    in_time = done if within is None else done & (pl.col("duration") <= within)
    watched = past.days(frame["at"], pl.repeat(None, frame.height, dtype=MOMENT, eager=True))
    frame = frame.with_columns(watched.alias("watched"))
    ended = pl.col("cause").is_not_null()
    known = ended if within is None else ended | (pl.col("watched") >= within)
    hit = in_time.fill_null(False)
    # by a horizon, a deal that has gone on for longer has not made it, though it is open
    settled = ended if within is None else ended | (pl.col("duration") > within)
    frame = frame.with_columns(
        cohort=hit, closed_only=pl.when(settled).then(hit), mature=known, imputed=~pl.col("there")
    )
    return Cases(frame, without, missing)


def _flow(past: Past, setting: Setting) -> Cases:
    exits = past.moves.filter(pl.col("left").is_not_null(), pl.col("to").is_not_null())
    forward = (pl.col("to_rank") > pl.col("rank")).fill_null(False) | (pl.col("to") == "won")
    return Cases(exits.select("deal", "stage", pl.col("left").alias("at"), hit=forward))


def _regression(past: Past, setting: Setting) -> Cases:
    gone = past.moves.filter(pl.col("left").is_not_null())
    back = (pl.col("to_rank") < pl.col("rank")).fill_null(False)
    found = gone.group_by("deal", "stage", maintain_order=True).agg(
        pl.col("entered").first().alias("at"), back.any().alias("hit")
    )
    return Cases(found)


def _skips(past: Past, setting: Setting) -> Cases:
    last = len(past.process.open_stages)
    stage_of = {n: stage.id for n, stage in enumerate(past.process.open_stages)}
    beyond = past.reached.filter(pl.col("rank") > 0).select("deal", pl.col("rank") - 1, passed=pl.col("at"))
    here = past.reached.filter(pl.col("rank") < last).join(beyond, on=["deal", "rank"], maintain_order="left")
    stage = pl.col("rank").replace_strict(stage_of, return_dtype=past.stages).alias("stage")
    # what was there when it was first seen may have been in the stages before
    seen = here.filter(pl.col("at").is_null() & ~pl.col("there"))
    here = here.filter(pl.col("at").is_not_null() | pl.col("there"))
    return Cases(here.select("deal", stage, "at", hit=~pl.col("there")), tuple(left_out(UNTOLD, seen)))


REOPEN = Policy(
    id="reopen_policy",
    choice="final_outcome",
    allowed=("final_outcome", "per_closure"),
    about="final_outcome: a closing that was reopened is no end; per_closure: each closing is one",
)


def moves_between(past: Past, reopen: str) -> pl.DataFrame:
    """``deal, stage, at, from, to`` of each move from an open stage; ``to`` null: it is there still."""
    moves = past.moves
    if reopen == "per_closure":
        return moves.select(
            "deal", "stage", pl.col("left").alias("at"), pl.col("stage").cast(past.states).alias("from"), "to"
        )
    again = (pl.col("deal") == pl.col("deal").shift(-1)).fill_null(False) & (
        pl.col("spell") < pl.col("spell").shift(-1)
    )
    onward = pl.col("stage").shift(-1).cast(pl.String).cast(past.states)
    found = moves.with_columns(
        to=pl.when(again).then(onward).otherwise("to"), stays=(again & (pl.col("stage") == pl.col("stage").shift(-1)))
    )
    found = found.filter(~pl.col("stays").fill_null(False))
    return found.select(
        "deal", "stage", pl.col("left").alias("at"), pl.col("stage").cast(past.states).alias("from"), "to"
    )


class _Transitions:
    """The share of each move among all moves out of a stage."""

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterator[Row]:
        by = names(setting)
        moved = frame.filter(pl.col("to").is_not_null())
        counts = moved.group_by([*by, "to"]).agg(pl.len().cast(pl.Int64).alias("w"))
        counts = counts.with_columns(pl.col("w").sum().over(by).alias("n")).sort([*by, "to"], nulls_last=True)
        for row in counts.iter_rows(named=True):
            keys = {key: row[f"by.{key}"] for key in setting.keys} | {"to": row["to"]}
            yield Row(
                setting.spec.id, keys, "share", share(row["w"], row["n"], min_n=setting.min_n, flags=setting.flags)
            )


class _Absorption:
    """The chance of being won in the end, from each stage, if only the stage matters."""

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterator[Row]:
        others = [key for key in setting.keys if key != "stage"]
        kind = frame.schema["from"]
        assert isinstance(kind, pl.Enum)
        tally = frame.group_by([*(f"by.{key}" for key in others), "from", "to"]).len()
        groups: dict[tuple[str | None, ...], dict[tuple[str, str | None], int]] = {}
        for *values, origin, to, count in tally.sort(pl.all(), nulls_last=True).iter_rows():
            groups.setdefault(tuple(values), {})[origin, to] = count
        for of, counts in groups.items():
            chain = _chain(counts, kind.categories.to_list())
            solved = chain.absorption()
            for state in chain.states:
                keys = {"stage": state, **dict(zip(others, of, strict=True))}
                n = sum(count for (origin, _), count in chain.counts.items() if origin == state)
                if isinstance(solved, NoValue):
                    yield Row(setting.spec.id, keys, "won", nothing(solved.reason, unit="share", n=n))
                    continue
                made = figure(solved.chances[state]["won"], unit="share", n=n, min_n=setting.min_n, flags=setting.flags)
                yield Row(setting.spec.id, keys, "won", made)
                steps = figure(solved.steps[state], unit="moves", n=n, min_n=setting.min_n, flags=setting.flags)
                yield Row(setting.spec.id, keys, "moves", steps)


def _chain(counts: Mapping[tuple[str, str | None], int], states: Sequence[str]) -> Chain:
    """The chain of moves that are counted already; a move to nowhere is a deal that is still there."""
    seen = {origin for origin, _ in counts} | {to for _, to in counts if to is not None}
    named = tuple(state for state in states if state in seen and state not in CLOSED)
    moved = {(origin, to): count for (origin, to), count in counts.items() if to is not None}
    still = {origin: count for (origin, to), count in counts.items() if to is None}
    return Chain(named, CLOSED, moved, still, 0)


def _moves(past: Past, setting: Setting) -> Cases:
    return Cases(moves_between(past, setting["reopen_policy"]))


SPECS = (
    Spec(
        id="conversion",
        question="Of the deals that come to a stage, how many go on to the next one?",
        formula="Aalen and Johansen's cumulative incidence of reaching the target after first entering the stage, all "
        "other ends competing; `cohort`: deals that reached it within h days ÷ deals that entered",
        unit="share",
        grain="deal and stage, once",
        better="higher",
        source="Aalen and Johansen 1978; first passage",
        stage="own",
        measures={
            "incidence": "share that reaches the target by h days, or by the end of what was followed",
            "cohort": "those that have reached it by now ÷ all that entered; too low while deals are open",
            "closed_only": "the same among deals whose answer is known; biased, for comparison with other tools",
            "imputed": "share of the cohort that skipped the stage and counts as having passed it",
            "maturity": "share of the cohort whose answer is known, or that was watched for h days",
        },
        edges=(
            "A deal counts once a stage, from when it first came to it.",
            "Open deals are censored now; a loss that was reopened is no loss.",
            UNTOLD[0].upper() + UNTOLD[1:] + ": such deals are left out and counted.",
        ),
        policies=(TO, WITHIN, SKIP, BACK),
        cases=_conversion,
        kind=several(
            Incidence(CAUSES, {ADVANCED: "incidence"}),
            On(Share("cohort"), hit="cohort"),
            On(Share("closed_only", missing="no deal's answer is known yet"), hit="closed_only"),
            On(Share("maturity"), hit="mature"),
            On(Share("imputed"), hit="imputed"),
        ),
    ),
    Spec(
        id="flow_conversion",
        question="Of the exits from a stage in a period, how many went forward?",
        formula="exits to a later stage or won in the period ÷ all exits in the period",
        unit="share",
        grain="exit from a stage",
        better="higher",
        source="period flow; not a cohort",
        stage="own",
        measures={"share": "forward exits ÷ all exits"},
        edges=(
            "Fast, but biased by how fast deals move: quick losses show before slow wins. It is not the cohort's rate.",
        ),
        cases=_flow,
        kind=Share(missing="no exit"),
    ),
    Spec(
        id="transitions",
        question="Where do deals go from a stage?",
        formula="moves from a stage to another or to an end ÷ all moves from it",
        unit="share",
        grain="move",
        better="neither",
        source="Kemeny and Snell 1960, Finite Markov Chains",
        stage="own",
        measures={"share": "n_ab ÷ Σ n_a·, with the key `to`"},
        edges=("Stages that deals are in still count no move.", MEMORYLESS),
        policies=(REOPEN,),
        cases=_moves,
        kind=_Transitions(),
    ),
    Spec(
        id="win_chance",
        question="How likely is a deal in this stage to be won in the end, if only its stage matters?",
        formula="B = (I − Q)⁻¹R of the transition matrix, the column of won",
        unit="share",
        grain="move",
        better="higher",
        source="Kemeny and Snell 1960, Finite Markov Chains, chapter 3",
        stage="own",
        measures={"won": "chance of being won", "moves": "expected moves until an end"},
        edges=("Refused where a stage has no path to an end.", MEMORYLESS),
        policies=(REOPEN,),
        cases=_moves,
        kind=_Absorption(),
    ),
    Spec(
        id="regression_rate",
        question="How many deals go back from a stage to an earlier one?",
        formula="deals that went back from the stage at least once ÷ deals that left it at least once",
        unit="share",
        grain="deal and stage",
        better="lower",
        source="our own",
        stage="own",
        measures={"share": "deals that went back ÷ deals that left"},
        cases=_regression,
        kind=Share(missing="no deal has left it"),
    ),
    Spec(
        id="skip_share",
        question="How many deals go past a stage without having been in it?",
        formula="deals that came beyond the stage before ever being in it ÷ deals that came beyond it",
        unit="share",
        grain="deal and stage",
        better="lower",
        source="our own",
        stage="own",
        measures={"share": "deals that skipped ÷ deals that came beyond"},
        edges=("A deal created in a later stage has skipped those before.", "A won deal is beyond every open stage."),
        cases=_skips,
        kind=Share(missing="no deal came beyond it"),
    ),
)
