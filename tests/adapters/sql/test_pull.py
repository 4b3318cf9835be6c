"""Pulling from real databases: nothing lost, nothing doubled, whatever happens in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
import sqlalchemy as sa

from dealgate.model.values import Money
from dealgate.ports import Cursor, Reference
from dealgate.sync.mirror import Mirror
from dealgate.sync.pull import pull
from dealgate_adapters.sql import SqlAdapter

from .base import OURS, STAGES, START, Database, House, at, filled, history, opened, opportunity, read

FIVETRAN = "fivetran-salesforce"


def test_three_hundred_deals_arrive_as_they_are_with_their_history(db: Database, home: House) -> None:
    filled(db)
    run, taken = home.sync(opened(db.url, shape=FIVETRAN), limit=40)
    assert (taken.deals, taken.new_deals, taken.set_aside) == (300, 300, 0)
    assert {one.stream: one.read for one in run.streams} == {
        "users": 1, "accounts": 7, "contacts": 1, "deals": 300, "stage_changes": 900, "deal_contacts": 1,
        "activities": 3,
    }  # fmt: skip
    assert {one.stream: one.pages for one in run.streams}["deals"] == 8
    assert [d for d in taken.diagnostics if d.severity.word != "info"] == []
    assert home.now("stage", "amount", "account.name", "owner.name") == {
        f"006{n:05}": (OURS[n % 5], (1000 + n) * 100 + 25, f"Account {n % 7}", "Ada Okafor") for n in range(300)
    }
    events = home.store.events()
    told = events.filter((events["deal"] == "00600004") & (events["field"] == "stage"))
    assert told["value"].to_list() == list(OURS)
    assert told["at"].to_list() == [START - timedelta(days=8 - k) for k in range(5)]
    children = home.store.children()
    assert children["contacts"].select("deal", "name", "role").rows() == [("00600001", "Ben Lund", "economic_buyer")]
    kinds = {(row["deal"], row["type"], row.get("held")) for row in children["activities"].iter_rows(named=True)}
    assert kinds == {("00600001", "call", False), ("00600002", "meeting", None)}, (
        "the task of an account is no deal's, and one that is open has not been done"
    )


def test_an_incremental_pull_takes_the_changed_deals_alone(db: Database, home: House) -> None:
    filled(db, 60)
    adapter = opened(db.url, shape=FIVETRAN)
    home.sync(adapter)
    db.synced()
    db.put("opportunity", [opportunity(db, 5, STAGES[3], amount=Decimal("9.99"))])
    db.put("opportunity_history", [history(db, 5, 9, STAGES[3], START)])
    run, taken = home.sync(adapter)
    assert (taken.deals, taken.new_deals) == (1, 0)
    assert sum(one.new + one.changed for one in run.streams) == 2
    assert not any(one.full for one in run.streams)
    assert home.now("stage", "amount")["00600005"] == ("proposal", 999)


def test_a_row_that_the_loader_brings_late_is_found_though_the_last_pull_was_after_its_moment(
    db: Database, home: House
) -> None:
    filled(db, 10)
    adapter = opened(db.url, shape=FIVETRAN)
    run, _ = home.sync(adapter)
    assert run.watermark is not None and run.watermark > START + timedelta(days=1), "the server's clock is today's"
    late = db.moment(START - timedelta(minutes=50))
    db.put("opportunity", [opportunity(db, 77, "Qualification", _fivetran_synced=late)])
    _, taken = home.sync(adapter)
    assert taken.new_deals == 1


def test_records_of_one_moment_at_the_edge_of_a_page_are_all_read(db: Database, home: House) -> None:
    filled(db, 0)
    db.put("opportunity", [opportunity(db, n) for n in range(25)])
    for limit in (1, 4, 25, 26):
        records, _ = read(opened(db.url, shape=FIVETRAN), "deals", limit)
        assert [record.id for record in records] == [f"006{n:05}" for n in range(25)]


def test_a_row_edited_between_pages_comes_again_and_the_last_state_stays(db: Database, home: House) -> None:
    filled(db, 30)
    adapter = opened(db.url, shape=FIVETRAN)
    asked, pages = adapter.pull, []

    def meanwhile(stream: str, cursor: Cursor | None, limit: int):  # type: ignore[no-untyped-def]
        page = asked(stream, cursor, limit)
        if stream == "deals" and not pages:
            pages.append(page)
            db.synced()
            db.put("opportunity", [opportunity(db, 1, STAGES[4]), opportunity(db, 29, STAGES[0])])
            db.put("opportunity", [opportunity(db, 900, STAGES[2])])
        return page

    adapter.pull = meanwhile  # type: ignore[method-assign]
    home.sync(adapter, limit=5)
    held = home.now("stage")
    assert len(held) == 31
    assert [held[f"006{n:05}"] for n in (1, 29, 900)] == [("close",), ("prospecting",), ("needs-assessment",)]


@pytest.mark.parametrize("flag", ["is_deleted", "_fivetran_deleted"])
def test_a_deal_that_is_flagged_as_deleted_is_gone(db: Database, home: House, flag: str) -> None:
    filled(db, 5)
    if flag == "_fivetran_deleted":
        db.run("ALTER TABLE opportunity ADD COLUMN _fivetran_deleted BOOLEAN")
    adapter = opened(db.url, shape=FIVETRAN)
    home.sync(adapter)
    db.synced()
    db.put("opportunity", [opportunity(db, 3)])
    true, moment = ("1", db.now.isoformat(" ")) if db.sqlite else ("true", db.now.isoformat())
    db.run(f"UPDATE opportunity SET {flag} = {true}, _fivetran_synced = '{moment}' WHERE id = '00600003'")
    _, taken = home.sync(adapter)
    assert taken.gone == 1
    assert sorted(home.now("stage")) == ["00600000", "00600001", "00600002", "00600004"]
    assert adapter.fetch([Reference("deals", "00600003")]) == []
    assert [record.id for record in adapter.fetch([Reference("deals", "00600004")])] == ["00600004"]


def test_a_row_that_was_taken_out_of_the_table_is_found_by_a_full_pull(db: Database, home: House) -> None:
    filled(db, 5)
    adapter = opened(db.url, shape=FIVETRAN)
    home.sync(adapter)
    db.run("DELETE FROM opportunity WHERE id = '00600003'")
    home.sync(adapter)
    assert "00600003" in home.now("stage"), "an incremental pull cannot know"
    home.sync(adapter, full=True)
    assert "00600003" not in home.now("stage")


def test_a_table_without_a_moment_is_read_whole_each_time_and_the_others_are_not(db: Database, home: House) -> None:
    filled(db, 12)
    db.run("ALTER TABLE account DROP COLUMN _fivetran_synced")
    adapter = opened(db.url, shape=FIVETRAN)
    able = adapter.capabilities()
    assert (able.cursor, able.whole) == ("keyset", ("accounts",))
    home.sync(adapter)
    db.run("UPDATE account SET name = 'Renamed' WHERE id = '0011'", "DELETE FROM account WHERE id = '0012'")
    run, taken = home.sync(adapter, limit=2)
    full = {one.stream: one.full for one in run.streams}
    assert (full["accounts"], full["deals"]) == (True, False)
    assert {one.stream: one.gone for one in run.streams}["accounts"] == 1
    assert taken.deals == 4, "the two deals of each of the two accounts"
    assert home.now("account.name")["00600001"] == ("Renamed",)


def test_where_no_table_says_when_a_row_changed_all_is_read_each_time(db: Database) -> None:
    db.table("deals", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
    db.put("deals", [{"id": n, "name": f"Deal {n}"} for n in range(1, 12)])
    adapter = opened(db.url)
    able = adapter.capabilities()
    assert (able.cursor, able.whole, able.deletes, able.history) == ("full", ("deals",), "none", "inferred")
    records, end = read(adapter, "deals", 4)
    assert [record.id for record in records] == [str(n) for n in range(1, 12)], "numbers sort as numbers"
    assert len(read(adapter, "deals", 4, end)[0]) == 11


def test_rows_without_a_moment_come_first_and_with_every_pull(db: Database) -> None:
    filled(db, 6)
    db.put("opportunity", [opportunity(db, n, _fivetran_synced=None) for n in (50, 51, 52)])
    adapter = opened(db.url, shape=FIVETRAN)
    first, end = read(adapter, "deals", 2)
    assert [record.id[-2:] for record in first] == ["50", "51", "52", "00", "01", "02", "03", "04", "05"]
    assert [record.modified is None for record in first] == [True] * 3 + [False] * 6
    again, _ = read(adapter, "deals", 2, end)
    assert [record.id[-2:] for record in again][:3] == ["50", "51", "52"]


def test_a_pull_that_dies_goes_on_where_it_stood(db: Database, home: House) -> None:
    filled(db, 40)
    adapter = opened(db.url, shape=FIVETRAN)
    asked, calls = adapter.pull, []

    def dies(stream: str, cursor: Cursor | None, limit: int):  # type: ignore[no-untyped-def]
        calls.append(stream)
        if calls.count("deals") == 4:
            raise KeyboardInterrupt
        return asked(stream, cursor, limit)

    adapter.pull = dies  # type: ignore[method-assign]
    mirror = Mirror(home.folder / "mirror.db")
    with pytest.raises(KeyboardInterrupt):
        pull(adapter, mirror, limit=5)
    mirror.close()
    run, taken = home.sync(opened(db.url, shape=FIVETRAN), limit=5)
    assert {one.stream: one.read for one in run.streams}["deals"] == 25
    assert taken.deals == 40


def test_a_page_says_how_many_there_are_and_holds_no_more_than_it_was_asked_for(db: Database) -> None:
    filled(db, 9)
    adapter = opened(db.url, shape=FIVETRAN)
    page = adapter.pull("deals", None, 4)
    assert (len(page.records), page.total, page.more) == (4, 9, True)
    assert adapter.pull("activities", None, 4).total == 3


def test_the_watermark_is_the_server_s_clock_when_the_stream_was_begun(db: Database) -> None:
    filled(db, 9)
    adapter = opened(db.url, shape=FIVETRAN)
    page = adapter.pull("deals", None, 4)
    assert page.watermark.utcoffset() == timedelta(0)
    assert abs(page.watermark - datetime.now(UTC)) < timedelta(minutes=5)
    assert adapter.pull("deals", page.next, 4).watermark == page.watermark


def test_since_reads_what_was_synced_from_that_moment_on(db: Database) -> None:
    filled(db, 40)
    since = START + timedelta(seconds=2)
    records, _ = read(opened(db.url, shape=FIVETRAN), "deals", 7, Cursor(since))
    assert [record.id for record in records] == [f"006{n:05}" for n in range(20, 40)]


def test_the_order_of_a_stream_is_that_of_its_moments(db: Database) -> None:
    filled(db, 33)
    records, _ = read(opened(db.url, shape=FIVETRAN), "deals", 4)
    assert all((a.modified, a.id) < (b.modified, b.id) for a, b in pairwise(records))


def test_money_keeps_every_digit(db: Database, home: House) -> None:
    filled(db, 1)
    exact = "12345678901234.07" if db.sqlite else "98765432109876543.21"
    db.put("opportunity", [opportunity(db, 1)])
    if not db.sqlite:
        db.run("ALTER TABLE opportunity ALTER COLUMN amount TYPE NUMERIC(30, 2)")
    db.run(f"UPDATE opportunity SET amount = {exact} WHERE id = '00600001'")
    (record,) = opened(db.url, shape=FIVETRAN).fetch([Reference("deals", "00600001")])
    assert record.data["amount"] == exact
    if db.sqlite:
        home.sync(opened(db.url, shape=FIVETRAN))
        assert home.now("amount")["00600001"] == (Money(1234567890123407, "USD").minor,)


def test_what_is_binary_is_left_out_and_said(db: Database) -> None:
    filled(db, 1)
    adapter = opened(db.url, shape=FIVETRAN)
    assert "logo" not in adapter.pull("deals", None, 9).records[0].data
    found = adapter.describe()
    logo = next(field for field in found.fields if field.id == "logo")
    assert logo.type.endswith("(binary: left out)")
    assert not any(field.writable for field in found.fields)
    stages = found.pipelines[0].stages
    assert [stage.id for stage in stages] == [*STAGES, "Closed Won", "Closed Lost"]
    assert [(stage.won, stage.lost) for stage in stages][-2:] == [(True, False), (False, True)]
    assert stages[1].probability in ("10", "10.00")


def test_an_empty_table_ends_at_once_and_what_comes_later_is_found(db: Database) -> None:
    filled(db, 0)
    adapter = opened(db.url, shape=FIVETRAN)
    records, end = read(adapter, "deals")
    assert records == []
    db.put("opportunity", [opportunity(db, 4)])
    assert [record.id for record in read(adapter, "deals", 3, end)[0]] == ["00600004"]


def test_a_view_is_read_as_a_table_is(db: Database) -> None:
    filled(db, 4)
    db.run("CREATE VIEW ours AS SELECT * FROM opportunity WHERE id < '00600002'")
    adapter = opened(db.url, shape=FIVETRAN, deals_table="ours")
    records, _ = read(adapter, "deals")
    assert [(record.table, record.id) for record in records] == [
        ("opportunity", "00600000"),
        ("opportunity", "00600001"),
    ]


def plain(db: Database, name: str = "deals", zone: bool = True, **columns: str) -> None:
    """A table of one's own with an id and a moment."""
    kind = at() if zone else sa.DateTime().with_variant(sa.Text(), "sqlite")
    db.table(name, sa.Column(columns.get("id", "id"), sa.Text, primary_key=True), sa.Column("updated_at", kind))


def test_a_moment_without_a_zone_is_of_the_zone_that_the_source_names(db: Database) -> None:
    plain(db, zone=False)
    wall = datetime(2026, 7, 1, 12, 0)
    db.put("deals", [{"id": "a", "updated_at": str(wall) if db.sqlite else wall}])
    (record,), _ = read(opened(db.url, time_zone="Europe/Berlin"), "deals")
    assert record.modified == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
    assert opened(db.url).pull("deals", None, 1).records[0].modified == datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    if not db.sqlite:
        assert record.data["updated_at"] == "2026-07-01T10:00:00+00:00"


def test_in_the_hour_that_the_clocks_go_back_nothing_is_lost(db: Database) -> None:
    plain(db, zone=False)
    walls = {"before": datetime(2026, 10, 25, 2, 50), "after": datetime(2026, 10, 25, 2, 10)}  # the second 2:10
    db.put("deals", [{"id": name, "updated_at": str(wall) if db.sqlite else wall} for name, wall in walls.items()])
    start = Cursor(datetime(2026, 10, 25, 0, 45, tzinfo=UTC))  # 2:45 before the clocks go back
    found, _ = read(opened(db.url, time_zone="Europe/Berlin"), "deals", 5, start)
    assert {record.id for record in found} == {"before", "after"}


def test_moments_in_sqlite_may_be_written_in_several_ways(lite: Database) -> None:
    plain(lite)
    texts = ["2026-11-01T08:00:03Z", "2026-11-01 08:00:01", "2026-11-01 10:00:02+02:00", "2026-11-01 08:00:04.5"]
    lite.put("deals", [{"id": text, "updated_at": text} for text in texts])
    found, _ = read(opened(lite.url), "deals", 1)
    assert [record.modified for record in found] == [START + timedelta(seconds=s) for s in (1, 2, 3, 4.5)]


def test_loads_of_dlt_are_told_by_their_number(db: Database) -> None:
    db.table(
        "opportunity", sa.Column("id", sa.Text, primary_key=True), sa.Column("is_deleted", sa.Boolean),
        sa.Column("_dlt_load_id", sa.Text),
    )  # fmt: skip
    db.put(
        "opportunity", [{"id": f"006{n}", "is_deleted": False, "_dlt_load_id": "1790000000.1234567"} for n in range(9)]
    )
    adapter = opened(db.url, shape="dlt-salesforce")
    first, end = read(adapter, "deals", 2)
    assert len(first) == 9
    assert first[0].modified == datetime.fromtimestamp(1790000000, UTC).replace(microsecond=123456)
    assert read(adapter, "deals", 2, end)[0] == [], "a load comes whole, so nothing of it is read twice"
    db.put("opportunity", [{"id": "0063", "is_deleted": True, "_dlt_load_id": "1790000400.5"}])
    later, _ = read(adapter, "deals", 2, end)
    assert [(record.id, record.gone) for record in later] == [("0063", True)]


def test_names_are_found_whatever_case_the_warehouse_has_them_in(db: Database) -> None:
    for name, ident in (("OPPORTUNITY", "ID"), ("opportunityhistory", "id")):
        db.table(
            name, sa.Column(ident, sa.Text, primary_key=True), sa.Column("opportunityId", sa.Text),
            sa.Column("_AIRBYTE_EXTRACTED_AT", at()),
        )  # fmt: skip
    db.put("OPPORTUNITY", [{"ID": "006A", "_AIRBYTE_EXTRACTED_AT": db.moment(START)}])
    db.put("opportunityhistory", [{"id": "h", "opportunityId": "006A", "_AIRBYTE_EXTRACTED_AT": db.moment(START)}])
    adapter = opened(db.url, shape="airbyte-salesforce")
    assert [(r.table, r.id, r.deal) for r in read(adapter, "deals")[0]] == [("Opportunity", "006A", "006A")]
    assert [(r.table, r.deal) for r in read(adapter, "stage_changes")[0]] == [("OpportunityHistory", "006A")]


def test_associations_of_hubspot_in_airbyte_are_lists_of_ids(db: Database) -> None:
    json = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")
    db.table(
        "deals", sa.Column("id", sa.Text, primary_key=True), sa.Column("companies", json), sa.Column("contacts", json),
        sa.Column("archived", sa.Boolean), sa.Column("_airbyte_extracted_at", at()),
    )  # fmt: skip
    db.put(
        "deals",
        [
            {
                "id": "1",
                "companies": [71, 72],
                "contacts": ["8"],
                "archived": True,
                "_airbyte_extracted_at": db.moment(START),
            }
        ],
    )
    (record,), _ = read(opened(db.url, shape="airbyte-hubspot"), "deals")
    assert (record.links, record.gone) == (("71", "72", "8"), True)


HOSTILE = ['de"als; DROP TABLE x; --', "select", "a b'c", "per%cent", "col:on", "ünïcode", "{brace}", "[square]", "a,b"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_quoted_as_table_and_as_column(db: Database, name: str) -> None:
    made = sa.Table(
        name, sa.MetaData(), sa.Column("k" + name, sa.Text, key="k", primary_key=True), sa.Column(name, at(), key="m"),
        sa.Column("from", sa.Text),
    )  # fmt: skip
    made.create(db.engine)
    with db.engine.begin() as connection:
        rows = [{"k": f"{n}'; --", "m": db.moment(START + timedelta(seconds=n // 2)), "from": '"'} for n in range(7)]
        connection.execute(sa.insert(made), rows)
    adapter = opened(db.url, deals_table=name, deals_id="k" + name, deals_modified=name)
    records, _ = read(adapter, "deals", 2)
    assert [record.id for record in records] == [f"{n}'; --" for n in range(7)]
    assert records[0].table == name and records[0].data["from"] == '"'
    assert records[0].deal == "0'; --"
    assert [r.id for r in adapter.fetch([Reference("deals", "3'; --")])] == ["3'; --"]
    assert len(db.rows("SELECT 1")) == 1


def test_an_adapter_for_every_shape_reads_a_database_that_has_its_tables_alone(db: Database) -> None:
    from dealgate_adapters._sql.shape import shape_named, shapes

    assert shapes() == [
        "airbyte-hubspot", "airbyte-salesforce", "dlt-hubspot", "dlt-salesforce", "fivetran-hubspot",
        "fivetran-salesforce", "plain",
    ]  # fmt: skip
    for name in shapes():
        shape = shape_named(name)
        assert shape.seen or name == "plain", "where the names were found is said"
        schema = f"s_{name.replace('-', '_')}"
        if not db.sqlite:
            db.run(f"CREATE SCHEMA {schema}")
        for tables in shape.streams.values():
            for table in tables:
                columns = dict.fromkeys([*table.id, *table.modified[:1], *filter(None, [table.deal]), *table.links])
                kinds = {c: sa.Text if c == "_dlt_load_id" or c not in table.modified else at() for c in columns}
                db.table(table.name, *(sa.Column(c, kinds[c]) for c in columns), schema=None if db.sqlite else schema)
        adapter: SqlAdapter = opened(db.url, shape=name, **({} if db.sqlite else {"schema": schema}))
        able = adapter.capabilities()
        assert set(able.streams) == set(shape.streams)
        assert (able.cursor, able.whole) == ("keyset", ())
        assert all(read(adapter, stream)[0] == [] for stream in able.streams)
        adapter.close()
        if db.sqlite:
            for made in [*db.names]:
                db.names.pop(made).drop(db.engine)
