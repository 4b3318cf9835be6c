"""Large Parquet files in our own columns are looked at, and not read."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import dealgate
from dealgate.model.diagnostics import SourceFailed
from dealgate.sources import scan as scanning
from dealgate.sources.scan import scan

PROCESS = dealgate.load("practical").process
DEALS = pl.DataFrame({"id": ["a", "b"], "stage": ["close", "close"], "amount": [100, None]})


@pytest.fixture(autouse=True)
def two_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MANY", 2)


def test_a_file_gives_its_deals_and_how_many(tmp_path: Path) -> None:
    DEALS.write_parquet(tmp_path / "mine.parquet")
    found = scan(tmp_path / "mine.parquet", PROCESS)
    assert found is not None
    deals, children, count = found
    assert (deals.collect().height, children, count) == (2, {}, 2)


def test_a_folder_gives_children_too_whatever_their_link_is_called(tmp_path: Path) -> None:
    DEALS.write_parquet(tmp_path / "deals.parquet")
    pl.DataFrame({"deal": ["a"], "role": ["champion"]}).write_parquet(tmp_path / "contacts.parquet")
    found = scan(tmp_path, PROCESS)
    assert found is not None
    assert found[1]["contacts"].collect().columns == ["deal", "role"]


def test_small_files_strange_columns_and_other_formats_are_left_to_the_reader(tmp_path: Path) -> None:
    DEALS.head(1).write_parquet(tmp_path / "small.parquet")
    DEALS.rename({"stage": "StageName", "amount": "Amount"}).write_parquet(tmp_path / "strange.parquet")
    DEALS.write_csv(tmp_path / "deals.csv")
    for name in ("small.parquet", "strange.parquet", "deals.csv", "absent.parquet"):
        assert scan(tmp_path / name, PROCESS) is None


def test_a_damaged_file_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "mine.parquet").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(SourceFailed) as raised:
        scan(tmp_path / "mine.parquet", PROCESS)
    assert raised.value.diagnostics[0].code == "DG602"
