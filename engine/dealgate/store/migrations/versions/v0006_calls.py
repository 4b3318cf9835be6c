"""What people say that a period will bring, and forecasts as they were at their moments."""

import sqlalchemy as sa
from alembic import op

from dealgate.store.migrations.guards import append_only

revision = "0006"
down_revision = "0005"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _number(name: str, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, _BIG, nullable=null)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    """Makes them. Neither is ever changed: a later call is a row of its own."""
    op.create_table(
        "forecast_call",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("ident", sa.Text(), nullable=False, unique=True),
        *(_text(name) for name in ("first", "last", "layer")),
        _number("owner", null=True),
        *(_text(name, null=True) for name in ("team", "deal")),
        _number("amount", null=True),
        _text("currency", null=True),
        _number("amount_before", null=True),
        *(_text(name, null=True) for name in ("currency_before", "category", "category_before")),
        *(_number(name) for name in ("reason", "by", "at", "recorded_at")),
    )
    op.create_table(
        "forecast_snapshot",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        *(_text(name) for name in ("first", "last", "moment", "method", "view")),
        _number("owner", null=True),
        _text("team", null=True),
        _text("currency"),
        *(_number(name, null=True) for name in ("amount", "p10", "p50", "p90")),
        *(_text(name) for name in ("reason", "digest")),
        *(_number(name) for name in ("as_of", "known_at", "taken_at")),
    )
    append_only("forecast_call", "ident")
    append_only("forecast_snapshot")
