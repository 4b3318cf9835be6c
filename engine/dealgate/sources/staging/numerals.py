"""Numerals as text to whole numbers: digits are moved, never multiplied, so nothing is rounded.

With patterns everything is read that the mapping engine reads (``$1,200``, ``(300)``, ``1.234,56 €``), except powers of
ten (``1e3``); without them numbers as programs write them: a sign, digits and one mark.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from .layers import Layers
from .speech import E, Speech, both, case, either, joined, number, piece, replaced, text

_SYMBOL = "([A-Z]{0,3}[$€£¥₹₽₩₪₫₴₺₦₱฿¢]|kr[.]?|zł|Kč|Ft|lei|Fr[.]|[A-Z]{3})"
_ENDS = "^([+-]?C?#%?|[+-]?#%?C?|C[+-]#%?|C?#%?-|#%?C?-|[(]C?#%?[)]|[(]#%?C?[)])$"
"""What may stand around the digits (#) once a currency is C and spaces are gone."""
_MIDDLE = "[0-9.,]([0-9., ']*[0-9.,])?"
_ALIKE = dict(zip("\u2212\u2013\uff0b\u2019\u00a0\u2007\u2009\u202f", "--+'    ", strict=True))
"""Signs, apostrophes and spaces of print, as the plain ones."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as written: ``plain`` is ``-1234.5`` (null where it is none), ``percent`` whether its sign is there,
    ``currency`` what stands beside it (null for nothing)."""

    plain: E
    percent: E
    currency: E


def numeral(speech: Speech, layers: Layers, cell: E, name: str, mark: str, thousands: str | None) -> Numeral:
    """The number that a text is under a decimal mark; ``thousands`` is how they stand apart, None for any way."""
    if not speech.patterns:
        return _without_patterns(layers, cell, name, mark)
    alike = layers.let(f"{name}__alike", speech.swapped(cell, _ALIKE))
    middle = layers.let(f"{name}__middle", speech.group(alike, f"^[^0-9.,]*({_MIDDLE})[^0-9.,]*$"))
    before = speech.group(alike, "^([^0-9.,]+)")
    after = speech.group(alike, "([^0-9.,]+)$")
    spaced = joined(exp.func("COALESCE", before, text("")), text("#"), exp.func("COALESCE", after, text("")))
    around = layers.let(f"{name}__around", replaced(spaced, " ", ""))
    ends = layers.let(f"{name}__ends", speech.substituted(around, _SYMBOL, "C"))
    fits = both(speech.matches(ends, _ENDS), speech.matches(middle, _body(mark, thousands)))
    digits: E = middle
    for gap in {",", ".", " ", "'"} - {mark} if thousands is None else {thousands} - {mark}:
        digits = replaced(digits, gap, "")
    if mark != ".":
        digits = replaced(digits, mark, ".")
    below = either(*(exp.Like(this=ends.copy(), expression=text(f"%{sign}%")) for sign in "-("))
    plain = case((both(fits, below), joined(text("-"), digits)), (fits.copy(), digits.copy()))
    signed = exp.GT(this=exp.StrPosition(this=ends.copy(), substr=text("%")), expression=number(0))
    return Numeral(layers.let(f"{name}__numeral", plain), signed, speech.group(around, _SYMBOL))


def _body(mark: str, thousands: str | None) -> str:
    """Digits: thousands, or lakhs before the last thousand, set apart by one kind of mark throughout."""
    gaps = [thousands] if thousands else [other for other in (",", ".", " ", "'") if other != mark]
    groups = "".join(
        f"|[0-9]{{1,3}}({gap}[0-9]{{3}})+|[0-9]{{1,2}}({gap}[0-9]{{2}})+{gap}[0-9]{{3}}"
        for gap in (" " if gap == " " else f"[{gap}]" for gap in gaps if gap != "." or mark == ",")
    )
    return f"^(([0-9]+{groups})([{mark}][0-9]*)?|[{mark}][0-9]+)$"


def _without_patterns(layers: Layers, cell: E, name: str, mark: str) -> Numeral:
    """The plain shape: no other characters, a sign only in front, one mark at most, a digit; a percent sign behind."""
    signed = exp.Glob(this=cell.copy(), expression=text("*%"))
    size = exp.Sub(this=exp.Length(this=cell.copy()), expression=number(1))
    short = exp.Substring(this=cell.copy(), start=number(1), length=size)
    bare = layers.let(
        f"{name}__bare",
        case((signed, exp.Anonymous(this="RTRIM", expressions=[short, text(" ")])), otherwise=cell.copy()),
    )
    many = exp.Sub(this=exp.Length(this=bare.copy()), expression=exp.Length(this=replaced(bare, mark, "")))
    fits = both(
        exp.Not(this=exp.Glob(this=bare.copy(), expression=text(f"*[^0-9{mark}+-]*"))),
        exp.Not(this=exp.Glob(this=piece(bare, 2), expression=text("*[+-]*"))),
        exp.LTE(this=exp.Paren(this=many), expression=number(1)),
        exp.Glob(this=bare.copy(), expression=text("*[0-9]*")),
    )
    plain = replaced(bare, "+", "")
    if mark != ".":
        plain = replaced(plain, mark, ".")
    return Numeral(layers.let(f"{name}__numeral", case((fits, plain))), signed.copy(), exp.Null())


def scaled(
    speech: Speech, layers: Layers, plain: E, name: str, *, places: int, digits: int, kind: exp.DataType, shift: int = 0
) -> E:
    """The numeral times ``10 ** (places + shift)`` as a whole number of the SQL type ``kind``.

    Null where it has more places than that, or more digits than ``digits`` in all. ``shift`` moves the point of the
    value itself: 2 to the left (-2) for a percentage.
    """
    kept = places + shift
    assert kept >= 0
    before, after = speech.before(plain, "."), speech.after(plain, ".")
    moved = before if kept == 0 else joined(before, piece(joined(after, text("0" * kept)), 1, kept))
    exact = exp.EQ(this=speech.end_trimmed(piece(after, kept + 1), "0"), expression=text(""))
    whole = layers.let(f"{name}__digits", case((exact, moved)))
    short = exp.LTE(this=exp.Length(this=replaced(whole, "-", "")), expression=number(digits))
    bare = exp.In(this=whole.copy(), expressions=[text(""), text("-")])
    return case((bare, exp.cast(number(0), kind)), (short, exp.cast(whole.copy(), kind)))
