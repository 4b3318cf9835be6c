"""dealgate's SQL on DuckDB: the query that `dealgate sql --dialect duckdb` prints, over staged tables.

Contacts are a table of their own. The tables are staged before the clock starts, as those by hand are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import polars as pl

from .. import frames
from ..deals import DAY, Process
from ..tables import Deals
from . import OURS_SQL, Contender, LeftOut

NAMES = (OURS_SQL,)
NEEDS = ("duckdb", "polars", "pyarrow", "sqlglot")
_PARTS = ("dealgate.compile.sql", "dealgate.compile.plan")


def contenders(deals: Deals) -> Iterator[Contender]:
    """The statuses, state and readiness of every deal, as an Arrow table."""
    if any(find_spec(part) is None for part in _PARTS):
        raise LeftOut("this dealgate has no SQL")
    process = Process()
    if deals.in_memory:
        yield Contender(OURS_SQL, lambda: _asks(deals, process), _answers(deals, process), exact=True)


def _asks(deals: Deals, process: Process) -> Callable[[], Any]:
    import duckdb

    from dealgate.compile.frames import Frames
    from dealgate.compile.plan.build import build
    from dealgate.compile.sql.load import typed
    from dealgate.compile.sql.query import query
    from dealgate.compile.sql.shape import shape_of

    frame = deals.held("ours", lambda: frames.frame(deals, process))
    people = {"contacts": frames.contacts(frame)}
    synced = pl.col("contacts").is_not_null().alias("contacts.synced")
    held = Frames(frame.with_columns(synced).drop("contacts"), people)
    own = process.playbook.process
    plan = build(own, process.playbook.judge.moment(DAY), shape_of(held, own))
    staged = typed(plan, held, "duckdb")
    text = query(plan, "duckdb", staged.layout).sql(pretty=False)
    connection = duckdb.connect()
    for name, table in staged.tables.items():
        connection.register("drawn", table.to_arrow())
        connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM drawn')  # noqa: S608 - names of collections
        connection.unregister("drawn")
    return lambda: connection.sql(text).to_arrow_table()


def _answers(deals: Deals, process: Process) -> Callable[[Any], pl.DataFrame]:
    from dealgate.compile.sql.names import column_name

    def answers(result: Any) -> pl.DataFrame:
        frame = pl.from_arrow(result)
        assert isinstance(frame, pl.DataFrame)
        named = {column_name(k.id): k.id for k in process.playbook.process.criteria}
        return frames.answers(frame.rename(named), process, deals.stages)

    return answers
