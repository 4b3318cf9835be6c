"""A dbt project of a process and a mapping: staging models, a model of verdicts, one of counts, with tests and docs.

The documentation is the process's own: what a column's criterion is called, what proves it, what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dealgate.model.calendar import Moment
from dealgate.model.process import Criterion

from .dbt_write import MARK
from .pushed import printed
from .statement import heading

if TYPE_CHECKING:
    from sqlglot import exp

    from dealgate.compile.sql.layout import Need
    from dealgate.model.fields import Field
    from dealgate.sources.mapping.model import SourceMapping
    from dealgate.sources.staging.raw import Raw

    from .pushed import Pushed

SHOWN = ("name", "stage", "status", "amount", "amount.currency", "owner.name", "account.name", "close_date")
"""What the staged deals have for people, besides what rules read."""
STATUSES = ("met", "unmet", "unknown", "not_applicable", "waived")
STATES = ("ready", "blocked", "unknown")
GROUPS = ("open", "won", "lost", "cancelled", "unmapped")
_OPEN, _CLOSE = "__dbt_ref_", "_dbt_end__"


def project(pushed: Pushed, digest: str, mapping: SourceMapping, raw: Raw, moment: Moment) -> dict[str, str]:
    """The files by their paths, the same for the same process, mapping, dialect and moment."""
    assert pushed.staging is not None
    maker = _Maker(pushed, heading(pushed, digest, moment, mapping), mapping, raw)
    return maker.files()


class _Maker:
    """One project."""

    def __init__(self, pushed: Pushed, head: list[str], mapping: SourceMapping, raw: Raw) -> None:
        self.pushed, self.head, self.mapping, self.raw = pushed, head, mapping, raw
        self.process = pushed.process
        self.plain = plain(self.process.id)
        self.source = plain(mapping.id)
        assert pushed.staging is not None
        self.staging = pushed.staging

    def files(self) -> dict[str, str]:
        """Every file."""
        found = {"dbt_project.yml": self._yaml(self._project())}
        for name in self.staging.tables:
            found[f"models/staging/{self.model(name)}.sql"] = self._sql(self._staged(name))
        found["models/staging/_sources.yml"] = self._yaml(self._sources())
        found["models/staging/_staging.yml"] = self._yaml(self._staging_docs())
        found[f"models/marts/{self.model('verdicts')}.sql"] = self._sql(self._verdicts())
        found[f"models/marts/{self.model('summary')}.sql"] = self._sql(self._summary())
        found["models/marts/_marts.yml"] = self._yaml(self._mart_docs())
        return found

    def model(self, name: str) -> str:
        """The model of a staging table or mart: ``practical__deals``."""
        return f"{self.plain}__{name}"

    # -- SQL

    def _sql(self, query: exp.Expr) -> str:
        text = printed(query, self.pushed.dialect)
        for opening in ("{{", "{%", "{#"):
            text = text.replace(opening, f"{{{{ '{opening}' }}}}")
        pieces = text.split(_OPEN)
        done = pieces[0]
        for one in pieces[1:]:
            target, _, rest = one.partition(_CLOSE)
            kind, _, name = target.partition("_of_")
            call = f"ref('{name}')" if kind == "ref" else f"source('{self.source}', '{name}')"
            done += f"{{{{ {call} }}}}" + rest
        first = [f"-- {MARK}; what is changed here is lost when it is written again."]
        return "\n".join([*first, *(f"-- {_jinja(line)}" for line in self.head), "", done, ""])

    def _ref(self, name: str) -> exp.Table:
        from sqlglot import exp

        return exp.Table(this=exp.Var(this=f"{_OPEN}ref_of_{self.model(name)}{_CLOSE}"))

    def _over(self, query: exp.Query, names: list[str]) -> exp.Query:
        """A query with each table it reads as a step that is a model."""
        from sqlglot import exp

        from dealgate.sources.staging.layers import with_steps

        inner = query.copy()
        own = inner.args.get("with_")
        ctes = list(own.expressions) if own is not None else []
        inner.set("with_", None)
        found = with_steps(inner, [(name, exp.select(exp.Star()).from_(self._ref(name))) for name in names])
        for cte in ctes:
            if found.args.get("with_") is None:
                found.set("with_", exp.With(expressions=[]))
            found.args["with_"].append("expressions", cte)
        return found

    def _staged(self, name: str) -> exp.Query:
        from sqlglot import exp

        query = self._over(self.staging.query(name), list(self.staging.tables[name].reads))
        tables = {self.raw.spell(table): table for table in self.tables()}
        for one in list(query.find_all(exp.Table)):
            known = one.args.get("db") is not None or one.name in tables
            if isinstance(one.this, exp.Identifier) and known and self._is_raw(one, query):
                one.set("this", exp.Var(this=f"{_OPEN}source_of_{tables.get(one.name, one.name)}{_CLOSE}"))
                one.set("db", None)
                one.set("catalog", None)
        return query

    def _is_raw(self, one: exp.Table, query: exp.Query) -> bool:
        """Whether a name means a raw table: a step of that name does not stand before it."""
        if one.args.get("db") is not None:
            return True
        steps = [cte.alias for cte in query.args["with_"].expressions] if query.args.get("with_") else []
        return one.name not in steps

    def tables(self) -> list[str]:
        """The raw tables that the staging reads."""
        return list(self.staging.raw)

    def _verdicts(self) -> exp.Query:
        """The check, with what people know a deal by before it."""
        from sqlglot import exp

        from dealgate.sources.staging.layers import table, with_steps
        from dealgate.sources.staging.speech import column

        check = self._over(self.pushed.check, list(self.staging.tables))
        steps = [(cte.alias, cte.this) for cte in check.args["with_"].expressions]
        check.set("with_", None)
        shown = [column(name, "d") for name in self._known() if name != "id"]
        own = [column(one.alias, "v") for one in check.selects]
        query = exp.select(own[0], *shown, *own[1:]).from_(table("verdicts", "v"))
        on = exp.EQ(this=column("id", "d"), expression=column("id", "v"))
        query = query.join(table("deals", "d"), on=on)
        return with_steps(query, [*steps, ("verdicts", check)])

    def _known(self) -> list[str]:
        """The deals' columns that people know a deal by."""
        wanted = {name.replace(".", "__") for name in SHOWN}
        return [name for name in self.staging.tables["deals"].columns if name in wanted]

    def _summary(self) -> exp.Query:
        """One row a criterion: how many of the deals that it is asked of have which status."""
        from sqlglot import exp

        from dealgate.compile.becomes import surely
        from dealgate.sources.staging.speech import both, case, column, filled, number, text

        sure = surely(self.pushed.process)
        selects: list[exp.Select] = []
        for place, (name, criterion) in enumerate(self.pushed.columns.items(), 1):
            said = {"criterion": criterion.id, "title": criterion.title, "enforce": criterion.enforce}
            select = exp.select(exp.alias_(number(place), "position", quoted=True))
            select = select.select(*(exp.alias_(text(v), k, quoted=True) for k, v in said.items()), copy=False)
            for status in STATUSES:
                one = case((exp.EQ(this=column(name), expression=text(status)), number(1)), otherwise=number(0))
                counted = exp.func("COALESCE", exp.Sum(this=one), number(0))
                select = select.select(exp.alias_(counted, status, quoted=True), copy=False)
            where: exp.Expr = filled(column("state"))
            if criterion.stage is not None and "stage" in self._known():
                # the staged deals keep the stages of the source, those that are no more too
                names = [criterion.stage, *(old for old, now in sure.items() if now == criterion.stage)]
                here: exp.Expr = exp.EQ(this=column("stage"), expression=text(criterion.stage))
                if len(names) > 1:
                    here = exp.In(this=column("stage"), expressions=[text(name) for name in names])
                where = both(where, here)
            selects.append(select.from_(self._ref("verdicts")).where(where))
        return selects[0] if len(selects) == 1 else exp.union(*selects, distinct=False)

    # -- YAML

    def _yaml(self, held: Mapping[str, Any]) -> str:
        import yaml

        text = yaml.safe_dump(dict(held), sort_keys=False, allow_unicode=True, width=110)
        first = [f"# {MARK}; what is changed here is lost when it is written again."]
        return "\n".join([*first, *(f"# {line}" for line in self.head), text])

    def _project(self) -> dict[str, Any]:
        name = f"dealgate_{self.plain}"
        return {
            "name": name,
            "version": "1.0.0",
            "config-version": 2,
            "require-dbt-version": ">=1.10.5",
            "profile": "dealgate",
            "model-paths": ["models"],
            "models": {name: {"+materialized": "table"}},
        }

    def _sources(self) -> dict[str, Any]:
        key = self.mapping.records.id
        main = self._table_of(self.mapping.records.files[0])
        tables = []
        for table in self.tables():
            one: dict[str, Any] = {"name": table, "quoting": {"identifier": True}}
            if self.raw.spell(table) != table:
                one["identifier"] = self.raw.spell(table)
            if table == main and len(key) == 1:
                test = {"config": {"severity": "warn"}}
                column = {
                    "name": self.raw.spell(key[0]),
                    "quote": True,
                    "data_tests": [{"unique": test}, {"not_null": test}],
                }
                one["columns"] = [column]
            tables.append(one)
        default = f"'{self.raw.schema[-1]}'" if self.raw.schema else "target.schema"
        source = {
            "name": self.source,
            "description": _jinja(self.mapping.title),
            "schema": f"{{{{ var('dealgate_raw_schema', {default}) }}}}",
            "tables": tables,
        }
        return {"version": 2, "sources": [source]}

    def _table_of(self, file: str) -> str:
        from dealgate.sources.staging.raw import table_name

        return table_name(file)

    def _staging_docs(self) -> dict[str, Any]:
        models = []
        for name, table in self.staging.tables.items():
            columns = [self._column(name, column) for column in table.columns]
            collection = self.process.catalogue.collections.get(name)
            title = collection.title if collection else f"{self.process.record.capitalize()}s, typed"
            models.append({"name": self.model(name), "description": _jinja(title), "columns": columns})
        return {"version": 2, "models": models}

    def _column(self, table: str, column: str) -> dict[str, Any]:
        found: dict[str, Any] = {"name": column, "quote": True}
        need = next((n for n in self.pushed.needs if n.table == table and n.column == column), None)
        catalogue = self.process.catalogue
        fields = catalogue.deal if table == "deals" or (need and need.side) else catalogue.collections[table].fields
        field = fields.get(need.field.removesuffix(".currency")) if need is not None else None
        if field is not None:
            found["description"] = _jinja(field.title) + (", in minor units" if _minor(field.type, column) else "")
        if table == "deals" and column == "id":
            found["data_tests"] = ["unique", "not_null"]
        elif table != "deals" and column == "deal":
            target = {"to": f"ref('{self.model('deals')}')", "field": "id"}
            found["data_tests"] = ["not_null", {"relationships": {"arguments": target}}]
        elif field is not None and need is not None and _is_choice(need, field):
            found["data_tests"] = [{"accepted_values": {"arguments": {"values": list(field.readable)}}}]
        return found

    def _mart_docs(self) -> dict[str, Any]:
        deals = {"to": f"ref('{self.model('deals')}')", "field": "id"}
        tests = ["unique", "not_null", {"relationships": {"arguments": deals}}]
        columns: list[dict[str, Any]] = [{"name": "id", "quote": True, "data_tests": tests}]
        columns += [_criterion(name, criterion) for name, criterion in self.pushed.columns.items()]
        standing = "Blocked, unknown or ready to leave its stage; empty where it is not judged"
        columns += [_values("state", standing, STATES), _values("group", "How the deal counts", GROUPS)]
        columns.append({"name": "readiness", "quote": True, "description": "Weighted share of criteria met, 0 to 1"})
        record, title = self.process.record, self.process.title
        verdicts = {
            "name": self.model("verdicts"),
            "description": _jinja(f"Every {record} against every criterion of {title}, one row a {record}"),
            "columns": columns,
        }
        summary = {
            "name": self.model("summary"),
            "description": _jinja(
                f"Every criterion of {title}: how many judged {record}s in its stage have which status"
            ),
            "columns": [{"name": "criterion", "quote": True, "data_tests": ["unique", "not_null"]}],
        }
        return {"version": 2, "models": [verdicts, summary]}


def _criterion(name: str, criterion: Criterion) -> dict[str, Any]:
    said = [f"{criterion.title} ({criterion.enforce})."]
    said += [f"Proof: {criterion.proof}"] if criterion.proof else []
    said += [f"If it is not: {criterion.fix}"] if criterion.fix else []
    return _values(name, " ".join(" ".join(said).split()), STATUSES, missing=False)


def _values(name: str, description: str, values: tuple[str, ...], *, missing: bool = True) -> dict[str, Any]:
    tests: list[Any] = [] if missing else ["not_null"]
    tests.append({"accepted_values": {"arguments": {"values": list(values)}}})
    return {"name": name, "quote": True, "description": _jinja(description), "data_tests": tests}


def _minor(kind: str, column: str) -> bool:
    return kind == "money" and not column.endswith("__currency")


def _is_choice(need: Need, field: Field) -> bool:
    """Whether a column holds one of the field's options and nothing else."""
    own = need.form == "value" and not need.side and not need.field.endswith(".currency")
    return own and field.type == "choice" and bool(field.options) and not field.open


def _jinja(text: str) -> str:
    """Text that dbt does not take for a template."""
    for opening in ("{{", "{%", "{#"):
        text = text.replace(opening, f"{opening[0]} {opening[1]}")
    return text


def plain(name: str) -> str:
    """A slug as a name of SQL."""
    return name.replace("-", "_")
