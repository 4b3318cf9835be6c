"""Any table that a program can write is read back cell by cell, and nothing odd passes unsaid."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealgate.model.diagnostics import SourceFailed
from dealgate.sources.formats import csv_text
from dealgate.sources.tables import ROW, ReadOptions, Table, columns_of, read_folder, read_table

RELAXED = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(folder: Path, content: str | bytes, name: str = "deals.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def codes(table: Table) -> list[str]:
    return [diagnostic.code for diagnostic in table.diagnostics]


def cells(table: Table) -> list[list[object]]:
    return [list(row) for row in table.frame.drop(ROW).rows()]


def refused(path: Path, options: ReadOptions | None = None) -> str:
    with pytest.raises(SourceFailed) as caught:
        read_table(path, options or ReadOptions())
    assert caught.value.diagnostics[0].where.file == str(path)
    return caught.value.diagnostics[0].code


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff"), max_size=8) | st.sampled_from(
    ["", "007", '"', 'a"b', "a,b", "a;b", "x\ty", "line\nbreak", "line\r\nbreak", "\r", " padded ", "é", "=cmd()", "''"]
)


@st.composite
def grids(draw: st.DrawFn, cell: st.SearchStrategy[str] = CELL) -> list[list[str]]:
    width = draw(st.integers(2, 5))
    row = st.lists(cell, min_size=width, max_size=width).filter(lambda cells: any(cell.strip() for cell in cells))
    return draw(st.lists(row, max_size=8))


@RELAXED
@given(
    rows=grids(),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_table_written_by_the_csv_module_reads_back_cell_by_cell(
    tmp_path: Path, rows: list[list[str]], delimiter: str, encoding: str, quoting: int, end: str
) -> None:
    width = len(rows[0]) if rows else 3
    if end == "\n" and quoting == csv.QUOTE_MINIMAL:  # the writer then leaves a lone CR without quotes: a line end
        rows = [[cell.replace("\r", "") or "." for cell in row] for row in rows]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerows([[f"name {place}" for place in range(width)], *rows])
    path = written(tmp_path, stream.getvalue().encode(encoding))
    options = ReadOptions(delimiter=delimiter, header_row=1)
    table = read_table(path, options)
    assert cells(table) == rows
    assert list(table.columns) == [f"name {place}" for place in range(width)]
    assert columns_of(path, options) == list(table.columns)


@RELAXED
@given(rows=grids(st.text("abc XYZ019-é.", max_size=6)), delimiter=st.sampled_from(",;\t|"))
def test_delimiter_and_header_are_found_where_cells_are_plain(
    tmp_path: Path, rows: list[list[str]], delimiter: str
) -> None:
    width = len(rows[0]) if rows else 2
    names = [f"name {place}" for place in range(width)]
    text = "\n".join(delimiter.join(row) for row in [names, *rows])
    table = read_table(written(tmp_path, text))
    assert table.found.delimiter == delimiter
    assert cells(table) == rows


@RELAXED
@given(rows=grids(st.text("ab 1é", max_size=5) | st.sampled_from(['a"b', "a,b"])), quote=st.booleans())
def test_the_fast_way_and_the_careful_way_agree(tmp_path: Path, rows: list[list[str]], quote: bool) -> None:
    width = len(rows[0]) if rows else 2
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL)
    writer.writerows([[f"n{place}" for place in range(width)], *rows])
    text = stream.getvalue()
    layout = csv_text._layout(text, "f", ReadOptions(delimiter=",", header_row=1))
    fast = csv_text._plain(text, layout, layout.names)
    careful, _ = csv_text._careful(text, layout, layout.names, "f")
    if rows:
        assert fast is not None
        assert fast.equals(careful)


def test_every_shared_file_reads_with_the_rows_that_the_csv_module_counts(shared_data: Path) -> None:
    files = sorted(shared_data.rglob("*.csv"))
    assert len(files) > 50
    for path in files:
        data = path.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252")
        expected = [row for row in csv.reader(io.StringIO(text, newline="")) if row][1:]
        assert cells(read_table(path)) == expected, path.name


def test_every_shared_json_file_reads(shared_data: Path) -> None:
    for path in [*shared_data.rglob("*.json"), *shared_data.rglob("*.jsonl")]:
        table = read_table(path)
        assert len(table) > 0
        assert columns_of(path) == list(table.columns)


def test_leading_zeros_dates_and_blanks_stay_as_they_stand(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, 'Id,On,Note\n007,01/02/2026," x "\n1e5,,""\n'))
    assert cells(table) == [["007", "01/02/2026", " x "], ["1e5", "", ""]]
    assert table.frame[ROW].to_list() == [2, 3]
    assert table.place(2) == "line 2"
    assert not table.diagnostics


def test_rows_know_their_line_after_cells_with_line_breaks(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, 'Id,Note\n1,"a\nb\nc"\n\n2,d\n'))
    assert table.frame[ROW].to_list() == [2, 6]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_reads_without_its_mark_too(tmp_path: Path, encoding: str) -> None:
    table = read_table(written(tmp_path, "Name;Café\nZoë;1\n".encode(encoding)))
    assert table.columns == ("Name", "Café")


def test_windows_text_reads_and_is_told(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "Name,Price\nZoë Café,€5\nwide,\x96\n".replace("\x96", "–").encode("cp1252")))
    assert cells(table) == [["Zoë Café", "€5"], ["wide", "–"]]
    assert codes(table) == ["DG610"]


def test_broken_bytes_in_a_utf8_file_are_told_with_their_line(tmp_path: Path) -> None:
    data = "Name,City\nZoë,Köln\nÉmile,Nîmes\n".encode() + b"J\xf6rg,Bonn\n"
    table = read_table(written(tmp_path, data))
    assert cells(table)[2] == ["Jörg", "Bonn"]
    assert cells(table)[0] == ["Zoë", "Köln"]
    assert [(d.code, d.where.line) for d in table.diagnostics] == [("DG611", 4)]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_stray_quote_costs_no_row(tmp_path: Path, place: int) -> None:
    lines = [f"{number},name {number},{number}00" for number in range(200)]
    parts = lines[50].split(",")
    parts[place] = '"' + parts[place]
    lines[50] = ",".join(parts)
    table = read_table(written(tmp_path, "Id,Name,Amount\n" + "\n".join(lines)))
    assert len(table) == 200
    assert cells(table)[50][place].startswith('"')  # type: ignore[attr-defined]
    assert [(d.code, d.where.line) for d in table.diagnostics] == [("DG620", 52)]


def test_a_stray_quote_before_well_quoted_rows_costs_no_row(tmp_path: Path) -> None:
    text = 'Id,Name,Amount\n1,"5 inch,300\n2,"Smith, J",400\n3,"a\nb",500\n'
    table = read_table(written(tmp_path, text))
    assert cells(table) == [["1", '"5 inch', "300"], ["2", "Smith, J", "400"], ["3", "a\nb", "500"]]
    assert codes(table) == ["DG620"]


def test_many_stray_quotes_take_no_more_than_linear_time(tmp_path: Path) -> None:
    rows = 20_000
    table = read_table(written(tmp_path, "Id,Name,Amount\n" + 'x,"""",""\n1,"a""\n' * rows))
    assert len(table) >= rows


def test_two_quotes_that_swallow_rows_are_suspected(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, 'Id,Name,Amount\na,b,"c\nd,e,f\ng,h,i"\n'))
    assert codes(table) == ["DG621"]


def test_a_note_over_several_lines_is_no_suspect(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, 'Id,Name,Note\na,b,"Hello\nall, dear, friends\nbye"\n'))
    assert len(table) == 1
    assert not table.diagnostics


def test_short_and_long_rows_are_kept_and_counted(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,b,c\n1,2\n1,2,3,4\n1,2,3\n"))
    assert cells(table) == [["1", "2", None, None], ["1", "2", "3", "4"], ["1", "2", "3", None]]
    assert table.columns == ("a", "b", "c", "column 4")
    assert codes(table) == ["DG615"]
    assert "line 2" in table.diagnostics[0].message
    assert "line 3" in table.diagnostics[0].message


def test_a_trailing_delimiter_makes_no_column(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a;b;\n1;2;\n3;4;\n"))
    assert table.columns == ("a", "b")
    assert not table.diagnostics


def test_a_cell_of_200_000_characters_is_one_cell(tmp_path: Path) -> None:
    long = "x, y\n" * 40_000
    table = read_table(written(tmp_path, f'Id,Note\n1,"{long}"\n2,b\n'))
    assert cells(table) == [["1", long], ["2", "b"]]


def test_title_lines_are_passed_over_and_told(tmp_path: Path) -> None:
    text = "Pipeline report;;;\nRun by;Ann;;\n\nId;Name;Amount;Stage\n1;a;2;x\n2;b;3;y\n3;c;4;z\n"
    path = written(tmp_path, text)
    table = read_table(path)
    assert table.columns == ("Id", "Name", "Amount", "Stage")
    assert table.found.header_row == 4
    assert codes(table) == ["DG612"]
    assert read_table(path, ReadOptions(header_row=4)).frame.equals(table.frame)
    assert not read_table(path, ReadOptions(header_row=4)).diagnostics


def test_total_rows_are_suspected_and_left_out_only_where_declared(tmp_path: Path) -> None:
    path = written(tmp_path, "Id,Name,Amount\n1,a,10\n2,b,20\nGrand total,,30\n")
    table = read_table(path)
    assert len(table) == 3
    assert [(d.code, d.where.line) for d in table.diagnostics] == [("DG616", 4)]
    declared = read_table(path, ReadOptions(totals=("grand total",)))
    assert len(declared) == 2
    assert codes(declared) == ["DG617"]
    by_value = read_table(path, ReadOptions(skip_rows_where={"id": ["Grand Total", "2"]}))
    assert [row[0] for row in cells(by_value)] == ["1"]
    assert refused(path, ReadOptions(skip_rows_where={"Nope": ["x"]})) == "DG606"


def test_a_company_named_total_is_no_total(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "Account,City,Amount\nAcme,Bonn,1\nTotal Energies,Paris,2\n"))
    assert not table.diagnostics


def test_repeated_and_empty_names_are_told_apart(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "Name,Name,, Name (2) ,\n1,2,3,4,\n"))
    assert table.columns == ("Name", "Name (3)", "column 3", "Name (2)")
    assert codes(table) == ["DG613", "DG614"]


def test_rows_without_any_value_are_left_out_and_counted(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,b\n1,2\n,\n , \n3,4\n,\n"))
    assert cells(table) == [["1", "2"], ["3", "4"]]
    assert codes(table) == ["DG619"]
    assert "3 rows" in table.diagnostics[0].message


def test_nul_characters_are_taken_out_and_told(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, b"a,b\n1\0,2\n"))
    assert cells(table) == [["1", "2"]]
    assert codes(table) == ["DG618"]


def test_mixed_line_ends_make_no_row_more_or_less(tmp_path: Path) -> None:
    assert cells(read_table(written(tmp_path, "a,b\r\n1,2\n3,4\r\n5,6\r7,8"))) == [
        ["1", "2"],
        ["3", "4"],
        ["5", "6"],
        ["7", "8"],
    ]


def test_a_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "a,b\n"))
    assert table.columns == ("a", "b")
    assert len(table) == 0


def test_a_column_alone_needs_no_delimiter(tmp_path: Path) -> None:
    assert cells(read_table(written(tmp_path, "email\na@x\nb@y\n"))) == [["a@x"], ["b@y"]]


def test_the_delimiter_line_of_excel_is_heeded(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "sep=|\na|b\n1,5|2,5\n"))
    assert cells(table) == [["1,5", "2,5"]]


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str) -> None:
    assert refused(written(tmp_path, content)) == "DG604"


def test_other_kinds_of_file_under_a_text_name_are_refused(tmp_path: Path) -> None:
    assert refused(written(tmp_path, b"PK\x03\x04rest")) == "DG602"
    assert refused(written(tmp_path, "a", "deals.docx")) == "DG601"
    assert refused(tmp_path / "absent.csv") == "DG600"
    assert refused(tmp_path) == "DG600"


@pytest.mark.parametrize(
    "options",
    [
        ReadOptions(encoding="klingon"),
        ReadOptions(encoding="utf-8"),
        ReadOptions(delimiter=";;"),
        ReadOptions(header_row=99),
    ],
)
def test_a_declaration_that_does_not_fit_is_refused(tmp_path: Path, options: ReadOptions) -> None:
    assert refused(written(tmp_path, "a,b\n1,Zoë\n".encode("cp1252")), options) == "DG605"


def test_a_folder_reads_its_tables_by_any_spelling_and_on_demand(tmp_path: Path) -> None:
    written(tmp_path, "a,b\n1,2\n", "Opportunity.csv")
    written(tmp_path, b"PK\x03\x04", "broken.csv")
    written(tmp_path, "readme", "README.md")
    written(tmp_path, "", "~$lock.xlsx")
    folder = read_folder(tmp_path)
    assert list(folder) == ["Opportunity.csv", "broken.csv"]
    assert folder["opportunity"] is folder["OPPORTUNITY.CSV"]
    assert folder.columns("opportunity.csv") == ["a", "b"]
    assert "account" not in folder
    with pytest.raises(KeyError):
        folder["account"]
    with pytest.raises(SourceFailed):
        folder["broken"]
    assert list(read_folder(tmp_path / "Opportunity.csv")) == ["Opportunity.csv"]


def test_options_may_differ_by_table(tmp_path: Path) -> None:
    written(tmp_path, "title\na;b\n1;2\n", "deals.csv")
    folder = read_folder(tmp_path, {"Deals.csv": ReadOptions(header_row=2)})
    assert folder["deals"].columns == ("a", "b")
