"""What is written to a real Tryton: once, only if nobody else came first, and by its own buttons."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from dealgate.ports import Action, CreateTask, MoveStage, Note, SetFields, Trouble
from dealgate_adapters._http import OutcomeUnknown
from dealgate_adapters.tryton import Tryton

from .api import Denied
from .conftest import Shop
from .lines import Line

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tryton")]


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def cut(shop: Shop, line: Line) -> Iterator[Tryton]:
    """The adapter on a line that can be cut."""
    adapter = Tryton(shop.settings(), line)
    yield adapter
    adapter.close()


@pytest.fixture
def one(shop: Shop) -> int:
    """A fresh opportunity, in state lead."""
    [ident] = shop.sell(1)
    return ident


def users(shop: Shop, ident: int) -> list[int]:
    """Who made each revision, oldest first."""
    found = []
    for at, _, _ in sorted(shop.admin("sale.opportunity.history_revisions", [ident])):
        moment = {"__class__": "datetime"} | {
            name: getattr(at, name) for name in ("year", "month", "day", "hour", "minute", "second", "microsecond")
        }
        [row] = shop.admin("sale.opportunity.read", [ident], ["write_uid", "create_uid"], _datetime=moment)
        found.append(row["write_uid"] or row["create_uid"])
    return found


def test_a_move_is_made_by_a_button_and_seen_over_the_api(shop: Shop, tryton: Tryton, one: int) -> None:
    done = tryton.apply(MoveStage(str(one), "opportunity", "lead", "k1", shop.version(one)))
    assert (done.kind, done.version) == ("applied", shop.version(one))
    assert shop.state(one) == "opportunity"
    assert users(shop, one) == [shop.bea.user, shop.robot]


def test_a_persons_move_is_taken_back_by_the_button(shop: Shop, tryton: Tryton, one: int) -> None:
    shop.bea("sale.opportunity.opportunity", [one])
    back = MoveStage(str(one), "lead", "opportunity", "k2", shop.version(one))
    assert tryton.apply(back).kind == "applied"
    assert shop.state(one) == "lead"
    assert tryton.apply(back).kind == "already"
    shop.bea("sale.opportunity.opportunity", [one])
    assert tryton.apply(back).kind == "already", "the same key does nothing twice, even against a person's new move"
    assert shop.state(one) == "opportunity"
    assert users(shop, one) == [shop.bea.user, shop.bea.user, shop.robot, shop.bea.user]


@pytest.mark.parametrize(("state", "button"), [("lost", "lost"), ("cancelled", "cancel"), ("converted", "convert")])
def test_every_button_leads_where_it_says(shop: Shop, tryton: Tryton, one: int, state: str, button: str) -> None:
    assert tryton.apply(MoveStage(str(one), "opportunity", "lead", "k3")).kind == "applied"
    assert tryton.apply(MoveStage(str(one), state, "opportunity", "k4")).kind == "applied"
    assert shop.state(one) == state


def test_what_tryton_refuses_is_told_in_its_words(shop: Shop, tryton: Tryton, one: int) -> None:
    told = tryton.apply(MoveStage(str(one), "converted", "lead", "k5"))
    assert (told.kind, told.rule) == ("rejected", "UserError")
    assert told.text.startswith('You can not call "convert" on ')
    none = tryton.apply(MoveStage(str(one), "won", "lead", "k6"))
    assert (none.kind, none.rule) == ("rejected", "no-button")
    assert shop.state(one) == "lead"


def test_a_button_of_another_module_is_named_by_an_option(shop: Shop, one: int) -> None:
    adapter = Tryton(shop.settings(buttons="won = lost, gone=no_such_button"))
    assert adapter.apply(MoveStage(str(one), "gone", "lead", "k6")).kind == "forbidden"
    wrong = adapter.apply(MoveStage(str(one), "won", "lead", "k6"))
    assert (wrong.kind, wrong.rule, shop.state(one)) == ("rejected", "button", "lost"), (
        "it leads elsewhere, and that is told"
    )
    adapter.close()


def test_a_state_is_not_written_directly_by_us_nor_let_through_by_tryton(shop: Shop, tryton: Tryton, one: int) -> None:
    assert tryton.apply(SetFields(str(one), {"state": "won"}, "k7")).kind == "rejected"
    with pytest.raises(Denied, match="not allowed to modify the field"):
        shop.admin("sale.opportunity.write", [one], {"state": "won"})
    assert shop.state(one) == "lead"


def test_a_move_from_a_stage_it_is_not_in_is_a_conflict(shop: Shop, tryton: Tryton, one: int) -> None:
    shop.bea("sale.opportunity.lost", [one])
    for version in (None, shop.version(one)):
        assert tryton.apply(MoveStage(str(one), "opportunity", "lead", "k8", version)).kind == "conflict"
    assert shop.state(one) == "lost"
    # somebody else has brought about what we wanted: it was not this key's doing
    assert tryton.apply(MoveStage(str(one), "lost", "lead", "k9")).kind == "conflict"


def test_fields_are_set_and_seen_over_the_api(shop: Shop, tryton: Tryton, one: int) -> None:
    values = {
        "amount": "1234.56", "conversion_probability": "0.25", "end_date": "2027-01-31", "description": " Renamed ",
        "employee": shop.employees["ann"], "comment": None,
    }  # fmt: skip
    asked = SetFields(str(one), values, "k10", shop.version(one))
    done = tryton.apply(asked)
    assert (done.kind, done.version) == ("applied", shop.version(one))
    [row] = shop.admin.read(
        "sale.opportunity", [one], "amount", "conversion_probability", "end_date", "description", "employee"
    )
    assert row == {
        "id": one, "amount": Decimal("1234.56"), "conversion_probability": 0.25, "end_date": date(2027, 1, 31),
        "description": "Renamed", "employee": shop.employees["ann"],
    }  # fmt: skip
    assert tryton.apply(asked).kind == "already"
    shop.bea("sale.opportunity.write", [one], {"amount": Decimal("9.00")})
    assert tryton.apply(asked).kind == "already", "it was done, and is not done again over a person's change"
    assert shop.admin.read("sale.opportunity", [one], "amount")[0]["amount"] == Decimal("9.00")
    assert tryton.apply(asked.replace(expect_version=None, key="k11")).kind == "applied"


def test_a_stale_compare_and_set_is_a_conflict_and_writes_nothing(shop: Shop, tryton: Tryton, one: int) -> None:
    seen = shop.version(one)
    shop.bea("sale.opportunity.write", [one], {"amount": Decimal("7.00")})
    for asked in (
        SetFields(str(one), {"amount": "1.00"}, "k12", seen),
        MoveStage(str(one), "lost", "lead", "k13", seen),
    ):
        told = tryton.apply(asked)
        assert (told.kind, told.rule) == ("conflict", "version")
    assert shop.admin.read("sale.opportunity", [one], "amount", "state")[0] == {
        "id": one, "amount": Decimal("7.00"), "state": "lead",
    }  # fmt: skip


@pytest.mark.parametrize("expect", [True, False])
def test_a_person_between_our_look_and_our_button_wins(
    shop: Shop, cut: Tryton, line: Line, one: int, expect: bool
) -> None:
    version = shop.version(one) if expect else None
    line.meanwhile = ("opportunity", lambda: shop.bea("sale.opportunity.lost", [one]))
    told = cut.apply(MoveStage(str(one), "opportunity", "lead", "k14", version))
    assert told.kind == "conflict"
    assert shop.state(one) == "lost"


def test_a_person_between_our_look_and_our_write_wins(shop: Shop, cut: Tryton, line: Line, one: int) -> None:
    line.meanwhile = ("write", lambda: shop.bea("sale.opportunity.write", [one], {"amount": Decimal("3.00")}))
    told = cut.apply(SetFields(str(one), {"amount": "4.00"}, "k15", shop.version(one)))
    assert told.kind == "conflict"
    assert shop.admin.read("sale.opportunity", [one], "amount")[0]["amount"] == Decimal("3.00")


def writes(ident: int, version: str) -> dict[str, tuple[str, Action]]:
    """Each kind of action, and the method that does it."""
    deal = str(ident)
    return {
        "fields": ("write", SetFields(deal, {"amount": "42.00"}, "k20", version)),
        "fields of any version": ("write", SetFields(deal, {"amount": "42.00"}, "k21")),
        "move": ("lost", MoveStage(deal, "lost", "lead", "k22", version)),
        "move of any version": ("lost", MoveStage(deal, "lost", "lead", "k23")),
        "note": ("create", Note(deal, "The buyer has not answered.", "k24")),
        "task": ("create", CreateTask(deal, "Ask again", "", "k25")),
    }


def effects(shop: Shop, ident: int) -> tuple[int, int]:
    """How many revisions and notes there are."""
    return len(shop.admin("sale.opportunity.history_revisions", [ident])), len(shop.notes(ident))


@pytest.mark.parametrize("name", writes(0, ""))
def test_a_write_whose_answer_is_lost_is_found_and_not_repeated(
    shop: Shop, cut: Tryton, line: Line, one: int, name: str
) -> None:
    method, action = writes(one, shop.version(one))[name]
    before = effects(shop, one)
    line.cut = (method, "after")
    assert cut.apply(action).kind == "applied"
    assert line.asked.count(method) == 1
    assert cut.apply(action).kind == "already"
    assert sum(effects(shop, one)) == sum(before) + 1


@pytest.mark.parametrize("name", writes(0, ""))
def test_a_write_that_never_arrived_is_told_and_done_by_the_next_try(
    shop: Shop, cut: Tryton, line: Line, one: int, name: str
) -> None:
    method, action = writes(one, shop.version(one))[name]
    before = effects(shop, one)
    line.cut = (method, "before")
    with pytest.raises(OutcomeUnknown) as lost:
        cut.apply(action)
    assert isinstance(lost.value, Trouble) and lost.value.kind == "unreachable"
    assert effects(shop, one) == before and line.asked.count(method) == 1
    assert cut.apply(action).kind == "applied"
    assert sum(effects(shop, one)) == sum(before) + 1


def test_a_lost_answer_is_known_for_ours_although_a_person_came_after(
    shop: Shop, cut: Tryton, line: Line, one: int
) -> None:
    action = SetFields(str(one), {"amount": "42.00"}, "k30", shop.version(one))
    assert cut.apply(action).kind == "applied"
    shop.bea("sale.opportunity.write", [one], {"amount": Decimal("43.00")})
    assert cut.apply(action).kind == "already"
    assert shop.admin.read("sale.opportunity", [one], "amount")[0]["amount"] == Decimal("43.00")


def test_a_note_and_a_task_are_written_once_with_their_key(shop: Shop, tryton: Tryton, one: int) -> None:
    note = Note(str(one), "Needs a next step.\nAsk Kim.", "100%_sure")
    task = CreateTask(str(one), "Call Kim", "She asked for a date.", "t1", owner=str(shop.bea.user), due="2027-01-15")
    for action in (note, task):
        assert tryton.apply(action).kind == "applied"
        assert tryton.apply(action).kind == "already"
    assert sorted(shop.notes(one)) == [
        "Needs a next step.\nAsk Kim.\n\n[dealgate:100%_sure]",
        "Task: Call Kim\nFor: Bea\nDue: 2027-01-15\n\nShe asked for a date.\n\n[dealgate:t1]",
    ]
    assert tryton.apply(note.replace(key="100%_surely")).kind == "applied", "a key that resembles another is another"


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"no_such_field": 1}, "no-field"),
        ({"amount": "a lot"}, "value"),
        ({"amount": float("nan")}, "value"),
        ({"end_date": "31/01/2027"}, "value"),
        ({"employee": "Bea"}, "value"),
        ({"notes": []}, "type"),
        ({"conversion_probability": 3}, "UserError"),
        ({"number": "7"}, "UserError"),
    ],
)
def test_a_value_that_cannot_be_is_rejected(
    shop: Shop, tryton: Tryton, one: int, values: dict[str, object], rule: str
) -> None:
    told = tryton.apply(SetFields(str(one), values, "k40", shop.version(one)))
    assert (told.kind, told.rule) == ("rejected", rule)
    assert told.text
    assert effects(shop, one) == (1, 0)


@pytest.mark.parametrize("deal", ["987654", "no number", ""])
def test_a_deal_that_is_not_there_is_a_conflict(shop: Shop, tryton: Tryton, deal: str) -> None:
    for action in (
        SetFields(deal, {"amount": "1.00"}, "k50"), MoveStage(deal, "lost", "lead", "k51"), Note(deal, "x", "k52"),
    ):  # fmt: skip
        told = tryton.apply(action)
        assert (told.kind, told.rule) == ("conflict", "gone")


def test_a_user_who_may_only_read_is_forbidden_to_write(shop: Shop, one: int) -> None:
    groups = shop.admin("res.group.search", [["name", "=", "Sales"]], 0, None, None)
    shop.admin.create(
        "res.user",
        {
            "name": "Reader", "login": "reader", "password": "reader-secret-77", "groups": [["add", groups]],
            "companies": [["add", [shop.company]]], "company": shop.company,
        },
    )  # fmt: skip
    adapter = Tryton(shop.settings(user="reader", password="reader-secret-77"))  # noqa: S106
    version = shop.version(one)
    for action in (
        SetFields(str(one), {"amount": "1.00"}, "k60", version), MoveStage(str(one), "lost", "lead", "k61", version),
        Note(str(one), "x", "k62"),
    ):  # fmt: skip
        told = adapter.apply(action)
        assert told.kind == "forbidden" and told.text
    assert effects(shop, one) == (1, 0)
    adapter.close()
