"""The processes that ship keep to what the field says of such sales, and every engine judges by them alike."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from polars.testing import assert_frame_equal

import dealgate
from dealgate.compile.frames import frames_of
from dealgate.decide.batch import check_frames
from dealgate.decide.report import check
from dealgate.model.process import Process
from dealgate.model.values import Duration

FOLDER = Path(__file__).resolve().parents[2] / "rules" / "processes"
SHIPPED = sorted(p.stem for p in FOLDER.glob("*.yaml") if "." not in p.stem)
AS_OF = date(2026, 11, 23)


def shipped(name: str) -> Process:
    return dealgate.load(name).process


def days(age: Duration | None) -> int:
    assert age is not None
    return (dealgate.load("practical").process.calendar.shift(AS_OF, age) - AS_OF) // timedelta(days=1)


def ages(process: Process, *left_out: str) -> list[int]:
    return [days(stage.max_age) for stage in process.open_stages if stage.id not in left_out]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_deals_of_its_tests_stand_in_columns_as_they_do_one_by_one(name: str) -> None:
    book = dealgate.load(name)
    document = yaml.safe_load((FOLDER / f"{name}.test.yaml").read_text(encoding="utf-8"))
    records = []
    for n, case in enumerate(document["cases"]):
        record = {**document["deals"][case["deal"]], **case.get("with", {})}
        kept = {key: value for key, value in record.items() if key not in case.get("without", ())}
        records.append({"id": f"D-{n:03}", **kept})
    deals = [book.deal(record) for record in records]
    single, batch = check(book, deals, AS_OF), check_frames(book, frames_of(deals, book.process), AS_OF)
    assert batch.summary == single.summary
    assert len(deals) > 10
    assert_frame_equal(batch.table().collect(), single.table().collect())


def test_three_criteria_hold_a_transactional_deal() -> None:
    holding = [c for c in shipped("transactional").criteria if c.holds and c.part != "recycle"]
    assert [c.id for c in holding] == ["discovery.need-and-decider", "proposal.discount-approved", "won.ordered"]


def test_a_transactional_deal_may_stay_three_five_seven_and_five_days() -> None:
    assert ages(shipped("transactional")) == [3, 5, 7, 5]


def test_a_mid_market_deal_takes_60_to_120_days() -> None:
    assert 60 <= sum(ages(shipped("mid-market"), "prospecting")) <= 120


def test_an_enterprise_deal_takes_6_to_12_months() -> None:
    assert 180 <= sum(ages(shipped("enterprise"), "prospecting")) <= 365


def test_a_trial_begins_with_pass_criteria_that_the_buyer_agreed_to() -> None:
    for name, stage in (("mid-market", "validation"), ("enterprise", "technical-win")):
        agreed = shipped(name).criterion(f"{stage}.pass-criteria-agreed")
        assert agreed is not None and agreed.part == "enter" and agreed.enforce == "block"


def test_the_mutual_plan_holds_an_enterprise_deal_in_every_later_stage() -> None:
    plan = shipped("enterprise").criterion("discovery.plan-agreed")
    assert plan is not None and plan.stays and plan.enforce == "block"
