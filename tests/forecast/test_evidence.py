"""Evidence-adjusted chances: the fit against others' fits, what unknown does, bounds, totals, and what was known then."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, special

from dealgate import load
from dealgate.compile.frames import deals_of, frames_of
from dealgate.decide.playbook import Playbook
from dealgate.forecast.evidence import CAP, FLOOR, NO_BASE, POINTS, adjusted, contributions, learned, missing_of, prior
from dealgate.forecast.evidence_features import Lagged, Looking, features_of, with_stage_base
from dealgate.forecast.evidence_fit import CLIP, Weights, fit, ridge
from dealgate.history import events_of, history_of, records_of
from dealgate.model.process import Criterion
from dealgate.model.verdict import GAPS
from dealgate.simulate import simulate

NAMES = ["a", "b", "c"]
STAGES = ["early", "late"]
DAY = date(2026, 9, 30)
FIGURE = st.sampled_from([0.0, 1.0, None])


def made_up(seed: int, signal: float, deals: int = 1200) -> pl.DataFrame:
    """Rows of twelve quarters: ``a`` moves the log-odds by ``signal``, ``b`` by minus as much, ``c`` by nothing."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, (deals, 3)).astype(float)
    base = rng.choice([0.2, 0.6], deals)
    eta = special.logit(base) + signal * (x[:, 0] - 0.5) - signal * (x[:, 1] - 0.5)
    hidden = rng.random((deals, 3)) < 0.2
    quarter = rng.integers(0, 12, deals)
    return pl.DataFrame(
        {
            "id": [f"D{n}" for n in range(deals)],
            "stage": [STAGES[int(p > 0.5)] for p in base],
            "moment": [date(2023, 1, 1) + timedelta(days=91 * int(q)) for q in quarter],
            "end": [date(2023, 1, 1) + timedelta(days=91 * int(q) + 90) for q in quarter],
            "base": base,
            "won": rng.random(deals) < special.expit(eta),
        }
    ).with_columns(
        pl.Series(name, np.where(hidden[:, n], np.nan, x[:, n])).fill_nan(None) for n, name in enumerate(NAMES)
    )


# ---------------------------------------------------------------- the fit


@pytest.mark.parametrize("strength", [0.5, 25.0])
def test_the_ridge_is_the_minimum_that_scipy_finds(strength: float) -> None:
    rng = np.random.default_rng(3)
    x, offset = rng.normal(size=(400, 5)), rng.normal(size=400)
    y = (rng.random(400) < special.expit(offset + x @ np.array([1.0, -0.5, 0.0, 0.2, 2.0]))).astype(float)

    def cost(beta: Any) -> Any:
        eta = offset + x @ beta
        return np.logaddexp(0, eta).sum() - y @ eta + strength / 2 * beta @ beta

    def slope(beta: Any) -> Any:
        return x.T @ (special.expit(offset + x @ beta) - y) + strength * beta

    found = optimize.minimize(cost, np.zeros(5), jac=slope, method="BFGS", options={"gtol": 1e-9})
    assert np.abs(ridge(x, y, offset, strength) - found.x).max() < 1e-6


def test_where_the_ridge_ends_the_slope_that_statsmodels_finds_is_the_penalty_s() -> None:
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    rng = np.random.default_rng(4)
    x, offset = rng.normal(size=(300, 3)), rng.normal(size=300)
    y = (rng.random(300) < special.expit(offset + x[:, 0])).astype(float)
    model, found = GLM(y, x, family=Binomial(), offset=offset), ridge(x, y, offset, 25.0)
    assert np.abs(model.score(found) - 25.0 * found).max() < 1e-6
    # its own fit stops a little earlier; its penalty is of the mean likelihood
    theirs = model.fit_regularized(alpha=25.0 / 300, L1_wt=0.0, cnvrg_tol=1e-13)
    assert np.abs(found - theirs.params).max() < 1e-4


def test_without_a_penalty_the_ridge_finds_what_separates_no_more_than_it_must() -> None:
    x, y = np.array([[1.0], [1.0], [-1.0], [-1.0]]), np.array([1.0, 1.0, 0.0, 0.0])
    beta = ridge(x, y, np.zeros(4), 1e-3)
    assert np.isfinite(beta).all()
    assert beta[0] > 3


def test_what_moves_the_odds_is_found_and_what_does_not_is_not() -> None:
    weights = fit(made_up(1, 1.2), NAMES)
    assert weights is not None
    assert weights.trust > 0.8
    assert weights.beta["a"] > 0.6
    assert weights.beta["b"] < -0.6
    assert abs(weights.beta["c"]) < 0.2
    assert weights.calibrated


def test_noise_is_trusted_in_no_more_than_a_few_of_many_histories() -> None:
    found = [fit(made_up(seed, 0.0), NAMES) for seed in range(40)]
    assert sum(one.trust > 0 for one in found if one) <= 6
    assert not any(one.calibrated for one in found if one and one.trust == 0)


def test_the_order_of_rows_is_no_matter() -> None:
    rows = made_up(2, 1.0)
    first, second = fit(rows, NAMES), fit(rows.sample(fraction=1, shuffle=True, seed=5), NAMES)
    assert first == second


def test_rows_after_a_moment_change_no_base_before_it() -> None:
    rows = made_up(2, 1.0).with_columns(lag=pl.lit("day1"), base=pl.lit(None, pl.Float64))
    first = with_stage_base(rows)
    limit = date(2025, 1, 1)
    turned = rows.with_columns(won=pl.when(pl.col("end") >= limit).then(~pl.col("won")).otherwise("won"))
    early = pl.col("moment") < limit
    second = with_stage_base(turned)
    assert first.filter(early).sort("id")["base"].equals(second.filter(early).sort("id")["base"])
    assert not first.sort("id")["base"].equals(second.sort("id")["base"])


def test_too_little_history_gives_the_published_points_and_says_so() -> None:
    features = features_of(load("practical").process)
    rows = made_up(1, 1.0, 30).with_columns(pl.lit(1.0).alias(one.id) for one in features)
    weights = learned(rows, features)
    assert weights.prior
    assert not weights.calibrated
    assert weights.reason.startswith("prior: published points, not fitted; the history has ")
    assert weights.reason.endswith("a fit needs 40 of each")


# ---------------------------------------------------------------- chances


@cache
def weighed() -> Weights:
    found = fit(made_up(1, 1.2), NAMES)
    assert found is not None
    return found


BASES = st.lists(
    st.tuples(st.sampled_from([*STAGES, "unheard of"]), st.floats(0, 1), FIGURE, FIGURE, FIGURE),
    min_size=1,
    max_size=12,
)


def frames(rows: list[tuple[str, float | None, Any, Any, Any]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    ids = [f"D{n}" for n in range(len(rows))]
    base = pl.DataFrame({"id": ids, "stage": [r[0] for r in rows], "chance": [r[1] for r in rows]}).cast(
        {"chance": pl.Float64}
    )
    features = pl.DataFrame({"id": ids, **{name: [r[2 + n] for r in rows] for n, name in enumerate(NAMES)}})
    return base, features.cast(dict.fromkeys(NAMES, pl.Float64))


@given(BASES, st.booleans())
def test_a_chance_stays_between_0_and_1_and_moves_no_further_than_the_clip(rows: Any, fitted: bool) -> None:
    base, features = frames(rows)
    weights = weighed() if fitted else Weights({"a": 5.0, "b": -5.0, "c": 1.0}, prior=True)
    found = adjusted(base, features, weights)
    assert ((found["chance"] >= 0) & (found["chance"] <= 1)).all()
    assert (found["shift"].abs() <= CLIP).all()
    inside = found.filter(base["chance"].is_between(1e-6, 1 - 1e-6))
    assert ((inside["chance"] > 0) & (inside["chance"] < 1)).all()


@given(st.lists(st.tuples(st.sampled_from(STAGES), st.floats(0, 1)), min_size=1, max_size=9))
def test_where_nothing_is_known_the_base_chance_stands_to_the_last_digit(rows: Any) -> None:
    base, features = frames([(*row, None, None, None) for row in rows])
    assert adjusted(base, features, weighed())["chance"].equals(base["chance"])
    told = contributions(base, features, weighed())
    assert (told["log_odds"] == 0).all()


@given(BASES)
def test_the_order_of_deals_is_no_matter(rows: Any) -> None:
    base, features = frames(rows)
    found = adjusted(base, features, weighed())
    turned = adjusted(base.reverse(), features.sample(fraction=1, shuffle=True, seed=1), weighed())
    assert found.equals(turned.reverse())


@given(BASES)
def test_the_contributions_add_up_to_the_shift(rows: Any) -> None:
    base, features = frames(rows)
    told = contributions(base, features, weighed()).group_by("id", maintain_order=True).agg(pl.col("log_odds").sum())
    assert np.allclose(told["log_odds"].clip(-CLIP, CLIP), adjusted(base, features, weighed())["shift"], atol=1e-12)


def test_one_more_proof_lifts_a_deal_and_its_absence_lowers_it() -> None:
    base, features = frames([("early", 0.2, 1.0, None, None), ("early", 0.2, 0.0, None, None)])
    high, low = adjusted(base, features, weighed())["chance"]
    assert low < 0.2 < high


def test_over_the_deals_it_was_learned_from_the_total_of_each_stage_is_the_base_s() -> None:
    rows = made_up(1, 1.2)
    base = rows.select("id", "stage", pl.col("base").alias("chance"))
    found = base.with_columns(after=adjusted(base, rows, weighed())["chance"])
    for total in found.group_by("stage").agg(pl.col("chance", "after").sum()).iter_rows(named=True):
        assert total["after"] == pytest.approx(total["chance"], rel=1e-6)


def test_the_published_points_leave_the_total_of_each_stage_too() -> None:
    process = load("practical").process
    features = features_of(process)
    weights = prior(features)
    rng = np.random.default_rng(2)
    ids = [f"D{n}" for n in range(200)]
    base = pl.DataFrame({"id": ids, "stage": ["a", "b"] * 100, "chance": [0.1, 0.5] * 100})
    known = pl.DataFrame({"id": ids, **{one.id: rng.integers(0, 2, 200).astype(float) for one in features}})
    found = adjusted(base, known, weights)
    assert float(found["chance"].sum()) == pytest.approx(60.0, rel=1e-6)
    assert found["chance"].n_unique() > 50
    assert not found["calibrated"].any()
    assert found["reason"].unique().to_list() == ["prior: published points, not fitted"]


def test_without_a_base_chance_there_is_none_and_the_reason_says_so() -> None:
    base, features = frames([("early", None, 1.0, 1.0, 1.0), ("late", 0.5, None, None, None)])
    first, second = adjusted(base, features, weighed()).iter_rows(named=True)
    assert first["chance"] is None
    assert first["reason"] == NO_BASE
    assert second["chance"] == 0.5
    assert second["reason"] is None


def test_missing_mandatory_evidence_caps_and_all_of_it_holds_up_but_never_beyond_the_base() -> None:
    base, features = frames(
        [("late", 0.7, 1.0, 0.0, None), ("late", 0.9, 1.0, 0.0, None), ("early", 0.3, 0.0, 1.0, None)]
    )
    missing = {"D0": ["A stated budget"], "D1": ["A stated budget"], "D2": []}
    first, second, third = adjusted(base, features, weighed(), missing).iter_rows(named=True)
    assert first["chance"] == CAP
    assert first["reason"] == "held down: A stated budget missing"
    assert second["chance"] == pytest.approx(0.9)
    assert third["chance"] == FLOOR
    assert third["reason"] == "held up: all mandatory evidence is there"


def test_what_is_missing_is_what_one_deal_s_own_gaps_say() -> None:
    playbook, history = looking().playbook, looking().told.history
    held = history.frames()
    judged = playbook.evaluate_frame(held, as_of=history.as_of)
    deals = history.deals.filter(pl.col("status") == "open").select("id", pl.col("stage").cast(pl.String))
    missing = missing_of(deals, judged, playbook.process)
    assert set(missing) == set(deals["id"])
    for deal in deals_of(held, playbook.process, deals["id"].to_list()[:25]):
        standing = playbook.standing(deal, as_of=history.as_of)
        gaps = {v.criterion.title for v in standing.verdicts if v.criterion.holds and v.status in GAPS}
        assert set(missing[deal.id]) == gaps


def test_of_an_earlier_moment_only_evidence_whose_past_is_told_is_missed_and_none_holds_up() -> None:
    playbook, history = looking().playbook, looking().told.history
    judged = playbook.evaluate_frame(history.frames(), as_of=history.as_of)
    deals = history.deals.filter(pl.col("status") == "open").select("id", pl.col("stage").cast(pl.String))
    now = missing_of(deals, judged, playbook.process)
    then = missing_of(deals, judged, playbook.process, looking().told)
    told = {k.title for k in playbook.process.criteria if looking().told.tells(k)}
    untold = {k.title for k in playbook.process.criteria} - told
    assert told
    assert untold
    assert {title for titles in then.values() for title in titles} <= told
    assert set(then) <= set(now)
    assert all(set(titles) <= set(now[ident]) for ident, titles in then.items())
    assert any(set(titles) < set(now[ident]) for ident, titles in then.items())
    held_up = [ident for ident, titles in then.items() if not titles]
    assert not [one for one in held_up if any(k.title in untold for k in asked_of(playbook, deals, one))]


def asked_of(playbook: Playbook, deals: pl.DataFrame, ident: str) -> tuple[Criterion, ...]:
    """What can hold a deal back in its stage."""
    stage = deals.filter(pl.col("id") == ident)["stage"].item()
    return playbook.process.holding_in(next(one for one in playbook.process.stages if one.id == stage))


# ---------------------------------------------------------------- what was known then


@cache
def looking() -> Looking:
    company, playbook = simulate(seed=5, years=2, deals=250, leads=0, as_of=DAY), load("practical")
    process, moment = playbook.process, playbook.judge.moment(DAY).as_of
    held = frames_of([playbook.deal(record) for record in company.deals], process)
    return Looking(playbook, history_of(events_of(held, process, moment), process, moment, None, records_of(held)))


def open_at(day: date) -> pl.Series:
    return looking().told.history.at(day).filter(pl.col("status") == "open")["id"]


def test_of_the_past_only_that_counts_which_bears_its_own_date() -> None:
    told = {one.id for one in looking().features}
    assert "qualification.need-stated" in told
    assert "bant.budget.2" in told
    assert "close.start-date-ahead" not in told, "a start date is there today, and nobody knows since when"
    assert "prospecting.contact-named" not in told, "contacts bear no date"
    assert {one.id for one in looking().untold} & told == set()


def test_what_comes_after_a_moment_changes_no_feature_of_it() -> None:
    day, whole = date(2026, 3, 31), looking().told.history
    limit = pl.lit(day)
    children = {
        "evidence": whole.children["evidence"].filter(pl.col("dated") <= limit),
        "activities": whole.children["activities"].filter(pl.col("at").dt.date() <= limit),
    }
    kept = (pl.col("at").is_null()) | (pl.col("at").dt.date() <= limit) | pl.col("field").str.starts_with("@")
    cut = history_of(whole.events.filter(kept), whole.process, DAY, None, children)
    then = Looking(looking().playbook, cut)
    names = ["id", *(one.id for one in then.features)]
    assert then.at(day, open_at(day)).equals(looking().at(day, open_at(day)).select(names))
    assert len(names) > 20


def test_nobody_who_was_not_asked_is_taken_for_one_who_said_no() -> None:
    day = date(2026, 3, 31)
    found = looking().at(day, open_at(day))
    pieces = looking().told.history.children["evidence"].filter(pl.col("dated") <= day)
    asked = pieces.filter(pl.col("element") == "bant.budget")["deal"].unique()
    never = found.filter(~pl.col("id").is_in(asked.implode()))
    assert never.height > 10
    assert never["bant.budget.2"].null_count() == never.height


def test_a_period_that_is_not_over_is_learned_from_by_nobody() -> None:
    rows = looking().rows([Lagged(date(2026, 6, 30), date(2026, 12, 31), "day1")])
    assert rows.height == 0


def test_rows_say_who_was_won_by_the_period_s_end() -> None:
    end = date(2026, 6, 30)
    rows = looking().rows([Lagged(date(2026, 3, 31), end, "day1")])
    ends = looking().told.history.statuses.filter(pl.col("status") == "won", pl.col("since").dt.date() <= end)["deal"]
    assert 0 < rows["won"].sum() < rows.height
    assert set(rows.filter("won")["id"]) <= set(ends)
    assert rows["base"].null_count() == rows.height, "nothing was over before it"


@pytest.mark.parametrize("name", ["practical", "enterprise", "transactional", "renewal", "tender", "services"])
def test_every_process_has_features_of_its_own_and_no_two_ask_the_same(name: str) -> None:
    features = features_of(load(name).process)
    asked = [(one.asked.check, one.asked.applies_when) for one in features]
    assert features
    assert all(asked.count(one) == 1 for one in asked)
    assert all(value != 0 for value in prior(features).beta.values())


def test_the_published_points_are_those_of_the_table(checkout: Path) -> None:
    lines = (checkout / "docs" / "evidence.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    assert {row[0]: int(row[1]) for row in rows if row[1].isdigit()} == dict(POINTS)
