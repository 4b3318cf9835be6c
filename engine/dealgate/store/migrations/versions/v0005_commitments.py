"""What people said they would do by a day, and what came of it."""

import sqlalchemy as sa
from alembic import op

from dealgate.store.migrations.guards import append_only

revision = "0005"
down_revision = "0004"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _number(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, _BIG, nullable=null)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    """Makes them. Neither is ever changed: what came of one is a row of its own."""
    op.create_table(
        "coaching_action",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("ident", sa.Text(), nullable=False, unique=True),
        _number("who"),
        _text("team", null=True),
        _text("deal", null=True),
        _text("theme"),
        _number("origin", null=True),
        _number("action"),
        _text("due"),
        _text("agreed"),
        *(_number(name) for name in ("by", "at", "recorded_at")),
    )
    op.create_table(
        "coaching_result",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("action", _BIG, sa.ForeignKey("coaching_action.id"), nullable=False, unique=True),
        _text("state"),
        _number("result", null=True),
        _text("ended"),
        *(_number(name) for name in ("by", "at", "recorded_at")),
    )
    append_only("coaching_action", "ident")
    append_only("coaching_result", "action")
