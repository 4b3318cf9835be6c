"""The backtest as CSV, JSON and a page, and its table in a wider terminal: each says the same."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable
from datetime import date
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from dealgate.cli import backtesting, forecasting
from dealgate.forecast.methods import Asked, methods

from .running import AS_OF, CHECKOUT, dealgate

METHODS = ("commit", "stage-weighted", "historical", "evidence", "monte-carlo", "run-rate")
SVG = "{http://www.w3.org/2000/svg}"
Rendered = Callable[[str], str]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """The same backtest, in a form."""
    deals = tmp_path_factory.mktemp("company") / "company.jsonl"
    assert dealgate("demo", "--deals", "600", *AS_OF, "--save", deals).code == 0
    past, snapshot, _ = forecasting.snapshot_of(deals, None, None, date.fromisoformat(AS_OF[1]), None, "all", "amount")
    made = backtesting.tested(snapshot, "quarter", 7, ["day1", "-14d"], METHODS, Asked(quarters=500))
    return lambda form: str(import_module(f"dealgate.cli.render.backtest.{form}").render(made, past, snapshot))


@pytest.fixture(scope="module")
def forms(rendered: Rendered) -> dict[str, str]:
    return {form: rendered(form) for form in ("json", "csv", "html", "table")}


@pytest.fixture(scope="module")
def said(forms: dict[str, str]) -> Any:
    found = json.loads(forms["json"])
    schema = json.loads((CHECKOUT / "schemas/output/backtest.schema.json").read_text("utf-8"))
    jsonschema.validate(found, schema, jsonschema.Draft202012Validator)
    return found


def test_a_row_of_the_csv_is_a_forecast_and_what_came(forms: dict[str, str], said: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(forms["csv"])))
    names = {"came": "actual"}
    kept = [name for name in rows[0] if name != "unit"]
    want = [{name: one[names.get(name, name)] or "" for name in kept} for one in said["forecasts"]]
    assert [{name: row[name] for name in kept} for row in rows] == want
    assert {row["unit"] for row in rows} == {"USD"}
    assert any(row["reason"] for row in rows) and any(row["p10"] for row in rows)


def test_the_groups_of_each_method_hold_its_brier_score_and_its_deals(said: Any) -> None:
    told = [one for one in said["scores"] if one["reliability"]]
    assert {one["method"] for one in told} >= {"stage-weighted", "historical", "evidence"}
    for one in told:
        groups = one["reliability"]
        assert 1 <= len(groups) <= 10
        assert all(a["to"] < b["from"] for a, b in pairwise(groups))
        assert all(each["low"] <= each["share"] <= each["high"] for each in groups)
        assert all(each["from"] <= each["chance"] <= each["to"] for each in groups)
        assert one["log_loss"] > 0
        n, came = sum(each["n"] for each in groups), sum(each["came"] for each in groups)
        rate = came / n
        assert one["skill"] == pytest.approx(1 - one["brier"] / (rate * (1 - rate)))
    silent = [one for one in said["scores"] if one["brier"] is None]
    assert {one["method"] for one in silent} == {"naive", "run-rate"}
    assert all((one["log_loss"], one["skill"], one["reliability"]) == (None, None, []) for one in silent)


def drawings(page: str, kind: str) -> list[ElementTree.Element]:
    found = [ElementTree.fromstring(one) for one in re.findall("<svg .*?</svg>", page, re.DOTALL)]  # noqa: S314
    return [one for one in found if re.fullmatch(f"{kind}-[0-9]+-wide-t", one.get("aria-labelledby", ""))]


def marks(root: ElementTree.Element, tag: str, look: str) -> list[dict[str, float]]:
    """Their numbers."""
    found = [one.attrib for one in root.iter(SVG + tag) if look in one.get("class", "").split()]
    return [{name: float(value) for name, value in one.items() if name not in ("class", "d")} for one in found]


def words_of(root: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in root.iter(SVG + "text")]


def named(title: str) -> str:
    return next(one.id for one in methods().values() if one.title.lower() == title.lower())


def test_bars_dots_and_ranges_stand_on_one_scale(forms: dict[str, str], said: Any) -> None:
    held = drawings(forms["html"], "periods")
    assert len(held) == len(said["verdicts"]) == 2
    for root, (at, verdict) in zip(held, said["verdicts"].items(), strict=True):
        mine = [one for one in said["forecasts"] if one["at"] == at]
        came = [float(one["actual"]) for one in mine if one["method"] == "naive"]
        bars = marks(root, "rect", "came")[1:]
        assert len(bars) == len(came) == 7
        foot = bars[0]["y"] + bars[0]["height"]
        unit = max(bar["height"] for bar in bars) / max(came)

        def ups(method: str, key: str, unit: float = unit, foot: float = foot, mine: Any = mine) -> list[Any]:
            told = [float(one[key]) for one in mine if one["method"] == method and one[key]]
            return [pytest.approx(foot - value * unit, abs=0.4) for value in told]

        assert [bar["height"] for bar in bars] == [pytest.approx(value * unit, abs=0.2) for value in came]
        _, title, around, _ = words_of(root)[:4]
        assert title.lower() in verdict
        assert [dot["cy"] for dot in marks(root, "circle", "dot")[1:]] == ups(named(title), "forecast")
        assert [ring["cy"] for ring in marks(root, "circle", "open")[1:]] == ups("naive", "forecast")
        ranged = named(around.partition(", ")[2] or title)
        upright = [line for line in marks(root, "line", "range") if line["x1"] == line["x2"]][1:]
        assert upright
        assert [line["y1"] for line in upright] == ups(ranged, "p90")
        assert [line["y2"] for line in upright] == ups(ranged, "p10")


def test_a_point_of_the_curve_lies_where_its_chance_and_its_share_are(forms: dict[str, str], said: Any) -> None:
    held = drawings(forms["html"], "chances")
    assert len(held) == 2
    for root, at in zip(held, said["verdicts"], strict=True):
        title = re.search("chances of (.*) and how", root.findtext(f"{SVG}title") or "")
        assert title
        (groups,) = [
            one["reliability"] for one in said["scores"] if (one["at"], one["method"]) == (at, named(title[1]))
        ]
        (even,) = marks(root, "line", "even")
        side = even["x2"] - even["x1"]
        assert side == pytest.approx(even["y1"] - even["y2"], abs=0.2), "a chance is as long as a share"
        upright = [line for look in ("range", "miss") for line in marks(root, "line", look)]
        upright = [line for line in upright if line["x1"] == line["x2"]][1:]
        upright.sort(key=lambda line: line["x1"])
        top = math.ceil(10 * max(max(one["high"], one["chance"]) for one in groups)) / 10
        for one, line in zip(groups, upright, strict=True):
            assert line["x1"] == pytest.approx(even["x1"] + one["chance"] / top * side, abs=0.3)
            assert line["y1"] == pytest.approx(even["y1"] - one["high"] / top * side, abs=0.3)
            assert line["y2"] == pytest.approx(even["y1"] - one["low"] / top * side, abs=0.3)
        missed = [one for one in groups if not one["low"] <= one["chance"] <= one["high"]]
        diamonds = [one for one in root.iter(SVG + "path") if one.get("class") == "off"]
        assert len(diamonds) == len(missed) + bool(missed), "one of them is the legend's"
        dots = marks(root, "circle", "dot")[1:]
        shares = [one["share"] for one in groups if one not in missed]
        assert [dot["cy"] for dot in dots] == [pytest.approx(even["y1"] - p / top * side, abs=0.3) for p in shares]


def test_the_page_stands_by_itself_and_says_what_the_terminal_says(forms: dict[str, str], said: Any) -> None:
    page = forms["html"]
    assert not re.search(r"<(script|link|img|iframe)\b|\b(src|href|srcset)=|url\(|@import", page)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    heads = re.findall(r"<th\b[^>]*>", page)
    assert heads and all('scope="' in one for one in heads)
    terminal = " ".join(forms["table"].split())
    for sentence in [*said["verdicts"].values(), *re.findall(r"The chances of .*? deals\.", terminal)]:
        assert sentence in terminal
        assert sentence.replace("'", "&#39;") in page


def test_the_log_loss_stands_where_there_is_room_for_it_and_nothing_is_cut(
    rendered: Rendered, monkeypatch: pytest.MonkeyPatch
) -> None:
    for columns, told in (("80", False), ("100", True)):
        monkeypatch.setenv("COLUMNS", columns)
        text = rendered("table")
        assert ("Log loss" in text) is told
        assert "Pinball" in text and "…" not in text


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    deals, out = tmp_path / "company.jsonl", tmp_path / "backtest.html"
    assert dealgate("demo", "--deals", "60", *AS_OF, "--save", deals).code == 0
    words = ("--periods", "1", "--at", "mid", "--method", "commit", "--output", "html", "--out", out)
    made = dealgate("forecast", "backtest", deals, *AS_OF, *words)
    assert made.code == 0, made.err
    page = out.read_text("utf-8")
    assert page.startswith("<!doctype html>") and "Too little history to say" in page
