"""The bundled mappings on the real exports they are for: the figures of those data sets, none lost."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from dealgate.model.deal import Deal
from dealgate.model.values import Money
from dealgate.sources.open import open_source

from .mapped import found, process


def statuses(deals: list[Deal]) -> dict[str, int]:
    return dict(Counter(deal.status for deal in deals))


@pytest.mark.parametrize("mapping", [None, "maven"])
def test_maven_gives_every_deal(shared_data: Path, mapping: str | None) -> None:
    source = open_source(shared_data / "maven_crm_sales", process=process(), mapping=mapping)
    assert (len(source.deals), source.rows, source.set_aside) == (8800, 8800, 0)
    assert statuses(source.deals) == {"won": 4238, "lost": 2473, "open": 2089}
    assert (source.mapping_id, source.found_by) == ("maven", "given" if mapping else "shape")
    told = found(source, "DG674").message
    assert told.startswith("1,480 deals name the product `GTXPro`, which products.csv does not have: lines 3, ")
    assert source.counts == {"DG674": 1480}
    stages = Counter(deal.stage for deal in source.deals if deal.status == "open")
    assert stages == {"qualification": 1589, "prospecting": 500}
    assert sum(deal.fields["amount"].minor for deal in source.deals if "amount" in deal.fields) == 1000553400
    assert all(("amount" in deal.fields) is (deal.status == "won") for deal in source.deals)
    assert not any(deal.unfit for deal in source.deals)


def test_a_maven_deal_has_what_is_joined_to_it(shared_data: Path) -> None:
    source = open_source(shared_data / "maven_crm_sales" / "sales_pipeline.csv", process=process())
    deal = next(deal for deal in source.deals if deal.id == "1C1I7A6R")
    assert deal.fields["list_amount"] == Money(109600, "USD")
    assert deal.fields["owner.manager"] == "Dustin Brinkmann"
    assert deal.fields["closed_on"] == date(2017, 3, 1)
    assert [visit["stage"] for visit in deal.children["visits"]] == ["qualification"]
    assert "changes" not in deal.children and "contacts" not in deal.children


def test_a_salesforce_export_gives_every_opportunity(shared_data: Path) -> None:
    source = open_source(shared_data / "salesforce_developer_sample", process=process())
    assert statuses(source.deals) == {"won": 18, "open": 13}
    assert source.mapping_id == "salesforce-export"
    assert all(deal.stage for deal in source.deals if deal.status == "open")
    assert all(deal.children["changes"] for deal in source.deals)
    assert not any(deal.unfit for deal in source.deals)
    assert not [one for one in source.diagnostics if one.severity.word != "info"]
    first = source.deals[0]
    assert str(first.fields["probability"]) == "0.10"
    assert first.fields["account.name"] == "Dickenson plc"


def test_a_salesforce_export_gives_its_leads_too(shared_data: Path) -> None:
    source = open_source(shared_data / "salesforce_developer_sample", process=process("leads"))
    assert statuses(source.deals) == {"open": 15, "lost": 4, "won": 3}
    assert {deal.record for deal in source.deals} == {"lead"}


def test_olist_gives_every_lead(shared_data: Path) -> None:
    source = open_source(shared_data / "olist_marketing_funnel", process=process("leads"))
    assert statuses(source.deals) == {"open": 7158, "won": 842}
    assert sum("converted_to" in lead.fields for lead in source.deals) == 842
    assert source.counts == {"DG673": 1099}, "the origin `unknown` holds a place"
