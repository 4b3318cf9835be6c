"""The meaning, sentence by sentence: conditions as they are written, deals, and what must come out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import pytest

from dealgate.compile.program import Program
from dealgate.compile.reference import Walk
from dealgate.documents.nodes import plain_data
from dealgate.model.calendar import Moment, Rates
from dealgate.model.deal import deal_from
from dealgate.model.process import Criterion, Stage
from dealgate.model.values import end_of_day

from .world import checked, process, tree

T, F, U = True, False, None
AS_OF = date(2026, 11, 23)  # a Monday; the quarter ends on 31 December


def answer(
    rule: Any, record: dict[str, Any], as_of: date | datetime = AS_OF, place: int = 0, rates: Rates | None = None
) -> bool | None:
    """What the walker says; the compiled function must say the same."""
    base = process(place)
    data = plain_data(tree(rule)) if isinstance(rule, str) else rule
    check = checked(data, base, place, ("first.other", "first.na"))
    yes = checked({"field": "name", "filled": True}, base, place)
    amount = checked({"field": "amount", "above": 0}, base, place)
    no = checked({"field": "name", "filled": False}, base, place)
    criteria = (
        Criterion("first.c", "C", check, "exit", "first"),
        Criterion("first.other", "O", amount, "exit", "first"),
        Criterion("first.na", "N", no, "exit", "first", applies_when=no if "name" in record else yes),
    )
    whole = base.replace(stages=(Stage("first", "First", exit=criteria), *base.stages[1:]))
    at = as_of if isinstance(as_of, datetime) else end_of_day(as_of, base.calendar.zone)
    moment = Moment(at, base.calendar, base.currency, rates)
    deal, strange = deal_from(record, whole.catalogue, whole.reading)
    assert not strange
    found = Walk(whole, deal, moment).holds(check)
    compiled = Program(whole, lambda _: "").run(deal, moment)[0].status.value
    assert compiled == {True: "met", False: "unmet", None: "unknown"}[found]
    return found


def said(day: int, **more: Any) -> dict[str, Any]:
    return {"dated": f"2026-11-{day:02}", **more}


def moved(at: str, old: Any, new: Any, field: str = "close_date", **more: Any) -> dict[str, Any]:
    return {"field": field, "from": old, "to": new, "at": at, **more}


LATE = {"changes": [moved("2026-11-10T10:00:00Z", "2026-12-01", "2027-01-05")]}
CONTACTS = {"contacts": [{"role": "champion", "two_way": True}, {"role": "user"}, {"two_way": False}]}
NEED = "{framework: bant, element: need, at_least: 2}"


def need(*items: dict[str, Any]) -> dict[str, Any]:
    return {"evidence": [{"element": "bant.need", **item} for item in items]}


def bant(*levels: int) -> dict[str, Any]:
    names = ("budget", "authority", "need", "timeline")
    return {
        "evidence": [
            {"element": f"bant.{n}", "level": v, "dated": "2026-11-20"} for n, v in zip(names, levels, strict=False)
        ]
    }


TABLE: list[tuple[str, dict[str, Any], bool | None]] = [
    # all, any, not; several operators on one field
    ("{all: [{field: amount, above: 0}, {field: seats, above: 0}]}", {"amount": 0}, F),
    ("{all: [{field: amount, above: 0}, {field: seats, above: 0}]}", {"amount": 1}, U),
    ("{any: [{field: amount, above: 0}, {field: seats, above: 0}]}", {"amount": 1}, T),
    ("{any: [{field: amount, above: 0}, {field: seats, above: 0}]}", {"amount": 0}, U),
    ("{not: {field: amount, above: 0}}", {}, U),
    ("{not: {field: amount, above: 0}}", {"amount": 0}, T),
    ("{field: amount, above: 10, below: 20}", {"amount": 15}, T),
    ("{field: amount, above: 10, below: 20}", {"amount": 20}, F),
    # equality: text without case and outer spaces, choices by id
    ("{field: name, is: '  ACME gmbh '}", {"name": "Acme GmbH"}, T),
    ("{field: name, is: strasse}", {"name": "STRASSE"}, T),
    ("{field: name, is_not: acme}", {}, U),
    ("{field: name, in: [a, B]}", {"name": "b "}, T),
    ("{field: name, not_in: [a, B]}", {"name": "b"}, F),
    ("{field: channel, is: inbound}", {"channel": "inbound"}, T),
    ("{field: channel, is: inbound}", {"channel": "Inbound"}, U),
    ("{field: accepted, is: false}", {"accepted": False}, T),
    ("{field: accepted, is: false}", {}, U),
    # order
    ("{field: amount, between: [10, 20]}", {"amount": 10}, T),
    ("{field: amount, between: [10, 20]}", {"amount": 20}, T),
    ("{field: amount, between: [10, 20]}", {"amount": "20.01"}, F),
    ("{field: tier, at_least: silver}", {"tier": "gold"}, T),
    ("{field: tier, above: silver}", {"tier": "silver"}, F),
    ("{field: tier, at_least: {field: wanted_tier}}", {"tier": "bronze", "wanted_tier": "gold"}, F),
    ("{field: tier, at_least: {field: wanted_tier}}", {"tier": "gold", "wanted_tier": "bronze"}, T),
    ("{field: stage, below: third}", {"stage": "second"}, T),
    ("{field: cycle, at_most: 2 weeks}", {"cycle": "14 days"}, T),
    ("{field: discount, above: 15%}", {"discount": "15%"}, F),
    ("{field: discount, above: 15%}", {"discount": 16}, U),
    # dates
    ("{field: close_date, before: {date: today}}", {"close_date": "2026-11-23"}, F),
    ("{field: close_date, on_or_before: {date: today}}", {"close_date": "2026-11-23"}, T),
    ("{field: close_date, after: 2026-11-22}", {"close_date": "2026-11-23"}, T),
    ("{field: close_date, within_last: 14 days}", {"close_date": "2026-11-09"}, T),
    ("{field: close_date, within_last: 14 days}", {"close_date": "2026-11-08"}, F),
    ("{field: close_date, within_last: 14 days}", {"close_date": "2026-11-24"}, F),
    ("{field: close_date, within_next: 7 days}", {"close_date": "2026-11-30"}, T),
    ("{field: close_date, within_next: 7 days}", {"close_date": "2026-11-22"}, F),
    ("{field: close_date, older_than: 14 days}", {"close_date": "2026-11-09"}, F),
    ("{field: close_date, older_than: 14 days}", {"close_date": "2026-11-08"}, T),
    ("{field: close_date, older_than: 14 days}", {}, U),
    ("{field: close_date, within_last: 2 business days}", {"close_date": "2026-11-19"}, T),
    ("{field: close_date, within_last: 2 business days}", {"close_date": "2026-11-18"}, F),
    ("{field: close_date, in_last: {days: 3, of: quarter}}", {"close_date": "2026-12-29"}, T),
    ("{field: close_date, in_last: {days: 3, of: quarter}}", {"close_date": "2026-12-28"}, F),
    ("{field: close_date, is: {date: end_of_quarter}}", {"close_date": "2026-12-31"}, T),
    ("{field: close_date, is: {date: end_of_month, plus: 2 business days}}", {"close_date": "2026-12-02"}, T),
    ("{field: close_date, is: {date: end_of_next_month, plus: 2 months}}", {"close_date": "2027-02-28"}, T),
    ("{field: close_date, on_or_after: {field: decision_date, plus: 2 weeks}}", {"close_date": "2026-12-01", "decision_date": "2026-11-17"}, T),
    ("{field: close_date, on_or_after: {field: decision_date, minus: 1 days}}", {"close_date": "2026-12-01"}, U),
    ("{field: created_at, within_last: 24 hours}", {"created_at": "2026-11-23T00:00:00Z"}, T),
    ("{field: created_at, within_last: 24 hours}", {"created_at": "2026-11-22T23:00:00Z"}, F),
    ("{field: created_at, before: {field: updated_at}}", {"created_at": "2026-11-22T10:00:00Z", "updated_at": "2026-11-22T12:30:00+02:00"}, T),
    ("{field: updated_at, before: {field: created_at, plus: 1 hour}}", {"created_at": "2026-11-22T10:00:00Z", "updated_at": "2026-11-22T12:59:00+02:00"}, T),
    ("{field: created_at, is: {date: yesterday}}", {"created_at": "2026-11-22T23:59:00Z"}, T),
    # filled, placeholder
    ("{field: amount, filled: true}", {"amount": 0}, T),
    ("{field: amount, filled: true}", {}, F),
    ("{field: amount, filled: false}", {}, T),
    ("{field: tools, filled: true}", {"tools": []}, F),
    ("{field: tools, filled: true}", {"tools": ["crm"]}, T),
    ("{field: accepted, filled: true}", {"accepted": False}, T),
    ("{field: name, filled: true}", {"name": " TBD "}, F),
    ("{field: name, is: tbd}", {"name": "tbd"}, U),
    ("{field: amount, filled: true}", {"amount": "n/a"}, F),
    ("{field: close_date, filled: true}", {"close_date": "31/31/2026"}, F),
    ("{field: fit, filled: true}", {"fit": "NaN"}, F),
    ("{field: answered, is: n/a}", {"answered": "n/a"}, T),
    ("{field: name, placeholder: true}", {"name": "TBD"}, T),
    ("{field: name, placeholder: true}", {"name": "tbd soon"}, F),
    ("{field: name, placeholder: true}", {}, F),
    ("{some: contacts, where: {field: email, placeholder: true}}", {"contacts": [{"email": "a@b.c"}, {"email": "?"}]}, T),
    ("{some: contacts, where: {field: email, placeholder: true}}", {"contacts": [{"email": "a@b.c"}]}, F),
    # text
    ("{field: name, contains: Budget}", {"name": "the BUDGET of"}, T),
    ("{field: name, starts_with: po}", {"name": " PO-12"}, T),
    ("{field: name, matches: '^po-[0-9]+$'}", {"name": " PO-12 "}, T),
    ("{field: name, matches: '^po-[0-9]+$'}", {"name": "PO-"}, F),
    ("{field: name, matches: b}", {"name": "aBc"}, T),
    # multi_choice
    ("{field: tools, has_any: [crm, erp]}", {"tools": ["erp"]}, T),
    ("{field: tools, has_all: [crm, erp]}", {"tools": ["erp"]}, F),
    ("{field: tools, has_none: [crm]}", {"tools": ["erp"]}, T),
    ("{field: tools, has_none: [crm]}", {}, U),
    # money: one currency, several by rates alone
    ("{field: amount, at_least: 100}", {"amount": {"amount": 100, "currency": "EUR"}}, U),
    # two amounts of one currency need no rate
    ("{field: amount, above: {field: budget_amount}}", {"amount": "100 EUR", "budget_amount": "80 EUR"}, T),
    ("{field: amount, above: {field: budget_amount, times: 2}}", {"amount": "100 EUR", "budget_amount": "80 EUR"}, F),
    ("{field: amount, above: {field: budget_amount}}", {"amount": "100 EUR", "budget_amount": "80 CHF"}, U),
    ("{field: amount, above: {field: budget_amount}}", {"amount": "100 EUR", "budget_amount": "80 USD"}, U),
    ("{field: amount, above: {field: budget_amount}}", {"amount": "100 EUR"}, U),
    # history that does not cover the field says nothing of it
    ("{field: amount, changed: {direction: up}}", {"changes": [], "history_covers": ["stage"]}, U),
    ("{field: amount, changed: {direction: up}}", {"changes": [], "history_covers": ["amount"]}, F),
    ("{field: amount, at_least: {field: list_amount, times: 0.8}}", {"amount": 80, "list_amount": 100}, T),
    ("{field: amount, at_least: {field: list_amount, times: 0.8}}", {"amount": "79.99", "list_amount": 100}, F),
    # parameters; one that varies
    ("{field: amount, at_least: {param: large}}", {"amount": 500}, T),
    ("{field: amount, at_least: {param: by_tier}}", {"amount": 10, "tier": "bronze"}, T),
    ("{field: amount, at_least: {param: by_tier}}", {"amount": 10, "tier": "silver"}, F),
    ("{field: amount, at_least: {param: by_tier}}", {"amount": 10}, U),
    ("{field: seats, at_least: {param: by_kind}}", {"seats": 5, "deal_type": "expansion"}, U),
    ("{field: cycle, above: {field: days_in_stage, times: 0.5}}", {"cycle": "8 days", "days_in_stage": "14 days"}, T),
    # collections
    ("{some: contacts}", {}, U),
    ("{some: contacts}", {"contacts": []}, F),
    ("{none: contacts}", {"contacts": []}, T),
    ("{every: contacts, where: {field: two_way, is: true}}", {"contacts": []}, T),
    ("{every: contacts, where: {field: two_way, is: true}}", {}, U),
    ("{count: contacts, is: 0}", {"contacts": []}, T),
    ("{some: contacts, where: {field: two_way, is: true}}", CONTACTS, T),
    ("{some: contacts, where: {field: role, is: legal}}", CONTACTS, U),
    ("{every: contacts, where: {field: two_way, is: true}}", CONTACTS, F),
    ("{none: contacts, where: {field: role, is: legal}}", CONTACTS, U),
    ("{count: contacts, where: {field: two_way, is: true}, at_least: 1}", CONTACTS, T),
    ("{count: contacts, where: {field: two_way, is: true}, at_least: 2}", CONTACTS, U),
    ("{count: contacts, where: {field: two_way, is: true}, at_least: 3}", CONTACTS, F),
    ("{count: contacts, where: {field: two_way, is: true}, in: [1, 2]}", CONTACTS, T),
    ("{count: contacts, where: {field: two_way, is: true}, is: 2}", CONTACTS, U),
    ("{count: activities, distinct: type, at_least: 2}", {"activities": [{"type": "call"}, {"type": "call"}]}, F),
    ("{count: activities, distinct: type, at_least: 2}", {"activities": [{"type": "call"}, {}]}, U),
    ("{count: activities, distinct: type, at_least: 2}", {"activities": [{"type": "call"}, {"type": "email"}]}, T),
    ("{sum: line_items, of: amount, above: 0}", {"line_items": []}, F),
    ("{sum: line_items, of: amount, is: 30}", {"line_items": [{"amount": 10}, {"amount": 20}]}, T),
    ("{sum: line_items, of: amount, above: 5}", {"line_items": [{"amount": 10}, {}]}, U),
    ("{sum: line_items, of: amount, where: {field: product, is: a}, above: 5}", {"line_items": [{"amount": 10}]}, U),
    ("{sum: line_items, of: amount, where: {field: product, is: a}, above: 5}", {"line_items": [{"amount": 10, "product": "b"}]}, F),
    ("{some: plan_steps, where: {field: due, on_or_before: {field: deal.close_date}}}", {"close_date": "2026-12-01", "plan_steps": [{"due": "2026-12-01"}]}, T),
    ("{some: plan_steps, where: {field: deal.amount, above: 0}}", {"amount": 5, "plan_steps": [{}]}, T),
    # evidence: both days included, undated and future ones at level 1
    ("{evidence: recap}", {}, U),
    ("{evidence: recap}", {"evidence": []}, F),
    ("{evidence: recap}", {"evidence": [{"type": "recap", "dated": "2026-10-23"}]}, T),
    ("{evidence: recap}", {"evidence": [{"type": "recap", "dated": "2026-10-22"}]}, F),
    ("{evidence: contract}", {"evidence": [{"type": "contract", "dated": "2020-01-01", "expires": "2026-11-23"}]}, T),
    ("{evidence: contract}", {"evidence": [{"type": "contract", "dated": "2020-01-01", "expires": "2026-11-22"}]}, F),
    ("{evidence: contract, at_least: 2}", {"evidence": [{"type": "contract", "level": 3}]}, F),
    ("{evidence: contract, at_least: 2}", {"evidence": [{"type": "contract", "level": 3, "dated": "2026-11-24"}]}, F),
    ("{evidence: contract, at_least: 2}", {"evidence": [{"type": "contract", "level": 2, "dated": "2026-11-23"}]}, T),
    ("{evidence: contract, from_buyer: true}", {"evidence": [{"type": "contract"}]}, U),
    ("{evidence: contract, from_buyer: true}", {"evidence": [{"type": "contract", "from_buyer": False}]}, F),
    ("{evidence: contract, within_last: 90 days}", {"evidence": [{"type": "contract"}]}, U),
    ("{evidence: contract, within_last: 90 days}", {"evidence": [{"type": "contract", "dated": "2026-08-25"}]}, T),
    ("{evidence: contract, within_last: 90 days}", {"evidence": [{"type": "contract", "dated": "2026-08-24"}]}, F),
    ("{evidence: any}", {"evidence": [{"type": "other"}]}, T),
    # elements: missing without proof, never 0; a no; not applicable with a reason
    (NEED, {}, U),
    (NEED, {"evidence": []}, U),
    (NEED, need(said(20, level=2)), T),
    (NEED, need(said(20, level=1)), F),
    (NEED, need({"level": 3}), F),
    (NEED, need(said(20, level=1), said(1, level=3)), T),
    (NEED, need({"level": 2, "dated": "2026-07-26"}), T),
    (NEED, need({"level": 2, "dated": "2026-07-25"}), U),
    (NEED, need(said(20, answer="no"), said(10, level=3)), F),
    (NEED, need(said(10, answer="no"), said(20, level=2)), T),
    (NEED, need(said(10, answer="no"), said(5, level=3), said(20, answer="yes", level=1)), F),
    ("{framework: bant, element: need, answer: no}".replace("no}", '"no"}'), need(said(10, answer="no")), T),
    ("{framework: bant, element: need, answer: not_applicable}", need(said(10, answer="not_applicable", reason="No legal department")), T),
    ("{framework: bant, element: need, answer: not_applicable}", need(said(10, answer="not_applicable")), U),
    ('{framework: bant, element: need, answer: "no"}', need(said(10, answer="no"), said(20, answer="not_applicable")), T),
    (NEED, need(said(10, answer="not_applicable", reason="No legal department")), T),
    ("{framework: bant, element: need, filled: true}", {}, F),
    ("{framework: bant, element: need, filled: false}", {"evidence": []}, T),
    ("{framework: bant, element: need, filled: true}", need(said(10, level=1)), T),
    # status and score: a range while elements are missing
    ("{framework: bant, is: qualified}", bant(2, 2, 2), T),
    ("{framework: bant, is: qualified}", bant(2, 2, 1), U),
    ("{framework: bant, is: qualified}", bant(2, 1, 1), F),
    ("{framework: bant, is: qualified}", {}, U),
    ("{framework: bant, is: unknown}", {}, T),
    ("{framework: bant, is: unknown}", bant(2, 2, 2, 2), F),
    ("{framework: bant, is_not: qualified}", {}, U),
    ("{framework: bant, is: disqualified}", need(said(10, answer="no")), T),
    ("{framework: bant, is: disqualified}", {"evidence": []}, U),
    ("{framework: bant, score: total, at_least: 2}", bant(2, 2), T),
    ("{framework: bant, score: total, at_least: 3}", bant(2, 2), U),
    ("{framework: bant, score: total, at_most: 1}", bant(2, 2), F),
    ("{framework: icp, band: C, or_better: true}", {}, T),
    ("{framework: icp, band: B, or_better: true}", {}, U),
    ("{framework: icp, band: B, or_better: true}", {"evidence": [{"element": "icp.firmographic", "level": 0, "dated": "2026-11-20"}, {"element": "icp.trigger", "level": 0, "dated": "2026-11-20"}]}, F),
    ("{framework: plan, is: nurture}", {"evidence": [{"element": "plan.plan", "answer": "no", "dated": "2026-11-20"}]}, T),
    # other criteria and named conditions
    ("{criterion: first.other}", {"amount": 1}, T),
    ("{criterion: first.other}", {}, U),
    ("{criterion: first.na}", {"name": "a"}, T),
    ("{condition: large-deal}", {"amount": 499}, F),
    # changed
    ("{field: close_date, changed: {direction: later}}", {}, U),
    ("{field: close_date, changed: {direction: later}}", {"changes": []}, F),
    ("{field: close_date, changed: {direction: later}}", LATE, T),
    ("{field: close_date, changed: {direction: earlier}}", LATE, F),
    ("{field: close_date, changed: {direction: later, across: quarter}}", LATE, T),
    ("{field: close_date, changed: {direction: later, across: year, at_least: 2}}", LATE, F),
    ("{field: close_date, changed: {by: {above: 35 days}}}", LATE, F),
    ("{field: close_date, changed: {by: {at_least: 35 days}}}", LATE, T),
    ("{field: close_date, changed: {within_last: 13 days}}", LATE, T),
    ("{field: close_date, changed: {within_last: 12 days}}", LATE, F),
    ("{field: close_date, changed: {since: 2026-11-10}}", LATE, T),
    ("{field: close_date, changed: {since: 2026-11-11}}", LATE, F),
    ("{field: close_date, changed: {since: {field: decision_date}}}", LATE, U),
    ("{field: close_date, changed: {direction: any}}", {"changes": [moved("2026-11-10", None, "2027-01-05")]}, F),
    ("{field: close_date, changed: {direction: any}}", {"changes": [moved("2026-11-10", "tbd", "2027-01-05")]}, F),
    ("{field: close_date, changed: {direction: any}}", {"changes": [moved("2026-11-10", "2027-01-05", None)]}, T),
    ("{field: close_date, changed: {direction: any}}", {"changes": [moved("2026-11-10T08:00:00Z", "2027-01-05", "2027-02-01"), moved("2026-11-10T09:00:00Z", "2027-02-01", "2027-01-05")]}, F),
    ("{field: close_date, changed: {at_least: 2}}", {"changes": [moved("2026-11-10T08:00:00Z", "2027-01-05", "2027-02-01"), moved("2026-11-10T09:00:00Z", "2027-02-01", "2027-03-05")]}, F),
    ("{field: close_date, changed: {direction: later, ignore: [import]}}", {"changes": [moved("2026-11-10", "2026-12-01", "2027-01-05", channel="import")]}, F),
    ("{field: close_date, changed: {direction: later, ignore: [owner_change]}}", {"changes": [*LATE["changes"], moved("2026-11-10T08:00:00Z", "a", "b", "owner.id")]}, F),
    ("{field: close_date, changed: {direction: later}}", {**LATE, "status": "lost", "closed_on": "2026-11-09"}, F),
    ("{field: close_date, changed: {direction: later}}", {**LATE, "status": "lost", "closed_on": "2026-11-10"}, T),
    ("{field: close_date, changed: {direction: later}}", {**LATE, "status": "lost"}, U),
    ("{field: close_date, changed: {direction: later, at_least: 2}}", {**LATE, "history_since": "2026-11-01"}, U),
    ("{field: close_date, changed: {direction: later}}", {**LATE, "history_since": "2026-11-01"}, T),
    ("{field: close_date, changed: {direction: later, at_least: 2, within_last: 14 days}}", {**LATE, "history_since": "2026-11-01"}, F),
    ("{field: close_date, changed: {direction: later}}", {"changes": [{"field": "close_date", "from": "2026-12-01", "to": "2027-01-05"}]}, U),
    ("{field: close_date, changed: {direction: later}}", {"changes": [moved("2026-11-24", "2026-12-01", "2027-01-05")]}, F),
    ("{field: amount, changed: {direction: down, by: {above: 20%}}}", {"changes": [moved("2026-11-10", "100", "79", "amount")]}, T),
    ("{field: amount, changed: {direction: down, by: {above: 20%}}}", {"changes": [moved("2026-11-10", "100", "80", "amount")]}, F),
    ("{field: amount, changed: {direction: up, by: {above: 50}}}", {"changes": [moved("2026-11-10", "100", "151", "amount")]}, T),
    ("{field: amount, changed: {direction: up}}", {"changes": [moved("2026-11-10", "100 EUR", "151 EUR", "amount")]}, U),
    ("{field: tier, changed: {direction: down}}", {"changes": [moved("2026-11-10", "gold", "silver", "tier")]}, T),
    # derived
    ("{field: stage_entered_on, is: 2026-11-10}", {"stage": "first", "visits": [{"stage": "first", "entered": "2026-11-10"}]}, T),
    ("{field: days_in_stage, is: 13 days}", {"stage": "first", "visits": [{"stage": "first", "entered": "2026-11-10"}]}, T),
    ("{field: last_two_way_on, is: 2026-11-10}", {"activities": [{"at": "2026-11-10", "two_way": True}, {"at": "2026-11-12", "two_way": True, "held": False}, {"at": "2026-11-25", "two_way": True}]}, T),
    ("{field: pushes, is: 1}", LATE, T),
    ("{field: pushes, is: 0}", {}, U),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "record", "expected"), TABLE, ids=[f"{n}" for n in range(len(TABLE))])
def test_a_condition_means_what_the_language_says(rule: str, record: dict[str, Any], expected: bool | None) -> None:
    assert answer(rule, record) is expected, rule


@pytest.mark.parametrize(
    ("rule", "record", "as_of", "place", "expected"),
    [
        # a datetime in a day test becomes its local date first: 23:30 UTC is the next day in Berlin
        ("{field: created_at, is: {date: today}}", {"created_at": "2026-11-22T23:30:00Z"}, AS_OF, 1, T),
        ("{field: created_at, is: {date: today}}", {"created_at": "2026-11-22T23:30:00Z"}, AS_OF, 0, F),
        # a moment's day is the process's: 23:30 UTC on the 22nd is already the 23rd
        ("{field: close_date, is: {date: today}}", {"close_date": "2026-11-23"}, datetime(2026, 11, 22, 23, 30, tzinfo=UTC), 1, T),
        # hours are hours, over a change of summer time too: 25 October has 25 of them in Berlin
        ("{field: created_at, within_last: 24 hours}", {"created_at": "2026-10-24T22:30:00Z"}, date(2026, 10, 25), 1, F),
        ("{field: created_at, within_last: 24 hours}", {"created_at": "2026-10-24T23:00:00Z"}, date(2026, 10, 25), 1, T),
        ("{field: updated_at, before: {field: created_at, plus: 24 hours}}", {"created_at": "2026-10-25T00:00:00", "updated_at": "2026-10-25T22:30:00Z"}, AS_OF, 1, F),
        # months clamp, leap days included
        ("{field: close_date, within_last: 1 month}", {"close_date": "2028-01-29"}, date(2028, 2, 29), 0, T),
        ("{field: close_date, on_or_after: {date: today, plus: 1 year}}", {"close_date": "2029-02-28"}, date(2028, 2, 29), 0, T),
        ("{field: close_date, within_last: 1 month}", {"close_date": "2026-04-30"}, date(2026, 5, 31), 0, T),
        # fiscal quarters
        ("{field: close_date, is: {date: start_of_quarter}}", {"close_date": "2026-10-01"}, AS_OF, 1, T),
        ("{field: close_date, is: {date: start_of_year}}", {"close_date": "2026-04-01"}, AS_OF, 1, T),
        # a first-of-all-days that some exports write for "none" does not fall over west of Greenwich
        ("{field: created_at, older_than: 1 day}", {"created_at": "0001-01-01T00:00:00Z"}, AS_OF, 2, T),
    ],
)  # fmt: skip
def test_time_is_the_processs(rule: str, record: dict[str, Any], as_of: date, place: int, expected: bool) -> None:
    assert answer(rule, record, as_of, place) is expected


def test_two_currencies_compare_through_the_rate_of_the_day() -> None:
    from decimal import Decimal

    rates = Rates("USD", {"EUR": ((date(2026, 1, 1), Decimal("1.1")), (date(2026, 12, 1), Decimal("2")))})
    record = {"amount": {"amount": 100, "currency": "EUR"}}
    assert answer("{field: amount, at_least: 110}", record, rates=rates) is True
    assert answer("{field: amount, at_least: 110.01}", record, rates=rates) is False
    assert answer("{field: amount, is: 200}", record, date(2026, 12, 1), rates=rates) is True
    assert answer("{field: amount, is: 200}", record, date(2025, 12, 31), rates=rates) is None
    assert answer("{field: amount, above: 0}", {"amount": {"amount": 5, "currency": "JPY"}}, rates=rates) is None


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection


def test_the_same_answers_as_sql_gives_with_null(database: sqlite3.Connection) -> None:
    """An oracle that is not ours: the three-valued logic of SQLite."""
    base = Random(11)
    columns, operators = ("seats", "account.employees"), {"at_least": ">=", "below": "<", "is": "=", "is_not": "<>"}
    record: dict[str, Any] = {}

    def made(depth: int) -> tuple[dict[str, Any], str]:
        kind = base.choice(("all", "any", "not", "test", "test", "in", "filled", "count")) if depth else "all"
        if kind in ("all", "any"):
            parts = [made(depth % 4 + 1) if depth < 4 else leaf() for _ in range(base.randint(1, 3))]
            joint = " AND " if kind == "all" else " OR "
            return {kind: [p for p, _ in parts]}, "(" + joint.join(s for _, s in parts) + ")"
        if kind == "not":
            part, sql = made(depth + 1) if depth < 4 else leaf()
            return {"not": part}, f"(NOT {sql})"
        return leaf(kind)

    def leaf(kind: str = "test") -> tuple[dict[str, Any], str]:
        name = base.choice(columns)
        if kind == "filled":
            return {"field": name, "filled": True}, f'("{name}" IS NOT NULL)'
        if kind == "in":
            return {"field": name, "in": [1, 2]}, f'("{name}" IN (1, 2))'
        if kind == "count":
            known = sum(c.get("two_way") is True for c in record["contacts"])
            open_ = sum("two_way" not in c for c in record["contacts"])
            wanted = base.randint(0, 3)
            sql = f"CASE WHEN {known} >= {wanted} THEN 1 WHEN {known + open_} < {wanted} THEN 0 ELSE NULL END"
            return {"count": "contacts", "where": {"field": "two_way", "is": True}, "at_least": wanted}, f"({sql})"
        key, operand = base.choice(list(operators)), base.randint(0, 3)
        return {"field": name, key: operand}, f'("{name}" {operators[key]} {operand})'

    for _ in range(200):
        record = {name: base.randint(0, 3) for name in columns if base.random() < 0.7}
        record["contacts"] = [{"two_way": base.random() < 0.5} if base.random() < 0.7 else {} for _ in range(3)]
        rule, sql = made(0)
        values = ", ".join(f'{record.get(name, "NULL")} AS "{name}"' for name in columns)
        expected = database.execute(f"SELECT {sql} FROM (SELECT {values})").fetchone()[0]
        assert answer(rule, record) is (None if expected is None else bool(expected)), (rule, record)
