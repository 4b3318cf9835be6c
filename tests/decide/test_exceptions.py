"""What an override needs: who may ask, who may approve, for how long and how often; every refusal says what to do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dealgate
from dealgate.decide.exceptions import (
    LONGEST,
    Ground,
    approved_until,
    may_approve,
    may_ask,
    may_deny,
    may_revoke,
    refuse,
    warnings,
)
from dealgate.decide.judge import Judge
from dealgate.model.calendar import Moment, Rates
from dealgate.model.diagnostics import DealgateError, Diagnostic, WrongUsage
from dealgate.model.override import OverrideRequest, Step
from dealgate.model.people import Authority, Who
from dealgate.model.process import OverrideRule, Process
from dealgate.model.teams import Team, Teams
from dealgate.model.values import Duration

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = NOW.date()
NEED = "qualification.need-stated"
WHY = "The buyer's board meets on Friday; the recap is on its way."
TEAMS = Teams(
    {
        "sales": Team("sales", "Sales", None, "Vera Top", ()),
        "north": Team("north", "North", "sales", "Nora North", ("Rita Lind", "u-2")),
        "south": Team("south", "South", "sales", "Sam South", ("Sid Lane",)),
    }
)
AUTHORITY = Authority({"admin": ("Ada Okafor",), "manager": ("Max Berg",), "ops": ("Olga Ops",)}, TEAMS)
DEAL: dict[str, Any] = {
    "id": "D-1", "stage": "qualification", "amount": "20000 USD", "owner.id": "u-1", "owner.name": "Rita Lind",
    "activities": [], "contacts": [], "evidence": [],
}  # fmt: skip


@cache
def practical() -> Process:
    return dealgate.load("practical").process


def ground(
    deal: dict[str, Any] | None = None,
    on_record: tuple[OverrideRequest, ...] = (),
    rule: OverrideRule | None = None,
    rates: Rates | None = None,
    authority: Authority = AUTHORITY,
    at: datetime = NOW,
) -> Ground:
    process = practical() if rule is None else practical().replace(overrides=rule)
    judge = Judge(process)
    one = dealgate.load("practical").deal(DEAL | (deal or {}))
    moment = Moment(at, process.calendar, process.currency, rates)
    who = Who([("u-1", "Rita Lind"), ("u-2", "Tom Two"), ("u-9", "Max Berg")])
    return Ground(judge, one, moment, "crm", on_record, who, authority)


def request(**more: Any) -> OverrideRequest:
    usual: dict[str, Any] = {
        "id": "k3m9x2pq", "source": "crm", "record": "deal", "deal": "D-1", "criterion": NEED,
        "playbook": "practical@1.0.0", "digest": "sha256:1", "reason": "executive-request", "text": WHY,
        "requester": "Rita Lind", "owner": "Rita Lind", "at": NOW - timedelta(days=1),
        "recorded_at": NOW - timedelta(days=1),
    }  # fmt: skip
    return OverrideRequest(**usual | more)


def approved(days_ago: int = 0, lasts: int = 14, **more: Any) -> OverrideRequest:
    at = NOW - timedelta(days=days_ago)
    step = Step("approved", "Max Berg", at, at, at.date() + timedelta(days=lasts))
    return request(**{"at": at, "recorded_at": at, "steps": (step,)} | more)


def revoked(request: OverrideRequest) -> OverrideRequest:
    return request.replace(steps=(*request.steps, Step("revoked", "Max Berg", NOW, NOW, None, "Met.")))


def asked(on: Ground, **more: Any) -> list[str]:
    words: dict[str, Any] = {
        "criterion": NEED, "reason": "executive-request", "text": WHY, "requester": "Rita Lind", "until": None,
    }  # fmt: skip
    return codes(may_ask(on, **words | more))


def codes(found: list[Diagnostic]) -> list[str]:
    assert all(one.suggestion for one in found), "every refusal says what to do"
    return [one.code for one in found]


# ---------------------------------------------------------------- asking


def test_an_override_of_a_gap_may_be_asked_for() -> None:
    assert asked(ground()) == []


@pytest.mark.parametrize("written", ["need-stated", "qualification.need-statd", "qualification.needstated"])
def test_a_criterion_that_is_not_there_is_refused_with_the_nearest(written: str) -> None:
    (found, *_) = may_ask(ground(), written, "executive-request", WHY, "Rita Lind", None)
    assert found.code == "DG760"
    assert NEED in (found.suggestion or "")


def test_what_is_only_observed_needs_no_override() -> None:
    process = practical()
    stages = tuple(
        stage.replace(exit=tuple(k.replace(enforce="observe") for k in stage.exit)) for stage in process.stages
    )
    on = ground()
    observed = Ground(Judge(process.replace(stages=stages)), on.deal, on.moment, "crm", (), on.who, AUTHORITY)
    assert asked(observed) == ["DG761"]


def test_the_reason_is_one_of_the_process() -> None:
    (found,) = may_ask(ground(), NEED, "executive-requst", WHY, "Rita Lind", None)
    assert (found.code, found.suggestion) == ("DG762", "did you mean `executive-request`?")
    assert asked(ground(rule=OverrideRule(expires=Duration(14, "day")))) == ["DG762"]


@pytest.mark.parametrize(
    "text",
    ["", "  ", "tbd", " N/A ", "-", "TBA", "\u200b", "\u200bt\u200bbd", "a\x00b", "\x1b[2J", "\ud800", "x" * (LONGEST + 1)],
)  # fmt: skip
def test_words_that_say_nothing_are_refused(text: str) -> None:
    assert asked(ground(), text=text) == ["DG763"]
    assert codes(may_deny(ground(), request(), "Max Berg", text)) == ["DG763"]
    assert codes(may_revoke(ground(), request(), "Rita Lind", text)) == ["DG763"]


@pytest.mark.parametrize("name", ["", " ", "\u200b", "erased", "a\x00b"])
def test_somebody_has_to_be_named(name: str) -> None:
    assert asked(ground(), requester=name) == ["DG772"]
    for found in (
        may_approve(ground(), request(), name, None),
        may_deny(ground(), request(), name, WHY),
        may_revoke(ground(), request(), name, WHY),
    ):
        assert codes(found) == ["DG772"]


def test_where_nothing_expires_nothing_is_overridden() -> None:
    endless = practical().overrides.replace(expires=None)
    assert asked(ground(rule=endless)) == ["DG764"]
    assert codes(may_approve(ground(rule=endless), request(), "Max Berg", None)) == ["DG764"]


def test_a_criterion_that_is_met_needs_no_override() -> None:
    proven = {"evidence": [{"type": "problem-stated", "element": "bant.need", "level": 2, "dated": "2026-11-20"}]}
    status = ground(proven).judge.evaluate(ground(proven).deal, NOW)
    met = next(v.criterion.id for v in status if v.status == "met")
    assert asked(ground(proven), criterion=met) == ["DG765"]
    assert asked(ground(proven), criterion=met, anyway=True) == []


def test_a_criterion_that_does_not_apply_needs_no_override() -> None:
    verdicts = ground().judge.evaluate(ground().deal, NOW)
    apart = next(v.criterion.id for v in verdicts if v.status == "not_applicable" and v.criterion.enforce != "observe")
    assert asked(ground(), criterion=apart) == ["DG765"]


def test_what_the_source_has_overridden_needs_no_override() -> None:
    theirs = {"criterion": NEED, "approver": "Vera Top", "requester": "Rita Lind", "approved_on": "2026-11-20"}
    assert asked(ground({"overrides": [theirs]})) == ["DG765"]


@pytest.mark.parametrize(
    ("one", "free"),
    [
        (request(), False),
        (approved(), False),
        (approved(days_ago=14), False),
        (approved(days_ago=15), True),
        (approved(days_ago=3, lasts=2), True),
        (revoked(approved()), True),
        (request(steps=(Step("denied", "Max Berg", NOW, NOW, None, "No."),)), True),
        (request(criterion="qualification.authority-known"), True),
        (request(deal="D-2"), True),
        (request(source="other"), True),
        (request(record="lead"), True),
    ],
)
def test_the_same_is_not_asked_twice_while_it_waits_or_holds(one: OverrideRequest, free: bool) -> None:
    assert asked(ground(on_record=(one,))) == ([] if free else ["DG766"])
    assert asked(ground(on_record=(one,)), anyway=True) == ([] if free else ["DG766"])


def test_a_former_name_of_a_criterion_is_the_same_criterion() -> None:
    process = practical()
    stages = tuple(
        stage.replace(exit=tuple(k.replace(replaces="old.need") if k.id == NEED else k for k in stage.exit))
        for stage in process.stages
    )
    on = ground(on_record=(request(criterion="old.need"),))
    renamed = Ground(Judge(process.replace(stages=stages)), on.deal, on.moment, "crm", on.on_record, on.who, AUTHORITY)
    assert asked(renamed) == ["DG766"]


@pytest.mark.parametrize(
    ("until", "found"),
    [(TODAY - timedelta(days=1), ["DG769"]), (TODAY, []), (TODAY + timedelta(days=14), []),
     (TODAY + timedelta(days=15), ["DG769"])],
)  # fmt: skip
def test_the_last_day_lies_between_today_and_what_the_process_lets_it_be(until: date, found: list[str]) -> None:
    assert asked(ground(), until=until) == found
    assert codes(may_approve(ground(), request(), "Max Berg", until)) == found


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert set(asked(ground(), criterion="x", reason="y", text="", requester="", until=TODAY - timedelta(days=1))) == {
        "DG760", "DG762", "DG763", "DG769", "DG772",
    }  # fmt: skip


def test_wrong_words_are_wrong_usage_and_a_refusal_is_none() -> None:
    with pytest.raises(WrongUsage):
        refuse(may_ask(ground(), "x", "executive-request", WHY, "Rita Lind", None))
    with pytest.raises(DealgateError) as refusal:
        refuse(may_ask(ground(on_record=(request(),)), NEED, "executive-request", WHY, "Rita Lind", None))
    assert not isinstance(refusal.value, WrongUsage)
    refuse([])


# ---------------------------------------------------------------- who approves


def approve(on: Ground, by: str, one: OverrideRequest | None = None) -> list[str]:
    return codes(may_approve(on, one or request(), by, None))


@pytest.mark.parametrize(
    "by", ["Max Berg", "max  berg ", "u-9", "MAX BERG", "Ma\u200bx Berg", "Ada Okafor", "Nora North", "Vera Top"]
)
def test_somebody_with_the_role_approves(by: str) -> None:
    assert approve(ground(), by) == []


@pytest.mark.parametrize("by", ["Rita Lind", " rita  LIND", "u-1", "U-1", "Ri\u200bta Lind", "Ｒita Lind"])
def test_nobody_approves_what_they_asked_for(by: str) -> None:
    with_role = Authority({"admin": ("Rita Lind", "u-1")}, TEAMS)
    assert approve(ground(authority=with_role), by) == ["DG767"]
    other = ground({"owner.id": "u-2", "owner.name": "Tom Two"}, authority=with_role)
    assert approve(other, by, request(owner="Tom Two")) == ["DG767"]


@pytest.mark.parametrize("by", ["Tom Two", "u-2"])
def test_the_owner_does_not_approve_on_his_own_deal(by: str) -> None:
    with_role = Authority({"admin": ("Tom Two",)}, TEAMS)
    theirs = ground({"owner.id": "u-2", "owner.name": "Tom Two"}, authority=with_role)
    assert approve(theirs, by, request(requester="Rita Lind", owner="")) == ["DG767"]
    # nor whoever owned it when it was asked for
    assert approve(ground(authority=with_role), by, request(owner="u-2")) == ["DG767"]


def test_two_who_were_erased_are_not_one_and_the_same() -> None:
    assert not ground().who.same("erased", "erased")
    assert approve(ground(), "Max Berg", request(requester="erased", owner="erased")) == []


@pytest.mark.parametrize(
    ("amount", "manager", "admin"),
    [("50000 USD", [], []), ("50000.01 USD", ["DG768"], []), (None, ["DG768"], []), ("100 CHF", ["DG768"], [])],
)
def test_the_amount_says_which_role_it_takes(amount: str | None, manager: list[str], admin: list[str]) -> None:
    on = ground({"amount": amount})
    assert (approve(on, "Max Berg"), approve(on, "Ada Okafor")) == (manager, admin)


def test_another_currency_is_counted_by_the_rate_of_the_day() -> None:
    rates = Rates("USD", {"EUR": ((date(2026, 1, 1), Decimal("1.2")), (date(2026, 12, 1), Decimal("0.5")))})
    assert approve(ground({"amount": "41666 EUR"}, rates=rates), "Max Berg") == []
    assert approve(ground({"amount": "41667 EUR"}, rates=rates), "Max Berg") == ["DG768"]
    assert approve(ground({"amount": "41667 EUR"}), "Max Berg") == ["DG768"]


@pytest.mark.parametrize("by", ["Sam South", "Olga Ops", "Sid Lane", "Nobody Known"])
def test_without_the_role_nobody_approves(by: str) -> None:
    assert approve(ground(), by) == ["DG768"]


def test_a_manager_is_one_for_the_teams_below_and_for_no_others() -> None:
    north, south = ground(), ground({"owner.name": "Sid Lane", "owner.id": "u-5"})
    mine = request(requester="Sid Lane", owner="Sid Lane")
    assert (approve(north, "Nora North"), approve(south, "Nora North", mine)) == ([], ["DG768"])
    assert (approve(north, "Vera Top"), approve(south, "Vera Top", mine)) == ([], [])


def test_a_manager_s_own_deal_is_for_the_manager_above() -> None:
    on = ground({"owner.name": "Nora North", "owner.id": "u-7"})
    mine = request(requester="Nora North", owner="Nora North")
    assert approve(on, "Vera Top", mine) == []
    assert approve(on, "Sam South", mine) == ["DG768"]


def test_an_owner_listed_by_id_is_in_the_team_by_name_too() -> None:
    on = ground({"owner.name": "Tom Two", "owner.id": "u-2"})
    assert approve(on, "Nora North", request(requester="Tom Two", owner="Tom Two")) == []


def test_a_deal_without_an_owner_has_no_team_s_manager() -> None:
    on = ground({"owner.name": None, "owner.id": None})
    one = request(owner="")
    assert (approve(on, "Nora North", one), approve(on, "Max Berg", one)) == (["DG768"], [])


def test_a_higher_role_stands_in_for_a_lower_one() -> None:
    usd = 100
    rule = practical().overrides.replace(approvers=((10_000 * usd, "rep"), (50_000 * usd, "manager"), (None, "board")))
    with_board = Authority({"board": ("Bo Board",), "admin": ("Ada Okafor",)}, TEAMS)

    def on(amount: str) -> Ground:
        return ground({"amount": amount}, rule=rule, authority=with_board)

    assert [approve(on("9000 USD"), by) for by in ("u-2", "Nora North", "Bo Board", "Ada Okafor")] == [[]] * 4
    assert [approve(on("20000 USD"), by) for by in ("u-2", "Nora North")] == [["DG768"], []]
    assert [approve(on("60000 USD"), by) for by in ("Nora North", "Bo Board")] == [["DG768"], []]


def test_where_the_process_names_nobody_nobody_approves() -> None:
    assert approve(ground(rule=practical().overrides.replace(approvers=())), "Ada Okafor") == ["DG768"]
    small = practical().overrides.replace(approvers=((100, "manager"),))
    assert approve(ground(rule=small), "Ada Okafor") == ["DG768"]


# ---------------------------------------------------------------- for how long


def test_an_approval_holds_as_long_as_the_process_says_or_shorter() -> None:
    on, last = ground(), TODAY + timedelta(days=14)
    soon, later = TODAY + timedelta(days=3), TODAY + timedelta(days=40)
    assert approved_until(on, request(), None) == last
    assert approved_until(on, request(), soon) == soon
    assert approved_until(on, request(until=soon), None) == soon
    assert approved_until(on, request(until=soon), TODAY) == TODAY
    assert approved_until(on, request(until=later), None) == last
    assert approved_until(on, request(until=TODAY - timedelta(days=1)), None) == last


@given(until=st.none() | st.dates(TODAY, TODAY + timedelta(days=14)), wish=st.none() | st.dates())
def test_no_approval_outlasts_the_process(until: date | None, wish: date | None) -> None:
    assert TODAY <= approved_until(ground(), request(until=wish), until) <= TODAY + timedelta(days=14)


# ---------------------------------------------------------------- how often


def capped(per: str, every: str = "quarter", most: int = 2) -> OverrideRule:
    return practical().overrides.replace(cap={"per": per, "in": every, "at_most": most})


SPENT = (approved(days_ago=20), revoked(approved(days_ago=15)), approved(days_ago=15, deal="D-7"))


@pytest.mark.parametrize(
    ("per", "others", "found"),
    [
        ("owner", SPENT[:2], ["DG770"]),
        ("owner", SPENT[:1], []),
        ("owner", tuple(one.replace(owner="u-1", deal="D-9") for one in SPENT), ["DG770"]),
        ("owner", tuple(one.replace(owner="Tom Two") for one in SPENT), []),
        ("owner", tuple(one.replace(playbook="other@1.0.0") for one in SPENT), []),
        ("owner", (request(), request(), request()), []),
        ("team", tuple(one.replace(owner="Tom Two") for one in SPENT), ["DG770"]),
        ("team", tuple(one.replace(owner="Sid Lane") for one in SPENT), []),
        ("deal", SPENT[:2], ["DG770"]),
        ("deal", SPENT[1:], []),
        ("criterion", SPENT[1:], ["DG770"]),
        ("criterion", tuple(one.replace(criterion="close.x") for one in SPENT), []),
    ],
)
def test_what_was_approved_counts_against_the_cap(
    per: str, others: tuple[OverrideRequest, ...], found: list[str]
) -> None:
    assert approve(ground(rule=capped(per), on_record=others), "Max Berg") == found


def test_a_cap_of_another_period_is_not_spent() -> None:
    last_quarter = (approved(days_ago=60), approved(days_ago=70))
    assert approve(ground(rule=capped("owner"), on_record=last_quarter), "Max Berg") == []
    assert approve(ground(rule=capped("owner", "year"), on_record=last_quarter), "Max Berg") == ["DG770"]
    assert approve(ground(rule=capped("owner", "week"), on_record=SPENT), "Max Berg") == []


def test_a_cap_of_none_lets_nothing_through() -> None:
    assert approve(ground(rule=capped("owner", most=0)), "Max Berg") == ["DG770"]


def test_deals_without_an_owner_share_one_cap() -> None:
    nobody = {"owner.name": None, "owner.id": None}
    spent = tuple(one.replace(owner="") for one in SPENT)
    assert approve(ground(nobody, on_record=spent, rule=capped("owner")), "Max Berg", request(owner="")) == ["DG770"]


def test_who_asks_hears_that_the_cap_is_reached() -> None:
    assert [one.code for one in warnings(ground(rule=capped("owner"), on_record=SPENT), NEED)] == ["DG775"]
    assert warnings(ground(rule=capped("owner")), NEED) == []


# ---------------------------------------------------------------- denying and revoking


def test_who_may_approve_may_deny_and_a_rep_may_not() -> None:
    assert codes(may_deny(ground(), request(), "Max Berg", "The recap is there by Monday.")) == []
    assert codes(may_deny(ground(), request(), "Sid Lane", "No.")) == ["DG768"]


@pytest.mark.parametrize(("by", "found"), [("Rita Lind", []), ("u-1", []), ("Max Berg", []), ("Sid Lane", ["DG768"])])
def test_who_asked_or_may_approve_ends_an_override(by: str, found: list[str]) -> None:
    for one in (request(), approved()):
        assert codes(may_revoke(ground(), one, by, "The recap came.")) == found


DENIED = request(steps=(Step("denied", "Max Berg", NOW, NOW, None, "No."),))


@pytest.mark.parametrize(
    ("one", "may"),
    [
        (request(), (True, True, True)),
        (approved(), (False, False, True)),
        (approved(days_ago=15), (False, False, False)),
        (DENIED, (False, False, False)),
        (revoked(approved()), (False, False, False)),
    ],
)
def test_what_was_decided_is_not_decided_again(one: OverrideRequest, may: tuple[bool, ...]) -> None:
    found = (
        may_approve(ground(), one, "Max Berg", None),
        may_deny(ground(), one, "Max Berg", "No."),
        may_revoke(ground(), one, "Max Berg", "Met."),
    )
    assert [codes(each) for each in found] == [[] if allowed else ["DG771"] for allowed in may]


def test_a_decision_is_not_dated_before_the_request() -> None:
    early = ground(at=NOW - timedelta(days=2))
    assert codes(may_approve(early, request(), "Max Berg", None)) == ["DG771"]


def test_a_request_whose_criterion_is_gone_can_only_be_denied() -> None:
    gone = request(criterion="old.rule")
    assert approve(ground(), "Max Berg", gone) == ["DG760"]
    assert codes(may_deny(ground(), gone, "Max Berg", "The rule is gone.")) == []


def test_no_message_names_a_person() -> None:
    on = ground(rule=capped("owner", most=0), authority=Authority())
    found = [
        *may_approve(on, request(), "Rita Lind", None),
        *may_approve(on, request(), "Max Berg", None),
        *may_ask(ground(on_record=(request(),)), NEED, "x", "tbd", "Rita Lind", None),
        *warnings(on, NEED),
    ]
    assert len(found) > 6
    for one in found:
        assert not any(name in f"{one.message} {one.suggestion}" for name in ("Rita", "Lind", "Berg", "u-1", WHY))
