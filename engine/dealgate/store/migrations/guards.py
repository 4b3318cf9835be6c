"""Triggers that refuse to change or remove the rows of a table."""

from __future__ import annotations

from alembic import op


def append_only(table: str, *unique: str) -> None:
    """Guards a table whose key is ``id``; ``unique`` are its other columns of which no two rows have the same."""
    if op.get_bind().dialect.name == "sqlite":
        for word in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{word} BEFORE {word.upper()} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, 'dealgate: {table} is append-only'); END"
            )
        # INSERT OR REPLACE deletes without firing a trigger for it, by any column that is unique.
        same = " OR ".join(f"{name} = NEW.{name}" for name in ("id", *unique))
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}"  # noqa: S608
            f" WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})"
            f" BEGIN SELECT RAISE(ABORT, 'dealgate: {table} is append-only'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION dealgate_append_only()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION dealgate_append_only()"
    )
