"""Mistakes in a mapping are told at their line and column, with the nearest right word."""

from __future__ import annotations

from pathlib import Path

import pytest

from dealgate.documents.library import Library
from dealgate.model.diagnostics import Diagnostic, DocumentsDoNotHold, SourceFailed
from dealgate.model.values import Money
from dealgate.sources.open import open_source

from .mapped import found, opened, process


def wrong(tmp_path: Path, fields: str, more: str = "") -> Diagnostic:
    text = f"deals:\n  from: d.csv\n  id: Id\n  fields:\n    {fields}\n{more}"
    with pytest.raises(DocumentsDoNotHold) as refused:
        opened(tmp_path, text, {"d.csv": "Id\n1\n"})
    (one,) = refused.value.diagnostics
    return one


@pytest.mark.parametrize(
    ("fields", "code", "column", "suggestion"),
    [
        ("amuont: {from: A}", "DG645", 5, "did you mean `amount`?"),
        ("stage: {from: S, values: {New: prospectin}}", "DG646", 36, "did you mean `prospecting`?"),
        ("status: {from: S, otherwise: opne}", "DG646", 34, "did you mean `open`?"),
        ("close_date: {from: D, currency: EUR}", "DG647", 27, "Take `currency` away."),
        ("name: {from: A, value: x}", "DG648", 5, "Keep `from` or `value`."),
        ("name: {}", "DG648", 5, "Add `from: COLUMN`."),
        ("close_date: {from: D, format: DD/MM}", "DG649", 35, "Write it like"),
        ("created_at: {from: D, time_zone: Europe/Berln}", "DG650", 38, "did you mean `Europe/Berlin`?"),
        ("amount: {from: A, currency: EUE}", "DG651", 33, "did you mean `EUR`?"),
        ("stage: {from: S, values: {New: prospecting, ' new': close}}", "DG652", 49, "Keep one of them."),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, fields: str, code: str, column: int, suggestion: str) -> None:
    one = wrong(tmp_path, fields)
    assert (one.code, one.where.line, one.where.column) == (code, 8, column)
    assert (one.suggestion or "").startswith(suggestion)


def test_a_child_table_must_say_whose_its_rows_are(tmp_path: Path) -> None:
    one = wrong(tmp_path, "name: {from: A}", "contacts: {from: c.csv, fields: {name: {from: N}}}\n")
    assert one.code == "DG655"


def test_a_mapping_without_the_process_s_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentsDoNotHold) as refused:
        opened(tmp_path, "deals: {from: d.csv, id: Id, fields: {}}\n", {"d.csv": "Id\n1\n"}, "leads")
    assert refused.value.diagnostics[0].code == "DG654"


def test_a_mistake_of_the_schema_is_told_too(tmp_path: Path) -> None:
    one = wrong(tmp_path, "name: {fromm: A}")
    assert one.code.startswith("DG1") and one.where.line == 8


def test_an_unknown_mapping_is_refused_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("Id\n1\n", encoding="utf-8")
    with pytest.raises(DocumentsDoNotHold) as refused:
        open_source(tmp_path, process=process(), mapping="mavne")
    assert "maven" in (refused.value.diagnostics[0].suggestion or "")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed) as refused:
        open_source(tmp_path / "none.csv", process=process())
    assert refused.value.diagnostics[0].code == "DG600"


def test_columns_nobody_knows_are_refused_and_map_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("Foo,Bar\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceFailed) as refused:
        open_source(tmp_path / "x.csv", process=process())
    (one,) = refused.value.diagnostics
    assert one.code == "DG662" and "dealgate map x.csv" in (one.suggestion or "")


def test_our_own_columns_need_no_mapping(tmp_path: Path) -> None:
    source = opened(
        tmp_path,
        None,
        {
            "deals.csv": "id,name,stage,amount,probability,account.technologies,strange\n"
            "007,A,Qualification,1200.50,15%,SAP;Oracle,x\n008,B,tbd,oops,15,,\n",
            "contacts.csv": "deal,name,role\n007,Ann,champion\n",
        },
    )
    assert source.found_by == "own columns"
    first, second = source.deals
    assert first.id == "007" and first.stage == "qualification"
    assert first.fields["amount"] == Money(120050, "USD")
    assert first.fields["account.technologies"] == frozenset({"SAP", "Oracle"})
    assert first.children == {"contacts": ({"name": "Ann", "role": "champion"},)}
    assert set(second.unfit) == {"stage", "amount", "probability"}
    assert "`strange`" in found(source, "DG684").message


def test_json_records_keep_the_difference_between_never_read_and_empty(tmp_path: Path) -> None:
    path = tmp_path / "deals.jsonl"
    path.write_text(
        '{"id": "a", "stage": "proposal", "amount": 1200.10, "contacts": [], "owner": {"name": "R"}}\n'
        '{"id": 7, "stage": "nowhere", "amount": {"amount": "5.00", "currency": "EUR"}, "contatcs": []}\n'
        "not json\n"
        '{"stage": "proposal"}\n'
        '{"id": "b", "stage": "close", "amount": "5", "contacts": [{"role": "boss"}]}\n',
        encoding="utf-8",
    )
    source = open_source(path, process=process())
    assert [deal.id for deal in source.deals] == ["a", "7", "b"]
    assert source.deals[0].children == {"contacts": ()}
    assert source.deals[0].fields["owner.name"] == "R"
    assert source.deals[0].fields["amount"] == Money(120010, "USD")
    assert source.deals[1].fields["amount"] == Money(500, "EUR")
    assert source.deals[1].children == {}
    assert source.deals[1].unfit["stage"].raw == "nowhere"
    assert (source.rows, source.set_aside) == (4, 1)
    assert found(source, "DG630") and found(source, "DG676")
    assert found(source, "DG684").suggestion == "did you mean `contacts`?"
    assert source.counts["DG671"] == 2


def test_a_single_file_stands_for_the_mapping_s_own_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "next-week.csv").write_text("Key;Title\n1;One\n", encoding="utf-8")
    mapping = tmp_path / "m.yaml"
    mapping.write_text(
        'kind: mapping/v1\nid: m\ntitle: M\nsource: {delimiter: ";"}\n'
        "deals: {from: last-week.csv, id: Key, fields: {name: {from: Title}}}\n",
        encoding="utf-8",
    )
    source = open_source(tmp_path / "next-week.csv", process=process(), mapping=str(mapping))
    assert source.deals[0].fields["name"] == "One"
    assert (source.mapping_id, source.found_by) == ("m", "given")


def test_a_file_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deals.pdf").write_bytes(b"%PDF-1.4")
    for mapping in (None, "maven"):
        with pytest.raises(SourceFailed) as refused:
            open_source(tmp_path / "deals.pdf", process=process(), mapping=mapping)
        assert refused.value.diagnostics[0].code == "DG601"


def test_a_sheet_may_be_named_after_the_file(tmp_path: Path) -> None:
    import polars as pl
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "Book.xlsx") as book:
        pl.DataFrame({"Foo": [1]}).write_excel(book, worksheet="Notes")
        pl.DataFrame({"id": ["1"], "name": ["One"], "stage": ["close"]}).write_excel(book, worksheet="Deals")
    source = open_source(tmp_path / "Book.xlsx#Deals", process=process())
    assert [(deal.id, deal.stage) for deal in source.deals] == [("1", "close")]


def test_odd_json_is_told_and_never_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "deals.jsonl"
    path.write_text(
        '{"id": "a", "stage": ["close"], "name": {"x": 1}, "contacts": ["Ann", {"name": "Bob"}], "amount": NaN}\n'
        '{"id": "b", "stage": "close", "name": null, "contacts": "none", "amount": 1e400}\n',
        encoding="utf-8",
    )
    source = open_source(path, process=process())
    assert source.deals[0].children["contacts"] == ({"name": "Bob"},)
    assert "contacts" not in source.deals[1].children
    assert set(source.deals[0].unfit) == {"stage", "amount", "name"}
    assert any("no list of records" in one.message for one in source.diagnostics)


def test_an_empty_table_gives_no_deals(tmp_path: Path) -> None:
    text = (
        "deals: {from: d.csv, id: Id, join: [{from: d.csv, as: j, match: {Id: Id}}], fields: {amount: {from: j.A}}}\n"
    )
    source = opened(tmp_path, text, {"d.csv": "Id,A\n"})
    assert (source.deals, source.rows) == ([], 0)


def test_an_overlay_changes_one_field_of_a_bundled_mapping(shared_data: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "ours.yaml"
    mapping.write_text(
        "kind: mapping/v1\nid: ours\ntitle: Ours\nversion: 1.0.0\nowner: Ops\nextends: maven@^1\n"
        "change: {deals: {fields: {amount: {currency: EUR}}}}\n",
        encoding="utf-8",
    )
    source = open_source(shared_data / "maven_crm_sales", process=process(), mapping=mapping)
    assert source.deals[0].fields["amount"] == Money(105400, "EUR")


def test_a_mapping_that_fits_the_columns_but_not_the_process_says_so(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("Key,Phase\n1,New\n", encoding="utf-8")
    rule = tmp_path / "m.yaml"
    rule.write_text(
        "kind: mapping/v1\nid: m\ntitle: M\n"
        "deals: {from: d.csv, id: Key, fields: {stage: {from: Phase, values: {New: shaping}}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(DocumentsDoNotHold) as refused:
        open_source(tmp_path, process=process(), library=Library(None, [rule]))
    assert refused.value.diagnostics[0].code == "DG646"
