"""PostgreSQL: the tables of its server where they are."""

from __future__ import annotations

from ...decide.pushed import Pushed
from . import Asked
from ._pushed import address_of, in_database, no_files, no_url


def check(asked: Asked) -> Pushed:
    """Judges every deal; only figures come back."""
    from ...sources.database import database

    if asked.url is None:
        raise no_files(asked, "postgres")
    at = address_of(asked)
    if at.scheme not in ("postgresql", "postgres"):
        raise no_url(asked, "postgres")
    with database(at, writing=asked.into is not None) as found:
        return in_database(asked, found)
