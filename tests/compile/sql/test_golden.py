"""The query of a small process for warehouses that are not at hand, kept as text and read back by sqlglot.

``DEALGATE_GOLDEN=write`` writes the texts anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlglot

from dealgate.compile.sql.query import query

from .test_query import DEALS, SMALL, planned, ruled

FOLDER = Path(__file__).parent / "golden"
RULES = (*SMALL, {"field": "name", "matches": "^po-[0-9]+$"}, {"field": "discount", "at_most": {"param": "limit"}})


@pytest.mark.parametrize("dialect", ["snowflake", "bigquery", "databricks"])
def test_the_query_is_as_it_was(dialect: str) -> None:
    plan, _ = planned(ruled(*RULES), {**DEALS[0], "discount": "10%"}, *DEALS[1:])
    made = query(plan, dialect)
    assert not made.cannot
    text, file = made.sql() + "\n", FOLDER / f"{dialect}.sql"
    if os.environ.get("DEALGATE_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
    assert isinstance(sqlglot.parse_one(text, read=dialect), sqlglot.exp.Select)
