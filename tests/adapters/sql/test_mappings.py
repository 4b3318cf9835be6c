"""The bundled mappings on tables of the shape they are for: pulled, typed and kept."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dealgate.documents.library import Library
from dealgate.documents.load import load
from dealgate.sources.mapping.apply import apply
from dealgate.sources.mapping.load import load_mapping
from dealgate.sync.mirror import Mirror
from dealgate.sync.pull import pull
from dealgate.sync.tables import RawTables

from .base import STAGES, START, Database, at, filled, house, opened, opportunity

HUBSPOT = ("appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "decisionmakerboughtin", "contractsent")
OURS = ("prospecting", "qualification", "needs-assessment", "proposal", "close")


def fivetran_hubspot(db: Database, deals: int = 12) -> None:
    """Deals with a company, a contact, a call and history, by numbers as HubSpot has them."""
    big, text, synced = sa.BigInteger, sa.Text, lambda: sa.Column("_fivetran_synced", at())
    own: dict[str, Any] = {"_fivetran_synced": db.moment(START)}
    db.table(
        "deal", sa.Column("deal_id", big, primary_key=True), sa.Column("owner_id", big), sa.Column("is_deleted", sa.Boolean),
        sa.Column("deal_pipeline_id", text), sa.Column("deal_pipeline_stage_id", text), sa.Column("property_dealname", text),
        sa.Column("property_amount", sa.Numeric(20, 3)), sa.Column("property_closedate", at()),
        sa.Column("property_createdate", at()), synced(),
    )  # fmt: skip
    db.table(
        "company",
        sa.Column("id", big, primary_key=True),
        sa.Column("property_name", text),
        sa.Column("is_deleted", sa.Boolean),
        synced(),
    )
    db.table("deal_company", sa.Column("deal_id", big), sa.Column("company_id", big), synced())
    db.table(
        "contact",
        sa.Column("id", big, primary_key=True),
        sa.Column("property_lastname", text),
        sa.Column("property_email", text),
        synced(),
    )
    db.table("deal_contact", sa.Column("deal_id", big), sa.Column("contact_id", big), synced())
    db.table("owner", sa.Column("owner_id", big, primary_key=True), sa.Column("email", text), synced())
    db.table(
        "deal_property_history", sa.Column("deal_id", big), sa.Column("name", text), sa.Column("timestamp", at()),
        sa.Column("value", text), sa.Column("source", text), sa.Column("source_id", text), synced(),
    )  # fmt: skip
    db.table(
        "engagement",
        sa.Column("id", big, primary_key=True),
        sa.Column("type", text),
        sa.Column("timestamp", at()),
        synced(),
    )
    db.table("engagement_deal", sa.Column("engagement_id", big), sa.Column("deal_id", big), synced())
    db.table(
        "deal_pipeline_stage", sa.Column("stage_id", text, primary_key=True), sa.Column("label", text),
        sa.Column("pipeline_id", text), sa.Column("display_order", sa.Integer), sa.Column("probability", sa.Numeric(3, 2)),
        sa.Column("closed_won", sa.Boolean), sa.Column("_fivetran_deleted", sa.Boolean),
    )  # fmt: skip
    db.table("deal_pipeline", sa.Column("pipeline_id", text, primary_key=True), sa.Column("label", text))
    db.put("owner", [{"owner_id": 7, "email": "ada@example.com", **own}])
    db.put("company", [{"id": 70 + n, "property_name": f"Company {n}", "is_deleted": False, **own} for n in range(3)])
    db.put("contact", [{"id": 8, "property_lastname": "Lund", "property_email": "ben@example.com", **own}])
    rows, past, links = [], [], []
    for n in range(deals):
        ident = 9_000_000_000 + n
        stage = "closedwon" if n == 5 else HUBSPOT[n % 5]
        rows.append(
            {"deal_id": ident, "owner_id": 7, "is_deleted": False, "deal_pipeline_id": "default",
             "deal_pipeline_stage_id": stage, "property_dealname": f"Deal {n}", "property_amount": Decimal(100 + n),
             "property_closedate": db.moment(START + timedelta(days=-1 if n == 5 else 30)),
             "property_createdate": db.moment(START - timedelta(days=20)), **own}
        )  # fmt: skip
        links.append({"deal_id": ident, "company_id": 70 + n % 3, **own})
        path = [*HUBSPOT[: n % 5 + 1], *(["closedwon"] if n == 5 else [])]
        past += [
            {"deal_id": ident, "name": "dealstage", "timestamp": db.moment(START - timedelta(days=19 - k)), "value": one,
             "source": "CRM_UI", "source_id": "userId:7", **own}
            for k, one in enumerate(path)
        ]  # fmt: skip
        past.append(
            {"deal_id": ident, "name": "hs_forecast", "timestamp": db.moment(START), "value": "x", "source": "API",
             "source_id": None, **own}
        )  # fmt: skip
    db.put("deal", rows)
    with db.engine.begin() as connection:
        connection.execute(sa.insert(db.names["deal_company"]), links)
        connection.execute(sa.insert(db.names["deal_property_history"]), past)
        connection.execute(sa.insert(db.names["deal_contact"]), [{"deal_id": 9_000_000_001, "contact_id": 8, **own}])
        connection.execute(
            sa.insert(db.names["engagement_deal"]), [{"deal_id": 9_000_000_001, "engagement_id": 8, **own}]
        )
    db.put("engagement", [{"id": 8, "type": "CALL", "timestamp": db.moment(START - timedelta(days=1)), **own}])
    db.put("deal_pipeline", [{"pipeline_id": "default", "label": "Sales Pipeline"}])
    ends = [(*pair, n, False) for n, pair in enumerate(zip(HUBSPOT, OURS, strict=True))]
    db.put(
        "deal_pipeline_stage",
        [{"stage_id": one, "label": label.title(), "pipeline_id": "default", "display_order": n,
          "probability": Decimal("0.20"), "closed_won": won, "_fivetran_deleted": False}
         for one, label, n, won in [*ends, ("closedwon", "won", 5, True)]],
    )  # fmt: skip


def test_hubspot_by_fivetran_arrives_with_companies_contacts_calls_and_history(db: Database, tmp_path: Path) -> None:
    fivetran_hubspot(db)
    home = house(tmp_path / "home", "fivetran-hubspot")
    adapter = opened(db.url, shape="fivetran-hubspot")
    _, taken = home.sync(adapter, limit=3)
    assert (taken.deals, taken.set_aside) == (12, 0)
    assert [d.message for d in taken.diagnostics if d.severity.word != "info"] == []
    held = home.now("stage", "amount", "account.name", "owner.name", "status")
    assert held["9000000001"] == ("qualification", 10100, "Company 1", "ada@example.com", "open")
    assert held["9000000005"][4] == "won"
    assert len(held) == 12
    events = home.store.events()
    told = events.filter((events["deal"] == "9000000003") & (events["field"] == "stage"))
    assert told["value"].to_list() == list(OURS[:4])
    children = home.store.children()
    assert children["contacts"].select("deal", "name", "email").rows() == [("9000000001", "Lund", "ben@example.com")]
    assert children["activities"].select("deal", "type").rows() == [("9000000001", "call")]
    (pipeline,) = adapter.describe().pipelines
    assert (pipeline.id, pipeline.title) == ("default", "Sales Pipeline")
    assert [stage.id for stage in pipeline.stages] == [*HUBSPOT, "closedwon"]
    assert pipeline.stages[-1].won
    assert home.sync(adapter, limit=3)[1].deals == 0
    home.store.close()


def test_a_company_that_is_renamed_brings_its_deals(db: Database, tmp_path: Path) -> None:
    fivetran_hubspot(db, 6)
    home = house(tmp_path / "home", "fivetran-hubspot")
    adapter = opened(db.url, shape="fivetran-hubspot")
    home.sync(adapter)
    db.now = START
    db.put("company", [{"id": 71, "property_name": "Renamed", "is_deleted": False, "_fivetran_synced": db.synced()}])
    assert home.sync(adapter)[1].deals == 2
    assert home.now("account.name")["9000000004"] == ("Renamed",)
    home.store.close()


def test_closed_opportunities_of_salesforce_are_won_or_lost_on_their_close_date(db: Database, tmp_path: Path) -> None:
    filled(db, 3)
    closed = {"is_closed": True, "close_date": date(2026, 10, 30)}
    db.put(
        "opportunity",
        [opportunity(db, 1, "Closed Won", is_won=True, **closed), opportunity(db, 2, "Closed Lost", **closed)],
    )
    home = house(tmp_path / "home")
    _, taken = home.sync(opened(db.url, shape="fivetran-salesforce"))
    assert [d.message for d in taken.diagnostics if d.severity.word != "info"] == []
    day = str(date(2026, 10, 30))
    held = {ident: (status, str(on)) for ident, (status, on) in home.now("status", "closed_on").items()}
    assert held == {"00600000": ("open", "None"), "00600001": ("won", day), "00600002": ("lost", day)}
    home.store.close()


def test_leads_of_salesforce_are_read_for_a_process_of_leads(db: Database, tmp_path: Path) -> None:
    db.table(
        "lead", sa.Column("id", sa.Text, primary_key=True), sa.Column("company", sa.Text), sa.Column("name", sa.Text),
        sa.Column("status", sa.Text), sa.Column("created_date", at()), sa.Column("owner_id", sa.Text),
        sa.Column("is_deleted", sa.Boolean), sa.Column("_fivetran_synced", at()),
    )  # fmt: skip
    own = {
        "created_date": db.moment(START),
        "owner_id": "005A",
        "is_deleted": False,
        "_fivetran_synced": db.moment(START),
    }
    states = ("Open - Not Contacted", "Working - Contacted", "Closed - Converted", "Closed - Not Converted")
    db.put(
        "lead",
        [{"id": f"00Q{n}", "company": f"Co {n}", "name": "Ada", "status": one, **own} for n, one in enumerate(states)],
    )
    adapter = opened(db.url, shape="fivetran-salesforce")
    assert adapter.capabilities().streams == ("leads",)
    mirror = Mirror(tmp_path / "m.db")
    pull(adapter, mirror)
    process = load("leads").need()
    rows = mirror.rows([f"00Q{n}" for n in range(4)])
    found = apply(
        RawTables("crm", rows, mirror.tables()), load_mapping("fivetran-salesforce", process, Library()), process
    )
    mirror.close()
    assert [(deal.id, deal.stage, deal.status) for deal in found.deals] == [
        ("00Q0", "new", "open"), ("00Q1", "working", "open"), ("00Q2", None, "won"), ("00Q3", None, "lost"),
    ]  # fmt: skip


def test_a_stage_that_the_mapping_does_not_list_is_told_and_the_deal_is_kept(db: Database, tmp_path: Path) -> None:
    filled(db, 2)
    db.put("opportunity", [opportunity(db, 1, "Legal review")])
    home = house(tmp_path / "home")
    _, taken = home.sync(opened(db.url, shape="fivetran-salesforce"))
    assert "Legal review" in " ".join(d.message for d in taken.diagnostics)
    assert taken.deals == 2
    assert STAGES[0] not in home.now("stage")["00600001"]
    home.store.close()
