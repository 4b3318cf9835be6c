"""A column of a table that is named as ours → its staging column, in SQL: the type the field asks for, or why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from dealgate.compile.sql.dialects import DIALECTS
from dealgate.compile.sql.layout import DEALS, Layout, Need, Stored, sql_type, staging_name
from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.fields import Field
from dealgate.model.process import Process

from .kinds import Kind
from .staging.dialects import speech_of
from .staging.folds import folded_wholly
from .staging.speech import E, both, case, column, number, text, utc

_GLOBS = {"date": "[0-9]" * 4 + "-[0-9][0-9]-[0-9][0-9]"}
_GLOBS["datetime"] = _GLOBS["date"] + " [0-9][0-9]:[0-9][0-9]:[0-9][0-9]." + "[0-9]" * 6
_MEANT = {
    "text": "text", "choice": "text", "choices": "text such as |a|b|", "boolean": "a boolean", "date": "a date",
    "datetime": "a timestamp", "whole": "a whole number", "duration": "whole microseconds",
    "money": "whole minor units, or a decimal of major ones", "number": "a decimal such as NUMERIC(18, 4)",
}  # fmt: skip
_SPELLED = {"date": "text as YYYY-MM-DD", "datetime": "text as YYYY-MM-DD HH:MM:SS.ffffff", "boolean": "0 or 1"}
_MOST = 38


@dataclass(frozen=True, slots=True)
class Read:
    """A staging column: its value in SQL and how it is held; or what is ``wrong`` with it, and how to mend it.

    ``probe`` is true of rows that hold something else, of which ``probed`` says what.
    """

    column: str
    value: E
    stored: Stored
    wrong: str = ""
    hint: str = ""
    probe: E | None = None
    probed: str = ""


class Reader:
    """Reads the columns of one table."""

    def __init__(
        self,
        process: Process,
        dialect: str,
        table: str,
        columns: Mapping[str, tuple[str, Kind]],
        layout: Layout,
        texts: frozenset[str],
    ) -> None:
        self.process, self.dialect, self.table = process, DIALECTS[dialect], table
        self.columns, self.layout, self.texts = columns, layout, texts
        self.speech = speech_of(dialect)
        known = process.catalogue
        self.fields: Mapping[str, Field] = known.deal if table == DEALS else known.collections[table].fields

    def read(self, need: Need) -> Read:
        """The staging column that a need asks for."""
        stored = self.layout.tables[self.table][need.column]
        there = self.columns.get(need.column.casefold())
        if there is not None:
            return self._typed(need, stored, *there)
        if need.column == "position":
            return Read(need.column, self._place(), stored)
        if need.column == "status" and self.table == DEALS:
            return Read(need.column, text("open"), stored)
        base = self.columns.get(need.column.removesuffix(f"__{need.form}").casefold())
        if base is not None and need.form == "folded":
            plain = exp.Trim(this=self._cast(column(base[0]), "text"))
            value = folded_wholly(self.speech, exp.func("NULLIF", plain, text("")), self.texts)
            return Read(need.column, value, stored)
        if base is not None and need.form == "day":
            return self._day(need, stored, *base)
        return self._none(need, stored)

    def _none(self, need: Need, stored: Stored) -> Read:
        plain = need.column.removesuffix(f"__{need.form}").casefold()
        other = next((form for form in ("folded", "day") if f"{plain}__{form}" in self.columns), None)
        if other is not None and need.form in ("value", "folded", "day"):
            wrong, hint = f"is not there, while `{plain}__{other}` is", "add it: these rules read both"
            return Read(need.column, exp.Null(), stored, wrong, hint)
        null = self._cast(exp.Null(), sql_type(stored, self.dialect))
        if need.form == "placeholder":
            return Read(need.column, exp.false() if self.dialect.dates else number(0), stored)
        return Read(need.column, null, stored)

    # ------------------------------------------------ forms

    def _place(self) -> E:
        """The place among the deal's rows by all that they hold: rows that are all alike may stand either way."""
        keys = [exp.Ordered(this=column(name)) for name, _ in self.columns.values()]
        deal = column(self.columns["deal"][0])
        window = exp.Window(this=exp.RowNumber(), partition_by=[deal], order=exp.Order(expressions=keys))
        return exp.Sub(this=window, expression=number(1))

    def _day(self, need: Need, stored: Stored, name: str, kind: Kind) -> Read:
        zone = self.process.calendar.zone
        if not self.dialect.dates and not utc(zone):
            plain = need.column.removesuffix("__day")
            hint = f"add the column {need.column}: the day of `{plain}` in the process's zone"
            return Read(need.column, exp.Null(), stored, "is not there, and SQLite knows no time zones", hint)
        read = self._typed(need.__class__(need.table, need.column, need.field, "value", "datetime"), stored, name, kind)
        if read.wrong:
            return read
        value = self.speech.local_day(read.value, zone)
        return Read(need.column, value, stored, hint=read.hint, probe=read.probe, probed=read.probed)

    # ------------------------------------------------ types

    def _typed(self, need: Need, stored: Stored, name: str, kind: Kind) -> Read:
        cell: E = column(name)
        wanted = need.kind
        if need.form == "key" and need.column != "position":
            if kind.family in ("whole", "uuid"):
                return Read(need.column, self._cast(cell, self.dialect.types["text"]), stored)
            wanted = "text"
        if not self.dialect.dates:
            return self._loose(need, stored, cell, wanted)
        if wanted in ("number", "money") and kind.family == "decimal":
            return self._decimal(need, stored, cell, kind)
        if wanted in ("whole", "number", "money", "duration") and kind.family in ("whole", "numeric"):
            return self._whole(need, stored, cell, kind)
        if wanted in ("text", "choice", "choices") and kind.family == "text":
            return Read(need.column, self._word(need, self._cast(cell, self.dialect.types["text"])), stored)
        if wanted == kind.family or (wanted == "datetime" and kind.family == "moment"):
            return Read(need.column, self._cast(cell, self.dialect.types[stored.kind]), stored)
        if wanted == "datetime" and kind.family == "instant":
            return Read(need.column, self._in_utc(cell), stored)
        wrong = f"is of type {kind.told}, and should be {_MEANT[wanted]}"
        return Read(need.column, cell, stored, wrong, "cast it in a view, or read the raw tables with --mapping")

    def _in_utc(self, cell: E) -> E:
        if self.dialect.name == "spark":  # the session's zone is UTC
            return self._cast(cell, self.dialect.types["datetime"])
        return exp.Anonymous(this="TIMEZONE", expressions=[text("UTC"), cell])

    def _word(self, need: Need, cell: E) -> E:
        """A text that is not empty; of a closed choice one of its options."""
        if need.form == "key":
            return cell
        plain = exp.func("NULLIF", cell, text(""))
        field = self._field(need)
        if need.kind == "choice" and field is not None and field.type == "choice" and field.options and not field.open:
            options = exp.In(this=plain, expressions=[text(option) for option in field.readable])
            return case((options, plain.copy()))
        return plain

    def _field(self, need: Need) -> Field | None:
        return self.process.catalogue.deal.get(need.field) if need.side else self.fields.get(need.field)

    def _whole(self, need: Need, stored: Stored, cell: E, kind: Kind) -> Read:
        """Whole numbers as they are, in staging's units; beyond the language's limits there is no value."""
        value = self._cast(cell, sql_type(stored, self.dialect))
        if need.column == "position" and need.form == "key":
            return Read(need.column, value, stored)
        value = case((_within(cell, stored), value))
        probe = exp.NEQ(this=cell, expression=exp.func("TRUNC", cell.copy())) if kind.family == "numeric" else None
        hint = f"declare its decimals, as NUMERIC(18, {stored.scale or 2})"
        return Read(
            need.column,
            value,
            stored,
            hint=hint,
            probe=probe,
            probed="holds fractions, and its type does not say of how many digits",
        )

    def _decimal(self, need: Need, stored: Stored, cell: E, kind: Kind) -> Read:
        """An exact decimal in its own units: its digits without the point are whole."""
        if need.kind == "money":
            coded = (
                f"{staging_name(need.field)}{'.' + need.side if need.side else ''}".replace(".", "__") + "__currency"
            )
            if coded in self.columns:
                hint = f"hold whole minor units in `{need.column}`, as `{coded}` tells of which currency"
                return Read(need.column, cell, stored, f"is of type {kind.told} beside a currency", hint)
        digits, scale = kind.digits or _MOST, kind.scale
        places = MINOR_DIGITS[self.process.currency] if need.kind == "money" else min(scale, 18)
        spelled = self._cast(cell, self.dialect.types["text"])
        over = scale - places
        there: E | None = None
        if over > 0:
            size = exp.Sub(this=exp.Length(this=spelled.copy()), expression=number(over))
            last = exp.Anonymous(this="RIGHT", expressions=[spelled.copy(), number(over)])
            there = exp.EQ(this=last, expression=text("0" * over))
            spelled = exp.Anonymous(this="LEFT", expressions=[spelled, size])
        plain: E = exp.func("REPLACE", spelled, text("."), text(""))
        if over < 0:
            plain = exp.Anonymous(this="CONCAT", expressions=[plain, text("0" * -over)])
            there = exp.Not(this=exp.Is(this=cell.copy(), expression=exp.Null()))
        whole = digits - scale + places
        held = Stored(stored.kind, 0 if need.kind == "money" else places, 18 if whole <= 18 else min(whole, _MOST))
        value = self._cast(plain, sql_type(held, self.dialect))
        if need.kind == "money" and whole > 18:
            held = Stored(stored.kind, 0, 18)
            limit = exp.LT(this=exp.func("ABS", cell.copy()), expression=number(10 ** (18 - places)))
            there = both(there, limit)
            value = self._cast(plain, sql_type(held, self.dialect))
        return Read(need.column, case((there, value)) if there is not None else value, held)

    def _loose(self, need: Need, stored: Stored, cell: E, wanted: str) -> Read:
        """A column of SQLite, whose type says little: the rows are asked."""
        type_ = exp.Anonymous(this="TYPEOF", expressions=[cell.copy()])
        numeric = wanted in ("whole", "number", "money", "duration", "boolean")
        allowed = [text("null"), text("integer" if numeric else "text")]
        probe: E = exp.Not(this=exp.In(this=type_, expressions=allowed))
        if wanted in _GLOBS:
            probe = exp.Or(
                this=probe,
                expression=exp.Not(this=exp.Paren(this=exp.Glob(this=cell.copy(), expression=text(_GLOBS[wanted])))),
            )
        elif wanted == "boolean":
            probe = exp.Or(
                this=probe, expression=exp.Not(this=exp.In(this=cell.copy(), expressions=[number(0), number(1)]))
            )
        value: E = cell
        if numeric and wanted != "boolean" and need.form != "key":
            value = case((_within(cell, stored), cell.copy()))
        elif wanted in ("text", "choice", "choices"):
            value = self._word(need, cell)
        meant = _SPELLED.get(wanted) or {
            "number": f"whole units of 10^-{stored.scale}",
            "money": "whole minor units",
        }.get(wanted, _MEANT[wanted])
        hint = "change it in a view, or read the raw tables with --mapping"
        return Read(need.column, value, stored, hint=hint, probe=probe, probed=f"holds something else than {meant}")

    def _cast(self, cell: E, kind: str) -> E:
        return exp.Cast(this=cell.copy(), to=exp.DataType.build(kind, dialect=self.dialect.name))


def _within(cell: E, stored: Stored) -> E:
    bound = stored.bound
    return exp.Between(this=cell.copy(), low=exp.Neg(this=number(bound)), high=number(bound))


__all__ = ["Read", "Reader"]
