"""From a real export into the store and out again: the same history as without the store between."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import dealgate
from dealgate.compile.events import reduced
from dealgate.history import events_of, history_of
from dealgate.sources.open import open_source
from dealgate.store import Store

pytestmark = pytest.mark.slow

SEEN = datetime(2018, 1, 1, tzinfo=UTC)


def told_of(children: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {name: frame for name, frame in children.items() if name not in ("visits", "changes")}


@pytest.mark.parametrize(("folder", "name"), [("maven_crm_sales", "practical"), ("olist_marketing_funnel", "leads")])
def test_the_history_of_an_export_is_the_same_by_way_of_the_store(
    store: Store, shared_data: Path, folder: str, name: str
) -> None:
    process = dealgate.load(name).process
    frames = open_source(shared_data / folder, process=process).frames
    events, children = events_of(frames, process, SEEN), told_of(frames.children)
    first = store.ingest(folder, process, events, children, seen_at=SEEN, recorded_at=SEEN)
    assert first.deals == frames.deals.height
    again = store.ingest(folder, process, events, children, seen_at=SEEN, recorded_at=SEEN)
    assert (again.new_deals, again.new_events, again.new_children) == (0, 0, 0)
    plain = events.with_columns(backfilled=(pl.col("origin") != "seen") & pl.col("at").is_not_null())
    direct = history_of(plain, process, SEEN, children=children)
    kept = history_of(store.events(as_of=SEEN), process, SEEN, children=store.children(as_of=SEEN))
    for part in ("begun", "statuses", "visits"):
        one, two = getattr(direct, part), getattr(kept, part)
        rows = [column for column in one.columns if column != "turn"]
        assert_frame_equal(one.select(rows), two.select(rows), check_row_order=False)
    assert_frame_equal(direct.deals, kept.deals, check_row_order=False)
    asked = ["deal", "field", "value", "at", "by", "channel", "origin"]
    assert_frame_equal(reduced(events).select(asked), reduced(store.events()).select(asked), check_row_order=False)
