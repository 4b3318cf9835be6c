"""What is written into a CRM: the outbox, and how far enforcement has come."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _number(name: str, of: str = "", null: bool = False) -> sa.Column[int]:
    keys = [sa.ForeignKey(f"{of}.id")] if of else []
    return sa.Column(name, _BIG, *keys, nullable=null)


def _text(name: str, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def upgrade() -> None:
    """Makes them. Neither is append-only: the audit chain tells what happened."""
    op.create_table(
        "outbox",
        sa.Column("key", sa.Text(), primary_key=True),
        _number("source", "source"),
        _text("plan"),
        _number("place"),
        _text("deal"),
        _text("kind"),
        _text("target"),
        _text("visit"),
        _text("digest"),
        _text("state"),
        _text("outcome"),
        _text("rule"),
        _text("expected", null=True),
        _text("version", null=True),
        _number("planned_at"),
        _number("sent_at", null=True),
        _number("ended_at", null=True),
    )
    op.create_table(
        "enforcement",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        _number("source", "source"),
        _text("plan"),
        _text("playbook"),
        _number("events"),
        _number("children"),
        _number("seen_at"),
        _number("at"),
    )
