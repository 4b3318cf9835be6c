"""What is written into Dynamics 365: once, as a whole, guarded by its ETag, and never as a part of a request."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from tests.adapters.dynamics.rig import opened
from tests.fakes.dynamics import Dynamics
from tests.fakes.dynamics.schema import made
from tests.fakes.dynamics.store import DEAL, PROCESS

from dealgate.ports import CreateTask, MoveStage, Note, Outcome, Reference, SetFields, Trouble
from dealgate_adapters.dynamics import Dynamics as Adapter
from dealgate_adapters.dynamics import odata
from dealgate_adapters.dynamics.batch import Part, composed, pieces

KEY = "k" * 64


def version(adapter: Adapter, deal: str) -> str:
    found = adapter.fetch([Reference("deals", deal)])[0].version
    assert found is not None
    return found


def notes(crm: Dynamics) -> list[str]:
    return [row.data["notetext"] for row in crm.store.of("annotation").values()]


def test_columns_are_set_with_every_digit_and_a_note_says_by_whom(crm: Dynamics, dynamics: Adapter) -> None:
    deal = crm.deal(crm.stages()[0])
    values = {
        "estimatedvalue": Decimal("123456789.1234"), "name": "Ünïcode “rollout”\r\n--x", "estimatedclosedate": date(2027, 3, 31),
        "closeprobability": "40", "opportunityratingcode": 2, "new_readiness": Decimal("0.5"), "description": None,
    }  # fmt: skip
    outcome = dynamics.apply(SetFields(deal, values, KEY, version(dynamics, deal)))
    assert (outcome.kind, outcome.version) == ("applied", version(dynamics, deal))
    row = crm.store.of(DEAL)[deal].data
    assert row["estimatedvalue"] == Decimal("123456789.1234") and row["name"] == values["name"]
    assert (row["estimatedclosedate"], row["closeprobability"], row["opportunityratingcode"]) == ("2027-03-31", 40, 2)
    assert notes(crm) == [f"Set: {', '.join(sorted(values))}."]


def test_a_key_in_a_column_makes_no_notes_and_the_last_twenty_are_known(crm: Dynamics) -> None:
    adapter, deal = opened(crm, marker_column="new_keys"), crm.deal(crm.stages()[0])
    actions = [SetFields(deal, {"name": f"Name {n}"}, f"{n:064}") for n in range(21)]
    for action in actions:
        assert adapter.apply(action).kind == "applied"
    assert [adapter.apply(one).kind for one in actions[1:]] == ["already"] * 20
    assert adapter.apply(MoveStage(deal, crm.stages()[1], crm.stages()[0], KEY)).kind == "applied"
    assert adapter.apply(MoveStage(deal, crm.stages()[1], crm.stages()[0], KEY)).kind == "already"
    assert notes(crm) == [] and crm.store.of(DEAL)[deal].data["name"] == "Name 20"
    adapter.close()


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"statecode": 1}, "move"), ({"process.stage": "Close"}, "move"), ({"no_such": 1}, "no-field"),
        ({"ownerid@odata.bind": "/systemusers(x)"}, "no-field"), ({"ownerid": "x"}, "type"), ({"createdon": "x"}, "type"),
        ({"estimatedvalue": "much"}, "value"), ({"estimatedvalue": True}, "value"), ({"name": 3}, "value"),
        ({"closeprobability": Decimal("0.5")}, "value"), ({"estimatedclosedate": "soon"}, "value"),
        ({"estimatedvalue": Decimal("NaN")}, "value"),
    ],
)  # fmt: skip
def test_what_a_column_cannot_take_is_rejected_before_anything_is_sent(
    crm: Dynamics, dynamics: Adapter, values: dict[str, Any], rule: str
) -> None:
    deal = crm.deal(crm.stages()[0])
    outcome = dynamics.apply(SetFields(deal, values, KEY))
    assert (outcome.kind, outcome.rule) == ("rejected", rule) and outcome.text
    assert notes(crm) == []


def test_a_refusal_undoes_the_whole_and_has_the_words_of_the_plug_in(crm: Dynamics, dynamics: Adapter) -> None:
    deal = crm.deal(crm.stages()[0])
    outcome = dynamics.apply(SetFields(deal, {"estimatedvalue": -1}, KEY))
    assert outcome == Outcome("rejected", "0x80040265", "The estimated revenue must not be negative (plug-in Guard).")
    assert notes(crm) == [], "the note is undone with the rest"
    assert dynamics.apply(SetFields(deal, {"estimatedvalue": 1}, KEY)).kind == "applied"


def test_a_deal_goes_on_and_back_step_by_step_in_one_request(crm: Dynamics, dynamics: Adapter) -> None:
    stages = crm.stages()
    deal = crm.deal(stages[0])
    dynamics.describe()
    crm.asked.clear()
    outcome = dynamics.apply(MoveStage(deal, stages[3], stages[0], "a", version(dynamics, deal)))
    assert (outcome.kind, outcome.version) == ("applied", version(dynamics, deal))
    assert crm.stage_of(deal) == stages[3]
    assert crm.store.of(PROCESS)[crm.instance(deal)].data["traversedpath"] == ",".join(stages)
    assert dynamics.apply(MoveStage(deal, stages[1], stages[3], "b", outcome.version)).kind == "applied"
    assert crm.store.of(PROCESS)[crm.instance(deal)].data["traversedpath"] == ",".join(stages[:2])
    assert notes(crm) == ["Moved to Close.", "Moved to Develop."]


def test_a_deal_is_won_lost_and_opened_again(crm: Dynamics, dynamics: Adapter) -> None:
    stages = crm.stages()
    deal = crm.deal(stages[3])
    assert dynamics.apply(MoveStage(deal, "won", stages[3], "a")).kind == "applied"
    assert (crm.store.of(DEAL)[deal].data["statecode"], crm.store.of(DEAL)[deal].data["statuscode"]) == (1, 3)
    assert dynamics.apply(MoveStage(deal, "won", stages[3], "a")).kind == "already"
    assert dynamics.apply(MoveStage(deal, "lost", "open", "b")).kind == "conflict"
    assert dynamics.apply(MoveStage(deal, stages[2], "won", "c")).kind == "applied"
    assert (crm.store.of(DEAL)[deal].data["statecode"], crm.stage_of(deal)) == (0, stages[2])
    assert dynamics.apply(MoveStage(deal, "lost", stages[2], "d")).kind == "applied"
    assert crm.store.of(DEAL)[deal].data["statecode"] == 2


@pytest.mark.parametrize("marker", [None, "new_keys"])
def test_a_deal_that_was_won_is_opened_again_in_one_change_set(crm: Dynamics, marker: str | None) -> None:
    adapter, stages = opened(crm, marker_column=marker), crm.stages()
    deal = crm.deal(stages[3])
    crm.edit(DEAL, deal, statecode=1, statuscode=3)
    outcome = adapter.apply(MoveStage(deal, stages[2], "won", KEY, version(adapter, deal)))
    assert (outcome.kind, outcome.version) == ("applied", version(adapter, deal))
    row = crm.store.of(DEAL)[deal].data
    assert (row["statecode"], row["statuscode"], crm.stage_of(deal)) == (0, 1, stages[2])
    adapter.close()


def test_a_deal_that_was_closed_meanwhile_stands_in_no_stage_of_its_process(crm: Dynamics, dynamics: Adapter) -> None:
    stages = crm.stages()
    deal = crm.deal(stages[2])
    crm.edit(DEAL, deal, statecode=1, statuscode=3)
    outcome = dynamics.apply(MoveStage(deal, stages[1], stages[2], KEY))
    assert (outcome.kind, outcome.rule, outcome.text) == ("conflict", "stage", "The opportunity is won by now.")
    assert (crm.stage_of(deal), notes(crm)) == (stages[2], [])


def test_a_move_that_no_process_knows_is_rejected(crm: Dynamics, dynamics: Adapter) -> None:
    stages = crm.stages()
    deal = crm.deal(stages[0])
    crm.put("workflow", "other", name="Other")
    elsewhere = crm.put(
        "processstage", "other", stagename="Else", stagecategory=0, processid=("workflow", made("workflow", "other"))
    )
    assert dynamics.apply(MoveStage(deal, elsewhere, stages[0], "a")).rule == "no-way"
    assert dynamics.apply(MoveStage(deal, made("nothing"), stages[0], "b")).rule == "no-stage"
    assert dynamics.apply(MoveStage(deal, "processstages(x)", stages[0], "c")).rule == "no-stage"
    crm.store.delete(PROCESS, crm.instance(deal))
    outcome = dynamics.apply(MoveStage(deal, stages[1], stages[0], "d"))
    assert (outcome.kind, outcome.rule) == ("conflict", "stage")


class Between:
    """Somebody is faster: between our look and our write."""

    def __init__(self, crm: Dynamics, deal: str, times: int) -> None:
        self.crm, self.deal, self.times, self.answer = crm, deal, times, crm.answer

    def __call__(self, request: Any) -> Any:
        if b"changeset_" in request.body and self.times:
            self.times -= 1
            self.crm.edit(DEAL, self.deal, description=f"faster {self.times}")
        return self.answer(request)


@pytest.mark.parametrize(
    ("times", "expects", "kind"), [(1, True, "conflict"), (1, False, "applied"), (9, False, "conflict")]
)
def test_who_is_faster_is_never_overwritten(
    crm: Dynamics, dynamics: Adapter, monkeypatch: pytest.MonkeyPatch, times: int, expects: bool, kind: str
) -> None:
    deal = crm.deal(crm.stages()[0], name="Before")
    expected = version(dynamics, deal) if expects else None
    monkeypatch.setattr(crm, "answer", Between(crm, deal, times))
    assert dynamics.apply(SetFields(deal, {"name": "After"}, KEY, expected)).kind == kind
    row = crm.store.of(DEAL)[deal].data
    assert row["description"].startswith("faster") and row["name"] == ("After" if kind == "applied" else "Before")


def test_a_person_who_moved_the_deal_meanwhile_is_not_moved_back_blindly(
    crm: Dynamics, dynamics: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    stages, answer = crm.stages(), crm.answer
    deal, moved = crm.deal(stages[1]), []

    def faster(request: Any) -> Any:
        if b"changeset_" in request.body and not moved:
            moved.append(crm.move(deal, stages[2]))
        return answer(request)

    monkeypatch.setattr(crm, "answer", faster)
    outcome = dynamics.apply(MoveStage(deal, stages[0], stages[1], KEY))
    assert (outcome.kind, outcome.rule) == ("conflict", "stage") and "Propose" in outcome.text
    assert crm.stage_of(deal) == stages[2] and notes(crm) == []


@pytest.mark.parametrize("marker", [None, "new_keys"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["lost", "server-error"])
def test_a_write_whose_answer_is_lost_is_done_once(crm: Dynamics, marker: str | None, when: str, kind: str) -> None:
    stages = crm.stages()
    adapter, deal = opened(crm, **({"marker_column": marker} if marker else {})), crm.deal(stages[0])
    adapter.describe()
    for action in (
        SetFields(deal, {"name": "After"}, "a"), MoveStage(deal, stages[1], stages[0], "b"), Note(deal, "Call.", "c"),
        CreateTask(deal, "Ask", "Why", "d", crm.ann(), "2026-12-01"),
    ):  # fmt: skip
        crm.fail(kind, when)
        assert adapter.apply(action).kind in ("applied", "already")
        assert crm.heal() == 1
        assert adapter.apply(action).kind == "already"
    assert crm.stage_of(deal) == stages[1] and notes(crm).count("Call.") == 1
    [task] = crm.store.of("activitypointer").values()
    assert (task.data["ownerid"], task.data["scheduledend"]) == (("systemuser", crm.ann()), "2026-12-01T12:00:00Z")
    adapter.close()


def test_a_task_for_nobody_or_no_day_is_rejected(crm: Dynamics, dynamics: Adapter) -> None:
    deal = crm.deal(crm.stages()[0])
    assert dynamics.apply(CreateTask(deal, "Ask", "", "a", owner="me) or (x")).rule == "owner"
    assert dynamics.apply(CreateTask(deal, "Ask", "", "b", due="tomorrow")).rule == "due"
    unknown = dynamics.apply(CreateTask(deal, "Ask", "", "c", owner=made("nobody")))
    assert (unknown.kind, unknown.rule) == ("rejected", "0x80040217")
    assert dynamics.apply(CreateTask(deal, "x" * 500, "Body", "d")).kind == "applied"
    [task] = crm.store.of("activitypointer").values()
    assert len(task.data["subject"]) == 200 and task.data["description"].startswith("x" * 500)


@pytest.mark.parametrize("lacks", ["prvWriteOpportunity", "prvCreateNote"])
def test_a_right_that_is_missing_is_named(crm: Dynamics, dynamics: Adapter, lacks: str) -> None:
    deal = crm.deal(crm.stages()[0])
    crm.store.lacks.add(lacks)
    outcome = dynamics.apply(SetFields(deal, {"name": "x"}, KEY))
    assert (outcome.kind, outcome.rule) == ("forbidden", lacks) and lacks in outcome.text
    assert notes(crm) == []


def test_a_column_that_is_secured_is_forbidden_and_named(crm: Dynamics, dynamics: Adapter) -> None:
    deal = crm.deal(crm.stages()[0])
    crm.store.closed.add("estimatedvalue")
    outcome = dynamics.apply(SetFields(deal, {"estimatedvalue": 5}, KEY))
    assert outcome.kind == "forbidden" and "estimatedvalue" in outcome.text


HOSTILE = st.text(max_size=60) | st.sampled_from(
    ["x)', 'y", "'; $filter=1 eq 1", "a\r\n\r\n--changeset_1", "%27", "\u2028", "))/$ref", "${jndi}", "‘’", "\x00"]
)


@given(HOSTILE)
def test_a_text_within_a_filter_is_one_text(text: str) -> None:
    quoted = odata.literal(text)
    assert quoted[0] == quoted[-1] == "'" and quoted[1:-1].replace("''", "") == text.replace("'", "")
    path = odata.query("accounts", {"filter": f"name eq {quoted}", "select": "name"})
    assert path.count("&") == 1 and "#" not in path and " " not in path and path.isascii()


@given(HOSTILE)
def test_what_is_no_id_or_name_never_gets_into_a_path(text: str) -> None:
    assert odata.guid(text) is None or odata.guid(text) == text.strip().lower()
    for make in (lambda: odata.record("accounts", text), lambda: odata.among("accountid", [text])):
        if odata.guid(text) != text:
            with pytest.raises(ValueError):
                make()


@given(
    st.dictionaries(
        HOSTILE,
        HOSTILE | st.integers() | st.booleans() | st.none() | st.decimals(allow_nan=False, allow_infinity=False),
    )
)
def test_a_body_says_what_it_was_given_and_breaks_no_batch(values: dict[str, Any]) -> None:
    body = odata.encoded(values)
    assert json.loads(body, parse_float=Decimal) == values
    raw, kind = composed([Part("PATCH", "/x", body), Part("PATCH", "/y", "{}")], whole=True)
    boundary = kind.partition('boundary="')[2].rstrip('"').encode()
    assert raw.count(b"--" + boundary) == 2 and raw.count(b"HTTP/1.1") == 2


@tried(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(HOSTILE, HOSTILE)
def test_hostile_texts_are_written_as_they_are_and_hostile_ids_find_nothing(
    crm: Dynamics, dynamics: Adapter, text: str, ident: str
) -> None:
    deal = crm.deal(crm.stages()[0])
    key = f"{len(crm.store.of(DEAL))}"
    before = len(crm.store.of(DEAL))
    assert dynamics.apply(SetFields(deal, {"description": text}, key)).kind == "applied"
    assert crm.store.of(DEAL)[deal].data["description"] == text
    assert dynamics.apply(Note(ident, text, key)).kind == "conflict"
    assert dynamics.fetch([Reference("deals", ident), Reference("accounts", ident)]) == []
    assert len(crm.store.of(DEAL)) == before


@given(st.binary(max_size=200), st.text(max_size=40))
def test_half_an_answer_of_a_batch_is_none(raw: bytes, kind: str) -> None:
    assert pieces(raw, kind) == [] or "boundary" in kind
    assert pieces(b"--b\r\nContent-Type: application/http\r\n\r\n" + raw, "multipart/mixed; boundary=b") is not None


def test_throttled_writes_tell_when_to_come_again_in_a_batch_too(crm: Dynamics, dynamics: Adapter) -> None:
    deal = crm.deal(crm.stages()[0])
    dynamics.describe()
    crm.fail("throttled")
    outcome = dynamics.apply(Note(deal, "x", KEY))
    assert outcome.kind == "throttled" and outcome.retry_at is not None and notes(crm) == []


def test_a_bad_name_of_the_column_for_keys_is_told_at_once(crm: Dynamics) -> None:
    with pytest.raises(Trouble, match="marker_column"):
        opened(crm, marker_column="x eq 1")
