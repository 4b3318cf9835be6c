"""Many curves at once are the same curves."""

from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.metrics.bounds import bounded, bounds
from dealgate.metrics.figure import NoValue
from dealgate.metrics.grouped import at_end, at_horizon, chances, incidence, time_quantiles, unusable
from dealgate.metrics.intervals import Interval
from dealgate.metrics.survival import Incidence, incidence_of

from .spells import CAUSES, DEALS, STAGE_ONE, Spell, columns, frame_of, spells

GROUPS = ("a", "b", None)


@st.composite
def grouped(draw: st.DrawFn) -> tuple[pl.DataFrame, dict[str | None, Incidence]]:
    """Spells of up to three groups, one of them without a name, and the exact curve of each."""
    made = {group: draw(spells(least=1, most=25)) for group in draw(st.sets(st.sampled_from(GROUPS), min_size=1))}
    rows: list[tuple[str | None, Spell]] = [(group, spell) for group, found in made.items() for spell in found]
    rows = draw(st.permutations(rows))
    frame = frame_of([spell for _, spell in rows], [group for group, _ in rows])
    return frame, {group: incidence_of(*columns(found), names=CAUSES) for group, found in made.items()}


def curves_of(frame: pl.DataFrame) -> pl.DataFrame:
    return incidence(frame, ["group"], entry="entry", causes=CAUSES)


def of_group(frame: pl.DataFrame, group: str | None) -> pl.DataFrame:
    return frame.filter(pl.col("group").eq_missing(pl.lit(group, pl.String)))


@settings(max_examples=40)
@given(grouped())
def test_grouped_curves_are_those_of_the_groups_one_by_one(
    made: tuple[pl.DataFrame, dict[str | None, Incidence]],
) -> None:
    frame, exact = made
    curves = curves_of(frame)
    assert curves.columns == [
        "group", "t", "at_risk",
        "events.won", "events.lost", "events.no_decision", "censored",
        "survival", "cif.won", "cif.lost", "cif.no_decision",
    ]  # fmt: skip
    assert curves.height == sum(len(curve.times) for curve in exact.values())
    for group, curve in exact.items():
        mine = of_group(curves, group)
        assert mine["t"].to_list() == list(curve.times)
        assert mine["at_risk"].to_list() == list(curve.at_risk)
        assert mine["censored"].to_list() == list(curve.censored)
        assert mine["survival"].to_list() == pytest.approx([float(s) for s in curve.survival], abs=1e-12)
        for cause in CAUSES:
            assert mine[f"events.{cause}"].to_list() == list(curve.events[cause])
            assert mine[f"cif.{cause}"].to_list() == pytest.approx([float(v) for v in curve.cif[cause]], abs=1e-12)


@settings(max_examples=40)
@given(grouped())
def test_grouped_survival_and_incidences_add_up_to_one(made: tuple[pl.DataFrame, dict[str | None, Incidence]]) -> None:
    curves = curves_of(made[0])
    total = curves.select(pl.sum_horizontal("survival", *(f"cif.{cause}" for cause in CAUSES)))
    assert (total.to_series() - 1).abs().max() <= 1e-12  # type: ignore[operator]


@settings(max_examples=40)
@given(grouped(), st.integers(0, 2**32))
def test_the_order_of_the_rows_changes_not_one_bit(
    made: tuple[pl.DataFrame, dict[str | None, Incidence]], seed: int
) -> None:
    frame = made[0]
    assert curves_of(frame.sample(fraction=1, shuffle=True, seed=seed)).equals(curves_of(frame))


@settings(max_examples=40)
@given(grouped(), st.integers(0, 14))
def test_a_horizon_reads_each_curve_as_it_is_read_alone(
    made: tuple[pl.DataFrame, dict[str | None, Incidence]], horizon: int
) -> None:
    frame, exact = made
    curves = curves_of(frame)
    read, last = at_horizon(curves, ["group"], horizon), at_end(curves, ["group"])
    for group, curve in exact.items():
        row, end = of_group(read, group).row(0, named=True), of_group(last, group).row(0, named=True)
        assert (row["n"], row["emptied"], end["t"]) == (curve.n, curve.emptied, curve.followed)
        survival = curve.survival_at(horizon)
        if isinstance(survival, NoValue):
            assert (row["survival"], row["cif.won"], row["reason"]) == (None, None, survival.reason)
        else:
            assert row["reason"] is None
            assert row["survival"] == pytest.approx(float(survival), abs=1e-12)
        for cause in CAUSES:
            assert end[f"cif.{cause}"] == pytest.approx(float(curve.final(cause)), abs=1e-12)  # type: ignore[arg-type]


@settings(max_examples=40)
@given(grouped(), st.sampled_from([0.1, 0.5, 0.75, 0.9, 1.0]), st.sampled_from([None, *CAUSES]))
def test_quantiles_of_time_are_those_of_each_curve_alone(
    made: tuple[pl.DataFrame, dict[str | None, Incidence]], q: float, cause: str | None
) -> None:
    frame, exact = made
    found = time_quantiles(curves_of(frame), ["group"], [q], cause)
    for group, curve in exact.items():
        row = of_group(found, group).row(0, named=True)
        alone = curve.quantile(q, cause)
        assert row[f"q{q * 100:g}"] == (None if isinstance(alone, NoValue) else alone)
        assert row["n"] == curve.n


@settings(max_examples=40)
@given(grouped(), st.lists(st.tuples(st.sampled_from(["a", "b", None, "c"]), st.integers(0, 14), st.integers(0, 14))))
def test_chances_are_those_of_each_curve_alone_in_the_order_asked(
    made: tuple[pl.DataFrame, dict[str | None, Incidence]], asked: list[tuple[str | None, int, int]]
) -> None:
    frame, exact = made
    questions = pl.DataFrame(
        asked, schema={"group": pl.String, "age": pl.Int64, "within": pl.Int64}, orient="row"
    )  # fmt: skip
    answers = chances(curves_of(frame), ["group"], questions, cause="won")
    assert answers.select(questions.columns).equals(questions)
    for (group, age, within), row in zip(asked, answers.iter_rows(named=True), strict=True):
        curve = exact.get(group, incidence_of([], [], names=CAUSES))
        alone = curve.chance("won", age, within)
        if isinstance(alone, NoValue):
            assert (row["value"], row["n"], row["complete"], row["reason"]) == (None, None, None, alone.reason)
        else:
            assert row["value"] == pytest.approx(float(alone.value), abs=1e-9)
            assert (row["n"], row["complete"], row["reason"]) == (alone.n, alone.complete, None)


@settings(max_examples=40)
@given(grouped(), st.sampled_from([0.5, 0.95]))
def test_bounds_are_those_of_each_curve_alone(
    made: tuple[pl.DataFrame, dict[str | None, Incidence]], level: float
) -> None:
    frame, exact = made
    curves = bounded(curves_of(frame), ["group"], level)
    for group, curve in exact.items():
        for row in of_group(curves, group).iter_rows(named=True):
            alone = bounds(curve, "lost", row["t"], level)
            if isinstance(alone, Interval):
                # the grouped variance multiplies a square out; near a certain incidence the logarithm magnifies that
                assert (row["low.lost"], row["high.lost"]) == pytest.approx((alone.low, alone.high), abs=1e-6)
                assert 0 <= row["low.lost"] <= row["cif.lost"] <= row["high.lost"] <= 1


@pytest.mark.parametrize("n", range(2, 60))
def test_a_certain_incidence_has_no_bounds_whatever_the_rounding(n: int) -> None:
    curves = bounded(incidence(frame_of([(day, "won", None) for day in range(1, n + 1)])))
    assert curves.select("low.won", "high.won").row(-1) == (None, None)
    assert curves["low.won"].null_count() == 2


def test_a_horizon_keeps_the_bounds() -> None:
    frame = frame_of([(*row, None) for row in DEALS])
    alone = bounds(incidence_of([row[0] for row in DEALS], [row[1] for row in DEALS]), "won", 40)
    assert isinstance(alone, Interval)
    row = at_horizon(bounded(incidence(frame)), [], 40).row(0, named=True)
    assert (row["low.won"], row["cif.won"], row["high.won"]) == pytest.approx(
        (alone.low, 0.291667, alone.high), abs=1e-5
    )
    none = at_horizon(bounded(incidence(frame)), [], 2).row(0, named=True)
    assert (none["low.won"], none["cif.won"], none["high.won"]) == (None, 0, None)


def test_the_golden_figures_come_out_of_one_grouped_call() -> None:
    rows = [("stage", *row, None) for row in STAGE_ONE] + [("deal", *row, None) for row in DEALS]
    frame = frame_of([row[1:] for row in rows], [row[0] for row in rows])
    last = at_end(incidence(frame, ["group"]), ["group"])
    stage, deal = of_group(last, "stage").row(0, named=True), of_group(last, "deal").row(0, named=True)
    assert stage["cif.advanced"] == pytest.approx(0.875, abs=1e-12)
    assert (round(deal["cif.won"], 4), round(deal["cif.lost"], 4)) == (0.5104, 0.4896)


def test_without_groups_there_is_one_curve() -> None:
    frame = frame_of([(*row, None) for row in DEALS])
    curves = incidence(frame)
    assert curves.columns[:2] == ["t", "at_risk"]
    assert at_end(curves, []).item(0, "cif.won") == pytest.approx(49 / 96)
    assert time_quantiles(curves, [])["q50"].to_list() == [40]
    asked = pl.DataFrame({"age": [20], "within": [20]})
    assert chances(curves, [], asked, cause="won")["value"].to_list() == pytest.approx([0.4])


def test_a_share_of_time_is_reached_in_spite_of_rounding() -> None:
    # n deals, one a day: by day k exactly k/n have ended, though the floats may come out a little under
    daily = incidence(frame_of([(day, "won", None) for day in range(1, 51)]))
    for cause in (None, "won"):
        assert time_quantiles(daily, [], [k / 50 for k in range(1, 51)], cause).row(0)[1:] == tuple(range(1, 51))


def test_whole_days_and_several_group_columns_will_do() -> None:
    frame = pl.DataFrame(
        {
            "stage": ["s", "s", "s", "t"],
            "owner": ["x", "x", None, None],
            "duration": [3, 5, 4, 6],
            "cause": ["won", "", "lost", None],
        }
    )
    last = at_end(incidence(frame, ["stage", "owner"]), ["stage", "owner"])
    assert last.select("stage", "owner", "t", "n", "cif.won").rows() == [
        ("s", None, 4, 1, 0.0),
        ("s", "x", 5, 2, 0.5),
        ("t", None, 6, 1, 0.0),
    ]


def test_rows_that_cannot_be_used_are_counted_with_their_reason_and_leave_the_group_there() -> None:
    frame = frame_of(
        [(None, "won", None), (-2, "won", None), (float("nan"), None, None), (4, "won", 4), (4, "won", 3)],
        ["a", "a", "a", "a", "b"],
    )
    assert unusable(frame, ["group"], entry="entry").rows() == [
        ("a", "a duration below zero", 1),
        ("a", "entered no earlier than it ended", 1),
        ("a", "no duration", 2),
    ]
    last = at_end(incidence(frame, ["group"], entry="entry"), ["group"])
    assert last.select("group", "n", "cif.won", "reason").rows() == [
        ("a", 0, None, "no spells to follow"),
        ("b", 1, 1.0, None),
    ]


def test_no_rows_give_no_curves() -> None:
    empty = frame_of([])
    curves = incidence(empty, ["group"], causes=["won"])
    assert curves.height == 0
    assert at_end(curves, ["group"]).height == 0
    asked = pl.DataFrame({"group": ["a"], "age": [1], "within": [1]})
    assert chances(curves, ["group"], asked, cause="won")["reason"].to_list() == ["no spells to follow"]


def test_an_age_that_is_not_known_has_no_chance() -> None:
    curves = incidence(frame_of([(*row, None) for row in DEALS]), ["group"])
    asked = pl.DataFrame({"group": ["all"] * 3, "age": [None, -1.0, 3.0], "within": [5.0, 5.0, None]})
    answers = chances(curves, ["group"], asked, cause="won")
    assert answers["reason"].to_list() == ["no age, or no time within which"] * 3


def test_a_cause_that_is_not_among_those_given_is_refused() -> None:
    with pytest.raises(ValueError, match="not among the causes"):
        incidence(frame_of([(1, "merged", None)]), causes=["won"])


def test_a_group_column_may_not_be_named_as_a_column_of_the_result() -> None:
    with pytest.raises(ValueError, match="has the name"):
        incidence(frame_of([(1, "won", None)]).rename({"group": "t"}), ["t"])


@pytest.mark.slow
def test_a_million_spells_that_all_end_at_their_own_moment_still_add_up() -> None:
    rng = random.Random(4)
    frame = pl.DataFrame(
        {
            "duration": [rng.expovariate(1 / 40) for _ in range(1_000_000)],
            "cause": rng.choices(["won", "lost", None], k=1_000_000),
        }
    )
    curves = incidence(frame)
    total = curves.select(pl.sum_horizontal("survival", "cif.won", "cif.lost")).to_series()
    assert (total - 1).abs().max() <= 1e-12  # type: ignore[operator]
