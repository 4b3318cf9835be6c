"""What inspections found, since when, and what silences it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _number(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, _BIG, nullable=null)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    """Makes them. A finding changes; a snooze is said once and for all."""
    op.create_table(
        "finding",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        *(_text(name) for name in ("process", "inspection", "rule", "scope", "subject")),
        _number("person", null=True),
        _text("severity"),
        _number("since"),
        _number("seen"),
        _number("gone", null=True),
    )
    op.create_table(
        "snooze",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        *(_text(name) for name in ("process", "rule", "scope", "subject")),
        _number("person", null=True),
        _number("reason"),
        _number("by"),
        _text("until"),
        _number("at"),
        _number("recorded_at"),
    )
    (_guard_sqlite if op.get_bind().dialect.name == "sqlite" else _guard_postgres)()


def _guard_sqlite() -> None:
    for word in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER snooze_no_{word} BEFORE {word.upper()} ON snooze"
            " BEGIN SELECT RAISE(ABORT, 'dealgate: snooze is append-only'); END"
        )
    # INSERT OR REPLACE deletes without firing a trigger for it
    op.execute(
        "CREATE TRIGGER snooze_no_replace BEFORE INSERT ON snooze"
        " WHEN EXISTS (SELECT 1 FROM snooze WHERE id = NEW.id)"
        " BEGIN SELECT RAISE(ABORT, 'dealgate: snooze is append-only'); END"
    )


def _guard_postgres() -> None:
    op.execute(
        "CREATE TRIGGER snooze_append_only BEFORE UPDATE OR DELETE ON snooze"
        " FOR EACH ROW EXECUTE FUNCTION dealgate_append_only()"
    )
    op.execute(
        "CREATE TRIGGER snooze_no_truncate BEFORE TRUNCATE ON snooze"
        " FOR EACH STATEMENT EXECUTE FUNCTION dealgate_append_only()"
    )
