"""The forecast as a workbook, a page, a drawing and a picture: each opens again elsewhere, and says the same."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import fastexcel
import polars as pl
import pytest

from dealgate.cli.render.drawn import Scale
from dealgate.cli.render.forecast import _drawing, png, xlsx
from dealgate.forecast.methods import Outlook
from dealgate.model.diagnostics import WrongUsage

from .running import AS_OF, Ran, dealgate, golden

ASKED = ("--by", "team", "--target", "900000")
METHODS = [word for name in ("commit", "stage-weighted", "monte-carlo", "naive") for word in ("--method", name)]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def deals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("company") / "company.jsonl"
    made = dealgate("demo", "--deals", "600", *AS_OF, "--save", file)
    assert made.code == 0, made.err
    return file


@pytest.fixture(scope="module")
def forms(deals: Path) -> dict[str, Path]:
    """The same forecast in every form."""
    found = {}
    for form in ("json", "xlsx", "svg", "png", "html", "table"):
        out = found[form] = deals.parent / f"forecast.{form}"
        made = forecast(deals, *METHODS, "--output", form, "--out", out)
        assert made.code == 0, made.err
        assert f"Written to {out}." in made.err
    return found


@pytest.fixture(scope="module")
def said(forms: dict[str, Path]) -> Any:
    return json.loads(forms["json"].read_text("utf-8"))


def forecast(source: Path, *words: str | Path) -> Ran:
    return dealgate("forecast", source, *AS_OF, *ASKED, *words)


def sheet(file: Path, name: str) -> pl.DataFrame:
    return pl.read_excel(file, sheet_name=name, infer_schema_length=None)


def test_the_workbook_has_a_sheet_for_each_question(forms: dict[str, Path]) -> None:
    names = fastexcel.read_excel(forms["xlsx"]).sheet_names
    assert names == ["Forecast", "Deals", "Called and proven", "Parts", "Categories"]


def test_the_deals_of_the_workbook_add_to_its_totals_and_those_are_the_forecasts(
    forms: dict[str, Path], said: Any
) -> None:
    totals = dict(sheet(forms["xlsx"], "Forecast").select("Id", "Total").iter_rows())
    assert totals == {one["id"]: float(one["total"]) for one in said["methods"]}
    by_method: dict[str, float] = defaultdict(float)
    for method, amount in sheet(forms["xlsx"], "Deals").select("method", "amount").iter_rows():
        by_method[method] += amount
    assert by_method == pytest.approx(totals, abs=0.005)
    parts = sheet(forms["xlsx"], "Parts")
    assert parts["Total"].sum() == pytest.approx(totals["commit"], abs=0.005)
    assert parts["Deals"].to_list() == [len(part["deals"]) for part in said["parts"]]


def test_the_workbook_names_each_deal_that_is_called_and_not_proven(forms: dict[str, Path], said: Any) -> None:
    held = sheet(forms["xlsx"], "Called and proven").rows()
    assert [held[0][0], held[0][3]] == ["Called", float(said["evidence"]["called"])]
    assert [held[1][0], held[1][3]] == ["Proven", float(said["evidence"]["proven"])]
    unproven = said["evidence"]["unproven"]
    assert unproven
    assert [row[0] for row in held[2:]] == [one["deal"] for one in unproven]


def shapes(file: Path, tag: str, look: str) -> list[dict[str, str]]:
    root = ElementTree.fromstring(file.read_text("utf-8"))  # noqa: S314
    return [one.attrib for one in root.iter(SVG + tag) if look in one.get("class", "").split()]


def test_the_bars_the_ranges_and_the_target_stand_on_one_scale(forms: dict[str, Path], said: Any) -> None:
    made = {one["id"]: one for one in said["methods"]}
    won, opened_ = shapes(forms["svg"], "rect", "won")[1:], shapes(forms["svg"], "rect", "open")[1:]
    left = float(won[0]["x"])
    unit = float(won[0]["width"]) / float(made["commit"]["won"])

    def at(amount: str) -> Any:
        return pytest.approx(left + float(amount) * unit, abs=0.5)

    assert len(won) == 4  # what is won is in all
    bars = ("commit", "stage-weighted", "monte-carlo")
    assert len(opened_) == 3
    for name, bar in zip(bars, opened_, strict=True):
        assert float(bar["x"]) == at(made[name]["won"])
        assert float(bar["width"]) == pytest.approx(float(made[name]["open"]) * unit, abs=0.5)
    across = [line for line in shapes(forms["svg"], "line", "range")[3:] if line["y1"] == line["y2"]]
    (whisker,) = across  # only Monte Carlo has a range among these
    assert (float(whisker["x1"]), float(whisker["x2"])) == (
        at(made["monte-carlo"]["p10"]),
        at(made["monte-carlo"]["p90"]),
    )
    targets = shapes(forms["svg"], "line", "target")[1:]
    assert len(targets) == 4
    assert all(float(line["x1"]) == at("900000") for line in targets)


def test_the_drawing_says_in_words_what_it_shows(forms: dict[str, Path]) -> None:
    root = ElementTree.fromstring(forms["svg"].read_text("utf-8"))  # noqa: S314
    assert root.get("role") == "img"
    title, words = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and words is not None and title.text and words.text
    assert "as of 23 Nov 2026" in title.text
    assert root.get("aria-labelledby") == title.get("id")
    assert re.search(r"Monte Carlo [\d,]+ USD: .* won, .* open.*; P10 [\d,]+, P90 [\d,]+\.", words.text)
    assert words.text.endswith("Target 900,000 USD.")


def test_the_drawing_is_the_same_to_the_letter(deals: Path) -> None:
    made = forecast(deals, "--method", "commit", "--method", "naive", "--output", "svg")
    golden("forecast.svg", made.out)


def pixels(raw: bytes) -> tuple[int, int, bytes]:
    assert raw[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", raw[16:24])
    data, at = b"", 8
    while at < len(raw):
        (size,) = struct.unpack(">I", raw[at : at + 4])
        if raw[at + 4 : at + 8] == b"IDAT":
            data += raw[at + 8 : at + 8 + size]
        at += 12 + size
    return width, height, zlib.decompress(data)


def test_the_picture_is_the_drawing_at_twice_its_size_with_its_words(forms: dict[str, Path]) -> None:
    text = forms["svg"].read_text("utf-8")
    root = ElementTree.fromstring(text)  # noqa: S314
    width, height, drawn = pixels(forms["png"].read_bytes())
    assert (width, height) == (2 * int(root.attrib["width"]), 2 * int(root.attrib["height"]))
    # what is for a dark page is left out by what draws it
    assert pixels(png.picture(text))[2] == drawn
    silent = pixels(png.picture(re.sub(r"<text.*?</text>", "", text)))
    assert silent[:2] == (width, height)
    assert silent[2] != drawn


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_stands_by_itself_and_its_tables_have_heads(forms: dict[str, Path]) -> None:
    seen = Seen()
    seen.feed(forms["html"].read_text("utf-8"))
    assert ("html", {"lang": "en"}) in seen.tags
    assert not {tag for tag, _ in seen.tags} & {"link", "script", "img", "iframe"}
    assert not [given for _, given in seen.tags if {"src", "href", "srcset"} & set(given)]
    assert "url(" not in seen.text and "@import" not in seen.text
    heads = [given for tag, given in seen.tags if tag == "th"]
    assert heads and all(given.get("scope") in ("col", "row") for given in heads)


def test_the_page_and_the_terminal_say_the_same_sentences(forms: dict[str, Path]) -> None:
    seen = Seen()
    seen.feed(forms["html"].read_text("utf-8"))
    page, terminal = " ".join(seen.text.split()), " ".join(forms["table"].read_text("utf-8").split())
    for start, end in (
        (r"Called \d", "deals."),
        ("To reach ", "too little."),
        ("The history is backfilled", "watched."),
    ):
        found = re.search(f"{start}.*?{re.escape(end)}", terminal)
        assert found, start
        assert found[0] in page


@pytest.mark.slow
def test_a_scenario_is_said_in_each_form(deals: Path, tmp_path: Path) -> None:
    words = ("--method", "commit", "--scenario", "slip-month")
    for form in ("svg", "html"):
        assert "What if: everything comes a month later." in forecast(deals, *words, "--output", form).out
    forecast(deals, *words, "--output", "xlsx", "--out", tmp_path / "f.xlsx")
    (was,) = sheet(tmp_path / "f.xlsx", "Forecast")["As it is"]
    (now,) = sheet(tmp_path / "f.xlsx", "Forecast")["Total"]
    assert was > now


@pytest.mark.parametrize("form", ["xlsx", "png"])
def test_a_binary_form_needs_a_file(deals: Path, form: str) -> None:
    made = forecast(deals, "--method", "commit", "--output", form)
    assert made.code == 2
    assert "DG902" in made.err
    assert f"--out forecast.{form}" in made.err
    assert made.out == ""


def test_without_the_library_a_picture_is_refused_and_no_file_is_left(
    deals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(png, "find_spec", lambda name: None)
    made = forecast(deals, "--method", "commit", "--output", "png", "--out", tmp_path / "f.png")
    assert made.code == 2
    assert "DG875" in made.err and "dealgate[pictures]" in made.err
    assert list(tmp_path.glob("f.*")) == []


def test_without_a_font_a_picture_is_refused(forms: dict[str, Path]) -> None:
    with pytest.raises(WrongUsage) as refused:
        png.picture(forms["svg"].read_text("utf-8"), fonts=False)
    (one,) = refused.value.diagnostics
    assert one.code == "DG875" and "font" in one.message


def test_more_rows_than_a_sheet_holds_are_refused(deals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "ROWS", 3)
    made = forecast(deals, "--method", "commit", "--output", "xlsx", "--out", tmp_path / "f.xlsx")
    assert made.code == 2
    assert "DG905" in made.err
    assert list(tmp_path.glob("f.*")) == []


def test_a_cell_that_is_cut_is_told(deals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "CELL", 12)
    made = forecast(deals, "--method", "commit", "--output", "xlsx", "--out", tmp_path / "f.xlsx")
    assert made.code == 0
    assert "DG906" in made.err and "of Forecast" in made.err
    assert sheet(tmp_path / "f.xlsx", "Deals")["name"].drop_nulls().str.len_chars().max() == 12


@pytest.mark.slow
def test_names_are_never_markup_nor_formulas(deals: Path, tmp_path: Path, said: Any) -> None:
    ident = said["evidence"]["unproven"][0]["deal"]
    lines = [json.loads(line) for line in deals.read_text("utf-8").splitlines()]
    for line in lines:
        if line.get("id") == ident:
            line["name"] = '=HYPERLINK("x")<script>alert(1)</script>\x1b[31m'
    hostile = tmp_path / "company.jsonl"
    hostile.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    page = forecast(hostile, "--method", "commit", "--output", "html").out
    assert "<script" not in page and "&lt;script&gt;" in page and "\x1b" not in page
    forecast(hostile, "--method", "commit", "--output", "xlsx", "--out", tmp_path / "f.xlsx")
    for name, column in (("Deals", "name"), ("Called and proven", "Name")):
        cells = [cell for cell in sheet(tmp_path / "f.xlsx", name)[column] if cell and "HYPERLINK" in cell]
        assert cells and all(cell.startswith("'=") and "\x1b" not in cell for cell in cells), name


def test_what_is_below_nought_goes_the_other_way() -> None:
    one = Outlook("m", -40, pl.DataFrame({"expected": [100]}), new=-10)
    scale = Scale(-50, 100, 0.0, 150.0)
    bars = [dict(shape.attributes) for shape in _drawing._bars(one, scale, 0)]
    assert [(bar["class"].split()[0], float(bar["x"]), float(bar["width"])) for bar in bars] == [
        ("won", 10.0, 40.0), ("open", 50.0, 100.0), ("new", 0.0, 10.0),
    ]  # fmt: skip
