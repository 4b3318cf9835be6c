"""What an Odoo that does not let us in, or is not there, looks like to an operator."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import stamina

from dealgate.ports import Note, SetFields, Trouble
from dealgate_adapters.odoo import Odoo, connect

from .conftest import PROTOCOLS, Shop

pytestmark = [pytest.mark.slow, pytest.mark.odoo, pytest.mark.xdist_group("odoo")]


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


def trouble(adapter: Any, stream: str = "deals") -> Trouble:
    with pytest.raises(Trouble) as raised:
        adapter.pull(stream, None, 10)
    adapter.close()
    return raised.value


def free_of(secret: str, told: Trouble, caplog: pytest.LogCaptureFixture) -> bool:
    chain: list[BaseException] = [told]
    while chain[-1].__cause__ or chain[-1].__context__:
        chain.append(chain[-1].__cause__ or chain[-1].__context__)  # type: ignore[arg-type]
    said = [caplog.text, told.hint, *(f"{one} {one!r} {one.args}" for one in chain)]
    return not any(secret in text for text in said)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_wrong_key_is_told_and_not_shown(shop: Shop, caplog: pytest.LogCaptureFixture, protocol: str) -> None:
    caplog.set_level(logging.DEBUG)
    told = trouble(connect(shop.settings(api_key="not-my-key-5512", protocol=protocol)))
    assert (told.kind, "api_key" in told.hint) == ("unauthorised", True)
    assert "does not take this API key" in told.message
    assert free_of("not-my-key-5512", told, caplog)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_unknown_database_is_told(shop: Shop, caplog: pytest.LogCaptureFixture, protocol: str) -> None:
    caplog.set_level(logging.DEBUG)
    told = trouble(connect(shop.settings(database="nowhere", protocol=protocol)))
    assert told.kind == "gone" and "no database `nowhere`" in told.message
    assert "correct `database`" in told.hint
    assert free_of(shop.key, told, caplog)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_model_that_is_not_there_is_told_with_its_module(shop: Shop, odoo: Odoo, protocol: str) -> None:
    adapter = Odoo(shop.settings(protocol=protocol))
    with pytest.raises(Trouble) as raised:
        adapter.server.read("crm.no.such.model", [], ["name"])
    assert raised.value.kind == "gone" and "install the module" in raised.value.hint
    assert "Traceback" not in str(raised.value)
    adapter.close()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_server_without_crm_is_told(shop: Shop, protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dealgate_adapters.odoo import streams

    gone = streams.STREAMS["deals"].replace(model="crm.leed")
    monkeypatch.setitem(streams.STREAMS, "deals", gone)  # type: ignore[arg-type]
    told = trouble(connect(shop.settings(protocol=protocol)))
    assert told.kind == "gone" and "has no crm.leed" in told.message


def test_rights_that_are_missing_are_told_with_what_gives_them(shop: Shop) -> None:
    role = shop.admin.find("res.groups", [["name", "=", "dealgate"]], "name")[0]["id"]
    manager = shop.admin.find(
        "ir.model.data", [["module", "=", "sales_team"], ["name", "=", "group_sale_manager"]], "res_id"
    )[0]["res_id"]
    shop.admin.write("res.users", [shop.robot], group_ids=[[3, role]])
    try:
        for protocol in PROTOCOLS:
            told = trouble(connect(shop.settings(protocol=protocol)), "stage_changes")
            assert told.kind == "forbidden" and "mail.tracking.value" in told.hint
    finally:
        shop.admin.write("res.users", [shop.robot], group_ids=[[4, role]])
    held = shop.admin.read("res.users", [shop.robot], "group_ids")[0]["group_ids"]
    sales = [one["res_id"] for one in shop.admin.find("ir.model.data", [["module", "=", "sales_team"],
             ["model", "=", "res.groups"]], "res_id") if one["res_id"] in held]  # fmt: skip
    shop.admin.write("res.users", [shop.robot], group_ids=[[3, one] for one in sales])
    try:
        for protocol in PROTOCOLS:
            told = trouble(connect(shop.settings(protocol=protocol)))
            assert told.kind == "forbidden" and "Sales: Administrator" in told.hint
            assert "crm.lead" in told.message
    finally:
        shop.admin.write("res.users", [shop.robot], group_ids=[[4, one] for one in {*sales, manager}])


def test_a_deal_that_the_user_may_only_read_is_forbidden_to_write(shop: Shop) -> None:
    [one] = shop.sell(1, user_id=shop.ann.user)
    rule = shop.admin.create("ir.rule", {
        "name": "dealgate reads", "model_id": shop.admin.find("ir.model", [["model", "=", "crm.lead"]], "id")[0]["id"],
        "domain_force": f"[('id', '!=', {one})]", "perm_read": False, "perm_write": True, "perm_create": False,
        "perm_unlink": False,
    })  # fmt: skip
    try:
        for protocol in PROTOCOLS:
            adapter = Odoo(shop.settings(protocol=protocol))
            told = adapter.apply(SetFields(str(one), {"expected_revenue": "1"}, f"k60-{one}"))
            assert told.kind == "forbidden" and told.text
            assert adapter.apply(Note(str(one), "x", f"k61-{one}-{protocol}")).kind in ("forbidden", "applied")
            adapter.close()
    finally:
        shop.admin("ir.rule", "unlink", rule)
    assert shop.admin.read("crm.lead", [one], "expected_revenue")[0]["expected_revenue"] == 1000.5
    shop.admin("crm.lead", "unlink", [one])
