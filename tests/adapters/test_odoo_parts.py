"""The parts of the Odoo adapter that need no server: where a page ends, what an answer says, what a no means."""

from __future__ import annotations

import json
import xmlrpc.client
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import hypothesis
import polars as pl
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from dealgate.documents.library import Library
from dealgate.documents.load import load
from dealgate.ports import BadSignature, Cursor, MoveStage, SetFields, Settings, Trouble
from dealgate.sources.mapping.apply import apply
from dealgate.sources.mapping.load import load_mapping
from dealgate.sync.tables import RawTables
from dealgate_adapters.odoo import Odoo, connect
from dealgate_adapters.odoo.streams import flat, number_of, version_of
from dealgate_adapters.odoo.write import marker

KEY = "key-of-the-robot-77"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DATE = {"Date": "Thu, 26 Nov 2026 12:00:00 GMT"}
FIELDS = {
    "id": {"type": "integer", "store": True}, "name": {"type": "char", "store": True},
    "type": {"type": "selection", "store": True}, "active": {"type": "boolean", "store": True},
    "stage_id": {"type": "many2one", "store": True}, "probability": {"type": "float", "store": True},
    "partner_id": {"type": "many2one", "store": True}, "write_date": {"type": "datetime", "store": True},
}  # fmt: skip
Answer = Callable[[str, str, dict[str, Any]], Any]


def settings(**other: Any) -> Settings:
    key = other.pop("api_key", KEY)
    values = {"url": "https://odoo.example.com", "database": "crm", "user": "robot", **other}
    return Settings(values, {"api_key": key}.get, lambda: NOW)


def answering(answer: Answer, **other: Any) -> Odoo:
    """An adapter whose server answers JSON-2 by (model, method, named arguments)."""

    def handle(request: httpx.Request) -> httpx.Response:
        *_, model, method = request.url.path.split("/")
        said = {"uid": 7, "lang": "en_US"} if method == "context_get" else None
        said = said if said is not None else answer(model, method, json.loads(request.content))
        if isinstance(said, httpx.Response):
            return said
        return httpx.Response(200, json=said, headers=DATE)

    return Odoo(settings(**other), httpx.MockTransport(handle))


# ------------------------------------------------ where a page ends


class Table:
    """Rows as Odoo keeps them: to the microsecond inside, told in whole seconds."""

    def __init__(self, moments: list[datetime]) -> None:
        self.rows = [(moment, n + 1) for n, moment in enumerate(moments)]
        self.asked = 0

    def answer(self, model: str, method: str, named: dict[str, Any]) -> Any:
        if method == "fields_get":
            return {**FIELDS, "won_status": {"type": "selection", "store": True}}
        if method == "search_count":
            return len(self.rows)
        self.asked += 1
        order = (lambda row: row[1]) if named["order"] == "id" else None
        found = sorted((row for row in self.rows if holds(named["domain"], row)), key=order)
        limit = named["limit"] or len(found)
        return [
            {
                "id": ident,
                "type": "opportunity",
                "name": str(ident),
                "won_status": "pending",
                "write_date": f"{moment:%Y-%m-%d %H:%M:%S}",
            }
            for moment, ident in found[:limit]
        ]


def holds(domain: list[Any], row: tuple[datetime, int]) -> bool:
    """Whether a row is left by a domain in Odoo's prefix notation."""
    rest = list(domain)

    def term() -> bool:
        word = rest.pop(0)
        if word == "|":
            sides = [term(), term()]
            return any(sides)
        if word == "&":
            sides = [term(), term()]
            return all(sides)
        name, operator, value = word
        if name == "type":
            return bool(value == "opportunity")
        held: Any = row[1] if name == "id" else row[0].replace(tzinfo=None)
        wanted = value if name == "id" else datetime.fromisoformat(value)
        return bool({">=": held >= wanted, "<": held < wanted, ">": held > wanted}[operator])

    truths = []
    while rest:
        truths.append(term())
    return all(truths)


@given(st.lists(st.integers(0, 4_000_000), max_size=40), st.integers(1, 7), st.randoms(use_true_random=False))
@hypothesis.settings(max_examples=50)
def test_pages_of_any_size_give_every_row_once(offsets: list[int], limit: int, chance: Any) -> None:
    """Whole seconds are told, microseconds sorted by; a page may end anywhere."""
    offsets = [offset if chance.random() < 0.6 else offset // 1_000_000 * 1_000_000 for offset in offsets]
    table = Table([NOW - timedelta(seconds=10) + timedelta(microseconds=offset) for offset in offsets])
    cursor: Cursor | None = None
    seen: list[tuple[datetime | None, int]] = []
    adapter = answering(table.answer)
    for _ in range(200):
        page = adapter.pull("deals", cursor, limit)
        assert len(page.records) <= limit
        seen += [(record.modified, int(record.id)) for record in page.records]
        if not page.more:
            break
        assert page.next != cursor
        cursor = page.next
    assert seen == sorted((moment.replace(microsecond=0), ident) for moment, ident in table.rows)


def test_a_bulk_write_of_one_moment_costs_one_request_a_page() -> None:
    table = Table([NOW - timedelta(seconds=5)] * 1000)
    cursor, pages, more = None, 0, True
    adapter = answering(table.answer)
    while more:
        page = adapter.pull("deals", cursor, 100)
        cursor, more, pages = page.next, page.more, pages + 1
    assert pages == 10
    assert table.asked <= 2 * pages


# ------------------------------------------------ what an answer says


def test_a_row_is_flat_and_what_is_false_is_nothing_except_where_it_is_said() -> None:
    row = {
        "id": 1, "name": False, "type": "lead", "active": False, "stage_id": [2, "Qualified"], "partner_id": False,
        "probability": Decimal("12.50"), "write_date": "2026-11-26 11:00:00",
    }  # fmt: skip
    assert flat(row, FIELDS) == {
        "id": 1, "name": None, "type": "lead", "active": False, "stage_id": 2, "stage_id.name": "Qualified",
        "partner_id": None, "partner_id.name": None, "probability": "12.5", "write_date": "2026-11-26T11:00:00+00:00",
    }  # fmt: skip


def test_a_version_is_of_what_stands_there_and_not_of_what_others_are_called() -> None:
    row = {"write_date": "2026-11-26T11:00:00+00:00", "stage_id": 2, "stage_id.name": "Qualified", "name": "A"}
    assert version_of(row) == version_of({**row, "stage_id.name": "Renamed"})
    assert version_of(row) != version_of({**row, "name": "B"})
    assert version_of(row) != version_of({**row, "write_date": "2026-11-26T11:00:01+00:00"})


@pytest.mark.parametrize(
    ("ident", "number"), [("7", 7), ("crm.lead,7", 7), ("", None), ("x", None), ("1 OR 1", None), ("9" * 40, None)]
)
def test_an_id_is_a_number_or_none(ident: str, number: int | None) -> None:
    assert number_of(ident) == number


@pytest.mark.parametrize(
    ("active", "stage", "probability", "status"),
    [(True, 1, 20, "pending"), (True, 4, 100, "won"), (False, 1, 0, "lost"), (False, 1, 20, "pending")],
)
def test_before_odoo_19_the_status_is_worked_out(active: bool, stage: int, probability: int, status: str) -> None:
    row = {
        "id": 1, "name": "A", "type": "opportunity", "active": active, "stage_id": [stage, "S"], "partner_id": False,
        "probability": float(probability), "write_date": "2026-11-26 11:00:00",
    }  # fmt: skip

    def answer(model: str, method: str, named: dict[str, Any]) -> Any:
        if method == "fields_get":
            return FIELDS
        return [{"id": 4, "is_won": True}] if model == "crm.stage" else [row]

    [record] = answering(answer).pull("deals", None, 10).records
    assert record.data["won_status"] == status


# ------------------------------------------------ what a no means


def refusal(status: int, name: str, message: str) -> httpx.Response:
    said = {"name": name, "message": message, "arguments": [message], "debug": f"Traceback with {KEY} and rows"}
    return httpx.Response(status, json=said, headers=DATE)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey"), "unauthorised"),
        (refusal(403, "odoo.exceptions.AccessError", "You are not allowed"), "forbidden"),
        (refusal(404, "werkzeug.exceptions.NotFound", "the model 'crm.lead' does not exist"), "gone"),
        (refusal(422, "odoo.exceptions.UserError", f"No, {KEY}"), "odd"),
        (httpx.Response(404, text="<html>No database is selected</html>"), "gone"),
        (httpx.Response(200, text="<html>hello</html>"), "odd"),
        (httpx.Response(200, json={"not": "a list"}), "odd"),
        (httpx.Response(302, headers={"Location": "https://evil.example.org/json"}), "odd"),
        (httpx.Response(500), "unreachable"),
    ],
)
def test_what_keeps_us_from_reading_is_trouble_without_a_secret(answer: httpx.Response, kind: str) -> None:
    def said(model: str, method: str, named: dict[str, Any]) -> Any:
        return FIELDS if method == "fields_get" else answer

    with stamina.set_testing(True, attempts=2, cap=True), pytest.raises(Trouble) as raised:
        answering(said).pull("deals", None, 10)
    assert raised.value.kind == kind
    told = f"{raised.value.message} {raised.value.hint}"
    assert KEY not in told and "Traceback" not in told and raised.value.hint


def test_without_a_date_header_there_is_no_watermark() -> None:
    def said(model: str, method: str, named: dict[str, Any]) -> Any:
        return FIELDS if method == "fields_get" else httpx.Response(200, json=[])

    with pytest.raises(Trouble, match="without a Date header"):
        answering(said).pull("deals", None, 10)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"url": "http://odoo.example.com"}, "unencrypted"),
        ({"url": "https://ada:hunter2@odoo.example.com"}, "holds a user or password"),
        ({"url": ""}, "is none"),
        ({"database": ""}, "lacks `database`"),
        ({"database": "a\r\nX-Evil: 1"}, "cannot be the name"),
        ({"protocol": "soap"}, "`protocol` is 'soap'"),
        ({"protocol": "xmlrpc", "user": None}, "lacks `user`"),
    ],
)
def test_settings_that_cannot_be_are_told_at_once(other: dict[str, Any], said: str) -> None:
    with pytest.raises(Trouble) as raised:
        connect(settings(**other))
    assert said in raised.value.message and "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("key", "said"), [(None, "has no API key"), (" ", "has no API key"), ("a\nb", "cannot be one")]
)
@pytest.mark.parametrize("protocol", ["json2", "xmlrpc"])
def test_a_key_that_cannot_be_is_told_and_not_sent(key: str | None, said: str, protocol: str) -> None:
    adapter = answering(lambda *_: pytest.fail("it was sent"), api_key=key, protocol=protocol)
    with pytest.raises(Trouble, match=said) as raised:
        adapter.pull("deals", None, 1)
    assert raised.value.kind == "unauthorised"


def test_a_stream_it_does_not_have_and_a_webhook_are_refused() -> None:
    adapter = answering(lambda *_: None)
    with pytest.raises(Trouble, match="no line_items"):
        adapter.pull("line_items", None, 10)
    with pytest.raises(BadSignature):
        adapter.parse_webhook({}, b"{}", "https://here.example.com/hook", NOW)


# ------------------------------------------------ XML-RPC


def xml(answer: Callable[[tuple[Any, ...], str], Any]) -> Odoo:
    """An adapter whose server answers XML-RPC by (parameters, method)."""

    def handle(request: httpx.Request) -> httpx.Response:
        params, method = xmlrpc.client.loads(request.content)
        try:
            said = xmlrpc.client.dumps((answer(params, str(method)),), methodresponse=True)
        except xmlrpc.client.Fault as fault:
            said = xmlrpc.client.dumps(fault, methodresponse=True)
        return httpx.Response(200, text=said, headers=DATE)

    return Odoo(settings(protocol="xmlrpc"), httpx.MockTransport(handle))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (xmlrpc.client.Fault(3, "Access Denied"), "unauthorised"),
        (xmlrpc.client.Fault(4, "You are not allowed"), "forbidden"),
        (xmlrpc.client.Fault(2, "Object crm.lead doesn't exist"), "gone"),
        (xmlrpc.client.Fault(1, f'Traceback {KEY}\nFATAL:  database "crm" does not exist'), "gone"),
        (xmlrpc.client.Fault(1, f"Traceback {KEY}\nValueError: 7"), "odd"),
        (xmlrpc.client.Fault(2, "A rule"), "odd"),
    ],
)
def test_a_fault_is_trouble_without_the_traceback(fault: xmlrpc.client.Fault, kind: str) -> None:
    def answer(params: tuple[Any, ...], method: str) -> Any:
        if method == "authenticate":
            return 7
        if params[4] == "context_get":
            return {"uid": 7, "lang": "en_US"}
        raise fault

    with pytest.raises(Trouble) as raised:
        xml(answer).pull("deals", None, 10)
    assert raised.value.kind == kind
    assert KEY not in str(raised.value) and "Traceback" not in str(raised.value)


def test_a_login_that_is_refused_is_told() -> None:
    with pytest.raises(Trouble) as raised:
        xml(lambda params, method: False).pull("deals", None, 10)
    assert raised.value.kind == "unauthorised"


@pytest.mark.parametrize("body", [b"", b"<html>", b"<?xml version='1.0'?><methodResponse/>", b"\xff\xfe", b"[1]"])
def test_what_is_no_answer_in_xml_is_told(body: bytes) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=body, headers=DATE))
    with pytest.raises(Trouble) as raised:
        Odoo(settings(protocol="xmlrpc"), transport).pull("deals", None, 10)
    assert raised.value.kind == "odd"


# ------------------------------------------------ writing


def test_a_deed_and_its_mark_go_in_one_request_and_a_move_that_an_automation_undoes_is_told() -> None:
    written: list[dict[str, Any]] = []
    held = {
        "id": 5, "name": "A", "type": "opportunity", "active": True, "stage_id": [1, "New"], "partner_id": False,
        "probability": 1.0, "write_date": "2026-11-26 11:00:00",
    }  # fmt: skip

    def answer(model: str, method: str, named: dict[str, Any]) -> Any:
        if method == "fields_get":
            return FIELDS
        if method == "search_count":
            return 1 if model == "crm.stage" else 0
        if method == "web_save":
            written.append(named)
            return [{**held, "stage_id": 1, "write_date": "2026-11-26 11:00:09"}]
        return [held]

    told = answering(answer).apply(MoveStage("5", "2", "1", "the-key"))
    assert (told.kind, told.rule) == ("rejected", "automation")
    [request] = written
    assert request["ids"] == [5] and request["vals"]["stage_id"] == 2
    [[command, zero, mark]] = request["vals"]["message_ids"]
    assert (command, zero, mark["message_id"], mark["body"]) == (0, 0, marker("the-key"), "")


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, Decimal("Infinity"), "0.5", True])
def test_a_whole_number_that_odoo_cannot_keep_is_rejected_before_it_is_sent(value: object) -> None:
    """Its integers have 32 bits, and so have those of XML-RPC."""

    def answer(model: str, method: str, named: dict[str, Any]) -> Any:
        if method == "fields_get":
            return {**FIELDS, "x_readiness": {"type": "integer", "store": True, "string": "Readiness"}}
        assert method == "search_count", "it is neither read nor written"
        return 0

    told = answering(answer).apply(SetFields("5", {"x_readiness": value}, "the-key"))
    assert (told.kind, told.rule) == ("rejected", "value")


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("done", [True, False])
def test_a_failure_of_odoos_own_is_an_answer_and_one_of_a_proxy_is_not(own: bool, done: bool) -> None:
    """Odoo undoes what it fails at. What stands before it may fail after all was done; then the mark tells."""
    held = {
        "id": 5, "name": "A", "type": "opportunity", "active": True, "stage_id": [1, "New"], "partner_id": False,
        "probability": 1.0, "write_date": "2026-11-26 11:00:00",
    }  # fmt: skip
    sent: list[str] = []

    def answer(model: str, method: str, named: dict[str, Any]) -> Any:
        if method == "fields_get":
            return FIELDS
        if method == "search_count":
            return 1 if model == "crm.stage" or (sent and done) else 0
        if method == "web_save":
            sent.append(method)
            return refusal(500, "builtins.ZeroDivisionError", "by a rule") if own else httpx.Response(500, text="bad")
        return [held]

    move = MoveStage("5", "2", "1", "the-key")
    if own or done:
        told = answering(answer).apply(move)
        assert (told.kind, told.rule) == (("applied", "") if done else ("rejected", "failure"))
        assert KEY not in told.text
    else:
        with pytest.raises(Trouble) as raised:
            answering(answer).apply(move)
        assert raised.value.kind == "unreachable"
    assert len(sent) == 1


# ------------------------------------------------ the mapping


def test_the_bundled_mapping_types_what_the_adapter_reads() -> None:
    lead = {
        "id": 1, "name": "Northwind rollout", "type": "opportunity", "stage_id": 2, "stage_id.name": "Qualified",
        "won_status": "pending", "lost_reason_id.name": None, "expected_revenue": "1000.5",
        "company_currency.name": "EUR", "probability": "25", "date_deadline": "2027-01-31", "date_closed": None,
        "create_date": "2026-11-01T09:00:00+00:00", "write_date": "2026-11-26T11:00:00+00:00", "user_id": 6,
        "user_id.name": "Bea Blum", "partner_id": 10, "partner_id.name": "Northwind, Kim Lee",
        "partner_name": "Northwind", "contact_name": "Kim Lee", "email_from": "kim@example.com", "function": "Buyer",
    }  # fmt: skip
    change = {"id": 3, "deal": 1, "at": "2026-11-20T09:00:00+00:00", "user": 6}
    rows = {
        "crm.lead": [lead, {**lead, "id": 2, "expected_revenue": "0", "won_status": "lost", "date_closed":
                            "2026-11-25T09:00:00+00:00"}],
        "res.partner": [
            {"id": 10, "name": "Kim Lee", "commercial_partner_id": 9, "industry_id.name": None},
            {"id": 9, "name": "Northwind Ltd", "commercial_partner_id": 9, "industry_id.name": "Retail"},
        ],
        "mail.tracking.value": [
            {**change, "field": "stage_id", "old.name": "New", "new.name": "Qualified"},
            {**change, "id": 4, "field": "expected_revenue", "old.name": None, "new.name": "1000.5 EUR"},
        ],
        "mail.message": [
            {"id": 8, "model": "crm.lead", "res_id": 1, "message_type": "email", "mail_activity_type_id.name": None,
             "date": "2026-11-21T09:00:00+00:00"},
        ],
        "res.users": [{"id": 6, "name": "Bea Blum", "login": "bea", "active": True}],
    }  # fmt: skip
    process = load("practical").need()
    columns = {table: sorted({name for row in held for name in row}) for table, held in rows.items()}
    found = apply(RawTables("crm", rows, columns), load_mapping("odoo", process, Library()), process)
    assert not found.set_aside and not found.diagnostics
    deals = {row["id"]: row for row in found.frames.deals.iter_rows(named=True)}
    one = deals["1"]
    assert (one["stage"], one["status"], one["amount"], one["account.name"]) == (
        "qualification", "open", 100050, "Northwind Ltd",
    )  # fmt: skip
    assert (one["owner.id"], one["owner.name"], one["account.industry"]) == ("6", "Bea Blum", "Retail")
    assert (deals["2"]["amount"], deals["2"]["status"]) == (None, "lost")
    children = found.frames.children
    assert children["contacts"].filter(pl.col("deal") == "1")["email"].to_list() == ["kim@example.com"]
    assert children["activities"]["type"].to_list() == ["email"]
    told = children["changes"].filter(pl.col("deal") == "1").select("field", "from", "to", "by").rows()
    assert sorted(told) == [("amount", None, "1000.50 EUR", "6"), ("stage", "prospecting", "qualification", "6")]
