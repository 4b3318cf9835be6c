"""HubSpot's own Python client reads and writes the fake as it does HubSpot: no word of it was made for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from hubspot import HubSpot
from hubspot.crm import AssociationType, deals, owners, properties
from hubspot.crm.associations import v4
from hubspot.crm.objects import notes
from tests.fakes.hubspot import CLIENT, HubSpotFake, portal
from tests.fakes.hubspot.portal import TYPES
from urllib3.util.retry import Retry

from dealgate_adapters.hubspot import links


@pytest.fixture
def fake() -> Iterator[HubSpotFake]:
    made = HubSpotFake()
    yield made
    made.close()


@pytest.fixture
def client(fake: HubSpotFake) -> HubSpot:
    return HubSpot(access_token=fake.token, host=fake.url)


def make(client: HubSpot, **values: str) -> str:
    said = deals.SimplePublicObjectInputForCreate(properties=values, associations=[])
    return str(client.crm.deals.basic_api.create(simple_public_object_input_for_create=said).id)


def test_a_deal_is_made_read_changed_and_binned(fake: HubSpotFake, client: HubSpot) -> None:
    ident = make(client, dealname="Northwind", amount="12.50")
    read = client.crm.deals.basic_api.get_by_id(ident, properties=["dealname", "amount", "dealstage"])
    assert read.properties["dealname"] == "Northwind" and read.properties["amount"] == "12.50"
    assert (read.archived, read.created_at) == (False, fake.now)
    fake.tick()
    said = deals.SimplePublicObjectInput(properties={"dealstage": "qualifiedtobuy"})
    changed = client.crm.deals.basic_api.update(ident, simple_public_object_input=said)
    assert (changed.properties["dealstage"], changed.updated_at) == ("qualifiedtobuy", fake.now)
    client.crm.deals.basic_api.archive(ident)
    with pytest.raises(deals.ApiException) as raised:
        client.crm.deals.basic_api.get_by_id(ident)
    assert raised.value.status == 404
    [gone] = client.crm.deals.basic_api.get_page(archived=True).results
    assert (gone.id, gone.archived_at) == (ident, fake.now)


def test_all_deals_come_by_the_client_s_own_paging(client: HubSpot) -> None:
    ids = [make(client, dealname=f"Deal {n}") for n in range(205)]
    assert [one.id for one in client.crm.deals.get_all()] == ids


def test_history_comes_with_who_and_when_and_fifty_at_most(fake: HubSpotFake, client: HubSpot) -> None:
    ident = make(client, dealname="Northwind")
    fake.tick()
    fake.portal.update("deals", ident, {"dealstage": "qualifiedtobuy"})
    said = deals.BatchReadInputSimplePublicObjectId(
        inputs=[{"id": ident}], properties=["dealname"], properties_with_history=["dealstage"]
    )
    [row] = client.crm.deals.batch_api.read(batch_read_input_simple_public_object_id=said).results
    newest, oldest = row.properties_with_history["dealstage"]
    assert (newest.value, newest.timestamp, newest.updated_by_user_id) == ("qualifiedtobuy", fake.now, 9001)
    assert (newest.source_type, oldest.source_type) == ("CRM_UI", "INTEGRATION")
    said.inputs = [{"id": str(n)} for n in range(51)]
    with pytest.raises(deals.ApiException) as raised:
        client.crm.deals.batch_api.read(batch_read_input_simple_public_object_id=said)
    assert raised.value.status == 400 and "property histories is 50" in raised.value.body


def test_a_search_filters_sorts_and_keeps_to_its_limits(fake: HubSpotFake, client: HubSpot) -> None:
    for n in range(5):
        fake.tick()
        make(client, dealname=f"Deal {n}", amount=str(n * 10))
    since = str(int((fake.now - timedelta(seconds=2)).timestamp() * 1000))

    def search(**more: object) -> deals.CollectionResponseWithTotalSimplePublicObjectForwardPaging:
        filters = [{"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": since}]
        said = deals.PublicObjectSearchRequest(
            **{
                "filter_groups": [{"filters": filters}], "properties": ["dealname"], "limit": 2, "after": "0",
                "sorts": ["hs_lastmodifieddate"], **more,
            }
        )  # fmt: skip
        return client.crm.deals.search_api.do_search(public_object_search_request=said)

    first = search()
    assert (first.total, [one.properties["dealname"] for one in first.results]) == (3, ["Deal 2", "Deal 3"])
    assert [one.properties["dealname"] for one in search(after=first.paging.next.after).results] == ["Deal 4"]
    for more in ({"limit": 201}, {"limit": 200, "after": "9900"}, {"sorts": ["amount", "dealname"]}):
        with pytest.raises(deals.ApiException) as raised:
            search(**more)
        assert raised.value.status == 400


def test_associations_come_with_their_labels(fake: HubSpotFake, client: HubSpot) -> None:
    ident, ann = make(client, dealname="Northwind"), fake.portal.create("contacts", {"firstname": "Ann"}).id
    fake.portal.link("deals", ident, "contacts", ann, (2_001, "Champion"))
    said = v4.BatchInputPublicFetchAssociationsBatchRequest(inputs=[{"id": ident}])
    found = client.crm.associations.v4.batch_api.get_page(
        "deals", "contacts", batch_input_public_fetch_associations_batch_request=said
    )
    [row] = found.results
    [to] = row.to
    assert (row._from.id, str(to.to_object_id)) == (ident, ann)
    assert {(one.type_id, one.label, one.category) for one in to.association_types} == {
        (3, None, "HUBSPOT_DEFINED"), (2_001, "Champion", "USER_DEFINED"),
    }  # fmt: skip


def test_the_types_of_associations_are_hubspot_s() -> None:
    words = {"deals": "DEAL", "contacts": "CONTACT", "line_items": "LINE_ITEM", "notes": "NOTE", "tasks": "TASK",
             "calls": "CALL", "emails": "EMAIL", "meetings": "MEETING", "companies": "COMPANY"}  # fmt: skip
    for (one, other), number in TYPES.items():
        assert number == getattr(AssociationType, f"{words[one]}_TO_{words[other]}")
    for (one, other), number in portal.PRIMARY.items():
        assert number == getattr(AssociationType, f"PRIMARY_{words[one]}_TO_{words[other]}")
    assert links.PRIMARY == AssociationType.PRIMARY_DEAL_TO_COMPANY


def test_a_note_is_made_with_the_deal_it_is_about(fake: HubSpotFake, client: HubSpot) -> None:
    ident = make(client, dealname="Northwind")
    about = {"to": {"id": ident}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 214}]}
    said = notes.SimplePublicObjectInputForCreate(
        properties={"hs_timestamp": "2026-11-01T08:00:00Z", "hs_note_body": "Called"}, associations=[about]
    )
    made = client.crm.objects.notes.basic_api.create(simple_public_object_input_for_create=said)
    assert list(fake.portal.linked("deals", ident, "notes")) == [made.id]


def test_people_pipelines_and_properties_are_read(client: HubSpot) -> None:
    people: list[owners.PublicOwner] = client.crm.owners.owners_api.get_page().results
    assert [(one.id, one.first_name, one.user_id, one.teams[0].name) for one in people] == [
        ("11", "Ada", 9001, "North"), ("12", "Ben", 9002, "North"),
    ]  # fmt: skip
    [gone] = client.crm.owners.owners_api.get_page(archived=True).results
    assert (gone.first_name, gone.user_id_including_inactive) == ("Cy", 9003)
    [pipeline] = client.crm.pipelines.pipelines_api.get_all("deals").results
    assert [stage.metadata["isClosed"] for stage in pipeline.stages][-2:] == ["true", "true"]
    found: list[properties.ModelProperty] = client.crm.properties.core_api.get_all("deals").results
    assert {one.name: one.hubspot_defined for one in found}["dealgate_key"] is False


def test_values_that_are_not_valid_and_a_wrong_token_are_refused_as_documented(
    fake: HubSpotFake, client: HubSpot
) -> None:
    with pytest.raises(deals.ApiException) as raised:
        make(client, amount="plenty")
    assert raised.value.status == 400 and "INVALID_FLOAT" in raised.value.body
    with pytest.raises(deals.ApiException) as raised:
        HubSpot(access_token="wrong", host=fake.url).crm.deals.basic_api.get_page()  # noqa: S106
    assert raised.value.status == 401
    fake.scopes.remove("crm.objects.deals.read")
    with pytest.raises(deals.ApiException) as raised:
        client.crm.deals.basic_api.get_page()
    assert raised.value.status == 403 and "MISSING_SCOPES" in raised.value.body


def test_the_limits_stand_in_the_headers_but_not_in_those_of_a_search(fake: HubSpotFake, client: HubSpot) -> None:
    _, status, headers = client.crm.deals.basic_api.get_page_with_http_info()
    assert status == 200
    assert (headers["X-HubSpot-RateLimit-Daily-Remaining"], headers["X-HubSpot-RateLimit-Max"]) == ("649999", "190")
    said = deals.PublicObjectSearchRequest(filter_groups=[], properties=[], limit=1, after="0", sorts=[])
    _, _, headers = client.crm.deals.search_api.do_search_with_http_info(public_object_search_request=said)
    assert not any(name.lower().startswith("x-hubspot-ratelimit") for name in headers)


def test_the_client_waits_and_asks_again_when_it_is_told_to(fake: HubSpotFake) -> None:
    client = HubSpot(
        access_token=fake.token, host=fake.url, retry=Retry(total=2, backoff_factor=0, status_forcelist=(429, 500))
    )
    fake.fail("throttled-blind")
    fake.fail("server-error")
    assert client.crm.deals.basic_api.get_page().results == []


def test_a_refresh_token_gives_an_access_token_that_ends(fake: HubSpotFake) -> None:
    # the client's own call is of version 1 of OAuth, which HubSpot ends in February 2027; this is version 3
    form = {
        "grant_type": "refresh_token", "client_id": CLIENT["id"], "client_secret": CLIENT["secret"],
        "refresh_token": CLIENT["refresh"],
    }  # fmt: skip
    assert httpx.post(f"{fake.url}/oauth/v3/token", data=form).json()["access_token"] == "oauth-secret-1"  # noqa: S105
    client = HubSpot(access_token="oauth-secret-1", host=fake.url)  # noqa: S106
    assert client.crm.deals.basic_api.get_page().results == []
    fake.tick(minutes=31)
    with pytest.raises(deals.ApiException) as raised:
        client.crm.deals.basic_api.get_page()
    assert "EXPIRED_AUTHENTICATION" in raised.value.body
