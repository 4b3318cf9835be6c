"""A process and a mapping as one query where the raw tables are; and what cannot be said there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dealgate.model.calendar import Moment
from dealgate.model.diagnostics import Diagnostic, Where, info, warning
from dealgate.model.process import Criterion, Process

if TYPE_CHECKING:
    from sqlglot import exp

    from dealgate.compile.plan.plan import Plan, Shape
    from dealgate.compile.sql.layout import Layout, Need
    from dealgate.compile.sql.query import Query
    from dealgate.sources.mapping.model import SourceMapping
    from dealgate.sources.staging.raw import Raw
    from dealgate.sources.staging.stage import Staging

DIALECTS = ("duckdb", "sqlite", "postgres", "spark", "databricks", "snowflake", "bigquery")
WIDTH = 120


@dataclass(frozen=True, slots=True)
class Pushed:
    """The checks in a dialect. ``staging`` is None where ready staging tables are read.

    ``columns``: the criteria that have a column in the query, by its name. ``diagnostics`` is what is left out and why.
    """

    process: Process
    dialect: str
    plan: Plan
    needs: Sequence[Need]
    query: Query
    staging: Staging | None
    columns: Mapping[str, Criterion]
    diagnostics: Sequence[Diagnostic]

    @property
    def check(self) -> exp.Select:
        """The check alone, over the staging tables; each column says in a comment which criterion it is."""
        select = self.query.select.copy()
        kept = []
        for shown in select.expressions:
            criterion = self.columns.get(shown.alias)
            if criterion is None and shown.alias in self.query.columns:
                continue
            if criterion is not None:
                shown.add_comments([f" {criterion.title} ({criterion.enforce}) "])
            kept.append(shown)
        select.set("expressions", kept)
        return select

    def whole(self) -> exp.Query:
        """The staging and the check in one query."""
        return self.check if self.staging is None else self.staging.whole(self.check)

    def sql(self, query: exp.Expr | None = None) -> str:
        """A query, or the whole, in the dialect's words."""
        return printed(self.whole() if query is None else query, self.dialect)


def printed(query: exp.Expr, dialect: str) -> str:
    """Readable SQL, every name quoted."""
    return query.sql(dialect=dialect, pretty=True, identify=True, max_text_width=WIDTH)


def push(
    process: Process,
    moment: Moment,
    dialect: str,
    mapping: SourceMapping | None = None,
    *,
    raw: Raw | None = None,
    shown: Sequence[str] = (),
) -> Pushed:
    """The checks as SQL. ``shown`` are fields that the staged deals have besides what rules read.

    Without a mapping staging tables that are there already are read. Raises SourceFailed where ``raw`` tells of tables
    and what the mapping needs is not among them.
    """
    from dealgate.compile.plan.build import build
    from dealgate.compile.sql.dialects import DIALECTS as KNOWN
    from dealgate.compile.sql.layout import declared, needs
    from dealgate.compile.sql.query import query
    from dealgate.sources.staging.raw import Raw
    from dealgate.sources.staging.stage import offered, stage

    raw = raw or Raw()
    shape = ready(process) if mapping is None else offered(mapping, process, raw)
    plan = build(process, moment, shape)
    read = list(needs(plan))
    layout = declared(plan, KNOWN[dialect])
    staging, told = None, list[Diagnostic]()
    if mapping is not None:
        asked = [*read, *_more(shown, read, shape, process)]
        staging = stage(mapping, process, dialect, needs=asked, layout=layout, raw=raw, texts=sorted(_texts(plan)))
        layout = _without(layout, staging)
        told = _told(staging, mapping.file, raw)
        read = asked
    found = query(plan, dialect, layout)
    criteria = {criterion.id: criterion for criterion in process.criteria}
    cannot = dict(found.cannot)
    columns = {column: criteria[name] for column, name in found.columns.items() if name not in cannot}
    for name, why in cannot.items():
        told.append(_refused(name, why, criteria.get(name), process, dialect))
    return Pushed(process, dialect, plan, read, found, staging, columns, told)


def ready(process: Process) -> Shape:
    """The columns of staging tables that hold everything the catalogue knows."""
    from dealgate.compile.plan.plan import Shape

    catalogue = process.catalogue
    children = {
        name: frozenset({"deal", "position", *collection.fields}) for name, collection in catalogue.collections.items()
    }
    sides = {f"{name}.{side}" for name in catalogue.deal for side in ("from", "to")}
    children["changes"] = children.get("changes", frozenset()) | sides
    synced = {f"{name}.synced" for name in catalogue.collections}
    return Shape(frozenset({"id", *catalogue.deal, *synced}), children, frozenset({"id"}))


def _more(shown: Sequence[str], read: Sequence[Need], shape: Shape, process: Process) -> Iterator[Need]:
    """What people look for, where the mapping tells it and no rule has asked for it already."""
    from dealgate.compile.sql.layout import Need, staging_name

    known = {(need.table, need.column) for need in read}
    for name in shown:
        column = staging_name(name)
        field = process.catalogue.deal.get(name.removesuffix(".currency"))
        if field is not None and name in shape.deals and ("deals", column) not in known:
            yield Need("deals", column, name, "value", "choice" if name.endswith(".currency") else field.type)


def _texts(plan: Plan) -> set[str]:
    """Every text that a plan compares with."""
    from dealgate.compile.plan.nodes import Among, Constant, inside
    from dealgate.compile.sql.layout import values_of

    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, Constant) and isinstance(node.value, str):
            found.add(node.value)
        if isinstance(node, Among):
            found.update(value for value in node.values if isinstance(value, str))
        for part in inside(node):
            walk(part)

    for value in values_of(plan):
        walk(value)
    return found


def _without(layout: Layout, staging: Staging) -> Layout:
    """The layout of what staging really has: what it lacks, no criterion can read."""
    tables = {}
    for name, columns in layout.tables.items():
        there = staging.tables.get(name)
        if there is not None:
            tables[name] = {column: held for column, held in columns.items() if column in there.columns}
    return replace(layout, tables=tables)


# ------------------------------------------------------------------------------ what is told


def _told(staging: Staging, file: str, raw: Raw) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for gap in staging.gaps:
        name = f"{gap.table}.{gap.column}" if gap.column else gap.table
        if gap.hard:
            message = f"`{name}` cannot be made of the raw tables in {staging.dialect}: it {_after_it(gap.why)}."
            found.append(warning("DG910", message, gap.at, "Do it where the raw tables are loaded."))
    soft: dict[str, list[str]] = {}
    for gap in staging.gaps:
        if not gap.hard:
            soft.setdefault(gap.why, []).append(f"{gap.table}.{gap.column}" if gap.column else gap.table)
    for why, names in soft.items():
        shown = ", ".join(f"`{name}`" for name in names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        found.append(info("DG911", f"In SQL {why} ({shown}); what is written otherwise is missing.", Where(file)))
    if staging.absent:
        names = list(staging.absent)
        shown = ", ".join(f"`{name}`" for name in names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        hint = None if raw.tables is not None else "Name those that are there with --have, or give --have '*'."
        found.append(info("DG912", f"Taken not to be there: {shown}.", Where(file), hint))
    return found


def _after_it(why: str) -> str:
    return why.removeprefix("it ")


def _refused(name: str, why: str, criterion: Criterion | None, process: Process, dialect: str) -> Diagnostic:
    if criterion is None:
        message = f"`{name}` of the process `{process.id}` cannot be worked out in {dialect}: it {why}."
        return warning("DG914", message, process.at, "Check these deals with `dealgate check`.")
    message = f"`{name}` cannot be judged in {dialect}: it {why}. Its column is left out."
    return warning("DG913", message, criterion.at, "Check it with `dealgate check`, or write the condition otherwise.")
