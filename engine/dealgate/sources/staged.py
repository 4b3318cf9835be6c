"""Tables of a database that are named as ours: which columns there are, and the queries that stage them.

What they hold is checked where it may mean something else: a type that is not the field's, two deals of one id.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass

from sqlglot import exp

from dealgate.compile.plan import nodes as n
from dealgate.compile.plan.plan import Plan, Shape
from dealgate.compile.sql.dialects import DIALECTS
from dealgate.compile.sql.layout import DEALS, Layout, Need, Stored, declared, needs, staging_name, values_of
from dealgate.documents.suggest import nearest
from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where, error
from dealgate.model.process import Process

from .columns_read import Read, Reader
from .database import Database
from .kinds import Kind
from .staging.layers import named, with_steps
from .staging.speech import E, column

Steps = list[tuple[str, exp.Query]]
_SIDES = (".from", ".to")
_FORMS = ("", "__folded", "__day")


@dataclass(frozen=True, slots=True)
class Found:
    """Our tables in a database: the shape they have, and by staging name each column's own name and type."""

    database: Database
    process: Process
    shape: Shape
    names: Mapping[str, str]
    columns: Mapping[str, Mapping[str, tuple[str, Kind]]]


@dataclass(frozen=True, slots=True)
class Relation:
    """The staging relation as steps before a query, and how its columns are held."""

    steps: Sequence[tuple[str, exp.Query]]
    layout: Layout

    def whole(self, query: exp.Query) -> exp.Query:
        """A query over the staging tables with all of them before it."""
        inner = query.copy()
        own = inner.args.get("with_")
        later = list(own.expressions) if own is not None else []
        inner.set("with_", None)
        found = with_steps(inner, self.steps)
        for cte in later:
            found.args["with_"].append("expressions", cte)
        return found


def look(database: Database, process: Process) -> Found:
    """Our tables among those of a database. Raises SourceFailed without deals, or where a key column is missing."""
    catalogue = process.catalogue
    there = {name.casefold(): name for name in database.tables}
    where = Where(database.shown)
    if DEALS not in there:
        near = nearest(DEALS, there)
        hint = f"Is it `{there[near]}`? A view named deals over it will do." if near else _other_schema(database)
        raise SourceFailed(error("DG924", "There is no table or view `deals`.", where, hint))
    names = {name: there[name] for name in (DEALS, *catalogue.collections) if name in there}
    columns = {
        name: {c.casefold(): (c, kind) for c, kind in database.tables[own].items()} for name, own in names.items()
    }
    missing = [
        error("DG925", f"The table `{name}` has no column `{key}`.", where, "add it, in a view if need be")
        for name, held in columns.items()
        for key in (("id",) if name == DEALS else ("deal",))
        if key not in held
    ]
    if missing:
        raise SourceFailed(*missing)
    own = columns[DEALS]
    deals = {"id", "status"} | set(_known(catalogue.deal, own))
    deals |= {f"{c}.synced" for c in catalogue.collections if f"{c}__synced" in own}
    children: dict[str, frozenset[str]] = {}
    for name in names.keys() - {DEALS}:
        told = set(_known(catalogue.collections[name].fields, columns[name]))
        if name == "changes":
            told |= set(_sides(catalogue.deal, columns[name]))
        children[name] = frozenset(told | {"deal", "position"})
    shape = Shape(frozenset(deals), children, frozenset({"id"}))
    return Found(database, process, shape, names, columns)


def _other_schema(database: Database) -> str:
    own = f"`{database.schema[-1]}`" if database.schema else "it"
    return f"Schema {own} was looked in; another is named as URL#schema, and raw tables are read with --mapping."


def _known(targets: Collection[str], held: Collection[str]) -> Iterator[str]:
    for name in targets:
        plain = staging_name(name).casefold()
        if any(plain + form in held for form in _FORMS):
            yield name
        for end, mark in (("__currency", ".currency"), ("__placeholder", ".unfit")):
            if plain + end in held:
                yield name + mark


def _sides(targets: Collection[str], held: Collection[str]) -> Iterator[str]:
    for name in targets:
        for side in _SIDES:
            plain = staging_name(name + side).casefold()
            if any(plain + form in held for form in _FORMS):
                yield name + side
            if f"{plain}__currency" in held:
                yield f"{name}{side}.currency"


# ---------------------------------------------------------------- staging


def staged(found: Found, plan: Plan) -> Relation:
    """The columns that a plan reads, from the tables as they are. Raises SourceFailed where they hold something else.

    A closed choice outside its options, an empty text, a number beyond the language's limits is no value.
    """
    dialect = DIALECTS[found.database.dialect]
    layout = declared(plan, dialect)
    texts = frozenset(texts_of(plan))
    wrong: list[Diagnostic] = []
    steps: Steps = []
    held: dict[str, dict[str, Stored]] = {}
    wanted: dict[str, list[Need]] = {}
    for need in needs(plan):
        wanted.setdefault(need.table, []).append(need)
    checks: list[tuple[str, list[Read]]] = []
    for table, asked in wanted.items():
        reader = Reader(found.process, found.database.dialect, table, found.columns[table], layout, texts)
        reads = [reader.read(need) for need in asked]
        wrong += [
            error("DG926", f"`{table}.{r.column}` {r.wrong}.", Where(found.database.shown), r.hint)
            for r in reads
            if r.wrong
        ]
        steps.append((f"{table}_", exp.select()))
        source = exp.Table(this=exp.to_identifier(found.names[table], quoted=True))
        parts = [exp.to_identifier(part, quoted=True) for part in found.database.schema]
        if parts:
            source.set("db", parts[-1])
        if len(parts) > 1:
            source.set("catalog", parts[-2])
        steps[-1] = (table, exp.select(*(named(r.value, r.column) for r in reads if not r.wrong)).from_(source))
        held[table] = {r.column: r.stored for r in reads}
        checks.append((table, reads))
    if wrong:
        raise SourceFailed(*wrong)
    for (table, reads), (_, query) in zip(checks, steps, strict=True):
        wrong += _checked(found, table, reads, query)
    if wrong:
        raise SourceFailed(*wrong)
    return Relation(steps, Layout(held, layout.rows))


def _checked(found: Found, table: str, reads: Sequence[Read], query: exp.Query) -> Iterator[Diagnostic]:
    """What only the rows tell: one scan of a table, and of that counts alone."""
    where = Where(found.database.shown)
    probes = [(r, r.probe) for r in reads if r.probe is not None]
    counts: list[E] = [
        exp.Count(this=exp.Case(ifs=[exp.If(this=probe, true=exp.Literal.number(1))])) for _, probe in probes
    ]
    if table == DEALS:
        ident = found.columns[table]["id"][0]
        one = exp.Distinct(expressions=[column(ident)])
        counts += [exp.Count(this=exp.Star()), exp.Count(this=column(ident)), exp.Count(this=one)]
    if not counts:
        return
    source = query.args["from_"].this.copy()
    select = exp.select(*(named(c, f"n{at}") for at, c in enumerate(counts))).from_(source)
    row = found.database.place.fetch(select.sql(dialect=found.database.dialect, identify=True))[0]
    for (r, _), number in zip(probes, row, strict=False):
        if number:
            yield error("DG926", f"`{table}.{r.column}` {r.probed} ({number:,} rows).", where, r.hint)
    if table == DEALS:
        rows, filled, distinct = row[-3:]
        if rows > filled:
            yield error("DG929", f"{rows - filled:,} rows of `deals` have no id.", where, "leave them out in a view")
        if filled > distinct:
            message = f"{filled - distinct:,} rows of `deals` have an id that another row has."
            yield error("DG929", message, where, "keep one row a deal, in a view if need be")


def texts_of(plan: Plan) -> Iterator[str]:
    """Every text that a plan's values compare with."""
    for value in values_of(plan):
        yield from _texts(value)


def _texts(node: object) -> Iterator[str]:
    if isinstance(node, n.Constant | n.Param):
        if isinstance(node.value, str):
            yield node.value
    elif isinstance(node, n.Among):
        yield from (v for v in node.values if isinstance(v, str))
        yield from _texts(node.part)
    elif isinstance(node, tuple):
        for item in node:
            yield from _texts(item)
    elif is_dataclass(node):
        for f in fields(node):
            yield from _texts(getattr(node, f.name))
