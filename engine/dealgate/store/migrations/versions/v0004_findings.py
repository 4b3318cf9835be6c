"""What inspections found, since when, and what silences it."""

import sqlalchemy as sa
from alembic import op

from dealgate.store.migrations.guards import append_only

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
    append_only("snooze")
