"""Calls and frozen forecasts for the command line: made, told, refused; and never a deal changed by one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from dealgate.cli import calling
from dealgate.cli.render.forecast_call import json as call_json
from dealgate.cli.render.forecast_call import text as call_text
from dealgate.cli.render.forecast_freeze import json as freeze_json
from dealgate.cli.render.forecast_freeze import text as freeze_text
from dealgate.model.diagnostics import WrongUsage
from dealgate.model.values import Money

from .calls_given import NOW, TODAY, call, freeze, holds, workspace
from .running import AS_OF, dealgate, golden

COMMIT = Money(4_000_050, "USD")
"""What Rita Lind has won and calls commit."""


@pytest.fixture
def mine(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return workspace(elsewhere, monkeypatch)


def refused(**more: Any) -> str:
    """What is told where a call cannot be kept; that none was."""
    before = calling.calls_of(datetime.max.replace(tzinfo=UTC))
    with pytest.raises(WrongUsage) as told:
        call(**more)
    assert calling.calls_of(datetime.max.replace(tzinfo=UTC)) == before
    (one,) = told.value.diagnostics
    return f"{one.code} {one.message} {one.suggestion}"


# ---------------------------------------------------------------- calls


def test_a_call_is_kept_with_what_stood_before(mine: Path) -> None:
    first = call(owner="rita lind", layer="rep", by="Rita Lind", amount="300000")
    assert (first.call.owner, first.call.before, first.call.after) == ("Rita Lind", COMMIT, Money(30_000_000, "USD"))
    second = call(owner="Rita Lind")
    assert (second.call.before, second.replaces) == (Money(30_000_000, "USD"), None)
    third = call("390000.25", owner="Rita Lind")
    assert (third.call.before, third.replaces) == (second.call.after, second.call)
    assert calling.calls_of(third.call.at) == (first.call, third.call)
    assert (first.call.first, first.call.last) == (date(2026, 10, 1), date(2026, 12, 31))


def test_what_stood_before_a_call_of_a_team_is_what_was_called_of_its_owners(mine: Path) -> None:
    assert call(team="North", period="2026").call.before == COMMIT
    call(owner="Rita Lind")
    assert call("1", team="North").call.before == Money(41_000_000, "USD")


def test_a_call_on_a_deal_has_its_owner_and_what_the_crm_has(mine: Path) -> None:
    one = call(None, deal="D-1", category="Best Case").call
    assert (one.deal, one.owner, one.scope) == ("D-1", "Rita Lind", "deal")
    assert (one.before, one.category_before) == (Money(2_000_050, "USD"), "commit")
    assert (one.after, one.category) == (None, "best_case")
    other = call("900", deal="fabrikam", owner="Rita Lind", team="Sales").call
    assert (other.deal, other.before, other.category, other.category_before) == ("D-2", None, None, "best_case")
    again = call("800", deal="D-1", layer="leader").call
    assert (again.before, again.category_before) == (Money(2_000_050, "USD"), "best_case")


def test_no_deal_is_changed_by_a_call(mine: Path) -> None:
    before = dealgate("check", "store", "--output", "json", *AS_OF)
    call(None, deal="D-1", category="omitted")
    call("1", deal="D-3")
    assert dealgate("check", "store", "--output", "json", *AS_OF) == before
    assert dealgate("audit", "verify").code == 0


def test_a_team_is_written_by_its_id_else_as_the_deals_have_it(mine: Path) -> None:
    assert [call(team=name).call.team for name in ("NORTH", "Sales", "south")] == ["north", "sales", "South"]


def test_a_call_that_is_entered_later_is_known_from_then_on(mine: Path) -> None:
    call(as_of=date(2026, 11, 10))
    made = datetime(2026, 11, 11, tzinfo=UTC)
    assert len(calling.calls_of(made)) == 1
    assert calling.calls_of(made, made) == ()
    assert len(calling.calls_of(made, NOW)) == 1


@pytest.mark.parametrize("amount", ["0", "-1500.5"])
def test_nothing_and_less_can_be_called(mine: Path, amount: str) -> None:
    assert call(amount).call.after == Money(int(float(amount) * 100), "USD")


@pytest.mark.parametrize(
    ("more", "code", "hint"),
    [
        ({"reason": "  "}, "DG871", "give --reason in words"),
        ({"amount": "four"}, "DG871", "write USD as a plain number"),
        ({"amount": "1.005"}, "DG871", "write USD as a plain number"),
        ({"amount": "NaN"}, "DG871", "write USD as a plain number"),
        ({"amount": None}, "DG871", "give --amount"),
        ({"category": "commit"}, "DG871", "name it with --deal"),
        ({"deal": "D-1", "category": "closed"}, "DG871", "omitted, pipeline, best_case, commit"),
        ({"by": " "}, "DG772", "give --by"),
        ({"by": None}, "DG772", "give --by"),
        ({"period": "2026-Q5"}, "DG902", "write 2026, 2026-Q4"),
        ({"period": "2026-Q3"}, "DG872", "2026-Q3 ended on 2026-09-30"),
        ({"as_of": date(2027, 1, 1)}, "DG872", "2026-Q4 ended on 2026-12-31"),
        ({"owner": "Rita Lynd"}, "DG873", "did you mean Rita Lind?"),
        ({"team": "Nort"}, "DG873", "did you mean"),
        ({"owner": "Rita Lind", "team": "North"}, "DG873", "leave out one"),
        ({"layer": "rep"}, "DG873", "give --owner"),
        ({"layer": "rep", "team": "North"}, "DG873", "give --owner"),
        ({"deal": "D-4"}, "DG873", "open no more"),
        ({"deal": "D-3", "owner": "Rita Lind"}, "DG873", "leave out --owner and --team"),
        ({"deal": "D-3", "team": "Sales"}, "DG873", "leave out --owner and --team"),
        ({"deal": "D-99"}, "DG901", "D-9"),
    ],
)
def test_what_cannot_be_called_is_told_and_not_kept(mine: Path, more: dict[str, Any], code: str, hint: str) -> None:
    told = refused(**more)
    assert told.startswith(code)
    assert hint in told


def test_the_last_day_of_a_period_is_not_too_late(mine: Path) -> None:
    assert call(as_of=date(2026, 12, 31)).call.id


def test_a_call_without_a_deal_in_the_store_is_for_all(mine: Path) -> None:
    assert call().call.scope == "company"


def test_a_call_of_a_part_is_kept_beside_what_is_called_of_the_whole(mine: Path) -> None:
    call("900000", layer="leader", by="Lea Roth")
    call("1", layer="leader", period="2027")
    call("800000")
    call("810000")
    made = call(owner="Rita Lind")
    told = " ".join(call_text.render(made).split())
    assert "For all deals is called: 810,000 USD by the manager, 900,000 USD by the leader." in told
    assert call(None, deal="D-1", category="best_case").whole == ()
    assert "For all deals" not in call_text.render(call("820000"))


def test_calls_as_a_person_reads_them(mine: Path) -> None:
    made = [
        call(owner="Rita Lind", layer="rep", by="Rita Lind", amount="300000"),
        call(owner="Rita Lind"),
        call("390000.25", owner="Rita Lind", as_of=date(2026, 11, 24), reason="One more has no paper, " * 4),
        call(None, deal="D-1", category="best_case"),
        call("25000", deal="D-1", category="commit", layer="leader", by="Lea\x1b[31m Roth"),
        call(team="North", as_of=date(2026, 11, 10), period="2027"),
        call("0", layer="leader", period="2026-12"),
    ]
    text = "\n\n".join(call_text.render(one) for one in made)
    assert max(map(len, text.splitlines())) <= 80
    golden("forecast-call.txt", text)


def test_a_call_as_json_holds_by_its_schema(mine: Path) -> None:
    call(owner="Rita Lind")
    found = holds("forecast-call", call_json.render(call("1", owner="Rita Lind")))
    assert (found["after"], found["replaces"]["id"]) == (
        {"amount": {"amount": "1.00", "currency": "USD"}, "category": None}, "c1",
    )  # fmt: skip
    found = holds("forecast-call", call_json.render(call(None, deal="D-1", category="omitted")))
    assert (found["before"]["category"], found["name"], found["replaces"]) == ("commit", "Contoso", None)


# ---------------------------------------------------------------- freezing


@pytest.mark.parametrize(
    ("day", "moment"), [(date(2026, 10, 1), "day1"), (date(2026, 11, 15), "mid"), (date(2026, 12, 17), "-14d")]
)
def test_the_day_tells_the_moment(mine: Path, day: date, moment: str) -> None:
    found = calling.freezing("2026-Q4", None, day, datetime(2026, 12, 18, tzinfo=UTC))
    assert (found.moment, found.at.today) == (moment, day)
    assert found == calling.freezing("2026-Q4", moment, day, datetime(2026, 12, 18, tzinfo=UTC))


def test_what_is_frozen_afterwards_knows_no_more_than_was_known_then(mine: Path) -> None:
    found = calling.freezing("2026-Q4", "mid", date(2026, 11, 15), NOW)
    assert (found.known_at, found.taken_at) == (found.at.as_of, NOW)
    assert not found.frozen("naive", 1).hindsight
    assert calling.freezing("2026-Q4", "mid", date(2026, 11, 15), NOW, known_at=NOW).frozen("naive", 1).hindsight


def test_what_is_frozen_on_the_day_knows_what_is_known_by_now(mine: Path) -> None:
    noon = datetime(2026, 11, 15, 12, tzinfo=UTC)
    assert calling.freezing("2026-Q4", "mid", date(2026, 11, 15), noon).known_at == noon


@pytest.mark.parametrize(
    ("period", "moment", "day", "told"),
    [
        ("2026-Q4", None, TODAY, "day1: 2026-10-01; mid: 2026-11-15; -14d: 2026-12-17"),
        ("2026-Q4", "day1", date(2026, 11, 15), "(day1: 2026-10-01)"),
        ("2026-Q4", "-14d", date(2026, 12, 17), "has not come"),
    ],
)
def test_another_day_is_refused(mine: Path, period: str, moment: str | None, day: date, told: str) -> None:
    with pytest.raises(WrongUsage, match="DG874") as refusal:
        calling.freezing(period, moment, day, NOW)
    assert told in str(refusal.value.diagnostics[0].message)


def test_the_same_twice_changes_nothing(mine: Path) -> None:
    first = freeze()
    second = freeze(amount=1, taken_at=NOW.replace(hour=13))
    assert (first.fresh, second.fresh) == (4, 0)
    assert first.frozen == second.frozen == calling.frozen_by()
    assert calling.frozen_by(NOW.replace(hour=11)) == ()


def test_nobody_freezes_nothing(mine: Path) -> None:
    of = calling.freezing("2026-Q4", "mid", date(2026, 11, 15), NOW)
    with pytest.raises(WrongUsage, match="DG772"):
        calling.freeze(of, [of.frozen("naive", 1)], None)
    assert calling.frozen_by() == ()


def test_what_was_frozen_as_a_person_reads_it(mine: Path) -> None:
    texts = [freeze_text.render(freeze())]
    of = calling.freezing("2026-Q4", "mid", date(2026, 11, 15), NOW, known_at=NOW)
    texts.append(freeze_text.render(calling.freeze(of, [of.frozen("manager", 40_000_000, team="north")], "Max Berg")))
    other = calling.freezing("2026-Q4", "day1", date(2026, 10, 1), NOW)
    texts.append(freeze_text.render(calling.freeze(other, [], "Max Berg")))
    golden("forecast-freeze.txt", "\n\n".join(texts))


def test_what_was_frozen_as_json_holds_by_its_schema(mine: Path) -> None:
    found = holds("forecast-freeze", freeze_json.render(freeze()))
    assert (found["moment"], found["fresh"], len(found["frozen"])) == ("mid", 4, 4)
    of_all, _, simulated, silent = found["frozen"]
    assert (of_all["amount"]["amount"], of_all["owner"], of_all["view"]) == ("410000.00", None, "commit")
    assert simulated["p10"]["amount"] == "210000.00"
    assert (silent["amount"], silent["reason"], silent["hindsight"]) == (None, "there is no history", False)
