"""What a sound condition becomes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from dealgate.model.condition import (
    All,
    AnyOf,
    ByField,
    Changed,
    Children,
    Clock,
    Count,
    CriterionRef,
    ElementAnswer,
    ElementLevel,
    FieldOperand,
    FrameworkBand,
    FrameworkIs,
    FrameworkScore,
    Literal,
    Named,
    Not,
    Proof,
    Sum,
)
from dealgate.model.condition import Test as FieldTest
from dealgate.model.values import Duration, Money

from .conditions_help import good, tree


def one(text: str) -> FieldTest:
    found = good(text)
    assert isinstance(found, FieldTest)
    return found


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("{field: source, is: '  Web SITE '}", "web site", "Web SITE"),
        ("{field: owner.name, is: Ann}", "ann", "Ann"),
        ("{field: amount, at_least: 50000}", 5_000_000, Money(5_000_000, "EUR")),
        ("{field: amount, at_least: 0.10}", 10, Money(10, "EUR")),
        ("{field: amount, at_least: 12 EUR}", 1200, Money(1200, "EUR")),
        ("{field: discount, above: 12.5%}", Decimal("0.125"), Decimal("0.125")),
        ("{field: seats, is: 3}", 3, 3),
        ("{field: score, below: 2.5}", Decimal("2.5"), Decimal("2.5")),
        ("{field: close_date, after: 2026-12-31}", date(2026, 12, 31), date(2026, 12, 31)),
        ("{field: days_in_stage, below: 30 days}", timedelta(days=30), Duration(30, "day")),
        ("{field: accepted, is: true}", True, True),
        ("{field: channel, is: no}", "no", "no"),
        ("{field: segment, is: medium}", "medium", "medium"),
        ("{field: stage, is: proposal}", "proposal", "proposal"),
        ("{field: stage, at_least: proposal}", 1, "proposal"),
        ("{field: kind, in: [new, renewal]}", ("new", "renewal"), ("new", "renewal")),
        ("{field: tools, has_any: [crm, erp]}", frozenset({"crm", "erp"}), ("crm", "erp")),
        ("{field: source, matches: '^PO-[0-9]+$'}", "^PO-[0-9]+$", "^PO-[0-9]+$"),
        ("{field: source, filled: false}", False, False),
        ("{field: source, placeholder: true}", True, True),
    ],
)
def test_a_literal_takes_the_form_that_the_test_compares(text: str, value: object, shown: object) -> None:
    (operand,) = one(text).operands
    assert operand == Literal(value, shown)


def test_the_two_ends_of_between_are_two_operands() -> None:
    found = one("{field: stage, between: [qualification, close]}")
    assert found.operands == (Literal(0, "qualification"), Literal(2, "close"))


def test_a_param_says_its_title() -> None:
    assert one("{field: amount, at_least: {param: large}}").operands == (
        Literal(5_000_000, Money(5_000_000, "EUR"), "A large deal"),
    )
    (listed,) = one("{field: channel, in: {param: ways}}").operands
    assert listed == Literal(("inbound", "outbound"), ("inbound", "outbound"), "Our ways")


def test_a_param_without_title_says_its_name() -> None:
    assert one("{field: seats, at_least: {param: few}}").operands == (Literal(2, 2, "few"),)


def test_a_param_by_a_field_keeps_each_value() -> None:
    (found,) = one("{field: amount, at_least: {param: by_stage}}").operands
    assert isinstance(found, ByField)
    assert found.ref.name == "stage"
    assert [(key, literal.value) for key, literal in found.values] == [("qualification", 1000), ("proposal", 2000)]
    assert found.otherwise == Literal(10_000, Money(10_000, "EUR"), "From this amount")


def test_another_field_is_an_operand_with_ratio_or_shift() -> None:
    (ratio,) = one("{field: amount, at_most: {field: budget, times: 0.8}}").operands
    assert isinstance(ratio, FieldOperand)
    assert (ratio.ref.name, ratio.times) == ("budget", Decimal("0.8"))
    (shift,) = one("{field: close_date, before: {field: signed_on, minus: 3 days}}").operands
    assert isinstance(shift, FieldOperand)
    assert shift.plus == Duration(-3, "day")


def test_a_date_is_shifted_by_a_parameter() -> None:
    (shift,) = one("{field: close_date, before: {field: signed_on, minus: {param: window}}}").operands
    assert isinstance(shift, FieldOperand)
    assert shift.plus == Duration(-14, "day")
    (clock,) = one("{field: close_date, before: {date: today, plus: {param: window}}}").operands
    assert clock == Clock("today", Duration(14, "day"))


def test_clock_words_take_business_days() -> None:
    (found,) = one("{field: close_date, on_or_before: {date: end_of_month, plus: 2 business days}}").operands
    assert found == Clock("end_of_month", Duration(2, "day", business=True))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("{field: close_date, after: {date: today}}", True),
        ("{field: created_at, after: {date: today}}", True),
        ("{field: created_at, is: 2026-01-01}", True),
        ("{field: created_at, before: {field: close_date}}", True),
        ("{field: close_date, before: {field: created_at}}", True),
        ("{field: touched_at, before: {field: created_at}}", False),
        ("{field: touched_at, before: {field: created_at, plus: 2 hours}}", False),
        ("{field: touched_at, before: {field: created_at, plus: 2 days}}", True),
        ("{field: created_at, within_last: 3 days}", True),
        ("{field: created_at, within_last: 3 hours}", False),
        ("{field: created_at, in_last: {days: 3, of: quarter}}", True),
        ("{field: created_at, filled: true}", False),
        ("{field: amount, above: 0}", False),
    ],
)
def test_a_test_is_by_day_unless_both_sides_are_moments(text: str, day: bool) -> None:
    assert one(text).day is day


def test_windows_in_days_carry_their_bounds() -> None:
    two = Duration(14, "day")
    last = one("{field: close_date, within_last: {param: window}}")
    assert (last.span, last.operands) == (two, (Clock("today", -two), Clock("today")))
    ahead = one("{field: close_date, within_next: 14 days}")
    assert ahead.operands == (Clock("today"), Clock("today", two))
    assert one("{field: close_date, older_than: 14 days}").operands == (Clock("today", -two),)


def test_windows_in_hours_work_from_the_span() -> None:
    found = one("{field: created_at, older_than: 90 minutes}")
    assert (found.operands, found.span) == ((), Duration(90, "minute"))


def test_in_last_says_how_many_days_of_what() -> None:
    found = one("{field: close_date, in_last: {days: {param: few}, of: quarter}}")
    assert (found.last_days, found.operands) == ((2, "quarter"), ())


def test_several_operators_on_a_field_must_all_hold() -> None:
    found = good("{field: amount, above: 0, at_most: {param: large}}")
    assert isinstance(found, All)
    assert [p.operator.key for p in found.parts if isinstance(p, FieldTest)] == ["above", "at_most"]
    assert [p.at.column for p in found.parts if isinstance(p, FieldTest)] == [17, 27]


def test_all_any_and_not_hold_conditions() -> None:
    found = good("{any: [{all: [{field: accepted, is: true}]}, {not: {field: source, filled: true}}]}")
    assert isinstance(found, AnyOf)
    assert isinstance(found.parts[0], All)
    assert isinstance(found.parts[1], Not)


def test_inside_where_names_are_the_childs_and_deal_reaches_out() -> None:
    found = good("{some: contacts, where: {field: met_on, on_or_after: {field: deal.signed_on}}}")
    assert isinstance(found, Children)
    assert isinstance(found.where, FieldTest)
    assert found.where.ref.child
    (operand,) = found.where.operands
    assert isinstance(operand, FieldOperand)
    assert not operand.ref.child


def test_some_stands_without_where() -> None:
    found = good("{none: contacts}")
    assert isinstance(found, Children)
    assert (found.kind, found.where) == ("none", None)


def test_counts_and_sums_are_tested_by_operators() -> None:
    count = good("{count: activities, where: {field: two_way, is: true}, distinct: type, at_least: {param: few}}")
    assert isinstance(count, Count)
    assert count.distinct is not None
    assert (count.distinct.name, count.distinct.child, count.operands) == ("type", True, (Literal(2, 2, "few"),))
    total = good("{sum: line_items, of: amount, above: 100, below: {field: amount}}")
    assert isinstance(total, All)
    first = total.parts[0]
    assert isinstance(first, Sum)
    assert first.operands == (Literal(10_000, Money(10_000, "EUR")),)


def test_frameworks_are_asked_for_level_answer_status_score_and_band() -> None:
    level = good("{framework: bant, element: budget, at_least: 2}")
    assert isinstance(level, ElementLevel)
    assert level.operands == (Literal(2, 2),)
    assert isinstance(good("{framework: bant, element: budget, filled: true}"), ElementLevel)
    assert isinstance(good("{framework: bant, element: need, answer: no}"), ElementAnswer)
    assert good("{framework: bant, is: qualified}") == FrameworkIs("bant", ("qualified",))
    assert good("{framework: bant, not_in: [nurture, disqualified]}") == Not(
        FrameworkIs("bant", ("nurture", "disqualified"))
    )
    score = good("{framework: bant, score: total, at_least: 3}")
    assert isinstance(score, FrameworkScore)
    assert score.operands == (Literal(Decimal(3), Decimal(3)),)
    counted = good("{framework: bant, score: count_at_least, level: 2, at_most: 1}")
    assert isinstance(counted, FrameworkScore)
    assert (counted.method, counted.level) == ("count_at_least", 2)
    lowest = good("{framework: bant, score: lowest, at_least: 2}")
    assert isinstance(lowest, FrameworkScore)
    assert (lowest.method, lowest.level) == ("lowest", None)
    assert good("{framework: bant, band: B, or_better: true}") == FrameworkBand("bant", "B", or_better=True)


def test_evidence_may_be_strong_recent_and_from_the_buyer() -> None:
    found = good("{evidence: recap, at_least: 2, from_buyer: true, within_last: {param: window}}")
    assert found == Proof("recap", 2, True, Duration(14, "day"))
    assert good("{evidence: any}") == Proof("any")


def test_a_named_condition_is_checked_once_and_carries_its_body() -> None:
    named = {"engaged": tree("{some: contacts}")}
    found = good("{all: [{condition: engaged}, {condition: engaged}]}", conditions=named)
    assert isinstance(found, All)
    first, second = found.parts
    assert isinstance(first, Named)
    assert isinstance(second, Named)
    assert first.body is second.body


def test_a_criterion_is_named_with_its_stage() -> None:
    assert good("{criterion: qualification.need-stated}") == CriterionRef("qualification.need-stated")


def test_changed_says_which_changes_count() -> None:
    found = good(
        "{field: close_date, changed: {direction: later, across: quarter, by: {above: 7 days}, "
        "since: {date: start_of_quarter}, within_last: 60 days, ignore: [owner_change], at_least: 2}}"
    )
    assert isinstance(found, Changed)
    assert (found.direction, found.across, found.at_least, found.ignore) == ("later", "quarter", 2, ("owner_change",))
    assert [(o.key, threshold, relative) for o, threshold, relative in found.by] == [
        ("above", timedelta(days=7), False)
    ]
    assert (found.since, found.within_last) == (Clock("start_of_quarter"), Duration(60, "day"))


def test_a_change_of_an_amount_is_relative_with_a_percent_sign_and_absolute_without() -> None:
    found = good("{field: amount, changed: {by: {above: 20%, below: 5000}}}")
    assert isinstance(found, Changed)
    assert [(t, relative) for _, t, relative in found.by] == [(Decimal("0.2"), True), (500_000, False)]
    by_param = good("{field: amount, changed: {by: {above: {param: limit}}}}")
    assert isinstance(by_param, Changed)
    assert by_param.by[0][1:] == (Decimal("0.15"), True)
