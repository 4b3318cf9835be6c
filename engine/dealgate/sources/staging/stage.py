"""A checked mapping over raw tables → the staging relation, one query a table, in a dialect."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp

from dealgate.compile.plan.plan import Shape
from dealgate.compile.sql.layout import Layout, Need, choices_text, staging_name
from dealgate.model.diagnostics import SourceFailed, Where
from dealgate.model.fields import Field
from dealgate.model.process import Process
from dealgate.sources.mapping.model import History, Records, SourceMapping, Value

from .cells import PLACEHOLDERS, Typed
from .dialects import speech_of
from .layers import named, table, with_steps
from .past import CHANGES, VISITS, of_dates, of_table
from .raw import Raw, nested
from .rows import Context, Gap, Rows, rows_of
from .speech import E, both, case, column, filled, number, text
from .tables import (
    DEALS,
    Asked,
    Part,
    StagedTable,
    Steps,
    child_part,
    collection,
    formed,
    kept,
    link,
    ordered_by,
    read_fields,
    value_columns,
)

EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Staging:
    """The staging relation. ``gaps``: what cannot be said; ``absent``: optional tables and columns taken not to be
    there, with the place in the mapping."""

    dialect: str
    tables: Mapping[str, StagedTable]
    gaps: tuple[Gap, ...] = ()
    absent: Mapping[str, Where] = field(default_factory=dict)
    placeholders: tuple[str, ...] = ()
    raw: tuple[str, ...] = ()
    """The raw tables that it reads, as the mapping names them."""

    def query(self, name: str) -> exp.Query:
        """One table's query by itself; the tables that it reads must be there under their names."""
        found = self.tables[name]
        return with_steps(found.query.copy(), self._with_words(found.steps))

    def steps(self) -> Steps:
        """Every table and what it needs, in an order in which each reads only what stands before it."""
        found: Steps = []
        for name, one in self.tables.items():
            known = {step for step, _ in found}
            found += [step for step in self._with_words(one.steps) if step[0] not in known]
            found.append((name, one.query))
        return found

    def whole(self, query: exp.Query) -> exp.Query:
        """A query over the staging tables with all of them before it."""
        inner = query.copy()
        own = inner.args.get("with_")
        ctes = list(own.expressions) if own is not None else []
        inner.set("with_", None)
        found = with_steps(inner, self.steps())
        for cte in ctes:
            found.args["with_"].append("expressions", cte)
        return found

    def _with_words(self, steps: Sequence[tuple[str, exp.Query]]) -> Steps:
        asked = any(one.name == PLACEHOLDERS for _, query in steps for one in query.find_all(exp.Table))
        if not asked:
            return list(steps)
        return [(PLACEHOLDERS, speech_of(self.dialect).list_of(self.placeholders, "word")), *steps]


def offered(mapping: SourceMapping, process: Process, raw: Raw | None = None) -> Shape:
    """The columns that a plan over this staging may read: what the mapping tells of."""
    raw, catalogue, currency = raw or Raw(), process.catalogue, process.currency
    deals = {"id", "status"} | _told(mapping.records, catalogue.deal, mapping, currency)
    if mapping.users is not None and raw.table(mapping.users.files[0], mapping.users.optional):
        owner = {
            name: catalogue.deal[f"owner.{name}"] for name in mapping.users.fields if f"owner.{name}" in catalogue.deal
        }
        deals |= {f"owner.{name}" for name in owner}
    children: dict[str, frozenset[str]] = {}
    for name, section in mapping.children.items():
        # a list inside rows is there too: that SQL cannot read it must not pass for a collection never synced
        there = all(nested(file) or raw.table(file, section.optional) for file in section.files)
        if there and name in catalogue.collections:
            told = _told(section, catalogue.collections[name].fields, mapping, currency)
            children[name] = frozenset(told | {"deal", "position"})
    if mapping.records.evidence and EVIDENCE in catalogue.collections:
        fields = catalogue.collections[EVIDENCE].fields
        told = {k for proof in mapping.records.evidence for k in (*proof.fixed, *proof.fields) if k in fields}
        children[EVIDENCE] = children.get(EVIDENCE, frozenset()) | told | {"deal", "position"}
    history = mapping.history
    if history is not None and (history.table is None or raw.table(history.table.files[0], history.table.optional)):
        children[VISITS] = frozenset({"deal", "position", "stage", "entered", "left"})
        if history.table is not None:
            if history.covers is not None:
                deals.add("history_covers")
            children[CHANGES] = frozenset(_of_history(history, catalogue.deal, mapping, currency))
    return Shape(frozenset(deals), children, frozenset({"id"}))


def _told(section: Records, targets: Mapping[str, Field], mapping: SourceMapping, currency: str) -> set[str]:
    found: set[str] = set()
    for name, value in section.fields.items():
        if name in targets:
            found |= {name, f"{name}.unfit"} | _coded(name, value, targets[name], mapping, section, currency)
    return found


def _coded(name: str, value: Value, target: Field, mapping: SourceMapping, section: Records, currency: str) -> set[str]:
    """The currency beside an amount that may be in another than the process's."""
    if target.type != "money":
        return set()
    declared = value.currency or mapping.layout_of(section.files[0]).currency or currency
    return {f"{name}.currency"} if value.currency_column or declared != currency or value.values else set()


def _of_history(history: History, targets: Mapping[str, Field], mapping: SourceMapping, currency: str) -> set[str]:
    assert history.table is not None
    told = {"deal", "position", "field", "at"}
    told |= {name for name, there in (("by", history.by), ("channel", history.channel)) if there}
    names = set(history.table.fields) | set(history.names.values())
    if history.shape == "changes" and not history.names:
        names = set(targets)
    for name in names & set(targets):
        value = history.table.fields.get(name, Value())
        sides = ("from", "to") if history.shape == "snapshots" or history.old_column else ("to",)
        coded = bool(_coded(name, value, targets[name], mapping, history.table, currency))
        for side in sides:
            told.add(f"{name}.{side}")
            if coded:
                told.add(f"{name}.{side}.currency")
    return told


def stage(
    mapping: SourceMapping,
    process: Process,
    dialect: str,
    *,
    needs: Sequence[Need] | None = None,
    layout: Layout | None = None,
    raw: Raw | None = None,
    texts: Collection[str] = (),
) -> Staging:
    """The staging queries. ``needs``: which columns (all that the mapping tells, where nothing is asked) and ``layout``
    how they are held; ``texts`` are what rules compare texts with.

    Raises SourceFailed where tables were looked at and what the mapping needs is not there.
    """
    raw = raw or Raw()
    if dialect == "sqlite" and not raw.schema:
        raw = replace(raw, schema=("main",))  # there a step may not read a table that has the name of another step
    context = Context(mapping, process, speech_of(dialect), raw)
    if needs is None:
        needs = everything(offered(mapping, process, context.raw), process)
    builder = _Builder(context, list(needs), layout or Layout(), frozenset(texts))
    tables = builder.tables()
    context.stop_if_refused()
    words = tuple(sorted(process.reading.placeholders))
    return Staging(
        dialect, tables, tuple(dict.fromkeys(context.gaps)), dict(context.absent), words, tuple(sorted(context.read))
    )


def everything(shape: Shape, process: Process) -> list[Need]:
    """Every column that a shape has, in every form that a rule may read."""
    found: list[Need] = []
    catalogue = process.catalogue
    for name, columns in {DEALS: shape.deals, **shape.children}.items():
        targets = catalogue.deal if name == DEALS else catalogue.collections[name].fields
        for one in sorted(columns):
            if name == CHANGES and one not in targets:
                found += _side(one, catalogue.deal)
            elif one.endswith(".currency"):
                found.append(Need(name, staging_name(one), one, "value", "choice"))
            elif one in targets:
                kind = targets[one].type
                found.append(Need(name, staging_name(one), one, "value", kind))
                if kind == "datetime":
                    found.append(Need(name, f"{staging_name(one)}__day", one, "day", kind))
                if f"{one}.unfit" in columns:
                    found.append(Need(name, f"{staging_name(one)}__placeholder", one, "placeholder", "boolean"))
    return found


def _side(name: str, targets: Mapping[str, Field]) -> list[Need]:
    base, mark, rest = next((name.partition(m) for m in (".from", ".to") if m in name), (name, "", ""))
    if not mark or base not in targets:
        return []
    kind = "choice" if rest else targets[base].type
    return [Need(CHANGES, staging_name(name), base, "value", kind, mark[1:])]


class _Builder:
    """The tables of one staging, built one after the other."""

    def __init__(self, context: Context, needs: list[Need], layout: Layout, texts: frozenset[str]) -> None:
        self.context, self.mapping = context, context.mapping
        by_table: dict[str, list[Need]] = {}
        for need in needs:
            by_table.setdefault(need.table, []).append(need)
        self.by_table, self.layout, self.texts = by_table, layout, texts
        self._deals_steps: Steps = []

    def asked(self, name: str) -> Asked:
        """What is asked of a table."""
        return Asked(name, self.by_table.get(name, []), self.layout, self.texts)

    def tables(self) -> dict[str, StagedTable]:
        """Every staging table, the deals first."""
        mapping, context, catalogue = self.mapping, self.context, self.context.process.catalogue
        rows = rows_of(context, mapping.records, DEALS)
        if rows is None:
            context.stop_if_refused()
            raise SourceFailed(*context.refused)
        found: dict[str, StagedTable] = {}
        evidence = self.asked(EVIDENCE)
        proofs = self._proofs(rows, evidence)
        dates = self._dates(rows)
        deals = self._deals(rows, proofs, dates)
        parts: dict[str, list[Part]] = {}
        for name, section in mapping.children.items():
            mine = self._child(name, section)
            if mine is not None and (name in self.by_table or not self.by_table):
                parts.setdefault(name, []).append(mine)
        if mapping.records.evidence and EVIDENCE in catalogue.collections:
            parts.setdefault(EVIDENCE, []).extend(self._proof_parts(proofs))
        tables = {name: collection(context, self.asked(name), mine) for name, mine in parts.items() if mine}
        tables |= self._past(dates)
        synced = {name for name in (*mapping.children, EVIDENCE, VISITS, CHANGES) if name in self._known(parts)}
        found[DEALS] = self._finished(deals, synced)
        return found | {name: one for name, one in tables.items() if name in self.by_table}

    def _known(self, parts: Mapping[str, list[Part]]) -> frozenset[str]:
        return frozenset(parts) | frozenset(offered(self.mapping, self.context.process, self.context.raw).children)

    # -- deals

    def _deals(self, rows: Rows, proofs: list[dict[str, E]], dates: list[tuple[str, E, str | None]]) -> dict[str, E]:
        context, section = self.context, self.mapping.records
        asked = self.asked(DEALS)
        self._hard = asked.hard
        fields = list(asked.fields())
        if self.mapping.users is not None and any(name.startswith("owner.") for name in fields):
            fields.append("owner.id")
        found = read_fields(context, rows, section.fields, context.process.catalogue.deal, asked, dict.fromkeys(fields))
        held = value_columns(found, asked)
        if "status" in fields and "status" not in asked.hard:
            held["status"] = text("open")
            if "status" in found:
                one = found["status"]
                open_ = exp.func("COALESCE", one.value.copy(), text("open"))
                held["status"] = case((exp.Not(this=exp.func("COALESCE", one.unfit.copy(), exp.false())), open_))
        ident = link(rows, section.id)
        first = rows.layout.duplicates == "first"
        order = ordered_by(rows, last=not first)
        window = exp.Window(this=exp.RowNumber(), partition_by=[ident.copy()], order=order)
        more = {k: v for one in proofs for k, v in one.items() if not k.startswith("_")}
        more |= {name: value for name, value, _ in dates}
        where = both(kept(rows), filled(ident))
        steps = rows.layers.queries()
        query = rows.layers.select({"id": ident, "nth": window, **held, **more}, steps[-1][0]).where(where)
        self._deals_steps = [*steps, ("deals_values", query)]
        return {name: column(name) for name in held}

    def _finished(self, held: dict[str, E], synced: Collection[str]) -> StagedTable:
        context, asked = self.context, self.asked(DEALS)
        asked.hard |= self._hard
        steps = list(self._deals_steps)
        users = self._users(asked)
        source = exp.select().from_(table("deals_values", "d"))
        held = {name: column(name, "d") for name in held}
        if users is not None:
            user_steps, known = users
            steps += user_steps
            on = exp.EQ(this=column("id", "u"), expression=column("owner__id", "d"))
            source = source.join(table("users_values", "u"), on=on, join_type="left")
            for name in known:
                mine, theirs = held.get(name), column(name, "u")
                held[name] = exp.func("COALESCE", mine, theirs) if mine is not None else theirs
        shown: dict[str, E] = {"id": column("id", "d")}
        for need in asked.needs:
            if need.column in shown:
                continue
            base = need.field
            if base.endswith(".synced"):
                shown[need.column] = exp.Boolean(this=base.removesuffix(".synced") in synced)
            elif base == "history_covers" and base not in self.mapping.records.fields:
                covers = self.mapping.history.covers if self.mapping.history else None
                if covers is not None:
                    shown[need.column] = text(choices_text(covers))
            else:
                value = formed(context, need, asked, held)
                if value is not None:
                    shown[need.column] = value
        query = source.select(*(named(v, n) for n, v in shown.items()))
        query = query.where(exp.EQ(this=column("nth", "d"), expression=number(1)))
        return StagedTable(DEALS, query, steps, tuple(shown))

    def _users(self, asked: Asked) -> tuple[Steps, list[str]] | None:
        section, context = self.mapping.users, self.context
        wanted = [name for name in asked.fields() if name.startswith("owner.")]
        if section is None or not wanted:
            return None
        rows = rows_of(context, section, "users")
        if rows is None:
            return None
        targets = context.process.catalogue.deal
        fields = {f"owner.{name}": value for name, value in section.fields.items()}
        found = read_fields(context, rows, fields, targets, asked, [name for name in wanted if name in fields])
        if not found:
            return None
        held = {
            staging_name(name): case((exp.Not(this=exp.func("COALESCE", one.unfit.copy(), exp.false())), one.value))
            for name, one in found.items()
        }
        ident = link(rows, section.id)
        window = exp.Window(this=exp.RowNumber(), partition_by=[ident.copy()], order=ordered_by(rows, last=True))
        where = both(kept(rows), filled(ident))
        steps = rows.layers.queries()
        query = rows.layers.select({"id": ident, "nth": window, **held}, steps[-1][0]).where(where)
        last = exp.select(exp.Star()).from_(table("users_rows")).where(exp.EQ(this=column("nth"), expression=number(1)))
        return [*steps, ("users_rows", query), ("users_values", last)], list(held)

    # -- evidence and dates in the records' own columns

    def _proofs(self, rows: Rows, asked: Asked) -> list[dict[str, E]]:
        """Each item's columns under names of its own, ``_there`` its condition, ``_fixed`` what all of it have."""
        found: list[dict[str, E]] = []
        collections = self.context.process.catalogue.collections
        if EVIDENCE not in self.by_table or EVIDENCE not in collections:
            return found
        targets = collections[EVIDENCE].fields
        for place, item in enumerate(self.mapping.records.evidence, 1):
            mine = Asked(f"evidence_{place}", asked.needs, asked.layout, asked.texts)
            typed: dict[str, Typed] = {}
            for name, value in item.fields.items():
                one = read_fields(self.context, rows, {name: value}, targets, _named(mine), [name])
                typed |= one
            lead = next((name for name in ("level", "answer", "dated") if name in typed), None)
            columns = {f"evidence_{place}__{staging_name(n)}": one.value for n, one in typed.items()}
            there: E = filled(typed[lead].value) if lead else exp.true()
            columns[f"evidence_{place}__there"] = there
            found.append(columns)
        return found

    def _proof_parts(self, proofs: list[dict[str, E]]) -> list[Part]:
        parts: list[Part] = []
        for place, (item, columns) in enumerate(zip(self.mapping.records.evidence, proofs, strict=False), 1):
            start = f"evidence_{place}__"
            shown: dict[str, E] = {staging_name(k): text(v) for k, v in item.fixed.items()}
            shown |= {name.removeprefix(start): column(name) for name in columns if not name.endswith("__there")}
            query = exp.select(named(column("id"), "deal"), named(number(1), "nth"))
            query = query.select(*(named(v, n) for n, v in shown.items())).from_(table("deals_values"))
            query = query.where(both(exp.EQ(this=column("nth"), expression=number(1)), column(f"{start}there")))
            parts.append(Part(self._deals_steps, query, frozenset(shown)))
        return parts

    def _dates(self, rows: Rows) -> list[tuple[str, E, str | None]]:
        history = self.mapping.history
        if history is None or VISITS not in self.by_table:
            return []
        moment = self.context.process.catalogue.collections[VISITS].fields["entered"]
        found: list[tuple[str, E, str | None]] = []
        for place, step in enumerate(history.derive, 1):
            asked = self.asked(VISITS)
            name = f"date_{place}"
            read = read_fields(self.context, rows, {"entered": step.at}, {"entered": moment}, asked, ["entered"])
            if "entered" not in read:
                self.context.gaps.append(Gap(VISITS, "", "it needs the moments of the visits", step.at.at))
                return []
            found.append((name, read["entered"].value, step.stage))
        return found

    # -- children and history

    def _child(self, name: str, section: Records) -> Part | None:
        catalogue = self.context.process.catalogue
        if any(map(nested, section.files)) or not section.link:
            why = "it is a list inside the rows of another table"
            self.context.gaps.append(Gap(name, "", why, section.at))
            return None
        rows = rows_of(self.context, section, name)
        if rows is None:
            return None
        return child_part(self.context, rows, self.asked(name), catalogue.collections[name].fields)

    def _past(self, dates: list[tuple[str, E, str | None]]) -> dict[str, StagedTable]:
        history, context = self.mapping.history, self.context
        wanted = {VISITS, CHANGES} & set(self.by_table)
        if history is None or not wanted:
            return {}
        if history.derive:
            if VISITS not in wanted or not dates:
                return {}
            named_dates = [(name, stage_) for name, _, stage_ in dates]
            return {VISITS: of_dates(context, self.asked(VISITS), self._deals_steps, named_dates)}
        assert history.table is not None
        rows = rows_of(context, history.table, CHANGES)
        if rows is None:
            return {}
        return of_table(context, history, rows, self.asked(VISITS), self.asked(CHANGES))


def _named(asked: Asked) -> Asked:
    """The same for an item of evidence: its columns are held as those of the collection."""
    layout = Layout({asked.table: asked.layout.tables.get(EVIDENCE, {})})
    return Asked(asked.table, asked.needs, layout, asked.texts, asked.hard)
