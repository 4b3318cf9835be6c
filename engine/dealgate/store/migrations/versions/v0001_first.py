"""The first tables, and the triggers that keep append-only ones so."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_GUARDED = (
    "audit child_shape child_version deal field field_event person_digest playbook_version pull pull_cover source"
).split()


def _number(name: str, of: str = "", null: bool = False) -> sa.Column[int]:
    keys = [sa.ForeignKey(f"{of}.id")] if of else []
    return sa.Column(name, _BIG, *keys, nullable=null)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _small(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), nullable=False)


def _table(name: str, *parts: sa.Column[int] | sa.Column[str] | sa.Column[bytes] | sa.UniqueConstraint) -> None:
    op.create_table(name, sa.Column("id", _BIG, primary_key=True, autoincrement=False), *parts)


def upgrade() -> None:
    """Makes them."""
    _table("source", _text("name"), sa.UniqueConstraint("name"))
    _table("playbook_version", _text("digest"), _text("canonical"), sa.UniqueConstraint("digest"))
    _table(
        "pull",
        _number("source", "source"),
        _text("record"),
        _number("seen_at"),
        _number("recorded_at"),
        _text("playbook"),
        sa.UniqueConstraint("source", "record", "seen_at", "recorded_at", "playbook"),
    )
    _table("pull_cover", _number("pull", "pull"), _text("kind"), sa.Column("pairs", sa.LargeBinary(), nullable=False))
    _table(
        "deal",
        _number("source", "source"),
        _text("record"),
        _text("external"),
        sa.UniqueConstraint("source", "record", "external"),
    )
    _table("field", _text("name"), sa.UniqueConstraint("name"))
    _table(
        "field_event",
        _number("deal", "deal"),
        _number("field"),
        _text("value", null=True),
        _number("person", null=True),
        _number("at", null=True),
        _number("turn"),
        _number("by_person", null=True),
        _text("channel", null=True),
        _small("origin"),
        _number("recorded_at"),
        _number("pull", "pull"),
        _small("again"),
    )
    op.create_index(op.f("ix_field_event_deal"), "field_event", ["deal"])
    _table(
        "child_version",
        _number("deal", "deal"),
        _number("field"),
        _number("place"),
        _text("record", null=True),
        _number("at"),
        _number("recorded_at"),
        _number("pull", "pull"),
        _small("again"),
    )
    op.create_index(op.f("ix_child_version_deal"), "child_version", ["deal"])
    _table("child_shape", _number("pull", "pull"), _number("field"), _text("columns"))
    _table("person", _text("value", null=True), _text("salt", null=True))
    _table("person_digest", _text("digest"))
    _table(
        "audit",
        _number("at"),
        _text("actor"),
        _text("action"),
        _text("payload"),
        _text("previous"),
        _text("hash"),
    )
    (_guard_sqlite if op.get_bind().dialect.name == "sqlite" else _guard_postgres)()


def _guard_sqlite() -> None:
    for table in _GUARDED:
        for word in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{word} BEFORE {word.upper()} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, 'dealgate: {table} is append-only'); END"
            )
        # INSERT OR REPLACE deletes without firing a trigger for it.
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"  # noqa: S608
            f" WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"
            f" BEGIN SELECT RAISE(ABORT, 'dealgate: {table} is append-only'); END"
        )


def _guard_postgres() -> None:
    op.execute(
        "CREATE FUNCTION dealgate_append_only() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION 'dealgate: % is append-only', TG_TABLE_NAME USING ERRCODE = '2F002'; END $$"
    )
    for table in _GUARDED:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION dealgate_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION dealgate_append_only()"
        )
