"""Conditions and reasons in words: what ships reads as it should, word for word."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dealgate.compile.words import Words, lower, value
from dealgate.decide.judge import Judge
from dealgate.documents.load import load
from dealgate.model.deal import deal_from
from dealgate.model.fields import Field
from dealgate.model.process import Process
from dealgate.model.values import Money, Unfit

from .world import checked, process

GOLDEN = Path(__file__).parent / "golden"
SHIPPED = ("practical", "leads")
TOLD: dict[str, dict[str, Any]] = {
    "{}": {"stage": "qualification"},
    "thin": {
        "stage": "qualification", "amount": "tbd", "close_date": "31/31/2026", "contacts": [], "activities": [],
        "evidence": [], "plan_steps": [], "discount": "20%", "discount_approved": False, "accepted": False,
        "forecast_category": "commit", "next_meeting_at": "2026-11-01", "status": "open",
    },
    "some": {
        "stage": "proposal", "amount": 60000, "close_date": "2026-11-01", "discount": "20%", "accepted": False,
        "approved_discount": "5%", "next_meeting_at": "2026-11-01T10:00:00Z", "signed_on": "2027-01-01",
        "starts_on": "2026-01-01", "forecast_category": "commit", "outcome_reason": "competitor",
        "contacts": [{"name": "Ann", "role": "champion", "two_way": False, "engaged": True}, {"name": "Bo"}],
        "activities": [{"type": "email", "at": "2026-01-05", "two_way": False, "held": True}, {"type": "demo"}],
        "plan_steps": [{"type": "legal", "side": "seller", "due": "2026-02-01"}],
        "evidence": [
            {"element": "bant.need", "level": 3},
            {"element": "bant.budget", "answer": "no", "dated": "2026-11-01"},
            {"element": "icp.technographic", "level": 1, "dated": "2026-11-01"},
            {"type": "confirmed-recap", "level": 1, "from_buyer": True, "dated": "2026-11-01"},
            {"type": "impact-number", "level": 2, "dated": "2026-11-01"},
        ],
    },
}  # fmt: skip


def held(name: str, text: str) -> None:
    """The text is the golden file's; DEALGATE_GOLDEN=write writes it anew."""
    file = GOLDEN / name
    if os.environ.get("DEALGATE_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def sentences(process: Process) -> list[str]:
    words, lines = Words(process), [f"# {process.title}"]
    for criterion in process.criteria:
        lines.append(f"{criterion.id}: {words.sentence(criterion.check)}")
        if criterion.applies_when is not None:
            lines.append(f"  if: {words.sentence(criterion.applies_when)}")
    return lines


def test_the_sentences_of_what_ships() -> None:
    lines = [line for name in SHIPPED for line in sentences(load(name).need())]
    held("sentences.txt", "\n".join(lines) + "\n")


def test_the_reasons_of_what_ships() -> None:
    lines = []
    for name in SHIPPED:
        judge = Judge(load(name).need())
        for title, record in TOLD.items():
            deal, _ = deal_from({"id": "1", **record}, judge.process.catalogue, judge.process.reading)
            lines.append(f"# {judge.process.title}, {title}")
            for verdict in judge.evaluate(deal, date(2026, 11, 23)):
                lines.append(f"{verdict.criterion.id} {verdict.status.value}: {verdict.reason}")
    held("reasons.txt", "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"field": "amount", "at_least": {"param": "large"}}, "The amount is at least 500 USD."),
        ({"not": {"field": "amount", "at_least": 5}}, "The amount is below 5 USD."),
        ({"field": "close_date", "before": {"date": "today", "minus": "3 days"}}, "The expected close date is before 3 days ago."),
        ({"field": "close_date", "within_next": "30 days"}, "The expected close date is within the next 30 days."),
        ({"not": {"field": "name", "contains": "x"}}, "The name of the deal does not contain “x”."),
        ({"field": "channel", "in": ["inbound", "event"]}, "The channel is inbound or event."),
        ({"field": "close_date", "in_last": {"days": 1, "of": "quarter"}}, "The expected close date is in the last 1 day of its quarter."),
        ({"field": "amount", "above": {"field": "list_amount", "times": Decimal("0.8")}}, "The amount is above 80% of the amount at list price."),
        ({"count": "contacts", "at_least": 1}, "There is at least 1 contact."),
        ({"count": "contacts", "below": 3}, "There are fewer than 3 contacts."),
        ({"sum": "line_items", "of": "amount", "above": 1000}, "The total amount of line items is above 1,000 USD."),
        ({"none": "contacts"}, "There is no contact."),
        ({"not": {"some": "activities"}}, "There is no activity."),
        ({"field": "close_date", "changed": {"direction": "later", "across": "quarter", "at_least": 2}},
         "The expected close date moved later into another quarter at least 2 times."),
        ({"field": "amount", "changed": {"direction": "down", "by": {"above": "20%"}, "within_last": "60 days"}},
         "The amount went down by more than 20% within the last 60 days."),
        ({"evidence": "any", "at_least": 3, "from_buyer": True}, "There is valid proof from the buyer, corroborated."),
        ({"framework": "bant", "is_not": "qualified"}, "BANT does not come out as qualified."),
        ({"framework": "bant", "element": "budget", "answer": "not_applicable"}, "BANT budget does not apply."),
        ({"framework": "bant", "score": "total", "at_least": 3}, "The score of BANT is at least 3."),
        ({"framework": "bant", "score": "count_at_least", "level": 2, "at_most": 1},
         "The number of elements at “stated by the buyer” or above in BANT is at most 1."),
        ({"framework": "bant", "score": "count_at_least", "level": 3, "above": 0},
         "The number of elements at “corroborated” in BANT is above 0."),
        ({"framework": "bant", "score": "lowest", "below": 2}, "The lowest level in BANT is below 2."),
        ({"framework": "bant", "score": "sum", "at_least": 8}, "The sum of the levels in BANT is at least 8."),
        ({"field": "days_in_stage", "above": "14 days"}, "The time in the stage is above 14 days."),
        ({"condition": "large-deal"}, "The amount is at least 500 USD."),
    ],
)  # fmt: skip
def test_a_condition_reads_as_a_person_would_write_it(rule: object, text: str) -> None:
    base = process(0)
    assert Words(base).sentence(checked(rule, base, 0)) == text


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (None, "missing"),
        (Money(5_000_050, "USD"), "50,000.50 USD"),
        (Money(5000, "JPY"), "5,000 JPY"),
        (Money(1_234, "KWD"), "1.234 KWD"),
        (Unfit("  tbd  ", "placeholder"), "“tbd”"),
        (date(2026, 2, 3), "3 Feb 2026"),
        (datetime(2026, 2, 3, 4, 5, tzinfo=UTC), "3 Feb 2026 04:05"),
        (timedelta(days=1), "1 day"),
        (timedelta(hours=36), "36 hours"),
        (Fraction(200, 3), "66.67"),
        (Decimal("1.50"), "1.5"),
        (1_000_000, "1,000,000"),
        (True, "yes"),
        (frozenset({"b", "a"}), "“a” or “b”"),
        (frozenset(), "nothing"),
    ],
)
def test_a_value_reads_as_a_person_would_write_it(shown: object, text: str) -> None:
    assert value(shown) == text


def test_a_percentage_keeps_its_sign() -> None:
    assert value(Decimal("0.125"), Field("discount", "percent", "Discount")) == "12.5%"


@pytest.mark.parametrize(
    ("title", "text"), [("Amount", "amount"), ("BANT score", "BANT score"), ("I agree", "I agree")]
)
def test_an_abbreviation_keeps_its_capitals(title: str, text: str) -> None:
    assert lower(title) == text
