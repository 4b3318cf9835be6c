"""The parts of the Tryton adapter that need no server: which moments to ask for, what a condition says, what a no means."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.documents.library import Library
from dealgate.documents.load import load
from dealgate.model.values import Money
from dealgate.ports import Settings, Trouble
from dealgate.sources.mapping.apply import apply
from dealgate.sources.mapping.load import load_mapping
from dealgate.sync.tables import RawTables
from dealgate_adapters.tryton import Tryton
from dealgate_adapters.tryton.describe import holds
from dealgate_adapters.tryton.history import stabbed
from dealgate_adapters.tryton.rpc import Refused, decoded
from dealgate_adapters.tryton.streams import flat

START = datetime(2026, 11, 26, tzinfo=UTC)


def spans_of(histories: dict[int, set[int]]) -> list[tuple[int, datetime, datetime | None]]:
    found: list[tuple[int, datetime, datetime | None]] = []
    for ident, moments in histories.items():
        ordered = [START + timedelta(minutes=one) for one in sorted(moments)]
        found += [(ident, a, b) for a, b in pairwise(ordered)] + [(ident, ordered[-1], None)]
    return found


@given(st.dictionaries(st.integers(1, 6), st.sets(st.integers(0, 30), min_size=1, max_size=6), max_size=6))
def test_each_revision_is_asked_for_once_at_a_moment_within_it_and_no_fewer_would_do(
    histories: dict[int, set[int]],
) -> None:
    spans = spans_of(histories)
    asked = stabbed(spans)
    ends = {(ident, at): end for ident, at, end in spans}
    seen = [one for _, mine in asked for one in mine]
    assert sorted(seen) == sorted(ends)
    for moment, mine in asked:
        assert len({ident for ident, _ in mine}) == len(mine), "a request gives one revision of a deal"
        for one in mine:
            end = ends[one]
            assert one[1] <= moment and (end is None or moment < end)
    # spans that share no moment need one each: so many that are apart from each other prove that no fewer would do
    apart, last = 0, None
    for _, at, end in sorted(spans, key=lambda one: (one[2] is None, one[2] or one[1])):
        if last is None or at >= last:
            apart += 1
            if end is None:
                break
            last = end
    assert len(asked) == apart


STATE = {"__class__": "Eval", "v": "state", "d": ""}
OTHER = {"__class__": "Eval", "v": "party", "d": None}


def among(*states: str) -> dict[str, Any]:
    return {"__class__": "In", "k": STATE, "v": list(states)}


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (True, True),
        (None, None),
        (among("lead", "lost"), True),
        ({"__class__": "Not", "v": among("lead")}, False),
        ({"__class__": "Equal", "s1": STATE, "s2": "won"}, False),
        ({"__class__": "Bool", "v": OTHER}, None),
        ({"__class__": "And", "s": [among("lead"), {"__class__": "Bool", "v": OTHER}]}, None),
        ({"__class__": "And", "s": [among("won"), {"__class__": "Bool", "v": OTHER}]}, False),
        ({"__class__": "Or", "s": [among("lead"), {"__class__": "Bool", "v": OTHER}]}, True),
        ({"__class__": "Or", "s": [among("won"), {"__class__": "Bool", "v": OTHER}]}, None),
        ({"__class__": "Bool", "v": STATE}, True),
        ({"__class__": "Greater", "s1": OTHER, "s2": 1, "e": False}, None),
    ],
)
def test_a_condition_that_rests_on_more_than_the_state_is_unknown(condition: Any, said: bool | None) -> None:
    assert holds(condition, "lead") is said


def test_a_row_is_flat_and_keeps_its_digits() -> None:
    wire = {
        "id": 3, "amount": {"__class__": "Decimal", "decimal": "1234567890123456.70"},
        "start_date": {"__class__": "date", "year": 2026, "month": 11, "day": 2},
        "write_date": {"__class__": "datetime", "year": 2026, "month": 11, "day": 2, "hour": 1, "minute": 2, "second": 3, "microsecond": 4},
        "left": {"__class__": "timedelta", "seconds": 90.5}, "logo": {"__class__": "bytes", "base64": "aGk="},
        "tags": [1, 2], "more": {"colour": "red"}, "party.": {"id": 4, "name": "X", "lang.": {"id": 1, "code": "en"}}, "address.": None,
    }  # fmt: skip
    assert flat(decoded(wire)) == {
        "id": 3, "amount": "1234567890123456.70", "start_date": "2026-11-02", "write_date": "2026-11-02T01:02:03.000004+00:00",
        "left": "90.5", "logo": None, "tags": [1, 2], "more.colour": "red", "party.name": "X", "party.lang.code": "en",
    }  # fmt: skip


def against(reply: Callable[[str], Any]) -> Tryton:
    """The adapter before a server that answers by the method's name: JSON, or (status, text)."""

    def answer(request: httpx.Request) -> httpx.Response:
        method = json.loads(request.content)["method"]
        date_ = {"Date": "Thu, 26 Nov 2026 12:00:00 GMT"}
        if method == "common.db.login":
            said: Any = {"result": [7, "token-of-the-session", None]}
        elif method.endswith("get_preferences"):
            said = {"result": {"company": 1, "companies": [1]}}
        else:
            said = reply(method)
        if isinstance(said, tuple):
            return httpx.Response(said[0], text=said[1], headers=date_)
        return httpx.Response(200, json={"id": 1, **said}, headers=date_)

    values = {"url": "https://crm.example.com", "database": "crm", "user": "ada"}
    return Tryton(Settings(values, lambda _: "pass-word", lambda: START), httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ({"error": ["'sale.opportunity'", "Traceback: pass-word"]}, "gone", "has no sale.opportunity"),
        ({"error": ["boom pass-word", "Traceback: pass-word"]}, "odd", "failed in"),
        (
            {"error": ["UserError", ["No access for pass-word", "token-of-the-session", None]]},
            "forbidden",
            "No access for",
        ),
        ({"error": "nonsense"}, "odd", "not what Tryton answers"),
        ({}, "odd", "not what Tryton answers"),
        ({"result": "text"}, "odd", "not what Tryton answers"),
        ((200, "<html>a portal</html>"), "odd", "not what Tryton answers"),
        ((404, "no"), "gone", "no database `crm`"),
        ((413, "no"), "odd", "too large"),
        ((401, "no"), "unauthorised", "gives no new one"),
        ((403, "no"), "forbidden", "Tryton offers no"),
    ],
)
def test_what_the_server_says_becomes_a_sentence_without_a_secret(said: Any, kind: str, words: str) -> None:
    with pytest.raises(Trouble) as raised:
        against(lambda _: said).pull("deals", None, 10)
    told = raised.value
    assert (told.kind, words in told.message) == (kind, True), told.message
    assert told.hint
    for secret in ("pass-word", "token-of-the-session"):
        assert secret not in f"{told.message} {told.hint} {told.__cause__!r} {told.__context__!r}"


def test_a_question_to_a_person_is_a_refusal_in_the_servers_words() -> None:
    adapter = against(lambda _: {"error": ["UserWarning", ["name_of_it", "The party owes money.", "Go on?"]]})
    with pytest.raises(Refused) as raised:
        adapter.server.call("model.sale.opportunity.convert", [1], repeat=False)
    assert (raised.value.kind, raised.value.text) == ("warning", "The party owes money. Go on?")


def test_a_server_that_tells_no_time_is_odd() -> None:
    adapter = against(lambda _: {"result": {}})
    adapter.server._now = None
    with pytest.raises(Trouble, match="Date header"):
        _ = adapter.server.now


def test_every_state_of_tryton_is_mapped_and_only_the_closed_ones_close() -> None:
    process = load("practical").need()
    states = ("lead", "opportunity", "converted", "won", "lost", "cancelled")
    rows = [
        {
            "id": n, "number": str(n), "description": None, "state": state, "amount": "10.05", "currency.code": "EUR",
            "conversion_probability": "0.25", "end_date": "2026-11-30", "create_date": "2026-11-01T08:00:00+00:00",
            "last_modified_at": "2026-11-02T08:00:00+00:00", "party": 4, "contact": None,
        }
        for n, state in enumerate(states)
    ]  # fmt: skip
    history = [
        {
            "opportunity": 3, "at": f"2026-11-0{day}T09:00:00+00:00", "user": 2, "state": state, "amount": "10.05",
            "currency.code": "EUR", "conversion_probability": "0.25", "end_date": None,
        }
        for day, state in enumerate(("lead", "opportunity", "converted", "won"), 1)
    ]  # fmt: skip
    tables = {"sale.opportunity": rows, "sale.opportunity__history": history}
    columns = {name: sorted(held[0]) for name, held in tables.items()}
    columns["party.contact_mechanism"] = ["id", "name", "party.rec_name", "type", "value"]
    source = apply(RawTables("crm", tables, columns), load_mapping("tryton", process, Library()), process)
    assert not [one for one in source.diagnostics if one.severity.word != "info"]
    deals = {deal.id: deal for deal in source.deals}
    assert [deals[str(n)].status for n in range(6)] == ["open", "open", "open", "won", "lost", "cancelled"]
    assert [deals[str(n)].stage for n in range(3)] == ["prospecting", "qualification", "proposal"]
    assert {deal.fields["amount"] for deal in source.deals} == {Money(1005, "EUR")}
    assert {Decimal(str(deal.fields["probability"])) for deal in source.deals} == {Decimal("0.25")}
    assert [("closed_on" in deals[str(n)].fields) for n in range(6)] == [False] * 3 + [True] * 3
    assert deals["3"].fields["closed_on"] == date(2026, 11, 30)
    assert [visit["stage"] for visit in deals["3"].children["visits"]] == ["prospecting", "qualification", "proposal"]
