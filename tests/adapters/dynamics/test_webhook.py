"""Webhooks of Dataverse: a key that was agreed on, the age of the event, and what it names."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from tests.adapters.dynamics.rig import opened, settings
from tests.fakes.dynamics import Dynamics
from tests.fakes.dynamics.store import DEAL, PROCESS

from dealgate.ports import BadSignature, Reference, Webhook
from dealgate_adapters.dynamics import Dynamics as Adapter

URL = "https://hooks.example/crm"


def taken(crm: Dynamics, adapter: Adapter, body: bytes, key: str | None = None, url: str = URL, **more: Any) -> Webhook:
    headers = {"X-Dealgate-Key": crm.hook if key is None else key, "Content-Type": "application/json", **more}
    return adapter.parse_webhook(headers, body, url, crm.now)


@pytest.mark.parametrize(
    ("table", "stream"), [(DEAL, "deals"), ("account", "accounts"), ("contact", "contacts"), ("lead", "leads")]
)
def test_a_change_names_its_record(crm: Dynamics, dynamics: Adapter, table: str, stream: str) -> None:
    ident = crm.deal(crm.stages()[0])
    said = taken(crm, dynamics, crm.delivered(table, ident))
    assert said.refs == (Reference(stream, ident),) and said.id and said.sent_at is None


def test_a_change_of_a_process_names_its_deal(crm: Dynamics, dynamics: Adapter) -> None:
    deal = crm.deal(crm.stages()[0])
    lookup = {"__type": "EntityReference", "Id": deal, "LogicalName": DEAL}
    body = crm.delivered(PROCESS, crm.instance(deal), {"opportunityid": lookup, "traversedpath": "x"})
    assert taken(crm, dynamics, body).refs == (Reference("deals", deal),)
    assert taken(crm, dynamics, crm.delivered(PROCESS, crm.instance(deal))).refs == ()
    assert taken(crm, dynamics, crm.delivered("incident", deal)).refs == ()


def test_the_key_may_come_in_the_address(crm: Dynamics, dynamics: Adapter) -> None:
    body = crm.delivered(DEAL, crm.deal(crm.stages()[0]))
    assert taken(crm, dynamics, body, key="", url=f"{URL}?code={crm.hook}").refs
    with pytest.raises(BadSignature):
        taken(crm, dynamics, body, key="", url=f"{URL}?code={crm.hook}x")


def test_the_header_may_be_named_otherwise(crm: Dynamics) -> None:
    adapter, body = opened(crm, webhook_header="X-Key"), crm.delivered(DEAL, crm.deal(crm.stages()[0]))
    with pytest.raises(BadSignature):
        taken(crm, adapter, body)
    assert adapter.parse_webhook({"x-key": crm.hook}, body, URL, crm.now).refs
    adapter.close()


@pytest.mark.parametrize("key", ["", "wrong", "hook-key-5f1d7c90 ", "HOOK-KEY-5F1D7C90", "ключ"])
def test_without_the_key_nothing_is_taken(crm: Dynamics, dynamics: Adapter, key: str) -> None:
    with pytest.raises(BadSignature, match="key"):
        taken(crm, dynamics, crm.delivered(DEAL, crm.deal(crm.stages()[0])), key)


def test_without_a_secret_nothing_is_taken(crm: Dynamics) -> None:
    adapter = Adapter(settings(crm).replace(secret=lambda _name: None))
    with pytest.raises(BadSignature, match="webhook_secret"):
        taken(crm, adapter, crm.delivered(DEAL, crm.deal(crm.stages()[0])), "")
    adapter.close()


@pytest.mark.parametrize("late", [timedelta(minutes=16), -timedelta(minutes=16), timedelta(days=1)])
def test_what_is_old_or_from_the_future_is_refused(crm: Dynamics, dynamics: Adapter, late: timedelta) -> None:
    body = crm.delivered(DEAL, crm.deal(crm.stages()[0]))
    crm.now += late
    with pytest.raises(BadSignature, match="old"):
        taken(crm, dynamics, body)


def test_a_moment_with_a_zone_behind_it_is_in_utc_all_the_same(crm: Dynamics, dynamics: Adapter) -> None:
    body = crm.delivered(DEAL, crm.deal(crm.stages()[0])).replace(b')/"', b'-0700)/"')
    assert taken(crm, dynamics, body).refs


def test_what_comes_again_has_its_id_and_a_later_change_another(crm: Dynamics, dynamics: Adapter) -> None:
    deal = crm.deal(crm.stages()[0])
    body = crm.delivered(DEAL, deal)
    other = opened(crm)
    assert taken(crm, dynamics, body).id == taken(crm, dynamics, body).id == taken(crm, other, body).id
    crm.edit(DEAL, deal, name="Later")
    assert taken(crm, dynamics, crm.delivered(DEAL, deal)).id != taken(crm, dynamics, body).id
    other.close()


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@tried(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    ODD,
    st.sampled_from(
        ["PrimaryEntityId", "InputParameters", "PostEntityImages", "OperationCreatedOn", "PrimaryEntityName", ""]
    ),
)
def test_whatever_stands_in_it_nothing_but_a_refusal_is_raised(
    crm: Dynamics, dynamics: Adapter, odd: Any, where: str
) -> None:
    deal = next(iter(crm.store.of(DEAL)), None) or crm.deal(crm.stages()[0])
    said = json.loads(crm.delivered(PROCESS, deal))
    body = json.dumps({**said, where: odd} if where else odd).encode()
    with suppress(BadSignature):
        assert isinstance(taken(crm, dynamics, body), Webhook)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"OperationCreatedOn": "/Date(999999999999999)/"}']
)
def test_a_broken_body_is_refused(crm: Dynamics, dynamics: Adapter, body: bytes) -> None:
    with pytest.raises(BadSignature):
        taken(crm, dynamics, body)
