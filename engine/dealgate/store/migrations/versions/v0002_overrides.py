"""Overrides: requests, and what was decided on them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_GUARDED = ("override", "override_event")


def _number(name: str, of: str = "", null: bool = False) -> sa.Column[int]:
    keys = [sa.ForeignKey(f"{of}.id")] if of else []
    return sa.Column(name, _BIG, *keys, nullable=null)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _table(name: str, *parts: sa.Column[int] | sa.Column[str] | sa.UniqueConstraint) -> None:
    op.create_table(name, sa.Column("id", _BIG, primary_key=True, autoincrement=False), *parts)


def upgrade() -> None:
    """Makes them."""
    _table(
        "override",
        _text("ident"),
        _number("deal", "deal"),
        _text("criterion"),
        _text("playbook"),
        _text("digest"),
        _text("reason"),
        _number("text"),
        _number("requester"),
        _number("owner", null=True),
        _text("until", null=True),
        _number("at"),
        _number("recorded_at"),
        sa.UniqueConstraint("ident"),
    )
    _table(
        "override_event",
        _number("override", "override"),
        _text("what"),
        _number("by"),
        _text("expires", null=True),
        _number("why", null=True),
        _number("at"),
        _number("recorded_at"),
    )
    (_guard_sqlite if op.get_bind().dialect.name == "sqlite" else _guard_postgres)()


def _guard_sqlite() -> None:
    for table in _GUARDED:
        for word in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{word} BEFORE {word.upper()} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, 'dealgate: {table} is append-only'); END"
            )
        # INSERT OR REPLACE deletes without firing a trigger for it, by any column that is unique.
        same = " OR ident = NEW.ident" if table == "override" else ""
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"  # noqa: S608
            f" WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id{same})"
            f" BEGIN SELECT RAISE(ABORT, 'dealgate: {table} is append-only'); END"
        )


def _guard_postgres() -> None:
    for table in _GUARDED:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION dealgate_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION dealgate_append_only()"
        )
