"""What is taken in, and what is read back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.store.conftest import exported
from tests.store.model import Pull, day, events, ingest, process, seen, told

from dealgate.compile.events import RECORD, SYNCED, reduced
from dealgate.compile.frames import MOMENT, UNFIT
from dealgate.model.diagnostics import WrongUsage
from dealgate.store import Ingested, Store


def values(store: Store, **asked: datetime | list[str]) -> list[tuple[str | None, int | None]]:
    found = store.events(**asked)  # type: ignore[arg-type]
    days = [None if at is None else (at - day(0)).days for at in found["at"]]
    return list(zip(found["value"].to_list(), days, strict=True))


def test_what_was_seen_is_kept_only_where_it_differs(store: Store) -> None:
    assert ingest(store, Pull(1, 1, (seen("d1", "amount", "5"),))).new_events == 1
    assert ingest(store, Pull(2, 2, (seen("d1", "amount", "5"),))) == Ingested(1, 0, 0, 0, 1)
    assert ingest(store, Pull(3, 3, (seen("d1", "amount", None),))).new_events == 1
    assert values(store) == [("5", 1), (None, 3)]


def test_what_was_told_up_to_then_is_not_seen_again(store: Store) -> None:
    ingest(store, Pull(5, 5, (told("d1", "stage", "a", 1), told("d1", "stage", "b", 3), seen("d1", "stage", "b"))))
    assert values(store) == [("a", 1), ("b", 3)]


def test_a_late_pull_does_not_take_back_what_a_later_one_saw(store: Store) -> None:
    ingest(store, Pull(1, 1, (seen("d1", "stage", "a"),)))
    ingest(store, Pull(3, 3, (seen("d1", "stage", "a"),)))
    assert ingest(store, Pull(2, 4, (seen("d1", "stage", "b"),))).new_events == 2
    assert values(store) == [("a", 1), ("b", 2), ("a", 3)]
    assert values(store, known_at=day(3)) == [("a", 1), ("a", 3)]


def test_a_change_that_is_told_late_does_not_hide_what_was_seen_after_it(store: Store) -> None:
    ingest(store, Pull(1, 1, (seen("d1", "stage", "a"),)))
    ingest(store, Pull(4, 4, (seen("d1", "stage", "a"),)))
    ingest(store, Pull(6, 6, (told("d1", "stage", "b", 2),)))
    assert values(store) == [("a", 1), ("b", 2), ("a", 4)]


def test_the_past_of_the_first_load_is_backfilled_and_that_of_later_ones_is_not(store: Store) -> None:
    ingest(
        store, Pull(5, 6, (told("d1", "stage", "a", 1), told("d1", "stage", "new", None), seen("d1", "amount", "1")))
    )
    ingest(store, Pull(8, 9, (told("d1", "stage", "b", 7), told("d2", "stage", "a", 2))))
    found = store.events().select("deal", "field", "value", "recorded_at", "backfilled").rows()
    assert found == [
        ("d1", "amount", "1", day(6), False),
        ("d1", "stage", "new", day(6), False),
        ("d1", "stage", "a", day(1), True),
        ("d1", "stage", "b", day(9), False),
        ("d2", "stage", "a", day(9), False),
    ]


def test_a_deal_that_is_not_in_a_later_pull_stays_until_an_event_says_it_is_gone(store: Store) -> None:
    ingest(store, Pull(1, 1, (seen("d1", RECORD, "there"), seen("d2", RECORD, "there"))))
    ingest(store, Pull(2, 2, (seen("d1", RECORD, "there"),)))
    assert store.events()["value"].to_list() == ["there", "there"]
    ingest(store, Pull(3, 3, (seen("d2", RECORD, "deleted"),)))
    assert store.events(as_of=day(2))["value"].to_list() == ["there", "there"]
    assert store.events()["value"].to_list() == ["there", "there", "deleted"]


def test_who_changed_what_through_what_comes_back(store: Store) -> None:
    ingest(store, Pull(5, 5, (told("d1", "stage", "a", 1, turn=3, by="Ann", channel="api"),)))
    (row,) = store.events().rows(named=True)
    assert row["by"] == "Ann"
    assert row["channel"] == "api"
    assert row["turn"] == 3
    assert row["origin"] == "told"


@pytest.mark.parametrize("text", ["", " ", 'a "b",\n\\.', "\\N", "Zoë 🙂", "NULL", "null", "a\0b", "[1]"])
def test_texts_come_back_as_they_were(store: Store, text: str) -> None:
    ingest(
        store, Pull(5, 5, (seen("d1", "name", text), seen("d1", "owner.name", text), told("d1", "x", text, 1, by=text)))
    )
    told_back = text.replace("\0", "\ufffd")
    found = store.events()
    assert found["value"].to_list() == [told_back] * 3
    assert found.filter(pl.col("field") == "x")["by"].to_list() == [told_back]


def test_events_are_of_the_fields_and_the_moment_asked(store: Store) -> None:
    ingest(
        store, Pull(5, 5, (told("d1", "stage", "a", 1), told("d1", "stage", "b", 3), told("d1", "amount", "1", None)))
    )
    assert values(store, fields=["stage"]) == [("a", 1), ("b", 3)]
    assert values(store, as_of=day(2)) == [("1", None), ("a", 1)]
    assert values(store, as_of=day(3) - timedelta(microseconds=1), fields=["stage"]) == [("a", 1)]
    assert values(store, fields=[]) == []


def test_ids_that_stand_for_several_deals_are_not_mixed(store: Store) -> None:
    ingest(store, Pull(1, 1, (seen("d1", "stage", "a"),)))
    ingest(store, Pull(1, 1, (seen("d1", "stage", "b"),), source="other"))
    with pytest.raises(WrongUsage, match="DG946"):
        store.events()
    with pytest.raises(WrongUsage, match="DG946"):
        store.children()
    assert store.events(source="other")["value"].to_list() == ["b"]
    assert store.events(source="nobody").height == 0


def test_the_same_file_read_again_later_leaves_no_trace(store: Store, tmp_path: Path) -> None:
    rows = (told("d1", "stage", "a", 1, by="Ann"), seen("d1", "owner.name", "Bo"))
    contacts = {"d1": [{"name": "Cy", "engaged": True}]}
    ingest(store, Pull(2, 5, rows, contacts))
    before, files = store.stats(), exported(store, tmp_path / "before")
    done = ingest(store, Pull(2, 7, rows, contacts))
    assert (done.new_events, done.new_children, done.unchanged) == (0, 0, 3)
    assert store.stats() == before
    ingest(store, Pull(2, 4, rows, contacts))  # known earlier still
    ingest(store, Pull(2, 4, rows, contacts))
    earlier = store.stats()
    assert earlier["pulls"] == 2
    assert store.events()["recorded_at"].to_list() == [day(4), day(1)]
    assert exported(store, tmp_path / "after").keys() == files.keys()
    assert ingest(store, Pull(2, 9, (*rows, seen("d1", "amount", "1")), contacts)).new_events == 1


def test_a_moment_needs_its_zone(store: Store) -> None:
    naive = datetime(2024, 1, 1)
    with pytest.raises(ValueError, match="zone"):
        store.ingest("crm", process(), events([]), {}, seen_at=naive, recorded_at=naive)


# ---------------------------------------------------------------- child records


def contacts(store: Store, **asked: datetime) -> list[tuple[str, int, str | None]]:
    return store.children(**asked)["contacts"].select("deal", "position", "name").rows()


def test_child_records_are_those_of_the_moment(store: Store) -> None:
    ann, bo = {"name": "Ann", "engaged": True}, {"name": "Bo", "engaged": None}
    ingest(store, Pull(1, 1, (seen("d1", "x", "1"), seen("d2", "x", "1")), {"d1": [ann, bo], "d2": [ann]}))
    assert ingest(store, Pull(2, 2, (seen("d1", "x", "1"), seen("d2", "x", "1")), {"d1": [bo]})).new_children == 3
    assert contacts(store) == [("d1", 0, "Bo")]
    assert contacts(store, as_of=day(1)) == [("d1", 0, "Ann"), ("d1", 1, "Bo"), ("d2", 0, "Ann")]
    assert contacts(store, known_at=day(1)) == [("d1", 0, "Ann"), ("d1", 1, "Bo"), ("d2", 0, "Ann")]


def test_a_collection_that_was_not_read_stays_as_it_was(store: Store) -> None:
    ann = {"name": "Ann", "engaged": True}
    ingest(store, Pull(1, 1, (), {"d1": [ann], "d2": [ann]}))
    ingest(store, Pull(2, 2, (seen("d1", "x", "1"),), None))
    marked = (seen("d1", "@contacts", SYNCED), seen("d2", "@contacts", None))
    ingest(store, Pull(3, 3, marked, {}))
    assert contacts(store) == [("d2", 0, "Ann")]


def test_every_type_of_a_child_record_comes_back(store: Store) -> None:
    moment = datetime(2024, 3, 1, 12, 30, 1, 5, tzinfo=UTC)
    frame = pl.DataFrame(
        {
            "deal": ["d1", "d1"],
            "position": [0, 1],
            "text": ['a "b"', None],
            "number": pl.Series([Decimal("2.50"), Decimal("100.00")], dtype=pl.Decimal(38, 2)),
            "whole": [2**60, None],
            "day": [date(2024, 1, 2), None],
            "moment": pl.Series([moment, None], dtype=MOMENT),
            "span": pl.Series([timedelta(days=2), None], dtype=pl.Duration("us")),
            "yes": [True, None],
            "choice": pl.Series(["a", "b"], dtype=pl.Enum(["a", "b"])),
            "many": pl.Series([["x", "y"], None], dtype=pl.List(pl.String)),
            "text.unfit": pl.Series([None, {"raw": "?", "why": "no"}], dtype=UNFIT),
        }
    )
    store.ingest("crm", process(), events([]), {"things": frame}, seen_at=day(1), recorded_at=day(1))
    assert_frame_equal(store.children()["things"], frame, check_column_order=False)


def test_amounts_of_child_records_are_whole_and_carry_their_currency(store: Store) -> None:
    frame = pl.DataFrame({"deal": ["d1", "d1"], "position": [0, 1], "amount": [10**15 + 1, None]})
    known = process().replace(currency="EUR")
    for number in (1, 2):
        done = store.ingest(
            "crm", known, events([]), {"line_items": frame}, seen_at=day(number), recorded_at=day(number)
        )
        assert done.new_children == (2 if number == 1 else 0)
        frame = frame.with_columns(pl.Series("amount.currency", ["EUR", None], pl.String))
    found = store.children()["line_items"]
    assert found["amount"].to_list() == [10**15 + 1, None]
    assert found["amount.currency"].to_list() == ["EUR", None]


def test_finer_decimals_and_new_choices_keep_the_old_ones(store: Store) -> None:
    def frame(number: str, choice: str, deal: str) -> pl.DataFrame:
        exact = pl.Series("number", [Decimal(number)], dtype=pl.Decimal(38, len(number.partition(".")[2])))
        return pl.DataFrame(
            {"deal": [deal], "position": [0], "c": pl.Series([choice], dtype=pl.Enum([choice]))}
        ).with_columns(exact)

    for place, (number, choice) in enumerate((("2.5", "old"), ("2.125", "new"))):
        given = {"things": frame(number, choice, f"d{place}")}
        store.ingest("crm", process(), events([]), given, seen_at=day(place), recorded_at=day(place))
    found = store.children()["things"]
    assert found["number"].to_list() == [Decimal("2.500"), Decimal("2.125")]
    assert found["c"].to_list() == ["old", "new"]


# ---------------------------------------------------------------- around it


def test_an_export_is_lines_of_json_in_order(store: Store, tmp_path: Path) -> None:
    pull = Pull(
        1,
        2,
        (seen("d2", "owner.name", "Ann"), seen("d1", "amount", "5")),
        {"d1": [{"name": "Cy", "engaged": True}]},
        playbook=("sha256:1", "{}"),
    )
    ingest(store, pull)
    files = exported(store, tmp_path / "out")
    names = ("calls", "children", "commitments", "deals", "events", "frozen", "overrides", "playbooks", "pulls")
    assert sorted(files) == [f"{name}.jsonl" for name in names]
    rows = [json.loads(line) for line in files["events.jsonl"].splitlines()]
    assert [(row["id"], row["value"], row["at"]) for row in rows] == [
        ("d1", "5", "2024-01-02T00:00:00.000000Z"),
        ("d2", "Ann", "2024-01-02T00:00:00.000000Z"),
    ]
    (child,) = [json.loads(line) for line in files["children.jsonl"].splitlines()]
    assert json.loads(child["content"]) == {"engaged:boolean": True, "name:person": "Cy"}
    assert json.loads(files["playbooks.jsonl"]) == {"digest": "sha256:1", "canonical": "{}"}


def test_the_numbers_of_a_store_are_told(store: Store) -> None:
    ingest(store, Pull(1, 1, (seen("d1", "owner.name", "Ann"), seen("d2", "owner.name", "Ann"))))
    told_of = store.stats()
    assert (told_of["deals"], told_of["events"], told_of["persons"], told_of["pulls"], told_of["audit"]) == (
        2,
        2,
        1,
        1,
        1,
    )
    store.vacuum()
    assert store.stats() == told_of


def test_what_is_read_is_reduced_to_itself_where_pulls_come_in_their_order(store: Store) -> None:
    for number in range(1, 4):
        ingest(store, Pull(number, number, (seen("d1", "x", str(number // 2)), seen("d2", "x", "1"))))
    assert_frame_equal(reduced(store.events()), store.events())
