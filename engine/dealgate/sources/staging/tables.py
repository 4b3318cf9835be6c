"""The staging tables: deals, and the child records that have rows or columns of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from dealgate.compile.sql.dialects import DIALECTS
from dealgate.compile.sql.layout import Layout, Need, Stored, sql_type, staging_name
from dealgate.model.fields import Field
from dealgate.sources.forms.text import SPACES
from dealgate.sources.mapping.model import Value

from .cells import Cannot, Reader, Typed, stored_for
from .folds import folded_wholly
from .layers import named, table
from .rows import Context, Gap, Rows
from .speech import E, both, case, column, either, filled, joined, number, text

Steps = list[tuple[str, exp.Query]]
DEALS = "deals"
_ALL_SPACES = "".join(chr(n) for n in range(0x3001) if chr(n).isspace() and chr(n) not in SPACES)


@dataclass(frozen=True, slots=True)
class StagedTable:
    """One staging table: its query over ``steps`` and over the tables that it ``reads``; ``unfit`` by field."""

    name: str
    query: exp.Select
    steps: Steps
    columns: tuple[str, ...]
    reads: tuple[str, ...] = ()


@dataclass(slots=True)
class Asked:
    """What is asked of one table: its columns, how they are held, and the texts that rules compare with."""

    table: str
    needs: Sequence[Need]
    layout: Layout
    texts: frozenset[str] = frozenset()
    hard: set[str] = field(default_factory=set)
    """Columns that cannot be staged."""

    def stored(self, name: str, kind: str, dialect: str) -> Stored:
        """How a field's column is held."""
        return self.layout.column(self.table, staging_name(name)) or stored_for(kind, dialect)

    def fields(self) -> list[str]:
        """The fields that are read, in any form."""
        return list(dict.fromkeys(base_of(need) for need in self.needs if need.form != "key"))


def base_of(need: Need) -> str:
    """The field of a need: ``amount`` of ``amount.currency``."""
    return need.field.removesuffix(".currency")


def plain_of(need: Need) -> str:
    """The column of the value itself: ``name`` of ``name__folded``."""
    return need.column.removesuffix(f"__{need.form}")


def read_fields(
    context: Context,
    rows: Rows,
    fields: Mapping[str, Value],
    targets: Mapping[str, Field],
    asked: Asked,
    only: Iterable[str],
) -> dict[str, Typed]:
    """The fields in SQL; one that cannot be said is a gap."""
    found: dict[str, Typed] = {}
    places = {need.field for need in asked.needs if need.form == "placeholder"}
    for name in only:
        if name not in fields or name not in targets:
            continue
        target = targets[name]
        stored = asked.stored(name, target.type, context.speech.name)
        try:
            reader = Reader(rows, fields[name], target, staging_name(name), stored, places=name in places)
            found[name] = reader.typed()
        except Cannot as refusal:
            context.gaps.append(Gap(asked.table, staging_name(name), str(refusal), fields[name].at))
            asked.hard.add(name)
    return found


def value_columns(found: Mapping[str, Typed], asked: Asked) -> dict[str, E]:
    """What the step of values holds of the fields: each with its type."""
    held: dict[str, E] = {}
    codes = {base_of(n) for n in asked.needs if n.field.endswith(".currency")}
    places = {n.field for n in asked.needs if n.form == "placeholder"}
    for name, one in found.items():
        plain = staging_name(name)
        held[plain] = one.value
        if name in codes and one.currency is not None:
            held[f"{plain}__currency"] = one.currency
        if name in places:
            held[f"{plain}__placeholder"] = exp.func("COALESCE", one.placeholder.copy(), exp.false())
    return held


def null_of(context: Context, kind: str, stored: Stored | None = None) -> E:
    """No value, of a field type's column type."""
    dialect = DIALECTS[context.speech.name]
    held = stored or stored_for(kind, dialect.name)
    return exp.cast(exp.Null(), exp.DataType.build(sql_type(held, dialect), dialect=dialect.name))


def formed(context: Context, need: Need, asked: Asked, held: Mapping[str, E]) -> E | None:
    """The column that a need asks for, made of the step of values; None where it cannot be staged."""
    base = base_of(need)
    if base in asked.hard:
        return None
    plain = plain_of(need)
    speech = context.speech
    if need.form == "placeholder":
        return held.get(f"{plain}__placeholder", exp.false()).copy()
    value = held.get(plain)
    if value is None:
        return null_of(
            context, "date" if need.form == "day" else need.type, asked.layout.column(need.table, need.column)
        )
    if need.form == "folded":
        trimmed = exp.Trim(this=value.copy(), expression=text(_ALL_SPACES))
        return folded_wholly(speech, trimmed, asked.texts)
    if need.form == "day":
        zone = context.process.calendar.zone
        return speech.local_day(value, zone)
    return value.copy()


def kept(rows: Rows) -> E | None:
    """Which rows count, as the mapping's ``where`` and ``skip_rows_where`` say."""
    here = Value(at=rows.section.at)
    parts = [rows.holds(rows.section.where, here)]
    for name, words in rows.layout.read.skip_rows_where.items():
        wanted = frozenset(word.strip().casefold() for word in words)
        skipped = rows.holds({name: wanted}, here)
        if skipped is not None:
            parts.append(exp.Not(this=exp.Paren(this=skipped)))
    if rows.layout.read.totals:
        why = "it leaves out rows of totals, which a table has no first column to tell by"
        rows.context.gaps.append(Gap(rows.name, "", why, rows.section.at, hard=False))
    return both(*parts) if any(part is not None for part in parts) else None


def link(rows: Rows, columns: Sequence[str]) -> E:
    """The id that several columns make up; null where one of them is empty."""
    here = Value(at=rows.section.at)
    cells = [rows.cell(name, here) for name in columns]
    if len(cells) > 1:
        spaced: list[E] = []
        for cell in cells:
            spaced += [text("-"), cell.copy()] if spaced else [cell.copy()]
        return joined(*spaced)
    if rows.layout.missing and not isinstance(cells[0], exp.Null):
        there = exp.Not(this=exp.Paren(this=rows.among(cells[0], rows.layout.missing)))
        return rows.layers.let(f"{cells[0].name}__known", case((there, cells[0].copy())))
    return cells[0]


def ordered_by(rows: Rows, *, last: bool = False) -> exp.Order:
    """The order of rows: by their number where there is one, else by what they hold."""
    keys = rows.order() or rows.cells()
    return exp.Order(expressions=[exp.Ordered(this=key.copy(), desc=last) for key in keys])


def numbered(partition: str, order: exp.Order, *, from_zero: bool = False) -> E:
    """The place of a row among those of its deal."""
    window = exp.Window(this=exp.RowNumber(), partition_by=[column(partition)], order=order)
    return exp.Sub(this=window, expression=number(1)) if from_zero else window


def by(*names: str) -> exp.Order:
    """An order by columns."""
    return exp.Order(expressions=[exp.Ordered(this=column(name)) for name in names])


# ------------------------------------------------------------------------------ child records


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one origin for a collection: a step that has ``deal``, ``nth`` and columns."""

    steps: Steps
    query: exp.Select
    columns: frozenset[str]


def child_part(context: Context, rows: Rows, asked: Asked, targets: Mapping[str, Field]) -> Part:
    """The rows of a child table in which anything stands, each with its deal and its place."""
    fields = [name for name in rows.section.fields if name in targets]
    found = read_fields(context, rows, rows.section.fields, targets, asked, fields)
    deal = link(rows, rows.section.link)
    any_value = either(*(either(filled(o.value), o.unfit.copy()) for o in found.values())) if found else exp.false()
    wanted = set(asked.fields())
    chosen = value_columns({name: one for name, one in found.items() if name in wanted}, asked)
    where = both(kept(rows), filled(deal), any_value)
    order = ordered_by(rows)
    before = rows.layers.queries()
    query = rows.layers.select({"deal": deal, "nth": _window(deal, order), **chosen}, before[-1][0]).where(where)
    return Part(before, query, frozenset(chosen))


def _window(partition: E, order: exp.Order) -> E:
    return exp.Window(this=exp.RowNumber(), partition_by=[partition.copy()], order=order)


def collection(context: Context, asked: Asked, parts: Sequence[Part]) -> StagedTable:
    """One staging table of child rows: the parts one after the other, those of deals that there are."""
    name = asked.table
    steps: Steps = []
    held: dict[str, E] = {}
    for part in parts:
        for step in part.steps:
            if step[0] not in {known for known, _ in steps}:
                steps.append(step)
    columns = sorted({c for part in parts for c in part.columns})
    kinds = {need.column: need for need in asked.needs}
    if len(parts) == 1:
        values: exp.Query = parts[0].query
    else:
        selects = []
        for place, part in enumerate(parts, 1):
            steps.append((f"{name}_part_{place}", part.query))
            shown = {
                c: column(c) if c in part.columns else null_of(context, kinds[c].type if c in kinds else "text")
                for c in columns
            }
            select = exp.select(column("deal"), named(number(place), "part"), column("nth"))
            select = select.select(*(named(v, c) for c, v in shown.items()), copy=False)
            selects.append(select.from_(table(f"{name}_part_{place}")))
        values = exp.union(*selects, distinct=False)
    steps.append((f"{name}_values", values))
    order = by("part", "nth") if len(parts) > 1 else by("nth")
    held = {c: column(c) for c in columns}
    return finish(context, asked, steps, held, order)


def finish(context: Context, asked: Asked, steps: Steps, held: Mapping[str, E], order: exp.Order) -> StagedTable:
    """The staging table over its step of values: deal, position and what is asked."""
    shown: dict[str, E] = {"deal": column("deal"), "position": numbered("deal", order, from_zero=True)}
    for need in asked.needs:
        if need.column not in shown:
            value = formed(context, need, asked, held)
            if value is not None:
                shown[need.column] = value
    query = exp.select(*(named(v, n) for n, v in shown.items())).from_(table(f"{asked.table}_values"))
    known = exp.select(column("id")).from_(table(DEALS))
    query = query.where(exp.In(this=column("deal"), query=known.subquery()), copy=False)
    return StagedTable(asked.table, query, steps, tuple(shown), (DEALS,))
