"""Whose chances a backtest shows, and how good they were."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import pytest
from tests.forecast.given import deal, snapshot

from dealgate.forecast.backtest import BASELINE, ENOUGH, Score, best, graded, trusted, verdict
from dealgate.forecast.methods import Asked, Outlook, methods
from dealgate.metrics.accuracy import brier, skill_of
from dealgate.metrics.figure import NoValue
from dealgate.metrics.reliability import reliability

NONE = NoValue("none")


def score(
    method: str, wape: str, fva: str, chances: list[float] | None = None, came: list[bool] | None = None
) -> Score:
    p, y = chances or [], came or []
    worth = brier(p, y)
    curve = reliability(p, y) if len(p) >= ENOUGH else ()
    added = NONE if method == BASELINE else Fraction(fva)
    return Score(
        methods()[method], "mid", 4, Fraction(wape), NONE, added, worth, NONE, skill_of(worth, y), len(p), curve, NONE,
        NONE, (),
    )  # fmt: skip


NAIVE = score("naive", "0.4", "0")
GOOD = score("historical", "0.3", "0.1", [0.2, 0.8] * 20, [False, True] * 20)
FAIR = score("stage-weighted", "0.2", "0.2", [0.4, 0.6] * 20, [False, True] * 20)
SURE = score("commit", "0.35", "0.05", [1.0] * 40, [True] * 39 + [False])
FEW = score("evidence", "0.1", "0.3", [0.1, 0.9], [False, True])


def test_the_recommended_methods_chances_are_shown() -> None:
    for scores in itertools.permutations((NAIVE, GOOD, FAIR)):
        assert trusted(scores) is graded(scores) is FAIR
        assert verdict(scores).startswith("Trust stage-weighted here")


def test_where_none_beats_the_baseline_the_most_skilled_ones_are() -> None:
    worse = [replace(one, fva=Fraction(-1, 10)) for one in (SURE, FAIR, GOOD)]
    assert brier([1.0] * 40, [True] * 39 + [False]) < brier([0.2, 0.8] * 20, [False, True] * 20)  # type: ignore[operator]
    for scores in itertools.permutations((NAIVE, *worse)):
        assert trusted(scores) is None
        found, nearest = graded(scores), best(scores)
        assert found is not None and found.method.id == "historical"
        assert nearest is not None and nearest.method.id == "stage-weighted"


def test_chances_of_too_few_deals_give_way_to_those_of_enough() -> None:
    scores = (NAIVE, GOOD, FEW)
    assert trusted(scores) is FEW
    assert graded(scores) is GOOD
    assert graded((NAIVE, FEW)) is FEW
    assert graded((NAIVE,)) is None


@pytest.mark.parametrize("written", ["150%", "-5", "nan", "soon"])
def test_what_is_no_probability_is_no_chance(written: str) -> None:
    now = snapshot(*(deal(n, probability=given) for n, given in enumerate((written, "40%"), 1)))
    made = methods()["stage-weighted"].make(now, Asked(weights="crm"))
    assert isinstance(made, Outlook)
    held = {one["id"]: (one["chance"], one["reason"]) for one in made.deals.iter_rows(named=True)}
    assert held == {"D-1": (None, "the CRM gives no probability from 0 to 100 %"), "D-2": (0.4, None)}
