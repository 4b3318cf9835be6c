"""What is written to a real Odoo: once, only if nobody else came first, and with its key in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from dealgate.ports import Action, CreateTask, MoveStage, Note, SetFields, Trouble
from dealgate_adapters._http import OutcomeUnknown
from dealgate_adapters.odoo import Odoo
from dealgate_adapters.odoo.write import marker

from .conftest import PROTOCOLS, Shop
from .line import WRITES, Line

pytestmark = [pytest.mark.slow, pytest.mark.odoo, pytest.mark.xdist_group("odoo")]


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture(params=PROTOCOLS)
def cut(shop: Shop, line: Line, request: pytest.FixtureRequest) -> Iterator[Odoo]:
    """The adapter on a line that can be cut."""
    adapter = Odoo(shop.settings(protocol=request.param), line)
    yield adapter
    adapter.close()


@pytest.fixture
def one(shop: Shop) -> int:
    """A fresh opportunity, in the stage New."""
    [ident] = shop.sell(1)
    return ident


def moves(shop: Shop, ident: int) -> list[tuple[str, str]]:
    """By whom it was moved where, as Odoo wrote it down."""
    told = shop.admin.find(
        "mail.tracking.value", [["mail_message_id.res_id", "=", ident], ["mail_message_id.model", "=", "crm.lead"],
                                ["field_id.name", "=", "stage_id"]], "create_uid", "new_value_char",
    )  # fmt: skip
    return [(row["create_uid"][1], row["new_value_char"]) for row in told]


def test_a_move_is_made_and_seen_over_the_api_with_who_made_it(shop: Shop, odoo: Odoo, one: int) -> None:
    new, qualified = (str(shop.stages[name]) for name in ("New", "Qualified"))
    shop.move([one], "Qualified")
    back = MoveStage(str(one), new, qualified, f"back-{one}", shop.version(one))
    done = odoo.apply(back)
    assert (done.kind, done.version) == ("applied", shop.version(one))
    assert shop.stage(one) == "New"
    assert odoo.apply(back).kind == "already"
    shop.move([one], "Qualified")
    assert odoo.apply(back).kind == "already", "the same key does nothing twice, even against a person's new move"
    assert shop.stage(one) == "Qualified"
    assert moves(shop, one) == [("Bea Blum", "Qualified"), ("dealgate", "New"), ("Bea Blum", "Qualified")]


def test_fields_are_set_and_seen_over_the_api(shop: Shop, odoo: Odoo, one: int) -> None:
    [other] = shop.sell(1)
    values = {
        "expected_revenue": "1234.56", "date_deadline": "2027-01-31", "name": "Renamed", "x_readiness": 40,
        "x_missing": "The date; <b>", "user_id": shop.ann.user, "partner_name": None,
    }  # fmt: skip
    asked = SetFields(str(one), values, f"set-{one}", shop.version(one))
    before = shop.admin.read("crm.lead", [other], *values, "stage_id", "write_date")
    done = odoo.apply(asked)
    assert (done.kind, done.version) == ("applied", shop.version(one))
    [row] = shop.admin.read("crm.lead", [one], *values)
    assert row == {
        "id": one, "expected_revenue": 1234.56, "date_deadline": "2027-01-31", "name": "Renamed", "x_readiness": 40,
        "x_missing": "The date; <b>", "user_id": [shop.ann.user, "Ann Adler"], "partner_name": False,
    }  # fmt: skip
    assert odoo.apply(asked).kind == "already"
    shop.bea.write("crm.lead", [one], expected_revenue=9.0)
    assert odoo.apply(asked).kind == "already", "it was done, and is not done again over a person's change"
    assert shop.admin.read("crm.lead", [one], "expected_revenue")[0]["expected_revenue"] == 9.0
    assert shop.admin.read("crm.lead", [other], *values, "stage_id", "write_date") == before
    assert shop.notes(one) == shop.notes(other), "the mark of a deed is nothing that people see"


def test_changes_that_follow_at_once_make_other_versions(shop: Shop, one: int) -> None:
    versions = set()
    for n in range(6):
        shop.bea.write("crm.lead", [one], expected_revenue=float(n + 1))
        versions.add(shop.version(one))
    assert len(versions) == 6


def test_a_stale_compare_and_set_is_a_conflict_and_writes_nothing(shop: Shop, odoo: Odoo, one: int) -> None:
    seen = shop.version(one)
    shop.bea.write("crm.lead", [one], expected_revenue=7.0)
    new, qualified = (str(shop.stages[name]) for name in ("New", "Qualified"))
    for asked in (
        SetFields(str(one), {"expected_revenue": "1.00"}, "k12", seen),
        MoveStage(str(one), qualified, new, "k13", seen),
    ):
        told = odoo.apply(asked)
        assert (told.kind, told.rule) == ("conflict", "version")
    assert shop.stage(one) == "New"
    assert shop.admin.read("crm.lead", [one], "expected_revenue")[0]["expected_revenue"] == 7.0


def test_a_move_from_a_stage_it_is_not_in_is_a_conflict(shop: Shop, odoo: Odoo, one: int) -> None:
    stages = {name: str(ident) for name, ident in shop.stages.items()}
    shop.move([one], "Proposition")
    for version in (None, shop.version(one)):
        told = odoo.apply(MoveStage(str(one), stages["Qualified"], stages["New"], "k8", version))
        assert (told.kind, told.rule) == ("conflict", "stage")
        assert "Proposition" in told.text
    assert shop.stage(one) == "Proposition"


def test_a_person_between_two_of_our_looks_wins(shop: Shop, cut: Odoo, line: Line, one: int) -> None:
    new, qualified = (str(shop.stages[name]) for name in ("New", "Qualified"))
    # the last request before the opportunity is read again: from there to the write it is one round trip
    line.meanwhile = ("search_count", lambda: shop.move([one], "Won"))
    told = cut.apply(MoveStage(str(one), qualified, new, f"late-{one}", shop.version(one)))
    assert told.kind == "conflict"
    assert shop.stage(one) == "Won"


def actions(shop: Shop, ident: int, version: str, name: str) -> Action:
    deal, key = str(ident), f"{name}-{ident}"
    new, qualified = (str(shop.stages[one]) for one in ("New", "Qualified"))
    made: dict[str, Action] = {
        "fields": SetFields(deal, {"expected_revenue": "42.00"}, key, version),
        "fields of any version": SetFields(deal, {"expected_revenue": "42.00"}, key),
        "move": MoveStage(deal, qualified, new, key, version),
        "move of any version": MoveStage(deal, qualified, new, key),
        "note": Note(deal, "The buyer has not answered.", key),
        "task": CreateTask(deal, "Ask again", "", key),
    }
    return made[name]


KINDS = ("fields", "fields of any version", "move", "move of any version", "note", "task")


def effects(shop: Shop, ident: int) -> tuple[int, int, list[str], int]:
    """What was done: marks, tasks, texts, and the amount."""
    marks = shop.admin.find("mail.message", [["res_id", "=", ident], ["message_id", "like", "dealgate.invalid"]], "id")
    amount = shop.admin.read("crm.lead", [ident], "expected_revenue")[0]["expected_revenue"]
    return len(marks), len(shop.tasks(ident)), shop.notes(ident), amount


@pytest.mark.parametrize("name", KINDS)
def test_a_write_whose_answer_is_lost_is_found_and_not_repeated(
    shop: Shop, cut: Odoo, line: Line, one: int, name: str
) -> None:
    action = actions(shop, one, shop.version(one), name)
    line.cut = ("message_post" if name == "note" else "web_save", "after")
    assert cut.apply(action).kind == "applied"
    assert sum(method in WRITES for method in line.asked) == 1
    after = effects(shop, one)
    assert after[0] == 1
    assert cut.apply(action).kind == "already"
    assert effects(shop, one) == after


@pytest.mark.parametrize("name", KINDS)
def test_a_write_that_never_arrived_is_told_and_done_by_the_next_try(
    shop: Shop, cut: Odoo, line: Line, one: int, name: str
) -> None:
    action = actions(shop, one, shop.version(one), name)
    before = effects(shop, one)
    line.cut = ("message_post" if name == "note" else "web_save", "before")
    with pytest.raises(OutcomeUnknown) as lost:
        cut.apply(action)
    assert isinstance(lost.value, Trouble) and lost.value.kind == "unreachable"
    assert effects(shop, one) == before and sum(method in WRITES for method in line.asked) == 1
    assert cut.apply(action).kind == "applied"
    assert effects(shop, one)[0] == 1


def test_a_note_and_a_task_are_written_once_and_read_as_they_were_meant(shop: Shop, odoo: Odoo, one: int) -> None:
    before = shop.notes(one)
    note = Note(str(one), "Needs a <next> step & more.\nAsk Kim.", f"100%_sure {one}")
    due = (date.today() + timedelta(days=9)).isoformat()  # noqa: DTZ011
    task = CreateTask(str(one), "Call Kim", "She asked\nfor a <date>.", f"t1 {one}", str(shop.bea.user), due)
    for action in (note, task):
        assert odoo.apply(action).kind == "applied"
        assert odoo.apply(action).kind == "already"
    assert sorted(set(shop.notes(one)) - set(before)) == ["Needs a <next> step & more.\nAsk Kim."]
    [made] = shop.tasks(one)
    assert (made["summary"], made["user_id"][0], made["date_deadline"]) == ("Call Kim", shop.bea.user, due)
    assert made["note"] == "<p>She asked<br>for a &lt;date&gt;.</p>"
    assert odoo.apply(note.replace(key=f"100%_surely {one}")).kind == "applied", (
        "a key that resembles another is another"
    )


def test_a_task_that_was_done_or_dropped_is_not_made_again(shop: Shop, odoo: Odoo, one: int) -> None:
    for n, end in enumerate(("action_feedback", "unlink")):
        task = CreateTask(str(one), "Call Kim", "", f"{end} {one}", owner=str(shop.bea.user))
        assert odoo.apply(task).kind == "applied"
        shop.bea("mail.activity", end, [shop.tasks(one)[-1]["id"]])
        assert odoo.apply(task).kind == "already"
        assert shop.tasks(one) == [], n


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"no_such_field": 1}, "no-field"),
        ({"expected_revenue": "a lot"}, "value"),
        ({"expected_revenue": float("nan")}, "value"),
        ({"date_deadline": "31/01/2027"}, "value"),
        ({"user_id": "Bea"}, "value"),
        ({"user_id": [[0, 0, {"login": "eve"}]]}, "value"),
        ({"tag_ids": [[6, 0, []]]}, "type"),
        ({"activity_ids": [[5]]}, "type"),
        ({"write_date": "2020-01-01 00:00:00"}, "readonly"),
        ({"stage_id": 2}, "move"),
        ({"probability": 300}, None),
    ],
)
def test_a_value_that_cannot_be_is_rejected(
    shop: Shop, odoo: Odoo, one: int, values: dict[str, Any], rule: str | None
) -> None:
    before = effects(shop, one)
    told = odoo.apply(SetFields(str(one), values, f"k40-{one}", shop.version(one)))
    assert (told.kind, told.rule) == ("rejected", rule or told.rule)
    assert told.text
    assert effects(shop, one) == before


def test_a_text_is_never_more_than_a_text(shop: Shop, odoo: Odoo, one: int) -> None:
    """Of a domain, a markup or an order, whatever is written."""
    evil = "'] | ['active', '=', False], ('id', '>', 0) <script>alert(1)</script> ${7*7} %s"
    key = f"{evil} {one}"
    assert odoo.apply(SetFields(str(one), {"x_note": evil}, key)).kind == "applied"
    assert odoo.apply(Note(str(one), evil, key)).kind == "already", "the key is the same"
    assert odoo.apply(Note(str(one), evil, f"note {key}")).kind == "applied"
    assert shop.admin.read("crm.lead", [one], "x_note")[0]["x_note"] == evil
    assert evil in shop.notes(one)
    [mark] = shop.admin.find("mail.message", [["message_id", "=", marker(key)]], "res_id")
    assert mark["res_id"] == one
    assert odoo.apply(MoveStage(str(one), "1) OR 1=1", "x", f"move {key}")).rule == "no-stage"


@pytest.mark.parametrize("deal", ["98765432", "no number", "", "1, 2", "9" * 30])
def test_a_deal_that_is_not_there_is_a_conflict(shop: Shop, odoo: Odoo, deal: str) -> None:
    new, qualified = (str(shop.stages[name]) for name in ("New", "Qualified"))
    if deal == "1, 2":
        deal = "1, x"
    for action in (
        SetFields(deal, {"expected_revenue": "1.00"}, "k50"), MoveStage(deal, qualified, new, "k51"),
        Note(deal, "x", "k52"), CreateTask(deal, "x", "", "k53"),
    ):  # fmt: skip
        told = odoo.apply(action)
        assert (told.kind, told.rule) == ("conflict", "gone")
