"""``dealgate sql``: the checks as a query, a view or dbt models, for where the deals already are."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ..options import as_of

DIALECTS = ("duckdb", "sqlite", "postgres", "spark", "databricks", "snowflake", "bigquery")


@click.command(
    short_help="The checks as SQL, for where the deals already are",
    epilog="""\b
Examples:
  dealgate sql --dialect postgres --mapping maven
  dealgate sql --dialect duckdb --mapping maven --create view checks
  dealgate sql --dialect snowflake --mapping maven --dbt dbt
Without a mapping the staging tables are taken to be there already.
Exits with 1 under --strict if a criterion cannot be judged in the dialect.
""",
)
@click.option("--dialect", type=click.Choice(DIALECTS), required=True, help="Whose SQL.")
@click.option("--process", metavar="ID|FILE", help="The process to judge by, where it does not follow.")
@click.option("--mapping", metavar="ID|FILE", help="How raw tables, named as its files, become ours.")
@as_of
@click.option("--have", multiple=True, metavar="NAME", help="An optional table, or table.column, that is there; or *.")
@click.option("--schema", metavar="NAME", help="What stands before the raw tables' names.")
@click.option(
    "--names",
    type=click.Choice(("keep", "upper", "lower")),
    help="How the database keeps raw names: as the mapping spells them (keep), or in capitals, as Snowflake does.",
)
@click.option(
    "--create",
    nargs=2,
    type=(click.Choice(("view", "table")), str),
    metavar="view|table NAME",
    help="The statement that makes a view or a table of it.",
)
@click.option("--dbt", type=click.Path(path_type=Path), metavar="DIR", help="Write a dbt project.")
@click.option("--strict", is_flag=True, help="Fail if a criterion cannot be judged in the dialect.")
def command(
    dialect: str, process: str | None, mapping: str | None, as_of: date | datetime, have: tuple[str, ...],
    schema: str | None, names: str | None, create: tuple[str, str] | None, dbt: Path | None, strict: bool,
) -> None:  # fmt: skip
    """The checks of a process as SQL: every deal's status for every criterion, its state and readiness. The staging of
    the raw tables comes from the mapping. Moments are as of --as-of, so a view is of one day."""
    from ...model.diagnostics import Severity, WrongUsage, error, in_order
    from ...publish.dbt import SHOWN, project
    from ...publish.dbt_write import write
    from ...publish.pushed import push
    from ...publish.statement import statement
    from ..pushing import chosen, raw_of
    from ..render.diagnostics.text import render
    from ..render.write import put, say

    playbook, mapped = chosen(process, mapping)
    if dbt is not None and mapped is None:
        raise WrongUsage(error("DG916", "A dbt project is made of raw tables.", suggestion="name them with --mapping"))
    moment = playbook.judge.moment(as_of)
    raw = raw_of(have, schema, names, dialect)
    pushed = push(playbook.process, moment, dialect, mapped, raw=raw, shown=SHOWN if dbt is not None else ())
    if pushed.diagnostics:
        say(render(in_order(pushed.diagnostics), {}), err=True)
    if strict and any(d.severity > Severity.INFO for d in pushed.diagnostics):
        raise SystemExit(1)
    if dbt is not None:
        assert mapped is not None
        files = project(pushed, playbook.digest, mapped, raw, moment)
        changed = write(dbt, files)
        say(f"{len(files)} files in {dbt}, {changed} of them new or changed.", err=True)
        return
    put(statement(pushed, playbook.digest, moment, mapped, create), None, exact=True)
