"""Whichever engine judges a file, `check` says the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tests.support.frames import in_major_units

import dealgate as product
from dealgate.compile.frames import frames_of
from dealgate.model.fields import Field
from dealgate.simulate import simulate
from dealgate.sources import scan

from .running import AS_OF, TODAY, dealgate

OUTPUTS = ("table", "json", "jsonl", "csv", "html")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("company") / "company.jsonl"
    assert dealgate("demo", *AS_OF, "--deals", 120, "--save", path).code == 0
    return path


@pytest.mark.parametrize("output", OUTPUTS)
def test_columns_say_what_single_deals_say(company: Path, output: str) -> None:
    ran = [dealgate("check", company, *AS_OF, "--output", output, "--engine", e) for e in ("python", "polars")]
    assert ran[0].code == ran[1].code == 0
    assert ran[0].out == ran[1].out


def test_the_engine_follows_from_the_number_of_deals(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dealgate.cli import engines
    from dealgate.cli.engines import polars, python

    used: list[str] = []
    for name, engine in (("python", python), ("polars", polars)):
        plain = engine.check
        monkeypatch.setattr(engine, "check", lambda asked, name=name, plain=plain: (used.append(name), plain(asked))[1])
    assert dealgate("check", company, *AS_OF).code == 0
    monkeypatch.setattr(engines, "FEW", 10_000)
    assert dealgate("check", company, *AS_OF).code == 0
    assert used == ["python", "python"] or used == ["polars", "python"]


def as_exported(frame: pl.DataFrame, fields: Mapping[str, Field]) -> pl.DataFrame:
    """What a person's file has: no word on what did not fit, and amounts as people write them."""
    said = [name for name in frame.columns if not name.endswith((".unfit", ".synced")) and name != "position"]
    return in_major_units(frame.select(said), fields)


def test_a_file_too_large_to_be_held_is_judged_as_it_streams_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    playbook = product.load("practical")
    deals = [playbook.deal(r) for r in simulate(seed=3, years=1, deals=150, as_of=date.fromisoformat(TODAY)).deals]
    frames = frames_of(deals, playbook.process)
    catalogue = playbook.process.catalogue
    as_exported(frames.deals, catalogue.deal).write_parquet(tmp_path / "deals.parquet")
    for name, child in frames.children.items():
        as_exported(child, catalogue.collections[name].fields).write_parquet(tmp_path / f"{name}.parquet")
    held = dealgate("check", tmp_path, *AS_OF, "--output", "json", "--engine", "python")
    monkeypatch.setattr(scan, "MANY", 100)
    streamed = dealgate("check", tmp_path, *AS_OF, "--output", "json")
    assert held.code == streamed.code == 0, (held.err, streamed.err)
    assert json.loads(streamed.out)["summary"] == json.loads(held.out)["summary"]
    assert json.loads(streamed.out) == json.loads(held.out)
    out = tmp_path / "out" / "verdicts.parquet"
    out.parent.mkdir()
    assert dealgate("check", tmp_path, *AS_OF, "--output", "parquet", "--out", out).code == 0
    table = pl.read_parquet(out)
    assert table.height == 150
    assert set(table["state"].drop_nulls()) <= {"ready", "blocked", "unknown"}
