"""Hostile documents and exports through the command line; what could hang is a process with a limit."""

from __future__ import annotations

import codecs
import csv
import json
import os
from pathlib import Path

import fastexcel
import pytest
from tests.cli.running import AS_OF, CHECKOUT, Ran, dealgate, process, told

GOOD = (CHECKOUT / "rules/processes/practical.yaml").read_text(encoding="utf-8")
HEAD = "kind: process/v1\nid: mine\nversion: 1.0.0\ntitle: Mine\nowner: Ops\n"


def validated(folder: Path, data: str | bytes, name: str = "mine.yaml") -> Ran:
    (folder / name).write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return told(dealgate("validate", name))


# ------------------------------------------------------------------------------------------------ documents


HOSTILE = [
    ("a: " + "[" * 10_000, "deep"),
    ("a: " + "[" * 10_000 + "]" * 10_000, "deep"),
    ("a: " + "{b: " * 10_000, "deep"),
    ("- " * 10_000, "deep"),
    (HEAD + "# " + "x" * 6_000_000, "5 MB"),
    (HEAD + "stages: [" + "{id: a}, " * 700_000 + "]", "5 MB"),
    ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n", "anchor"),
    ("a: &a {b: *a}\n", "anchor"),
    ('kind: !!python/object/apply:os.system ["touch owned"]\n', "tag"),
    ("kind: !!python/object:os.path {}\n", "tag"),
    (HEAD + "title: Again\n", "second time"),
    (HEAD + "🚀: 1\n", "🚀"),
    ("", "empty"),
    ("# only a comment\n", "empty"),
    ("just text\n", "DG"),
    ("kind: nope/v1\n", "DG"),
    ("kind: process/v1\n---\nkind: process/v1\n", "DG"),
    (HEAD + "\x07bell: 1\n", "DG"),
    (HEAD + "note: \u202egnp.exe\n", "DG"),
    ("%YAML 9.9\n---\n" + HEAD, "DG"),
]


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """What one run says of all of them, by file."""
    folder = tmp_path_factory.mktemp("hostile")
    for n, (text, _) in enumerate(HOSTILE):
        (folder / f"{n}.yaml").write_text(text, encoding="utf-8")
    ran = told(process("validate", ".", "--output", "json", cwd=folder))
    assert ran.code == 3 and len(ran.out) < 500_000
    assert not (folder / "owned").exists()
    found: dict[str, list[dict[str, str]]] = {}
    for diagnostic in json.loads(ran.out):
        found.setdefault(Path(diagnostic["file"]).name, []).append(diagnostic)
    return found


@pytest.mark.parametrize("n", range(len(HOSTILE)))
def test_a_hostile_document_is_refused_in_words(refused: dict[str, list[dict[str, str]]], n: int) -> None:
    says = HOSTILE[n][1]
    found = refused.get(f"{n}.yaml", [])
    assert any(d["severity"] == "error" and says in f"{d['code']} {d['message']}" for d in found), found


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_a_document_that_is_not_utf_8_is_told_to_be_saved_as_it(elsewhere: Path, encoding: str) -> None:
    ran = validated(elsewhere, (HEAD.replace("Mine", "Müller")).encode(encoding))
    assert ran.code == 3 and "UTF-8" in ran.out


@pytest.mark.parametrize("how", ["byte order mark", "CRLF", "CR"])
def test_what_editors_do_to_a_file_changes_nothing(elsewhere: Path, how: str) -> None:
    data = GOOD.encode()
    data = {
        "byte order mark": codecs.BOM_UTF8 + data, "CRLF": data.replace(b"\n", b"\r\n"), "CR": data.replace(b"\n", b"\r"),
    }[how]  # fmt: skip
    ran = validated(elsewhere, data, "practical.yaml")
    assert (ran.code, ran.out) == (0, "")


def test_a_pattern_that_would_backtrack_for_ever_is_answered(elsewhere: Path) -> None:
    rules = HEAD + (
        "currency: USD\nstages:\n  - id: one\n    title: One\n    exit:\n      - id: pattern\n        title: It matches\n"
        '        check: {field: next_step, matches: "^(a+)+$"}\n        fix: Write it anew.\n'
    )
    (elsewhere / "mine.yaml").write_text(rules, encoding="utf-8")
    assert told(process("validate", "mine.yaml", cwd=elsewhere)).code == 0
    deals = [
        {"id": "1", "stage": "one", "next_step": "a" * 200_000 + "!"},
        {"id": "2", "stage": "one", "next_step": "a" * 200_000},
    ]
    (elsewhere / "deals.jsonl").write_text("\n".join(map(json.dumps, deals)), encoding="utf-8")
    ran = told(process("check", "deals.jsonl", "--process", "mine.yaml", "--output", "jsonl", *AS_OF, cwd=elsewhere))
    states = [json.loads(line)["state"] for line in ran.out.splitlines()]
    assert (ran.code, states) == (0, ["blocked", "ready"])


@pytest.mark.parametrize("pattern", ["(?=a)", "\\1", "(?:a|b)*?", "[[:alpha:]]", "(" * 3000, "a{9999}", "[z-a]", "("])
def test_a_pattern_outside_the_safe_part_is_refused(elsewhere: Path, pattern: str) -> None:
    rules = HEAD + (
        "stages:\n  - id: one\n    title: One\n    exit:\n      - id: pattern\n        title: It matches\n"
        f"        check: {{field: next_step, matches: {json.dumps(pattern)}}}\n        fix: Write it anew.\n"
    )
    ran = validated(elsewhere, rules)
    assert ran.code == 3 and "DG" in ran.out


# ------------------------------------------------------------------------------------------------ exports


def checked(folder: Path, data: bytes | str, name: str = "deals.csv", *words: object) -> Ran:
    (folder / name).write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return told(dealgate("check", name, *AS_OF, *words, columns=100))


def ids(ran: Ran) -> list[str]:
    assert ran.code == 0, ran.err
    return [json.loads(line)["id"] for line in ran.out.splitlines()]


ROWS = "id,name,stage\n001,Zoë,qualification\n002,Ben,proposal\n003,Cleo,close\n"


@pytest.mark.parametrize(
    "data",
    [
        ROWS.encode(),
        codecs.BOM_UTF8 + ROWS.encode(),
        ROWS.encode("utf-16"),
        ROWS.encode("cp1252"),
        ROWS.replace("\n", "\r\n").encode(),
        ROWS.replace("\n", "\r").encode(),
        ROWS.replace(",", ";").encode(),
        ROWS.replace(",", "\t").encode(),
        ROWS.encode().rstrip(b"\n"),
        ROWS.encode() + b"\n\n\n",
    ],
)
def test_every_way_to_save_a_csv_gives_the_same_deals(elsewhere: Path, data: bytes) -> None:
    ran = checked(elsewhere, data, "deals.csv", "--output", "jsonl")
    assert ids(ran) == ["001", "002", "003"]
    assert json.loads(ran.out.splitlines()[0])["name"] == "Zoë"


@pytest.mark.parametrize("stray", ['Northwind 19" rack', '"Northwind', 'North"wind', '"North"wind"'])
def test_a_stray_quote_loses_no_row_in_silence(elsewhere: Path, stray: str) -> None:
    rows = "".join(f"{n},Deal {n},qualification\n" for n in range(10, 30))
    ran = checked(elsewhere, f"id,name,stage\n1,{stray},qualification\n{rows}", "deals.csv", "--output", "jsonl")
    if ran.code == 0 and len(ran.out.splitlines()) == 21:
        assert ids(ran) == ["1", *map(str, range(10, 30))]
    else:
        assert "DG" in ran.err and "quote" in ran.err.lower()


def test_a_cell_of_200_000_characters_arrives_whole_and_is_cut_only_where_it_must_and_told(elsewhere: Path) -> None:
    long = "x" * 200_000
    data = f"id,name,stage\n1,{long},qualification\n2,short,close\n"
    assert ids(checked(elsewhere, data, "deals.csv", "--output", "jsonl")) == ["1", "2"]
    table = checked(elsewhere, data)
    assert table.code == 0 and max(map(len, table.out.splitlines())) <= 100
    told(process("explain", "deals.csv", "--deal", "1", *AS_OF, cwd=elsewhere))
    out = checked(elsewhere, data, "deals.csv", "--output", "csv", "--out", "out.csv")
    csv.field_size_limit(1_000_000)
    with (elsewhere / "out.csv").open(encoding="utf-8", newline="") as file:
        assert [len(row["name"]) for row in csv.DictReader(file)] == [200_000, 5]
    assert "cut" not in out.err
    out = checked(elsewhere, data, "deals.csv", "--output", "xlsx", "--out", "out.xlsx")
    names = fastexcel.read_excel(elsewhere / "out.xlsx").load_sheet(0).to_polars()["name"].to_list()
    assert [len(name) for name in names] == [32_767, 5] and names[0].endswith("…")
    assert "DG906" in out.err and "row 2" in out.err


FORMULAS = ["=cmd()", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")', "＝1", " =1", "|cmd"]
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def test_no_cell_goes_out_as_a_formula(elsewhere: Path) -> None:
    deals = [
        {"id": f"={n}", "name": name, "stage": "qualification", "owner.name": name} for n, name in enumerate(FORMULAS)
    ]
    data = "\n".join(map(json.dumps, deals))
    for output in ("csv", "xlsx"):
        out = elsewhere / f"out.{output}"
        ran = checked(elsewhere, data, "deals.jsonl", "--output", output, "--out", out)
        assert ran.code == 0
        if output == "csv":
            with out.open(encoding="utf-8", newline="") as file:
                rows = list(csv.reader(file))[1:]
        else:
            sheet = fastexcel.read_excel(out).load_sheet(0, dtypes="string").to_polars()
            rows = [[cell or "" for cell in row] for row in sheet.rows()]
        assert len(rows) == len(FORMULAS)
        assert [cell for row in rows for cell in row if cell.lstrip(" ").startswith(DANGEROUS)] == []
        assert [row[0] for row in rows] == [f"'={n}" for n in range(len(FORMULAS))]
        assert rows[0][1] == "'=cmd()"


def test_a_workbook_holds_no_formula_at_all(elsewhere: Path) -> None:
    import zipfile

    data = json.dumps({"id": "1", "name": "=cmd()", "stage": "close"})
    checked(elsewhere, data, "deals.jsonl", "--output", "xlsx", "--out", "out.xlsx")
    with zipfile.ZipFile(elsewhere / "out.xlsx") as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/")]
    assert sheets and not any("<f>" in sheet or "<f " in sheet for sheet in sheets)


TERMINAL = "D-1\x1b[2J\x1b]0;owned\x07\x9b31m\u202eevil\r\nsecond line\x08\x00"


def test_no_text_of_a_deal_steers_the_terminal(elsewhere: Path) -> None:
    deal = {"id": TERMINAL, "name": TERMINAL, "stage": "qualification", "owner.name": TERMINAL, "next_step": TERMINAL}
    (elsewhere / "deals.jsonl").write_text(json.dumps(deal), encoding="utf-8")
    (elsewhere / "odd.jsonl").write_text(json.dumps({**deal, "stage": TERMINAL, TERMINAL: 1}), encoding="utf-8")
    ran = told(dealgate("check", "deals.jsonl", "--output", "json", *AS_OF))
    seen = json.loads(ran.out)["deals"][0]["id"]
    runs = [ran]
    for file in ("deals.jsonl", "odd.jsonl"):
        runs += [
            told(dealgate(*words, *AS_OF))
            for words in (
                ["check", file],
                ["check", file, "--output", "html"],
                ["check", file, "--output", "jsonl"],
                ["qualify", file],
                ["explain", file, "--deal", seen.replace("\0", "")],
                ["explain", file, "--deal", seen.replace("\0", ""), "--full"],
                ["explain", file, "--deal", "nobody \x1b[31m"],
                ["gate", file, "--deal", seen.replace("\0", ""), "--to", "proposal"],
                ["gate", file, "--deal", seen.replace("\0", ""), "--to", "pro\x1b[31mposal"],
            )
        ]
    runs.append(told(dealgate("map", "odd.jsonl")))
    for ran in runs:
        bad = [c for c in ran.all if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066"]
        assert bad == [], ran
    assert not any(line.strip() == "second line" for ran in runs for line in ran.all.splitlines())


def test_half_a_character_is_answered(elsewhere: Path) -> None:
    deal = '{"id": "1", "name": "half \\ud83d", "stage": "qualification"}'
    (elsewhere / "deals.jsonl").write_text(deal, encoding="utf-8")
    for output in ("table", "json", "jsonl", "csv", "html", "xlsx", "parquet"):
        out = ["--out", f"out.{output}"] if output in ("xlsx", "parquet") else []
        ran = told(dealgate("check", "deals.jsonl", "--output", output, *out, *AS_OF))
        assert ran.code in (0, 5) and ran.all


@pytest.mark.parametrize("name", ["deals.csv", "deals.xlsx", "deals.jsonl", "deals.parquet", "deals", "deals.exe"])
@pytest.mark.parametrize("what", ["missing", "folder", "empty", "binary"])
def test_a_file_that_is_none_is_told(elsewhere: Path, name: str, what: str) -> None:
    path = elsewhere / name
    if what == "folder":
        path.mkdir()
    elif what != "missing":
        path.write_bytes(b"" if what == "empty" else bytes(range(256)) * 40)
    ran = told(dealgate("check", name, *AS_OF))
    assert ran.code == 5 and "DG" in ran.err and name in ran.err
    assert ran.out == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_told(elsewhere: Path) -> None:
    (elsewhere / "deals.csv").write_text(ROWS, encoding="utf-8")
    (elsewhere / "deals.csv").chmod(0)
    ran = told(dealgate("check", "deals.csv", *AS_OF))
    assert ran.code == 5 and "DG600" in ran.err


def test_a_mapping_cannot_be_the_export_or_stand_on_itself(elsewhere: Path) -> None:
    (elsewhere / "deals.csv").write_text(ROWS, encoding="utf-8")
    ran = told(dealgate("check", "deals.csv", "--mapping", "deals.csv", *AS_OF))
    assert ran.code in (2, 3, 5) and "DG" in ran.err
    mapping = "kind: mapping/v1\nid: me\ntitle: Me\nextends: me\n"
    (elsewhere / "me.yaml").write_text(mapping, encoding="utf-8")
    ran = told(dealgate("check", "deals.csv", "--mapping", "me.yaml", *AS_OF))
    assert ran.code in (2, 3) and "DG" in ran.err
    ran = told(dealgate("check", "me.yaml", "--mapping", "me.yaml", *AS_OF))
    assert ran.code in (2, 3, 5) and "DG" in ran.err


def test_every_deal_of_a_large_file_is_there_and_in_order(elsewhere: Path) -> None:
    rows = "".join(f"{n:05},Deal {n},qualification\n" for n in range(5_000))
    ran = checked(elsewhere, "id,name,stage\n" + rows, "deals.csv", "--output", "csv")
    assert [line.partition(",")[0] for line in ran.out.splitlines()[1:]] == [f"{n:05}" for n in range(5_000)]
    assert ran.err == "" or "DG" in ran.err
