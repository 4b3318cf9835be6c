"""Somebody else's client (pypipedrive-client) reads and writes the fake: its envelope, pages, methods and refusals.

The client's own models cannot be imported by Python 3.11, so it is its API class that judges here: where it sends a
request, how it goes on from page to page in both versions, and what it makes of an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from pypipedrive import api
from pypipedrive.api import exceptions
from tests.fakes.pipedrive import TOKEN, Pipedrive


@pytest.fixture
def crm() -> Iterator[Pipedrive]:
    made = Pipedrive()
    made.burst = 10**6
    yield made
    made.close()


@pytest.fixture
def client(crm: Pipedrive) -> Iterator[Callable[..., Any]]:
    """Its API class, which is told where the fake is."""
    with ExitStack() as opened:

        def made(version: str, token: str = TOKEN) -> Any:
            one = api.Api(api_token=token, version=version)
            one.endpoint_url = one.endpoint_url.replace("https://api.pipedrive.com", crm.url)
            opened.enter_context(closing(one.session))
            return one

        yield made


def test_it_reads_every_deal_by_its_cursor(crm: Pipedrive, client: Callable[..., Any]) -> None:
    made = [crm.records.deal(f"Deal {n}", value=n + 0.5) for n in range(7)]
    found = client(api.V2).all("deals", {"limit": 3, "sort_by": "update_time", "sort_direction": "asc"})
    assert [row["id"] for row in found.data] == made
    assert crm.asked.count("GET /api/v2/deals") == 3


def test_it_reads_leads_by_their_place_in_the_list(crm: Pipedrive, client: Callable[..., Any]) -> None:
    for n in range(5):
        crm.records.lead(f"0000000{n}-0000-4000-8000-000000000000", f"Lead {n}")
    found = client(api.V1).all("leads", {"limit": 2})
    assert [row["title"] for row in found.data] == [f"Lead {n}" for n in range(5)]
    assert crm.asked == ["GET /v1/leads"] * 3


def test_it_reads_the_log_of_a_deal_that_has_none(crm: Pipedrive, client: Callable[..., Any]) -> None:
    deal = crm.records.deal("Deal")
    assert client(api.V1).all(f"deals/{deal}/changelog").data == []
    crm.records.edit(deal, stage_id=2)
    [line] = client(api.V1).all(f"deals/{deal}/changelog").data
    assert (line["field_key"], line["old_value"], line["new_value"]) == ("stage_id", "1", "2")


def test_it_changes_a_deal_and_writes_a_task_and_a_note(crm: Pipedrive, client: Callable[..., Any]) -> None:
    deal = crm.records.deal("Deal")
    second, first = client(api.V2), client(api.V1)
    assert second.update_method()(uri=f"deals/{deal}", json={"value": 12.5}).data["value"] == 12.5
    task = second.post("activities", json={"subject": "Call", "type": "task", "deal_id": deal})
    assert task.success and task.data["deal_id"] == deal
    assert first.post("notes", json={"content": "Text", "deal_id": deal}).data["content"] == "Text"
    assert [row["content"] for row in first.all("notes", {"deal_id": deal}).data] == ["Text"]


@pytest.mark.parametrize(
    ("uri", "token", "status"), [("deals/99", TOKEN, 404), ("deals", "wrong", 401), ("deals?sort_by=title", TOKEN, 400)]
)
def test_it_raises_what_the_fake_refuses(client: Callable[..., Any], uri: str, token: str, status: int) -> None:
    with pytest.raises(exceptions.ApiException) as raised:
        client(api.V2, token).get(uri)
    assert raised.value.code == status
