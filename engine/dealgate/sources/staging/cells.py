"""One mapped field as SQL: what a cell's text means as the field's type, in the steps of the mapping engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlglot import exp

from dealgate.compile.sql.dialects import DIALECTS
from dealgate.compile.sql.layout import Stored, choices_text, kind_of, sql_type
from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.fields import Field, read
from dealgate.model.values import Money, Unfit
from dealgate.sources.forms import FALSE_WORDS, TRUE_WORDS
from dealgate.sources.forms.dates import ISO
from dealgate.sources.mapping.cells import SYMBOLS
from dealgate.sources.mapping.model import Value, fold

from .moments import day_of, instant_of, written
from .numerals import Numeral, numeral, scaled
from .rows import Gap, Rows
from .speech import E, both, case, either, filled, is_null, number, text, utc

_UNITS = {"minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}
_DIGITS = {"whole": 18, "money": 18, "number": 20, "duration": 18}
_SHORT = {"whole": 15, "money": 15, "number": 11, "duration": 18}
PLACEHOLDERS = "placeholders"
"""The step that lists what counts as a placeholder, in its column ``word``."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A field in SQL: its value, whether a text is there that is none, whether that only held a place, its currency."""

    value: E
    unfit: E
    placeholder: E
    currency: E | None = None


class Cannot(Exception):
    """The mapping asks for what this staging does not say in this dialect; the text says what, after "it"."""


def stored_for(field_type: str, dialect: str) -> Stored:
    """How a field is held where nothing says otherwise."""
    kind = kind_of(field_type)
    short = DIALECTS[dialect].large is None
    scale = (4 if short else 9) if kind == "number" else 0
    return Stored(kind, scale, (_SHORT if short else _DIGITS).get(kind, 0) + scale)


class Reader:
    """Reads one mapped field of a section's rows."""

    def __init__(
        self, rows: Rows, value: Value, field: Field, name: str, stored: Stored | None = None, *, places: bool = False
    ) -> None:
        """``name`` begins the names of its steps; ``stored`` says how the column is held; ``places``: whether it is
        asked which texts only hold a place."""
        context = rows.context
        self.rows, self.mapped, self.field, self.name, self.places = rows, value, field, name, places
        self.speech, self.layers, self.reading = rows.speech, rows.layers, context.process.reading
        self.stored = stored or stored_for(field.type, self.speech.name)
        self.kind = exp.DataType.build(sql_type(self.stored, DIALECTS[self.speech.name]), dialect=self.speech.name)
        self.missing = value.missing | rows.layout.missing
        self.default = value.currency or rows.layout.currency or self.reading.currency

    def typed(self) -> Typed:
        """The field. Raises Cannot."""
        if self.field.type == "multi_choice" and (self.mapped.columns or self.mapped.constant is not None):
            raise Cannot("splits a text into several choices")
        if not self.mapped.columns:
            found = self._constant(self.mapped.constant)
        else:
            found = self._read(self._cell())
        held = self.rows.holds(self.mapped.when, self.mapped)
        if held is None:
            return found
        other = self._constant(self.mapped.otherwise)
        currency = None
        if found.currency is not None:
            currency = case((held, found.currency), otherwise=other.currency)
        return Typed(
            case((held, found.value), otherwise=other.value),
            both(held, found.unfit),
            both(held, found.placeholder),
            currency,
        )

    # -- literals of the mapping

    def ours(self, literal: Any) -> Any:
        """A value of ours, as the mapping writes it, typed; None for none."""
        if literal is None:
            return None
        if self.field.type == "duration" and isinstance(literal, int) and self.mapped.unit:
            return timedelta(seconds=literal * _UNITS[self.mapped.unit])
        found = read(literal, self.field, self.reading)
        return (str(literal) if self.field.type == "text" else None) if isinstance(found, Unfit) else found

    def literal(self, found: Any) -> E:
        """A typed value in SQL."""
        if found is None:
            return exp.Null()
        if isinstance(found, bool):
            return exp.Boolean(this=found)
        if isinstance(found, Money):
            return number(found.minor)
        if isinstance(found, timedelta):
            return number(found // timedelta(microseconds=1))
        if isinstance(found, (int, Decimal)):
            units = Decimal(found).scaleb(self.stored.scale)
            if units != units.to_integral_value():
                raise Cannot(f"holds a number with more than {self.stored.scale} decimals")
            return number(int(units))
        if isinstance(found, datetime):
            at = found.astimezone(UTC)
            return self.speech.moment(text(f"{at:%Y-%m-%d}"), text(f"{at:%H:%M:%S.%f}"))
        if isinstance(found, date):
            return self.speech.day(text(found.isoformat()))
        return text(choices_text(found) if isinstance(found, frozenset) else str(found))

    def _constant(self, literal: Any) -> Typed:
        found = self.ours(literal)
        currency = text(found.currency) if isinstance(found, Money) else exp.Null()
        return Typed(self.literal(found), exp.false(), exp.false(), currency if self.field.type == "money" else None)

    # -- cells

    def _cell(self) -> E:
        cells = [self.rows.cell(name, self.mapped) for name in self.mapped.columns]
        known = [cell for cell in cells if not isinstance(cell, exp.Null)]
        if not known:
            return exp.Null()
        cell = known[0]
        if len(known) > 1:
            cell = self.layers.let(f"{self.name}__cell", exp.func("COALESCE", *(one.copy() for one in known)))
        if self.missing:
            there = exp.Not(this=exp.Paren(this=self.rows.among(cell, self.missing)))
            cell = self.layers.let(f"{cell.name}__known", case((there, cell.copy())))
        return cell

    def _read(self, cell: E) -> Typed:
        if isinstance(cell, exp.Null):
            money = self.field.type == "money"
            return Typed(cell, exp.false(), exp.false(), exp.Null() if money else None)
        hits = self._hits(cell)
        if self.mapped.otherwise is not None:
            other = self._constant(self.mapped.otherwise)
            found = case(*((when, one.value) for when, one in hits), (filled(cell), other.value))
            currency = None
            if other.currency is not None:
                branches = [(when, one.currency) for when, one in hits if one.currency is not None]
                currency = case(*branches, (filled(cell), other.currency))
            return Typed(found, exp.false(), exp.false(), currency)
        listed = self.mapped.values is not None and not self.mapped.keep_unlisted
        text_like = self.field.type in ("text", "person", "reference")
        open_choice = self.field.type == "choice" and not listed and (self.field.open or not self.field.options)
        counts = text_like or open_choice
        place = self._placeholder(cell) if counts or self.places else exp.false()
        parsed, currency = (exp.Null(), exp.Null()) if listed else self._parsed(cell)
        hit = [when for when, _ in hits]
        shown: list[tuple[E, E]] = [(when, one.value) for when, one in hits]
        if counts:
            shown.append((place, exp.Null()))
        value = case(*shown, otherwise=parsed) if shown else parsed
        if self.field.type == "money" and hits:
            currency = case(*((when, one.currency or exp.Null()) for when, one in hits), otherwise=currency)
        value = self.layers.let(f"{self.name}__value", value)
        none = [exp.Not(this=exp.func("COALESCE", when.copy(), exp.false())) for when in hit]
        unfit = both(filled(cell), is_null(value), *none)
        held = both(place.copy(), *none)
        return Typed(value, unfit, held, currency if self.field.type == "money" else None)

    def _hits(self, cell: E) -> list[tuple[E, Typed]]:
        """The listed values: a condition for each of ours."""
        values = self.mapped.values or {}
        groups: dict[Any, list[str]] = {}
        for word, ours in values.items():
            if word:
                groups.setdefault(self.ours(ours), []).append(word)
        if not groups:
            return []
        folded = self.rows.folded(cell, [word for word in values if word])
        return [
            (_is(folded, words), Typed(self.literal(ours), exp.false(), exp.false(), self._currency_of(ours)))
            for ours, words in groups.items()
        ]

    def _currency_of(self, ours: Any) -> E | None:
        if self.field.type != "money":
            return None
        return text(ours.currency) if isinstance(ours, Money) else exp.Null()

    def _placeholder(self, cell: E) -> E:
        """Whether the text only holds a place, unless it is one of the field's options."""
        words = self.reading.placeholders
        folded = self.rows.folded(cell, sorted(words))
        listed = exp.select(exp.column("word", quoted=True)).from_(
            exp.Table(this=exp.to_identifier(PLACEHOLDERS, quoted=True))
        )
        found: E = exp.In(this=folded, query=listed.subquery())
        clash = [option for option in self.field.readable if fold(option) in words]
        if clash:
            exact = exp.In(this=cell.copy(), expressions=[text(option) for option in clash])
            found = both(found, exp.Not(this=exact))
        return found

    # -- by type

    def _parsed(self, cell: E) -> tuple[E, E]:
        kind = self.field.type
        if kind in ("text", "person", "reference"):
            return cell.copy(), exp.Null()
        if kind == "choice":
            return self._choice(cell), exp.Null()
        if kind == "boolean":
            return self._boolean(cell), exp.Null()
        if kind in ("date", "datetime"):
            return self._moment(cell), exp.Null()
        if kind == "money":
            return self._money(cell)
        if kind == "percent":
            return self._percent(cell), exp.Null()
        if kind == "duration":
            return self._duration(cell), exp.Null()
        if kind == "number":
            return self._number(cell), exp.Null()
        plain = self._numeral(cell)
        bare = self.layers.let(f"{self.name}__plain", case((_no(plain.percent), plain.plain)))
        found = self._scaled(bare, 0, self._shift())
        if kind == "level":
            found = self.layers.let(f"{self.name}__level", found)
            found = case((exp.GTE(this=found.copy(), expression=number(0)), found.copy()))
        return found, exp.Null()

    def _choice(self, cell: E) -> E:
        options = {option.casefold(): option for option in self.field.readable}
        if not options:
            return cell.copy()
        folded = self.rows.folded(cell, list(options))
        places = self.reading.placeholders  # an option that is such a word too must stand as it is spelled
        branches = [
            (_is(cell, [option]) if low in places else _is(folded, [low]), text(option))
            for low, option in options.items()
        ]
        return case(*branches, otherwise=cell.copy() if self.field.open else None)

    def _boolean(self, cell: E) -> E:
        true = self.rows.layout.true_words or TRUE_WORDS
        false = self.rows.layout.false_words or FALSE_WORDS
        true, false = true - self.reading.placeholders, false - self.reading.placeholders
        folded = self.rows.folded(cell, sorted(true | false))
        return case((_is(folded, sorted(true)), exp.true()), (_is(folded, sorted(false - true)), exp.false()))

    def _moment(self, cell: E) -> E:
        layout, kind = self.rows.layout, self.field.type
        declared = (layout.date_format, layout.datetime_format)
        if kind == "datetime":
            declared = declared[::-1]
        forms = (self.mapped.format,) if self.mapped.format else tuple(f for f in declared if f) or (ISO,)
        zone = self.mapped.zone or (layout.zone if kind == "datetime" else None) or self.reading.zone
        found: list[E] = []
        for form in forms:
            one = written(self.speech, self.layers, cell, self.name, form)
            if one is None:
                raise Cannot(f"reads dates written as `{form}`")
            if not self.speech.zones and not utc(zone):
                if kind == "datetime":
                    raise Cannot("needs a time zone other than UTC")
                if one.offset is not None:
                    self._soft("texts with a time zone of their own are not read here")
                    one = replace(one, day=case((is_null(one.offset), one.day)), offset=None)
            typed = day_of if kind == "date" else instant_of
            found.append(self.layers.let(f"{self.name}__read", typed(self.speech, self.layers, one, self.name, zone)))
        return found[0] if len(found) == 1 else exp.func("COALESCE", *(one.copy() for one in found))

    def _money(self, cell: E) -> tuple[E, E]:
        number_ = self._numeral(cell)
        shift = self._shift()
        column = self.mapped.currency_column
        if column is None or self.mapped.currency:
            places = MINOR_DIGITS[self.default] + shift
            found = self._scaled(self._of_currency(number_, [self.default]), places)
            return found, case((filled(found), text(self.default)))
        code = self.rows.cell(column, self.mapped)
        named: E = text(self.default)
        if not isinstance(code, exp.Null):
            named = exp.func("COALESCE", exp.Upper(this=code.copy()), text(self.default))
        named = self.layers.let(f"{self.name}__code", named)
        by_places: dict[int, list[str]] = {}
        for known, places in MINOR_DIGITS.items():
            by_places.setdefault(places, []).append(known)
        own = exp.EQ(this=number_.currency.copy(), expression=named.copy())
        symbols = [
            both(exp.EQ(this=number_.currency.copy(), expression=text(symbol)), _is(named, sorted(may_be)))
            for symbol, may_be in SYMBOLS.items()
            if may_be
        ]
        agrees = either(is_null(number_.currency), own, *symbols)
        if isinstance(number_.currency, exp.Null):
            agrees = exp.true()
        plain = self.layers.let(f"{self.name}__plain", case((both(agrees, _no(number_.percent)), number_.plain)))
        found = case(
            *(
                (_is(named, codes), self._scaled(plain, places, shift, part=f"{self.name}_{places}"))
                for places, codes in sorted(by_places.items())
                if places + shift >= 0
            )
        )
        found = self.layers.let(f"{self.name}__minor", found)
        return found, case((filled(found), named.copy()))

    def _of_currency(self, number_: Numeral, codes: list[str]) -> E:
        """The numeral of an amount that names no other currency, and is no percentage."""
        if isinstance(number_.currency, exp.Null):
            return self.layers.let(f"{self.name}__plain", case((_no(number_.percent), number_.plain)))
        names = [*codes, *(symbol for symbol, may_be in SYMBOLS.items() if may_be & set(codes))]
        agrees = either(is_null(number_.currency), _is(number_.currency, names))
        if not (self.mapped.currency or self.rows.layout.currency):
            self._soft("amounts that name a currency other than the process's are not read")
        return self.layers.let(f"{self.name}__plain", case((both(agrees, _no(number_.percent)), number_.plain)))

    def _percent(self, cell: E) -> E:
        self._shift(allowed=False)
        found = self._numeral(cell)
        plain: E = found.plain
        if not isinstance(found.currency, exp.Null):
            plain = self.layers.let(f"{self.name}__plain", case((is_null(found.currency), plain)))
        hundredth = self._scaled(plain, self.stored.scale, -2)
        if self.mapped.scale == "0..100":
            return hundredth
        if self.mapped.scale == "0..1":
            whole = self._scaled(plain, self.stored.scale, part=f"{self.name}_whole")
            return case((found.percent, hundredth), otherwise=whole)
        return case((found.percent, hundredth))

    def _number(self, cell: E) -> E:
        """A number; 15% is 0.15."""
        found = self._numeral(cell)
        whole = self._scaled(found.plain, self.stored.scale, self._shift())
        if self.stored.scale + self._shift() < 2:
            return whole
        hundredth = self._scaled(found.plain, self.stored.scale, self._shift() - 2, part=f"{self.name}_percent")
        return case((found.percent, hundredth), otherwise=whole)

    def _duration(self, cell: E) -> E:
        self._shift(allowed=False)
        low, found = self.speech.lower(cell), list[E]()
        if self.speech.patterns:
            shape = "^([0-9]{1,6})[ \t]+(minute|hour|day|week)s?$"
            count = self.layers.let(f"{self.name}__count", self.speech.group(low, shape))
            unit = self.layers.let(f"{self.name}__unit", self.speech.group(low, shape, 2))
            sizes = [(_is(unit, [word[:-1]]), number(seconds * 1_000_000)) for word, seconds in _UNITS.items()]
            found.append(exp.Mul(this=self.speech.whole(count), expression=case(*sizes)))
        else:
            self._soft("only numbers of the declared unit are read as durations")
        if self.mapped.unit:
            plain = self._numeral(cell)
            units = self.layers.let(f"{self.name}__units", self._scaled(case((_no(plain.percent), plain.plain)), 6))
            found.append(exp.Mul(this=units, expression=number(_UNITS[self.mapped.unit])))
        return exp.Null() if not found else found[0] if len(found) == 1 else exp.func("COALESCE", *found)

    def _numeral(self, cell: E) -> Numeral:
        mark = self.mapped.decimal_mark or self.rows.layout.decimal_mark
        if self.speech.patterns:
            self._soft("numbers with a power of ten (1e3) are not read")
        else:
            self._soft("numbers are read as programs write them only: a sign, digits and one mark")
        return numeral(self.speech, self.layers, cell, self.name, mark, self.rows.layout.thousands_mark)

    def _scaled(self, plain: E, places: int, shift: int = 0, part: str | None = None) -> E:
        if places + shift < 0:
            return self._unable_times()
        digits = self.stored.digits
        return scaled(
            self.speech,
            self.layers,
            plain,
            part or self.name,
            places=places,
            shift=shift,
            digits=digits,
            kind=self.kind,
        )

    def _shift(self, allowed: bool = True) -> int:
        """How many places ``times`` moves the point."""
        times = self.mapped.times
        if times is None or times == 1:
            return 0
        power = times.normalize()
        if not allowed or power.as_tuple().digits != (1,) or times < 0:
            raise Cannot("multiplies by what is no power of ten")
        return int(power.as_tuple().exponent)

    def _unable_times(self) -> E:
        raise Cannot("divides by a power of ten")

    def _soft(self, why: str) -> None:
        gap = Gap(self.rows.name, self.name, why, self.mapped.at, hard=False)
        if gap not in self.rows.context.gaps:
            self.rows.context.gaps.append(gap)


def _is(folded: E, words: list[str]) -> E:
    if len(words) == 1:
        return exp.EQ(this=folded.copy(), expression=text(words[0]))
    return exp.In(this=folded.copy(), expressions=[text(word) for word in words])


def _no(condition: E) -> E:
    """Whether something is not so."""
    return exp.Not(this=exp.Paren(this=condition.copy()))
