"""A drafted mapping holds, maps what names and values tell, and asks for the rest."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealgate.documents.nodes import Map
from dealgate.documents.schema import check
from dealgate.documents.yaml import parse
from dealgate.model.diagnostics import Severity
from dealgate.sources.draft import Draft, draft_mapping
from dealgate.sources.mapping.load import build_mapping
from dealgate.sources.open import open_source

from .mapped import process


def drafted(path: Path) -> Draft:
    draft = draft_mapping(path, process().catalogue)
    root, wrong = parse(draft.text, "draft.yaml")
    assert isinstance(root, Map), draft.text
    assert not wrong and not check(root, "mapping"), (draft.text, wrong, check(root, "mapping"))
    mapping, told = build_mapping(root, process())
    assert mapping is not None
    assert not [one for one in told if one.severity is Severity.ERROR], (draft.text, told)
    return draft


GERMAN = (
    "Vertriebsbericht;;;;;;;\nStand 2026;;;;;;;\n"
    "Nr;Bezeichnung;Phase;Betrag (€);Abschlussdatum;Wahrscheinlichkeit;Notiz;Anlagedatum\n"
    "007;Müller;Angebot;1.234,56;03.04.2026;15%;a;01/02/2026\n"
    "008;Meier;Gewonnen;20.000,00;25.04.2026;100%;b;02/02/2026\n"
    "009;Huber;Sonstwas;5,50;30.04.2026;50%;c;02/03/2026\n"
)


def test_a_german_export_is_drafted_and_can_be_checked_at_once(tmp_path: Path) -> None:
    path = tmp_path / "berichte.csv"
    path.write_text(GERMAN, encoding="cp1252")
    draft = drafted(path)
    for line in (
        'delimiter: ";"',
        "encoding: cp1252",
        "header_row: 3",
        'decimal_mark: ","  # guess',
        "id: Nr  # guess",
        '"Betrag (€)", currency: EUR',
        "format: DD.MM.YYYY",
        "Angebot: proposal  # guess: by its name",
        "Gewonnen: won",
        "# Sonstwas: which of ours?",
        "#   Notiz: text, 3 of 3 rows filled",
    ):
        assert line in draft.text, (line, draft.text)
    assert "created_at: DD/MM/YYYY or MM/DD/YYYY? all rows fit both: say which" in draft.questions
    assert "\n    created_at" not in draft.text, "an ambiguous date is left out"
    assert draft.unmapped == ["Notiz"]
    mapping = tmp_path / "m.yaml"
    mapping.write_text(draft.text, encoding="utf-8")
    source = open_source(path, process=process(), mapping=mapping)
    assert [deal.id for deal in source.deals] == ["007", "008", "009"]
    assert [deal.status for deal in source.deals] == ["open", "won", "open"]
    assert source.counts["DG670"] == 1, "what the draft could not place is told, not dropped"


def test_headers_in_french_and_spanish_are_known(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "Identifiant,Étape,Montant,Date de clôture,Propriétaire\na,Devis,10,2026-01-31,R\nb,Perdu,20,2026-01-31,R\n",
        encoding="utf-8",
    )
    text = drafted(path).text
    assert "stage:" in text and "Devis: proposal" in text and "Perdu: lost" in text
    assert "amount: {from: Montant}" in text and "close_date: {from: Date de cl" not in text.replace('"', "")[:0]
    path.write_text(
        "Id,Etapa,Importe,Fecha de cierre\na,Propuesta,10,2026-01-31\nb,Ganado,20,2026-01-31\n", encoding="utf-8"
    )
    text = drafted(path).text
    assert "Propuesta: proposal" in text and "Ganado: won" in text and "from: Fecha de cierre" in text


def test_numbers_that_read_two_ways_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("Id;Amount;Probability\na;1,234;1\nb;2,500;0\n", encoding="utf-8")
    draft = drafted(path)
    assert any(one.startswith("amount:") for one in draft.questions)
    assert any(one.startswith("probability:") for one in draft.questions)
    assert "\n    amount" not in draft.text


def test_the_tables_of_a_folder_are_joined(shared_data: Path, tmp_path: Path) -> None:
    draft = drafted(shared_data / "maven_crm_sales")
    for line in (
        "from: sales_pipeline.csv",
        "id: opportunity_id",
        "match: {product: product}}  # guess: 85%",
        "account.industry: {from: accounts.sector}",
        "list_amount: {from: products.sales_price}",
        "owner.manager: {from: sales_teams.manager}",
        "Engaging: qualification",
        "#   engage_date: dates",
    ):
        assert line in draft.text, (line, draft.text)
    mapping = tmp_path / "m.yaml"
    mapping.write_text(draft.text, encoding="utf-8")
    source = open_source(shared_data / "maven_crm_sales", process=process(), mapping=mapping)
    assert len(source.deals) == 8800
    assert sum(deal.status == "won" for deal in source.deals) == 4238


def test_every_real_export_gets_a_draft_that_holds(shared_data: Path) -> None:
    for path in (
        "salesforce_developer_sample/Opportunity.csv",
        "fivetran_hubspot_seeds/deal_data.csv",
        "fivetran_salesforce_seeds/sf_opportunity_data.csv",
        "olist_marketing_funnel",
        "crm_api_samples/hubspot_deals_data.json",
        "crm_api_samples/pipedrive_excerpt.jsonl",
    ):
        drafted(shared_data / path)


NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='\n\r",;\t|\ufeff'), min_size=1, max_size=12
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(
        st.sampled_from(["Id", "Stage", "Amount", "Close Date", "yes", "null", "012", "# x", "a: b"]) | NAMES,
        min_size=2,
        max_size=5,
        unique_by=lambda n: n.strip().casefold(),
    ),
    values=st.lists(
        st.sampled_from(["", "no", "1,234", "03/04/2026", "Won", "a: {b}", "# c", "é", "'", "[x"]),
        min_size=2,
        max_size=6,
    ),
)
def test_whatever_the_names_the_draft_holds(tmp_path: Path, names: list[str], values: list[str]) -> None:
    path = tmp_path / "odd.csv"
    rows = [[f'"{values[(row + n) % len(values)]}"' for n in range(len(names))] for row in range(4)]
    path.write_text(
        "\n".join(",".join(row) for row in [[f'"{name}"' for name in names], *rows]) + "\n", encoding="utf-8"
    )
    drafted(path)
