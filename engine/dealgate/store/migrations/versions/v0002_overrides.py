"""Overrides: requests, and what was decided on them."""

import sqlalchemy as sa
from alembic import op

from dealgate.store.migrations.guards import append_only

revision = "0002"
down_revision = "0001"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


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
    append_only("override", "ident")
    append_only("override_event")
