"""Making the tables, and bringing older ones up to date, by Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection

from .tables import METADATA, VERSION_TABLE


def config(connection: Connection | None = None) -> Any:
    """Alembic's configuration; nothing of it stands in a file."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def upgrade(connection: Connection, to: str = "head") -> None:
    """Runs the migrations that are missing, in the transaction of the connection."""
    from alembic import command

    command.upgrade(config(connection), to)


def differences(connection: Connection) -> list[Any]:
    """What the tables as declared have and the database has not, or the other way round."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))


def revisions() -> tuple[str, ...]:
    """The versions that the migrations know, oldest first."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(config())
    return tuple(reversed([script.revision for script in scripts.walk_revisions()]))
