"""The company as a whole: repeatable, of the size asked for, with the figures of a plausible team."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from statistics import median

import pytest

from dealgate.model.diagnostics import WrongUsage
from dealgate.simulate import Company, simulate
from dealgate.simulate.leaking import spring
from dealgate.simulate.parameters import STAGES as MODEL

AS_OF = date(2026, 11, 23)
STAGES = [stage.id for stage in MODEL]


def digest(company: Company) -> str:
    parts = (company.reps, company.accounts, company.leads, company.deals, company.quotas, company.truth)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def small(**changes: object) -> Company:
    return simulate(**({"as_of": AS_OF, "deals": 60, "years": 2} | changes))  # type: ignore[arg-type]


def test_the_same_seed_makes_the_same_company() -> None:
    assert digest(small()) == digest(small())


def test_another_seed_makes_another_company() -> None:
    assert digest(small()) != digest(small(seed=8))


def test_the_company_does_not_depend_on_the_order_of_sets(checkout: Path) -> None:
    code = (
        "import hashlib; from datetime import date; from dealgate.simulate import simulate;"
        "c = simulate(as_of=date(2026, 11, 23), deals=60, years=2);"
        "parts = (c.reps, c.accounts, c.leads, c.deals, c.quotas, c.truth);"
        "print(hashlib.sha256(repr(parts).encode()).hexdigest())"
    )
    env = {**os.environ, "PYTHONPATH": str(checkout / "engine"), "PYTHONHASHSEED": "4711"}
    told = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == digest(small())


def test_deals_and_leads_are_as_many_as_asked_for() -> None:
    company = small(deals=37, leads=11)
    assert (len(company.deals), len(company.leads)) == (37, 11)
    assert len({deal["id"] for deal in company.deals}) == 37
    assert len({lead["id"] for lead in company.leads}) == 11


@pytest.mark.parametrize("empty", [{"deals": 0}, {"deals": 5, "leads": 0}, {"deals": 0, "leads": 0}])
def test_an_empty_company_is_a_company(empty: dict[str, int]) -> None:
    company = small(**empty)
    assert len(company.deals) == empty["deals"]
    assert company.reps


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"years": 0}, "years"),
        ({"deals": -1}, "deals"),
        ({"leads": -1}, "leads"),
        ({"as_of": date(9999, 12, 31)}, "as_of"),
        ({"currency": "DOLLARS"}, "currency"),
    ],
)
def test_impossible_numbers_are_refused(wrong: dict[str, object], word: str) -> None:
    with pytest.raises(WrongUsage) as caught:
        small(**wrong)
    assert [d.code for d in caught.value.diagnostics] == ["DG950"]
    assert word in caught.value.diagnostics[0].message


def test_all_that_is_impossible_is_told_at_once() -> None:
    with pytest.raises(WrongUsage) as caught:
        small(years=0, deals=-1)
    assert len(caught.value.diagnostics) == 2


def test_more_leads_do_not_change_whom_the_team_is_made_of() -> None:
    assert small(leads=10).reps == small(leads=300).reps


def test_win_rate_and_cycle_lie_in_the_stated_bands(company: Company) -> None:
    by_status = Counter(deal["status"] for deal in company.deals)
    assert 0.20 <= by_status["won"] / len(company.deals) <= 0.30
    assert 0.20 <= by_status["won"] / (by_status["won"] + by_status["lost"]) <= 0.32
    assert 0.04 <= by_status["open"] / len(company.deals) <= 0.20
    days = [(d["closed_on"] - d["created_at"].date()).days for d in company.deals if d["status"] == "won"]
    assert 48 <= median(days) <= 75


def test_the_company_grows_and_sells_less_in_summer(company: Company) -> None:
    by_month = Counter((deal["created_at"].year, deal["created_at"].month) for deal in company.deals)
    assert sum(by_month[2025, m] for m in range(1, 13)) > 1.1 * sum(by_month[2023, m] for m in range(1, 13))
    summer = sum(by_month[year, 8] for year in range(2023, 2027))
    autumn = sum(by_month[year, 9] for year in range(2023, 2027))
    assert summer < autumn


def test_moments_of_activities_are_weekdays_in_business_hours(company: Company) -> None:
    moments = [row["at"] for deal in company.deals for row in deal.get("activities", [])]
    assert all(moment.weekday() < 5 for moment in moments)
    assert all(8 <= moment.hour < 19 for moment in moments)


def test_the_dirt_of_real_crm_data_is_there(company: Company) -> None:
    deals = company.deals
    live = [deal for deal in deals if deal["status"] == "open"]
    names = Counter(account["account.name"].casefold() for account in company.accounts)
    assert any(deal.get("close_date", AS_OF) < AS_OF for deal in live)
    assert any("next_step" not in deal for deal in live)
    assert any("amount" not in deal for deal in deals)
    assert any(deal.get("amount") == 0 for deal in deals)
    assert any("activities" not in deal for deal in deals)
    assert any(not deal["owner.active"] for deal in live)
    assert any(deal["status"] == "lost" and "outcome_reason" not in deal for deal in deals)
    assert any(count > 1 for count in names.values())
    assert any(not lead.get("activities", [None]) for lead in company.leads)


def test_winning_follows_the_evidence_only_where_it_matters() -> None:
    def gap(evidence_matters: bool) -> float:
        """Win rate of deals that entered proposal with much evidence, less that of those with little."""
        company = simulate(as_of=AS_OF, deals=3000, leads=0, evidence_matters=evidence_matters)
        outcomes: dict[bool, list[bool]] = {True: [], False: []}
        for deal in company.deals:
            entered = [v["entered"].date() for v in deal["visits"] if v["stage"] == "proposal"]
            if deal["status"] in ("won", "lost") and entered and "evidence" in deal:
                told = [
                    e
                    for e in deal["evidence"]
                    if e["from_buyer"] and e["level"] >= 2 and "answer" not in e and e.get("dated", AS_OF) <= entered[0]
                ]
                outcomes[len(told) >= 4].append(deal["status"] == "won")
        much, little = (sum(outcomes[key]) / len(outcomes[key]) for key in (True, False))
        return much - little

    assert gap(True) > 0.10
    assert abs(gap(False)) < 0.08


def test_every_rep_has_a_quota_for_every_quarter_worked(company: Company) -> None:
    assert all(row["amount"] > 0 and row["period_start"].day == 1 for row in company.quotas)
    keys = [(row["owner.id"], row["period_start"]) for row in company.quotas]
    assert len(keys) == len(set(keys))
    active = {rep["owner.id"] for rep in company.reps if rep["owner.active"] and rep["hired_on"].year < 2026}
    assert active <= {row["owner.id"] for row in company.quotas if row["period_start"] == date(2026, 10, 1)}
    won = sum(deal.get("amount", 0) for deal in company.deals if deal["status"] == "won")
    assert 0.3 < won / sum(row["amount"] for row in company.quotas) < 1.3


@pytest.mark.parametrize(("currency", "digits"), [("JPY", 0), ("USD", 2), ("KWD", 2)])
def test_amounts_have_the_digits_of_their_currency(currency: str, digits: int) -> None:
    amounts = [deal["amount"] for deal in small(currency=currency).deals if "amount" in deal]
    assert amounts
    assert {-int(amount.as_tuple().exponent) for amount in amounts} == {digits}


def test_one_stage_lets_half_of_its_deals_through_and_all_else_is_the_same() -> None:
    leaking, tight = (simulate(as_of=AS_OF, deals=600, leads=0, leaking=one) for one in (True, False))
    assert {truth["leaked"] for truth in tight.truth.values()} == {""}
    (stage,) = {truth["leaked"] for truth in leaking.truth.values()} - {""}
    channels: Counter[str] = Counter()
    came, through = 0, 0
    for deal, whole in zip(leaking.deals, tight.deals, strict=True):
        was = leaking.truth[deal["id"]]["leaked"] == stage
        came += any(visit["stage"] == stage for visit in deal["visits"])
        through += was and any(visit["stage"] == stage for visit in deal["visits"])
        if not was:
            assert deal == whole
            continue
        assert deal["visits"] == whole["visits"] and deal["status"] == whole["status"]
        assert len(deal.get("evidence", [])) <= len(whole.get("evidence", []))
        left = [c for c in deal.get("changes", []) if c["field"] == "stage" and c["from"] == stage]
        channels.update(c["channel"] for c in left if STAGES.index(c["to"]) > STAGES.index(stage))
    assert 0.4 < through / came < 0.6
    assert len(channels) == 1


def test_which_stage_leaks_and_by_which_door_is_the_seeds() -> None:
    doors = {spring(Random(f"{seed}/leak")) for seed in range(60)}
    assert {door.stage for door in doors} == {1, 2, 3}
    assert {door.channel for door in doors} == {"person", "import", "api", "workflow"}
