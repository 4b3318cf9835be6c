"""Facts given as columns conclude what the same facts given one by one conclude."""

from __future__ import annotations

from datetime import date
from random import Random

import polars as pl
import pytest

from dealgate.model.diagnostics import Where
from dealgate.model.play import OF_ITS_OWN, Need, Play, Plays
from dealgate.plays import Fact, Facts, conclude
from dealgate.plays.frames import TEXTS, Frame

from . import made

TODAY = date(2026, 11, 23)
SCHEMA = dict.fromkeys(TEXTS, pl.String) | {"on": pl.Date}


def framed(items: list[Fact]) -> pl.DataFrame:
    return pl.DataFrame([{name: getattr(fact, name) for name in SCHEMA} for fact in items], schema=SCHEMA)


def pair(random: Random, facts: Facts) -> tuple[Facts, Facts]:
    """The same facts as items, and with some kinds in frames; what is in a frame has no figure."""
    kinds = [kind for kind in sorted(facts.looked_at - set(OF_ITS_OWN)) if random.random() < 0.6]
    items = [f._replace(value=None, change=None) if f.kind in kinds else f for f in facts.items]
    frames = {kind: Frame(framed([f for f in items if f.kind == kind])) for kind in kinds}
    rest = [f for f in items if f.kind not in kinds]
    return Facts(items, facts.looked_at, facts.records), Facts(rest, facts.looked_at, facts.records, frames)


def compared(seed: int, most: int = 20) -> tuple[int, int]:
    random = Random(seed)
    plays, (items, frames) = made.plays(random), pair(random, made.facts(random, most))
    one, other = conclude(plays, items, made.TODAY), conclude(plays, frames, made.TODAY)
    assert [c.id for c in one.conclusions] == [c.id for c in other.conclusions], seed
    assert len(other.conclusions) == len(one.conclusions), seed
    assert tuple(other.conclusions) == tuple(one.conclusions), seed
    assert one.undecided == other.undecided, seed
    assert (one.later, one.records) == (other.later, other.records), seed
    assert {k: n for k, n in one.unplaced.items() if n} == {k: n for k, n in other.unplaced.items() if n}, seed
    return len(one.conclusions), len(one.undecided)


@pytest.mark.slow
def test_two_thousand_made_up_pairs_conclude_the_same_as_columns() -> None:
    totals = [sum(column) for column in zip(*(compared(seed, 40) for seed in range(100_000, 102_000)), strict=True)]
    assert totals[0] > 3000 and totals[1] > 1000, totals


@pytest.mark.parametrize("seed", range(110_000, 110_040))
def test_facts_as_columns_conclude_the_same(seed: int) -> None:
    compared(seed)


def test_a_frame_has_no_figures() -> None:
    with pytest.raises(ValueError, match="as items"):
        Facts([], ["metric"], frames={"metric": Frame(framed([Fact("metric", id="win_rate", owner="ann")]))})


def test_a_kind_is_given_once() -> None:
    fact = Fact("verdict", criterion="q.need", status="unmet", deal="d")
    with pytest.raises(ValueError, match="as items and as a frame"):
        Facts([fact], ["verdict"], frames={"verdict": Frame(framed([fact]))})
    with pytest.raises(ValueError, match="not looked at"):
        Facts([], [], frames={"verdict": Frame(framed([fact]))})


def test_many_alike_cost_one_inference_a_signature_and_each_still_has_its_reasons() -> None:
    need = Need("verdict", tests=(("criterion", ("q.need",)), ("status", ("unmet",))))
    plays = Plays("alike", "A", "1", (Play("a", "A", "deal", (need,), "p", document="alike"),))
    statuses = ["met", "unmet"] * 6000
    rows = pl.DataFrame(
        {"deal": [f"d{n:05}" for n in range(12_000)], "criterion": "q.need", "status": statuses},
        schema={"deal": pl.String, "criterion": pl.Categorical, "status": pl.Enum(["met", "unmet"])},
    )
    where = Where("rules/x.yaml", 3, 1)
    found = conclude(plays, Facts([], ["verdict"], frames={"verdict": Frame(rows, {"q.need": where})}), TODAY)
    assert (len(found.conclusions), found.inferences, found.records) == (6000, 2, 12_000)
    last = found.conclusions[-1]
    assert (last.record, last.lines(), last.deals()) == ("d11999", (where,), {"d11999"})
    assert last.because[0].facts[0].status == "unmet"
    assert [one.record for one in found.conclusions[4999:5002]] == ["d09999", "d10001", "d10003"]
    with pytest.raises(IndexError):
        found.conclusions[6000]
