"""Deals that stream by are judged as those held in memory."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.support.frames import in_major_units

import dealgate
from dealgate.compile.frames import Frames, frames_of
from dealgate.decide.batch import Batch, check_frames
from dealgate.decide.playbook import Playbook
from dealgate.decide.stream import Scanned, apart, check_scanned
from dealgate.simulate import simulate

AS_OF = date(2026, 11, 23)


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return dealgate.load("practical")


@pytest.fixture(scope="module")
def frames(playbook: Playbook) -> Frames:
    company = simulate(seed=5, years=2, deals=320, as_of=AS_OF)
    return frames_of([playbook.deal(record) for record in company.deals], playbook.process)


@pytest.fixture(params=["apart", "inside"])
def scanned(request: pytest.FixtureRequest, playbook: Playbook, frames: Frames, tmp_path: Path) -> Scanned:
    """The deals as Parquet, their children in files of their own or as lists inside the deals."""
    catalogue = playbook.process.catalogue
    deals = in_major_units(frames.deals, catalogue.deal)
    children = {n: in_major_units(f, catalogue.collections[n].fields) for n, f in frames.children.items()}
    if request.param == "inside":
        for name, frame in children.items():
            fields = [column for column in frame.columns if column not in ("deal", "position")]
            listed = (
                frame.sort("deal", "position").group_by("deal", maintain_order=True).agg(pl.struct(fields).alias(name))
            )
            deals = deals.join(listed, left_on="id", right_on="deal", how="left", maintain_order="left")
            synced = pl.col(f"{name}.synced") if f"{name}.synced" in deals.columns else pl.lit(True)
            held = pl.when(synced).then(pl.col(name).fill_null(pl.lit([], deals.schema[name])))
            deals = deals.with_columns(held.alias(name)).drop(f"{name}.synced", strict=False)
        children = {}
    deals.write_parquet(tmp_path / "deals.parquet", row_group_size=50)
    for name, frame in children.items():
        frame.write_parquet(tmp_path / f"{name}.parquet")
    return Scanned(
        pl.scan_parquet(tmp_path / "deals.parquet"),
        {name: pl.scan_parquet(tmp_path / f"{name}.parquet") for name in children},
        deals.height,
    )


@pytest.fixture
def both(playbook: Playbook, frames: Frames, scanned: Scanned, tmp_path: Path) -> tuple[Batch, Batch]:
    told: list[object] = []
    streamed = check_scanned(playbook, scanned, AS_OF, tmp_path, told.append)
    assert not told
    return check_frames(playbook, frames, AS_OF), streamed


def test_the_report_is_the_same(both: tuple[Batch, Batch]) -> None:
    held, streamed = both
    assert streamed.summary == held.summary
    assert streamed.stages == held.stages
    assert streamed.namesakes == held.namesakes
    assert_frame_equal(streamed.table().collect(), held.table().collect())


def test_single_deals_are_told_the_same(both: tuple[Batch, Batch]) -> None:
    held, streamed = both
    told = [
        [(s.deal.id, s.state, [(v.criterion.id, v.reason) for v in s.verdicts]) for s in report.waiting(15)]
        for report in both
    ]
    assert told[0] == told[1]
    assert len(streamed.standings) == len(held.standings) == 320
    assert [s.deal.id for s in streamed.standings] == [s.deal.id for s in held.standings]
    assert streamed.standings[7].group == held.standings[7].group
    assert [s.deal.id for s in streamed.standings[3:5]] == [s.deal.id for s in held.standings[3:5]]


def test_lists_inside_deals_become_frames_of_their_own() -> None:
    deals = pl.DataFrame({"id": ["a", "b", "c"], "contacts": [[{"role": "x"}, {"role": "y"}], [], None]})
    found = apart(deals, {})
    assert found.deals.to_dicts() == [
        {"id": "a", "contacts.synced": True},
        {"id": "b", "contacts.synced": True},
        {"id": "c", "contacts.synced": False},
    ]
    assert found.children["contacts"].to_dicts() == [
        {"deal": "a", "role": "x", "position": 0},
        {"deal": "a", "role": "y", "position": 1},
    ]
