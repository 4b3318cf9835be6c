"""Our own table in the client's database: what was decided, one row a key. Nothing else is ever written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dealgate.ports import Action, CreateTask, MoveStage, Note, Outcome, SetFields

from .trouble import kind_of

if TYPE_CHECKING:
    from sqlalchemy import Engine, Table

NAME = "dealgate_results"


def table(schema: str | None) -> Table:
    """key · deal · action · field · value · text · at (the server's moment)."""
    import sqlalchemy as sa

    return sa.Table(
        NAME,
        sa.MetaData(),
        sa.Column("key", sa.String(128), primary_key=True),
        sa.Column("deal", sa.String(255), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("field", sa.Text),
        sa.Column("value", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        schema=schema,
    )


def refusal(action: Action) -> Outcome | None:
    """Why an action cannot be done here, or None."""
    if isinstance(action, MoveStage):
        text = "The stage of a deal stands in the client's own table, which is never written."
        return Outcome("rejected", "read-only", text)
    return None


def write(engine: Engine, schema: str | None, action: Action) -> Outcome:
    """One row for the action; the same key twice is told, and written once."""
    import sqlalchemy as sa
    from sqlalchemy.exc import IntegrityError, SQLAlchemyError

    mine = table(schema)
    try:
        if not sa.inspect(engine).has_table(NAME, schema=schema):
            mine.create(engine, checkfirst=True)
    except SQLAlchemyError as error:
        if not sa.inspect(engine).has_table(NAME, schema=schema):  # another did it meanwhile
            return _refused(error, f"The table `{NAME}` is not there, and this user may not create it.")
    try:
        with engine.begin() as connection:
            if connection.execute(sa.select(mine.c.key).where(mine.c.key == action.key)).first() is not None:
                return Outcome("already")
            connection.execute(sa.insert(mine).values(at=sa.func.current_timestamp(), **_row(action)))
    except IntegrityError:
        return Outcome("already")
    except SQLAlchemyError as error:
        return _refused(error, f"This user may not write into `{NAME}`.")
    return Outcome("applied")


def _refused(error: Exception, words: str) -> Outcome:
    """Forbidden where the right is missing; anything else is raised again."""
    if kind_of(error) != "forbidden":
        raise error
    return Outcome("forbidden", text=words)


def _row(action: Action) -> dict[str, Any]:
    row: dict[str, Any] = {"key": action.key, "deal": action.deal}
    if isinstance(action, SetFields):
        fields = list(action.values)
        one = len(fields) == 1
        value = action.values[fields[0]] if one else dict(action.values)
        plain = None if value is None else value if isinstance(value, str) else json.dumps(value, default=str)
        return {**row, "action": "set_fields", "field": ", ".join(fields), "value": plain}
    if isinstance(action, CreateTask):
        more = {name: value for name, value in (("owner", action.owner), ("due", action.due)) if value is not None}
        value = json.dumps(more) if more else None
        return {**row, "action": "create_task", "field": action.subject, "value": value, "text": action.body}
    assert isinstance(action, Note)
    return {**row, "action": "note", "text": action.body}
