"""Plans run on every engine at hand, and what the judge of single deals says of the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.compile.strategies import Generated

from dealgate.compile.frames import Frames, frames_of
from dealgate.compile.plan.build import build
from dealgate.compile.plan.plan import Plan
from dealgate.compile.sql import load, run, store
from dealgate.compile.sql.query import query
from dealgate.compile.sql.shape import shape_of
from dealgate.decide.judge import Judge


@dataclass(frozen=True)
class Engine:
    """Somewhere to run: where queries go, and how tables come there."""

    place: run.Place
    put: Callable[[load.Staged], None]

    @property
    def name(self) -> str:
        return self.place.dialect


@contextmanager
def duckdb_engine() -> Iterator[Engine]:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    try:
        yield Engine(run.on_duckdb(connection), lambda staged: store.to_duckdb(staged, connection))
    finally:
        connection.close()


@contextmanager
def database_engine(url: str) -> Iterator[Engine]:
    engine = run.engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield Engine(run.on_database(connection), lambda staged: store.to_database(staged, connection))
    engine.dispose()


def plan_of(made: Generated) -> tuple[Plan, Frames]:
    """The plan over the columns that the deals have."""
    frames = frames_of(made.deals, made.process)
    return build(made.process, made.moment, shape_of(frames, made.process)), frames


def disagreements(made: Generated, engine: Engine, *, inline: bool = True) -> tuple[list[Any], dict[str, str]]:
    """Where an engine and the judge differ, and what the engine cannot work out (left aside)."""
    plan, frames = plan_of(made)
    staged = load.typed(plan, frames, engine.name)
    engine.put(staged)
    asked = query(plan, engine.name, staged.layout, inline=inline, frameworks=True)
    rows = {row["id"]: row for row in engine.place.frame(asked).rows(named=True)}
    cannot, judge, found = dict(asked.cannot), Judge(made.process, made.rates), []
    columns = {name: column for column, name in asked.columns.items()}
    scored = {name: column for column, name in asked.frameworks.items()}
    assert len(rows) == len(made.deals)
    for deal in made.deals:
        row = rows[deal.id]
        for verdict in judge.evaluate(deal, made.moment.as_of):
            name = verdict.criterion.id
            if name not in cannot and row[columns[name]] != verdict.status.value:
                found.append((deal.id, name, verdict.status.value, row[columns[name]], verdict.criterion))
        standing = judge.standing(deal, made.moment.as_of)
        expected = {"group": standing.group}
        if not cannot:
            done = None if standing.readiness is None else float(standing.readiness)
            expected |= {"state": standing.state.value if standing.state else None, "readiness": done}
        for result in judge.qualification(deal, made.moment.as_of):
            if result.framework not in cannot:
                expected[scored[result.framework]] = result.status
        found += [(deal.id, key, value, row[key]) for key, value in expected.items() if row[key] != value]
    return found, cannot
