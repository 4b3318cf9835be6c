"""Each of the rules: it fires, it does not, it is unknown; and says what it saw."""

from __future__ import annotations

from typing import Any

import pytest
from tests.inspection.looking import DROP, answer, deal, look, the

from dealgate.bundled import bundled
from dealgate.documents.load import load_documents

COMMIT: dict[str, Any] = {"stage": "close", "forecast_category": "commit"}
CLOSE_VISIT = {"stage": "close", "entered": "2026-11-20T09:00:00+00:00"}
PAPER = {"type": "legal", "contact_name": "Lea", "due": "2026-12-01"}
OVERRIDE = {
    "criterion": "proposal.impact-known", "reason": "ask", "requester": "Rita", "approver": "Max",
    "approved_on": "2026-10-01", "expires": "2026-10-10",
}  # fmt: skip


def change(field: str, before: str | None, after: str, at: str) -> dict[str, Any]:
    return {
        "field": field,
        "from": before,
        "to": after,
        "at": f"{at}T09:00:00+00:00",
        "by": "Rita",
        "channel": "person",
    }


def visits(*stays: tuple[str, str]) -> list[dict[str, Any]]:
    ends = [f"{day}T09:00:00+00:00" for _, day in stays[1:]]
    entered = [{"stage": stage, "entered": f"{day}T09:00:00+00:00"} for stage, day in stays]
    return [{**one, **({"left": ends[n]} if n < len(ends) else {})} for n, one in enumerate(entered)]


def several(count: int, **more: Any) -> list[dict[str, Any]]:
    return [deal(id=f"D-{n}", **more) for n in range(count)]


def lost(count: int, *reasons: str, **more: Any) -> list[dict[str, Any]]:
    closed = {"status": "lost", "closed_on": "2026-11-02"} | more
    return [deal(id=f"L-{n}", **closed, outcome_reason=reasons[n % len(reasons)]) for n in range(count)]


def overriding(*owners: str) -> list[dict[str, Any]]:
    """A deal a person, each with an override of the same criterion."""
    return [deal(id=f"O-{n}", owner__name=name, overrides=[OVERRIDE]) for n, name in enumerate(owners)]


def unproven(count: int) -> list[dict[str, Any]]:
    """Deals that an interface moved on from `needs` without the pain."""
    moved = [
        change("stage", "discover", "needs", "2026-09-20"),
        change("stage", "needs", "trial", "2026-10-10") | {"channel": "api"},
        change("stage", "trial", "proposal", "2026-11-10"),
    ]
    return [deal(id=f"U-{n}", pain_statement=DROP, visits=DROP, changes=moved) for n in range(count)]


def odd(**more: Any) -> list[dict[str, Any]]:
    """Nine deals, and one more of which nobody knows whether it is open."""
    return [*several(9, **more), deal(id="E-1", status="odd", **more)]


ALONE = [{"name": "Ann", "role": "decision_owner", "two_way": True}]
OWN_WORD = [{"element": "bant.need", "level": 1, "from_buyer": False, "dated": "2026-11-05"}] * 3
BUYERS_WORD = [{"element": "bant.need", "level": 2, "from_buyer": True, "dated": "2026-11-05"}] * 3
PUSHES = [change("close_date", "2026-03-30", "2026-06-30", "2026-03-01"), change("close_date", "2026-06-30", "2026-12-15", "2026-06-01")]  # fmt: skip
REOPENED = [change("status", "open", "lost", "2026-10-20"), change("status", "lost", "open", "2026-11-05")]

CASES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]] = {
    "close-date-passed": ([deal(close_date="2026-11-22")], [deal(close_date="2026-11-23")], [deal(close_date=DROP)]),
    "pushed": (
        [deal(changes=PUSHES, created_at="2026-01-05T09:00:00+00:00")],
        [deal(changes=PUSHES[1:], created_at="2026-01-05T09:00:00+00:00")],
        [deal(changes=DROP)],
    ),
    "no-next-step": ([deal(next_step_on="2026-11-22")], [deal()], [deal(next_step_on=DROP)]),
    "seller-only-step": ([deal(next_step_by="seller")], [deal()], [deal(next_step_by=DROP)]),
    "no-two-way": ([deal(activities=[])], [deal()], [deal(activities=DROP)]),
    "ageing": (
        [deal(visits=visits(("discover", "2026-09-01"), ("needs", "2026-09-10"), ("trial", "2026-09-15"), ("proposal", "2026-10-20")))],
        [deal()],
        [deal(visits=DROP)],
    ),
    "single-threaded": (
        [deal(amount="60000.00", contacts=[{"name": "Ann", "two_way": True}])],
        [deal(amount="60000.00")],
        [deal(amount="60000.00", contacts=DROP)],
    ),
    "no-decision-owner": (
        [deal(contacts=[{"name": "Bob", "role": "user", "two_way": True}])],
        [deal()],
        [deal(contacts=[{"name": "Bob", "two_way": True}])],
    ),
    "commit-without-proof": (
        [deal(forecast_category="commit", impact_amount="0.00")],
        [deal(forecast_category="commit")],
        [deal(forecast_category="commit", impact_amount=DROP)],
    ),
    "commit-without-paper": (
        [deal(**COMMIT)],
        [deal(**COMMIT, plan_steps=[PAPER])],
        [deal(**COMMIT, plan_steps=DROP)],
    ),
    "stage-skipped": (
        [deal(visits=visits(("discover", "2026-09-01"), ("trial", "2026-10-10"), ("proposal", "2026-11-10")))],
        [deal()],
        [deal(visits=DROP)],
    ),
    "moved-back": (
        [deal(stage="needs", visits=DROP, changes=[change("stage", "discover", "proposal", "2026-10-01"), change("stage", "proposal", "needs", "2026-11-10")])],
        [deal(visits=DROP, changes=[change("stage", "discover", "proposal", "2026-11-10")])],
        [deal(changes=DROP)],
    ),
    "amount-unsettled": (
        [deal(close_date="2026-12-01", changes=[change("amount", "10000.00", "20000.00", "2026-11-15")])],
        [deal(close_date="2026-12-01", changes=[change("amount", "19000.00", "20000.00", "2026-11-15")])],
        [deal(close_date="2026-12-01", changes=DROP)],
    ),
    "no-amount": ([deal(amount="0.00")], [deal()], [deal(stage="trial", amount="0.00")]),
    "discount-unapproved": (
        [deal(discount="20%", discount_approved=False, approved_discount="10%")],
        [deal(discount="20%", discount_approved=True)],
        [deal(discount="20%", discount_approved=False)],
    ),
    "too-fast": ([deal(close_date="2026-11-24")], [deal()], [deal(close_date=DROP)]),
    "dates-at-the-end": (
        [*several(3, close_date="2026-12-30"), deal(id="E-1"), deal(id="E-2")],
        several(5),
        [*several(4, close_date="2026-12-30"), deal(id="E-1", status="odd")],
    ),
    "committed-at-once": (
        [deal(**COMMIT, amount="60000.00", created_at="2026-11-16T09:00:00+00:00", visits=visits(("discover", "2026-11-16"), ("close", "2026-11-20")))],
        [deal(**COMMIT, amount="60000.00", visits=visits(("discover", "2026-09-01"), ("close", "2026-11-20")))],
        [deal(**COMMIT, amount="60000.00", created_at=DROP, visits=DROP, changes=DROP)],
    ),
    "stale-evidence": (
        [deal(evidence=[{"element": "bant.budget", "level": 2, "dated": "2026-01-05"}])],
        [deal(evidence=[{"element": "bant.budget", "level": 2, "dated": "2026-11-05"}])],
        [deal(evidence=DROP)],
    ),
    "filled-for-show": ([deal(decision_process="tbd")], [deal()], [deal(changes=DROP)]),
    "zombie": ([deal(account__status="former_customer")], [deal()], [deal(account__status=DROP)]),
    "lost-without-reason": (
        [deal(status="lost", closed_on="2026-11-02"), *lost(1, "price")],
        lost(1, "price"),
        [deal(status="lost", visits=DROP)],
    ),
    "one-reason-fits-all": (
        lost(12, "price"),
        lost(12, "price", "timing", "competitor"),
        [*lost(12, "price"), *(deal(id=f"U-{n}", status="lost", outcome_reason="price") for n in range(1))],
    ),
    "reopened-after-loss": ([deal(changes=REOPENED)], [deal()], [deal(changes=DROP)]),
    "commit-on-one-deal": (
        [deal(**COMMIT, id="C-1", amount="90000.00"), deal(**COMMIT, id="C-2", amount="10000.00")],
        several(4, **COMMIT),
        [*several(4, **COMMIT), deal(**COMMIT, id="C-1", amount=DROP)],
    ),
    "override-ran-out": (
        [deal(overrides=[OVERRIDE], impact_amount="0.00")],
        [deal(overrides=[OVERRIDE])],
        [deal(overrides=[OVERRIDE], impact_amount=DROP)],
    ),
    "override-is-the-norm": (several(6, overrides=[OVERRIDE]), several(5, overrides=[OVERRIDE]), several(2, overrides=DROP)),
    "everyone-overrides": (overriding("Ann", "Bob", "Cho"), overriding("Ann", "Bob", "Bob"), several(2, overrides=DROP)),
    "older-than-any-closed": (
        [deal(created_at="2025-06-01T09:00:00+00:00", visits=DROP)],
        [deal()],
        [deal(created_at=DROP, visits=DROP, changes=DROP)],
    ),
    "happy-ears": (several(10, evidence=OWN_WORD), several(10, evidence=BUYERS_WORD), odd(evidence=OWN_WORD)),
    "dates-by-default": (several(10, close_date="2026-12-30"), several(10), odd(close_date="2026-12-30")),
    "calls-low": (
        several(5, forecast_category="pipeline"),
        several(5),
        [*several(4, forecast_category="pipeline"), deal(id="E-1", status="odd", forecast_category="pipeline")],
    ),
    "one-contact-habit": (several(10, contacts=ALONE), several(10), odd(contacts=ALONE)),
    "single-threaded-giant": (
        [deal(amount="90000.00", contacts=ALONE)],
        [deal(amount="90000.00")],
        [deal(amount="90000.00", contacts=DROP)],
    ),
    "leaking-stage": (
        [*several(14), *unproven(6)],
        [*several(15), *unproven(5)],
        several(20, visits=DROP, changes=DROP),
    ),
    "leaked": (
        [deal(pain_statement=DROP, visits=visits(("discover", "2026-09-01"), ("needs", "2026-10-10"), ("trial", "2026-11-01"), ("proposal", "2026-11-10")))],
        [deal()],
        [deal(visits=DROP)],
    ),
}  # fmt: skip


def test_every_shipped_rule_has_its_cases_and_25_are_those_of_the_field() -> None:
    loaded = load_documents([bundled("rules") / "inspections"])
    assert [str(d) for one in loaded for d in one.diagnostics] == []
    rules = [rule for one in loaded if one.inspection for rule in one.inspection.rules]
    assert {rule.id for rule in rules} == set(CASES)
    numbered = {tag for rule in rules for tag in rule.tags if tag.startswith("rule-")}
    assert numbered == {f"rule-{n}" for n in range(1, 27)}
    assert all(rule.why and rule.coach and rule.action for rule in rules)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_fires(rule: str) -> None:
    found = look(*CASES[rule][0])
    assert answer(found, rule) == "fires"
    finding = next(one for one in found.findings if one.rule == rule)
    assert finding.reason and finding.coach and finding.action and finding.deals


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_does_not_fire(rule: str) -> None:
    assert answer(look(*CASES[rule][1]), rule) == "clear"


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_is_unknown_where_what_it_asks_is_missing(rule: str) -> None:
    found = look(*CASES[rule][2])
    assert answer(found, rule) == "unknown"
    assert any(key[0] == rule for key in found.unknown)


def test_the_usual_deal_has_no_finding() -> None:
    assert [one.rule for one in look(deal()).findings] == []


@pytest.mark.parametrize(
    ("rule", "record"),
    [
        ("pushed", deal(created_at="2026-01-05T09:00:00+00:00", changes=[*PUSHES, change("close_date", "2026-12-15", "2027-02-01", "2026-11-01")])),
        ("no-two-way", deal(activities=[{"type": "call", "at": "2026-10-01T09:00:00+00:00", "two_way": True}])),
        ("ageing", deal(visits=visits(("discover", "2026-09-01"), ("needs", "2026-09-02"), ("trial", "2026-09-03"), ("proposal", "2026-09-04")))),
    ],
)  # fmt: skip
def test_a_rule_is_graver_where_it_escalates(rule: str, record: dict[str, Any]) -> None:
    assert the(look(record), rule).severity == "high"


def test_fields_filled_in_the_hour_before_a_review_are_seen_and_an_import_is_not() -> None:
    filled = [change(name, None, "something", "2026-11-16") | {"at": "2026-11-16T08:30:00+00:00"} for name in ("topic", "terms", "paper_process")]  # fmt: skip
    assert the(look(deal(changes=filled)), "filled-for-show").values["filled_before_review"] == 3
    imported = [one | {"channel": "import"} for one in filled]
    assert answer(look(deal(changes=imported)), "filled-for-show") == "clear"
    later = [one | {"at": "2026-11-16T09:30:00+00:00"} for one in filled]
    assert answer(look(deal(changes=later)), "filled-for-show") == "clear"


def test_texts_copied_from_another_deal_of_the_owner_are_seen() -> None:
    texts = {name: f"Word for word the same as elsewhere, {name}" for name in ("pain_statement", "impact_statement", "success_metric")}  # fmt: skip
    found = look(deal(**texts), deal(id="D-2", **texts))
    assert [one.subject for one in found.findings if one.rule == "filled-for-show"] == ["D-1", "D-2"]
    another = look(deal(**texts), deal(id="D-2", owner__name="Tom Two", **texts))
    assert answer(another, "filled-for-show") == "clear"


def test_a_field_that_no_deal_has_was_not_brought_and_is_no_ones_omission() -> None:
    bare: dict[str, Any] = {"next_step": DROP, "next_step_on": DROP}
    assert answer(look(deal(**bare)), "no-next-step") == "unknown"
    assert the(look(deal(**bare), deal(id="D-2")), "no-next-step").subject == "D-1"


def test_an_override_of_the_skipped_stage_excuses_it() -> None:
    skipping = visits(("discover", "2026-09-01"), ("trial", "2026-10-10"), ("proposal", "2026-11-10"))
    excused = OVERRIDE | {"criterion": "needs.pain-stated"}
    assert answer(look(deal(visits=skipping, overrides=[excused])), "stage-skipped") == "clear"


def test_a_leak_tells_its_move_its_channel_and_what_was_missing() -> None:
    moved = [change("stage", "needs", "proposal", "2026-11-10") | {"channel": "api"}]
    found = look(deal(pain_statement=DROP, visits=DROP, changes=moved))
    assert found.leaks == {("needs", "proposal", "api"): 1}
    assert the(found, "leaked").reason == (
        "Moves past a gate: 1, needs to proposal on 2026-11-10 by api (The pain is written down)."
    )


def test_a_stage_that_leaks_is_named_with_its_channel_and_what_was_missing() -> None:
    found = look(*several(14), *unproven(6))
    one = the(found, "leaking-stage")
    assert (one.scope, one.subject, one.stage) == ("pipeline", "", "needs")
    assert one.deals == tuple(f"U-{n}" for n in range(6))
    assert one.reason == (
        "Moves on from one stage without its proof: 30%, 6 of 20 out of Needs (6 by api), mostly without: The pain is"
        " written down."
    )


def test_too_few_moves_name_no_stage_and_of_an_exit_that_none_ever_met_nothing_is_known() -> None:
    assert answer(look(*several(9), *unproven(10)), "leaking-stage") == "apply"
    assert answer(look(*unproven(20)), "leaking-stage") == "unknown"


def test_a_move_that_was_taken_back_or_mended_since_is_no_leak_of_the_stage() -> None:
    back = [one | {"stage": "needs", "changes": [*one["changes"], change("stage", "proposal", "needs", "2026-11-12")]} for one in unproven(6)]  # fmt: skip
    assert answer(look(*several(20), *back), "leaking-stage") == "clear"
    mended = [one | {"pain_statement": "Late invoices", "changes": [*one["changes"], change("pain_statement", None, "Late invoices", "2026-11-12")]} for one in unproven(6)]  # fmt: skip
    assert answer(look(*several(14), *mended), "leaking-stage") == "clear"
