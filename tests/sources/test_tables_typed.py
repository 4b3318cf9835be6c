"""Workbooks, JSON and Parquet keep their types, and what they hide is told."""

from __future__ import annotations

import json
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealgate.model.diagnostics import SourceFailed
from dealgate.sources.tables import ITEM, ROW, ReadOptions, Table, columns_of, read_folder, read_table


def codes(table: Table) -> list[str]:
    return [diagnostic.code for diagnostic in table.diagnostics]


def refused(path: Path, options: ReadOptions | None = None) -> str:
    with pytest.raises(SourceFailed) as caught:
        read_table(path, options or ReadOptions())
    assert "Traceback" not in str(caught.value)
    return caught.value.diagnostics[0].code


def workbook(path: Path, rows: list[list[Any]], *, first_row: int = 0, sheets: tuple[str, ...] = ("Deals",)) -> Path:
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd", "strings_to_numbers": False})
    for name in sheets:
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows, first_row):
            for column, cell in enumerate(row):
                if isinstance(cell, tuple):
                    sheet.write_formula(at, column, cell[0], None, cell[1])
                elif cell is not None:
                    sheet.write(at, column, cell)
    book.close()
    return path


def test_a_workbook_keeps_numbers_dates_and_flags(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [["Id", "Amount", "Close", "Won"], ["007", 1200.5, datetime(2026, 1, 5), True], ["008", 3, None, False]],
    )
    table = read_table(path)
    assert table.frame.rows() == [
        (2, "007", 1200.5, datetime(2026, 1, 5), True),
        (3, "008", 3.0, None, False),
    ]
    assert table.frame["Close"].dtype.is_temporal()
    assert not table.diagnostics
    assert columns_of(path) == ["Id", "Amount", "Close", "Won"]
    assert table.place(2) == "row 2"


def test_a_type_that_changes_after_a_thousand_rows_loses_nothing(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Id", "Ref"], *([number, number] for number in range(1500)), [1500, "late text"]]
    table = read_table(workbook(tmp_path / "a.xlsx", rows))
    assert table.frame["Ref"].null_count() == 0
    assert table.frame["Ref"].to_list()[-2:] == ["1499", "late text"]


def test_title_rows_empty_rows_and_rows_numbers_of_a_workbook(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Pipeline"], [], ["Id", "Name", "Amount"], [1, "a", 2], [], [2, "b", 3]]
    table = read_table(workbook(tmp_path / "a.xlsx", rows, first_row=2))
    assert table.columns == ("Id", "Name", "Amount")
    assert table.frame[ROW].to_list() == [6, 8]
    assert codes(table) == ["DG612", "DG619"]
    assert table.found.header_row == 5


def test_a_sheet_is_chosen_by_name_and_its_absence_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", [["a", "b"], [1, 2]], sheets=("Deals", "Old"))
    assert codes(read_table(path)) == ["DG622"]
    assert not read_table(f"{path}#old").diagnostics
    assert not read_folder(tmp_path)["book#Old"].diagnostics
    assert refused(path, ReadOptions(sheet="Nope")) == "DG606"


def test_error_cells_are_missing_and_counted(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Id", "Amount"], [1, ("=NA()", "#N/A")], [2, ("=1/0", "#DIV/0!")], [3, ("=1+1", 2)]]
    table = read_table(workbook(tmp_path / "a.xlsx", rows))
    assert table.frame["Amount"].to_list() == [None, None, 2.0]
    assert codes(table) == ["DG623"]
    assert "2 cells" in table.diagnostics[0].message


def test_merged_cells_are_told(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Owner", "Deal"])
    sheet.merge_range(1, 0, 2, 0, "Ann")
    sheet.write_column(1, 1, ["a", "b"])
    book.close()
    table = read_table(tmp_path / "a.xlsx")
    assert table.frame["Owner"].to_list() == ["Ann", None]
    assert codes(table) == ["DG625"]


def test_a_formula_without_a_stored_result_is_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["Id", "Amount"], [1, ("=1+1", 2)], [2, 5]])
    bare = tmp_path / "bare.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bare, "w") as new:
        for entry in old.namelist():
            new.writestr(entry, old.read(entry).replace(b"</f><v>2</v>", b"</f>"))
    table = read_table(bare)
    assert table.frame["Amount"].to_list() == [None, 5.0]
    assert codes(table) == ["DG624"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "DG602"),
        (b"Id,Name\n1,a\n", "DG602"),
        (b"PK\x03\x04 and nothing more", "DG602"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "DG603"),
    ],
)
def test_what_is_no_workbook_is_refused_in_words(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    assert refused(path) == code


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("hello.txt", "hello")
    assert refused(tmp_path / "a.xlsx") == "DG602"


def test_a_truncated_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["a", "b"], [1, 2]])
    path.write_bytes(path.read_bytes()[:-200])
    assert refused(path) == "DG602"


def test_an_empty_sheet_is_refused(tmp_path: Path) -> None:
    assert refused(workbook(tmp_path / "a.xlsx", [])) == "DG604"


def jsonl(folder: Path, text: str, name: str = "a.jsonl") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_json_lines_keep_types_and_flatten_objects(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path,
        '{"id": "007", "amount": 12.5, "won": true, "owner": {"name": "Ann", "team": {"id": 1}}}\n'
        '\n{"id": "008", "amount": 3, "owner": null, "tags": ["a", "b"]}\n',
    )
    table = read_table(path)
    assert set(table.columns) == {"id", "amount", "won", "owner.name", "owner.team.id", "tags"}
    assert table.frame[ROW].to_list() == [1, 3]
    assert table.frame["amount"].to_list() == [12.5, 3.0]
    assert table.frame["tags"].to_list() == [None, ["a", "b"]]
    assert not table.diagnostics
    assert columns_of(path) == list(table.columns)


def test_lists_of_objects_become_child_tables(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path,
        '{"id": 1, "contacts": [{"name": "Ann", "role": {"id": "x"}}, {"name": "Bo"}]}\n'
        '{"id": 2, "contacts": []}\n{"id": 3}\n',
    )
    table = read_table(path)
    assert table.frame.rows() == [(1, 1, 2), (2, 2, 0), (3, 3, None)]
    assert table.columns == ("id", "contacts")
    child = table.children["contacts"]
    assert child.frame.select(ROW, ITEM, "name", "role.id").rows() == [(1, 1, "Ann", "x"), (1, 2, "Bo", None)]


def test_a_bad_json_line_is_told_and_the_rest_read(tmp_path: Path) -> None:
    table = read_table(jsonl(tmp_path, '{"a": 1}\n{"a": \n[1]\n{"a": 2}\n' + "[" * 100_000 + "\n"))
    assert table.frame["a"].to_list() == [1, 2]
    assert [(d.code, d.where.line) for d in table.diagnostics] == [("DG630", 2)]
    assert "3 lines" in table.diagnostics[0].message


@pytest.mark.parametrize("shape", ["list", "pretty", "wrapped"])
def test_a_json_list_or_an_answer_that_holds_one_is_read(tmp_path: Path, shape: str) -> None:
    rows: Any = [{"a": 1}, {"a": 2}]
    whole = {"success": True, "data": rows} if shape == "wrapped" else rows
    table = read_table(jsonl(tmp_path, json.dumps(whole, indent=None if shape == "list" else 2), "a.json"))
    assert table.frame["a"].to_list() == [1, 2]


def test_json_numbers_are_never_rounded(tmp_path: Path) -> None:
    text = '{"a": 1234567890123456789.25, "b": 99999999999999999999, "c": NaN, "d": 0.1}\n'
    table = read_table(jsonl(tmp_path, text))
    assert table.frame.drop(ROW).rows() == [("1234567890123456789.25", "99999999999999999999", "NaN", 0.1)]


def test_json_values_of_several_types_are_text_and_told(tmp_path: Path) -> None:
    table = read_table(jsonl(tmp_path, '{"a": 1}\n{"a": "x"}\n{"a": true}\n{"a": {"b": 2}}\n{"a": "\\ud800"}\n'))
    assert table.frame["a"].to_list() == ["1", "x", "true", None, "?"]
    assert table.frame["a.b"].to_list() == [None, None, None, 2, None]
    assert codes(table) == ["DG631"]


def test_json_without_an_object_is_refused(tmp_path: Path) -> None:
    assert refused(jsonl(tmp_path, "")) == "DG604"
    assert refused(jsonl(tmp_path, "[1, 2", "a.json")) == "DG602"


def test_parquet_keeps_types_and_opens_structures(tmp_path: Path) -> None:
    pl.DataFrame(
        {
            "id": ["007", "008"],
            "close": [date(2026, 1, 5), None],
            "owner": [{"name": "Ann"}, {"name": None}],
            "contacts": [[{"name": "x"}, {"name": "y"}], []],
            "kind": pl.Series(["a", "b"], dtype=pl.Categorical),
        }
    ).write_parquet(tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet")
    assert table.columns == ("id", "close", "owner.name", "contacts", "kind")
    assert table.frame.rows() == [(1, "007", date(2026, 1, 5), "Ann", 2, "a"), (2, "008", None, None, 0, "b")]
    assert table.children["contacts"].frame.rows() == [(1, 1, "x"), (1, 2, "y")]
    assert columns_of(tmp_path / "a.parquet") == list(table.columns)


@pytest.mark.parametrize("content", [b"", b"PAR1 junk PAR1", b"a,b\n1,2\n", b"PAR1" + b"\xff" * 50 + b"\x10\0\0\0PAR1"])
def test_a_damaged_parquet_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    assert refused(path) == "DG602"


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    workbook(folder / "a.xlsx", [["Id", "Close"], *([number, datetime(2026, 1, 5)] for number in range(20))])
    pl.DataFrame({"id": ["a", "b"], "n": [1, 2], "s": [{"x": 1}, None]}).write_parquet(folder / "a.parquet")
    jsonl(folder, '{"a": [{"b": 1}], "c": 1.5}\n{"a": null}\n')
    jsonl(folder, '{"data": [{"a": "x"}, {"a": 1}]}', "a.json")
    (folder / "a.csv").write_bytes('Id,"Name",Note\n1,"a\nb",é\n2,c,d\n'.encode())
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.data())
def test_no_broken_file_ends_in_a_traceback(tmp_path: Path, whole_files: dict[str, bytes], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(whole_files)))
    content = bytearray(whole_files[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1)) if content else 0
        content[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=6))
    path = tmp_path / name
    path.write_bytes(bytes(content))
    for look in (read_table, columns_of):
        try:
            look(path)
        except SourceFailed as refusal:
            assert refusal.diagnostics[0].code.startswith("DG60")
