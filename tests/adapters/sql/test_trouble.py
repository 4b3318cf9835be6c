"""What goes wrong is told in words, with what to do, and without a secret."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from dealgate.ports import BadSignature, Cursor, Trouble
from dealgate.sync.mirror import Mirror
from dealgate.sync.pull import pull

from .base import START, Database, at, filled, opened

FIVETRAN = "fivetran-salesforce"


def refused(url: str, **options: str) -> tuple[str, str, str]:
    with pytest.raises(Trouble) as told:
        opened(url, **options)
    return told.value.kind, told.value.message, told.value.hint


def test_without_its_table_of_deals_a_source_is_refused_and_the_nearest_is_named(db: Database) -> None:
    db.table("opportunities", sa.Column("id", sa.Text, primary_key=True))
    kind, message, hint = refused(db.url, shape=FIVETRAN)
    assert kind == "gone"
    assert message.startswith("There is no table `opportunity` in the database ")
    assert hint == "did you mean `opportunities`?"


def test_a_table_that_is_named_by_hand_must_be_there(db: Database) -> None:
    filled(db, 1)
    kind, message, hint = refused(db.url, shape=FIVETRAN, activities_table="taks")
    assert (kind, hint) == ("gone", "did you mean `task`?")
    assert "`taks`" in message


def test_a_table_that_a_shape_may_have_and_that_is_not_there_is_no_stream(db: Database) -> None:
    filled(db, 1)
    db.run("DROP TABLE contact", "DROP TABLE event")
    adapter = opened(db.url, shape=FIVETRAN)
    assert "contacts" not in adapter.capabilities().streams
    assert "activities" in adapter.capabilities().streams
    with pytest.raises(Trouble, match="no table of contacts"):
        adapter.pull("contacts", None, 5)


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        ("deals_id", "idd", "did you mean `id`?"),
        ("deals_modified", "system_modstmp", "did you mean `system_modstamp`?"),
        ("deals_deleted", "is_delted", "did you mean `is_deleted`?"),
        ("deals_links", "account_id, owner", "did you mean `owner_id`?"),
        ("stage_changes_deal", "oportunity_id", "did you mean `opportunity_id`?"),
    ],
)
def test_a_column_that_is_named_by_hand_must_be_there(db: Database, option: str, value: str, hint: str) -> None:
    filled(db, 1)
    kind, message, told = refused(db.url, shape=FIVETRAN, **{option: value})
    assert (kind, told) == ("gone", hint)
    assert message.startswith("The table `opportunity")


def test_an_id_column_that_is_gone_is_told_with_what_there_is(lite: Database) -> None:
    lite.run("CREATE TABLE opportunity (number TEXT, title TEXT)")
    kind, message, hint = refused(lite.url, shape=FIVETRAN)
    assert (kind, message) == ("gone", "The table `opportunity` has no column `id`.")
    assert hint == "it has number, title"


def test_a_column_that_holds_no_moments_cannot_tell_of_changes(db: Database) -> None:
    db.table("deals", sa.Column("id", sa.Text, primary_key=True), sa.Column("version", sa.Integer))
    kind, message, hint = refused(db.url, deals_modified="version")
    assert (kind, message) == ("odd", "The column `version` of `deals` holds integer, not moments.")
    assert "deals_modified" in hint


def test_rows_without_an_id_are_told_and_not_passed_over(lite: Database) -> None:
    lite.run(
        "CREATE TABLE deals (id TEXT, updated_at TEXT)", "INSERT INTO deals VALUES ('a', ''), (NULL, ''), (NULL, '')"
    )
    with pytest.raises(Trouble, match="2 rows of `deals` have nothing in `id`") as told:
        opened(lite.url).pull("deals", None, 5)
    assert told.value.kind == "odd"


def test_a_table_that_goes_while_we_read_is_told_and_the_others_go_on(db: Database, tmp_path: Path) -> None:
    filled(db, 3)
    adapter = opened(db.url, shape=FIVETRAN)
    db.run("DROP TABLE contact")
    mirror = Mirror(tmp_path / "m.db")
    run = pull(adapter, mirror)
    mirror.close()
    ((stream, trouble),) = run.troubles
    assert (stream, trouble.kind) == ("contacts", "gone")
    assert trouble.message.startswith("The table `contact` of the database ")
    assert {one.stream: one.read for one in run.streams}["deals"] == 3


def test_an_option_that_there_is_not_is_told_with_the_nearest(lite: Database) -> None:
    kind, message, hint = refused(lite.url, deals_tabel="x")
    assert (kind, hint) == ("odd", "did you mean `deals_table`?")
    assert message == "The SQL adapter has no option `deals_tabel`."
    assert refused(lite.url, shape="fivetran_salesforce")[2] == "did you mean `fivetran-salesforce`?"
    assert refused(lite.url, time_zone="Europe/Berln")[1] == "There is no time zone `Europe/Berln`."


def test_a_source_without_an_address_or_with_one_that_cannot_be_read_is_refused() -> None:
    assert refused("")[1] == "The source names no database."
    assert refused("postgres at home")[1] == "The address of the database cannot be read."
    assert refused("nosuchdatabase://u:hunter2@h/d")[1] == "There is no driver here for the database at h."


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    kind, message, _ = refused(f"sqlite:///{tmp_path / 'nowhere.db'}")
    assert (kind, message) == ("gone", "There is no file `nowhere.db`.")
    assert not (tmp_path / "nowhere.db").exists()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("id,name\n" * 100, "utf-8")
    kind, message, _ = refused(f"sqlite:///{tmp_path / 'deals.csv'}")
    assert (kind, message) == ("odd", "The database deals.csv answered with an error (DatabaseError).")


def test_a_schema_that_is_not_there_is_told_with_the_nearest(postgres: Database) -> None:
    postgres.run("CREATE SCHEMA salesforce")
    kind, message, hint = refused(postgres.url, schema="salesfroce")
    assert (kind, hint) == ("gone", "did you mean `salesforce`?")
    assert message.startswith("There is no schema `salesfroce` in the database at ")


def test_tables_of_a_schema_are_read_from_it(postgres: Database) -> None:
    postgres.run('CREATE SCHEMA "Sales; --"')
    postgres.table(
        "deals", sa.Column("id", sa.Text, primary_key=True), sa.Column("updated_at", at()), schema="Sales; --"
    )
    postgres.put("deals", [{"id": "a", "updated_at": START}])
    assert opened(postgres.url, schema="Sales; --").pull("deals", None, 5).records[0].id == "a"


def with_(url: str, **change: object) -> str:
    return sa.make_url(url).set(**change).render_as_string(hide_password=False)  # type: ignore[arg-type]


def test_who_is_not_known_is_not_let_in(postgres: Database) -> None:
    kind, message, hint = refused(with_(postgres.url, username="nobody_here", password="hunter2"))  # noqa: S106
    assert kind == "unauthorised"
    assert message.endswith(" does not let this user in.")
    assert "hunter2" not in message + hint


def test_a_database_that_is_not_there_is_gone(postgres: Database) -> None:
    assert refused(with_(postgres.url, database="nowhere"))[0] == "gone"


def test_a_host_that_does_not_answer_is_unreachable_and_no_secret_is_told() -> None:
    kind, message, hint = refused("postgresql://ada:hunter2@127.0.0.1:1/crm")
    assert (kind, message) == ("unreachable", "The database at 127.0.0.1 cannot be reached.")
    assert "hunter2" not in message + hint and "ada" not in message + hint


def test_an_address_may_be_a_credential_and_goes_before_the_plain_one(db: Database) -> None:
    filled(db, 1)
    adapter = opened("sqlite:///not-this.db", {"url": db.url}, shape=FIVETRAN)
    assert len(adapter.pull("deals", None, 5).records) == 1


def test_a_table_that_may_not_be_read_is_told_and_the_others_go_on(postgres: Database, tmp_path: Path) -> None:
    filled(postgres, 2)
    postgres.run(
        "DROP ROLE IF EXISTS narrow", "CREATE ROLE narrow LOGIN", "GRANT SELECT ON opportunity, account TO narrow"
    )
    try:
        adapter = opened(with_(postgres.url, username="narrow"), shape=FIVETRAN)
        mirror = Mirror(tmp_path / "m.db")
        run = pull(adapter, mirror)
        mirror.close()
        adapter.close()
        told = dict(run.troubles)
        assert sorted(told) == ["activities", "contacts", "deal_contacts", "stage_changes", "users"]
        assert told["users"].kind == "forbidden"
        assert told["users"].message.startswith("This user may not read the table `user` of ")
        assert "GRANT SELECT" in told["users"].hint
        assert {one.stream: one.read for one in run.streams}["deals"] == 2
    finally:
        postgres.run("DROP OWNED BY narrow", "DROP ROLE narrow")


def test_a_cursor_of_another_version_is_read_from_the_beginning(lite: Database) -> None:
    filled(lite, 1)
    with pytest.raises(Trouble) as told:
        opened(lite.url, shape=FIVETRAN).pull("deals", Cursor(START, "0064"), 5)
    assert told.value.kind == "expired"


def test_a_database_sends_no_webhooks(lite: Database) -> None:
    lite.run("CREATE TABLE deals (id TEXT PRIMARY KEY)")
    with pytest.raises(BadSignature):
        opened(lite.url).parse_webhook({}, b"", "/", START)
