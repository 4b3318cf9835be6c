"""Dates under a format declared in words: ``DD/MM/YYYY``, ``YYYY-MM-DD HH:MM:SS``, ``excel serial``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache

from dealgate.sources.forms.text import SPACES, Ambiguous

EXCEL, EXCEL_1904 = "excel serial", "excel serial 1904"
ISO, SECONDS, MILLISECONDS = "ISO 8601", "unix seconds", "unix milliseconds"
_SPECIAL = (EXCEL, EXCEL_1904, ISO, SECONDS, MILLISECONDS)

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june",
            "jul july", "aug august", "sep sept september", "oct october", "nov november", "dec december",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ISO = re.compile(
    r"(?P<Y>[0-9]{4})-(?P<M>[0-9]{2})-(?P<D>[0-9]{2})"
    r"(?:[T ](?P<h>[0-9]{2}):(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?"
    r" ?(?P<z>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_TOKEN = re.compile(r"YYYY|YY|MMM|MM|DD|HH|SS|AM|[^A-Za-z0-9]+|.")
_PIECES = {
    "YYYY": "(?P<Y>[0-9]{4})",
    "YY": "(?P<y>[0-9]{2})",
    "MMM": rf"(?P<N>{_MONTH})\.?",
    "DD": "(?P<D>[0-9]{1,2})",
    "HH": "(?P<h>[0-9]{1,2})",
    "SS": r"(?P<s>[0-9]{1,2})(?:\.(?P<f>[0-9]{1,9}))?",
    "AM": "(?P<p>[AaPp])[Mm]",
}
_TIMES = ("", " HH:MM", " HH:MM:SS", " HH:MM AM", " HH:MM:SS AM")
_DATES = (
    "YYYY-MM-DD", "YYYY/MM/DD", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "DD-MM-YYYY", "MM-DD-YYYY",
    "DD MMM YYYY", "DD-MMM-YYYY", "MMM DD, YYYY", "MMM DD YYYY",
)  # fmt: skip
_SHORT_YEARS = (
    "DD/MM/YY",
    "MM/DD/YY",
    "YY/MM/DD",
    "DD.MM.YY",
    "DD-MM-YY",
    "MM-DD-YY",
    "YY-MM-DD",
    "DD-MMM-YY",
    "DD MMM YY",
)
_ENOUGH = Decimal("0.8")
_DAY_MS = 86_400_000
# Beginnings of counts, on clocks of no zone.
_UNIX, _EXCEL, _EXCEL_1904 = (datetime.fromisoformat(day) for day in ("1970-01-01", "1899-12-30", "1904-01-01"))


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or a time as written: ``local`` on its own clock, ``offset`` in minutes from UTC where one stands
    beside it, ``timed`` whether it has a time of day."""

    local: datetime
    offset: int | None = None
    timed: bool = False

    def value(self) -> date | datetime:
        """A date, a naive datetime, or one with its zone."""
        if not self.timed:
            return self.local.date()
        if self.offset is None:
            return self.local
        return self.local.replace(tzinfo=timezone(timedelta(minutes=self.offset)))


def known_format(form: str) -> bool:
    """Whether a mapping may declare this format."""
    return form in _SPECIAL or _pattern(form) is not None


def read_moment(text: str, form: str) -> Moment | None:
    """What ``text`` says under ``form``; None where it does not fit, or is no day of the calendar.

    Day, month and hour may lack their leading zero; years must be whole unless ``YY`` is declared
    (00 to 68 are then 2000 to 2068). Fractions of a second are cut at microseconds.
    Raises ValueError for an unknown format.
    """
    text = text.strip(SPACES)
    if len(text) > 60:
        return None
    if form in (EXCEL, EXCEL_1904, SECONDS, MILLISECONDS):
        return _counted(text, form)
    pattern = _ISO if form == ISO else _pattern(form)
    if pattern is None:
        raise ValueError(f"unknown date format: {form}")
    match = pattern.fullmatch(text)
    if match is None:
        return None
    parts = match.groupdict()
    hour = int(parts.get("h") or 0)
    if parts.get("p"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if parts["p"] in "Pp" else 0)
    named = parts.get("N")
    month = _MONTHS[named.lower()] if named else int(parts["M"])
    fraction = int(((parts.get("f") or "") + "000000")[:6])
    try:
        offset = _offset(parts.get("z"))
        local = datetime(
            _year(parts), month, int(parts["D"]), hour, int(parts.get("m") or 0), int(parts.get("s") or 0), fraction
        )
    except ValueError:
        return None
    return Moment(local, offset, parts.get("h") is not None)


def parse_date(text: str, form: str) -> date | datetime | None:
    """A date, or a datetime where the format or the text has a time; None where it does not fit."""
    moment = read_moment(text, form)
    return None if moment is None else moment.value()


def detect_date_format(values: Iterable[str]) -> str | Ambiguous | None:
    """The format of a column's dates; Ambiguous where two fit as well, None where none fits four fifths of them.

    One ``25/04/2026`` decides for a whole column; where nothing decides, nothing is guessed. Years of two
    digits are always ambiguous, for their century and order are the owner's to say.
    """
    texts = [(index, text) for index, text in enumerate(text.strip(SPACES) for text in values) if text]
    if not texts:
        return None
    plain = [day + time for day in _DATES for time in _TIMES]
    best, score = _best(texts, plain)
    iso = sum(1 for _, text in texts if read_moment(text, ISO))
    if iso > score:
        best, score = [ISO], iso
    if score < _ENOUGH * len(texts):
        for form in best:
            pair = tuple(sorted({form, _swapped(form)}))
            read = [index for index, text in texts if any(read_moment(text, either) for either in pair)]
            if len(read) >= _ENOUGH * len(texts):
                return Ambiguous(pair, read[0])
        short, reads = _best(texts, [day + time for day in _SHORT_YEARS for time in _TIMES])
        return Ambiguous(tuple(short)) if short and reads >= _ENOUGH * len(texts) else None
    rivals = {*best, *(_swapped(form) for form in best)} & set(plain)
    if len(best) == 1:
        others = [form for form in rivals if form != best[0]]
        if not any(read_moment(t, form) and not read_moment(t, best[0]) for form in others for _, t in texts):
            return best[0]
    both = tuple(sorted(rivals))
    differs = (i for i, t in texts if len({read_moment(t, form) for form in both}) > 1)
    return Ambiguous(both, next(differs, None))


def _best(texts: list[tuple[int, str]], forms: list[str]) -> tuple[list[str], int]:
    reads = {form: sum(1 for _, text in texts if read_moment(text, form)) for form in _plausible(texts, forms)}
    top = max(reads.values(), default=0)
    return ([form for form, count in reads.items() if count == top] if top else []), top


def _plausible(texts: list[tuple[int, str]], forms: list[str]) -> list[str]:
    """The forms that read any of a few values, so that a long column is not read sixty times."""
    step = max(1, len(texts) // 50)
    return [form for form in forms if any(read_moment(text, form) for _, text in texts[::step])]


def _swapped(form: str) -> str:
    """The same format with day and month the other way round."""
    for gap in "/-":
        for one, other in ((f"DD{gap}MM", f"MM{gap}DD"), (f"MM{gap}DD", f"DD{gap}MM")):
            if form.startswith(one):
                return form.replace(one, other, 1)
    return form


def _year(parts: dict[str, str | None]) -> int:
    short = parts.get("y")
    if short is None:
        return int(parts["Y"] or 0)
    return int(short) + (2000 if int(short) <= 68 else 1900)


def _offset(zone: str | None) -> int | None:
    if not zone:
        return None
    if zone == "Z":
        return 0
    digits = zone[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 18 or minutes > 59:
        raise ValueError(zone)
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)


def _counted(text: str, form: str) -> Moment | None:
    """Days since Excel's beginning, or seconds since 1970; always with a time, midnight where none is written."""
    if not re.fullmatch(r"-?[0-9]{1,15}(?:\.[0-9]{0,20})?", text):
        return None
    value = Decimal(text)
    try:
        if form in (SECONDS, MILLISECONDS):
            milliseconds = value * (1000 if form == SECONDS else 1)
            return Moment(_UNIX + timedelta(microseconds=int(milliseconds * 1000)), 0, True)
        if value < 0 or (form == EXCEL and (value < 1 or 60 <= value < 61)):
            return None  # Excel shows a day 0, and a 29 February 1900 as day 60; neither was
        begin = _EXCEL_1904 if form == EXCEL_1904 else _EXCEL + timedelta(days=1 if value < 60 else 0)
        # Excel keeps times as binary fractions of a day; it means whole milliseconds.
        return Moment(begin + timedelta(milliseconds=int((value * _DAY_MS).to_integral_value())), None, True)
    except (OverflowError, ValueError):
        return None


def tokens(form: str) -> list[str]:
    """The words of a declared format in order, and what stands between them; ``MM`` after ``HH`` is ``minutes``."""
    words = _TOKEN.findall(form.strip())
    hour = words.index("HH") if "HH" in words else len(words)
    return ["minutes" if word == "MM" and at > hour else word for at, word in enumerate(words)]


def month_names() -> dict[str, int]:
    """The names of months that ``MMM`` reads, in lower case, with their numbers."""
    return dict(_MONTHS)


@cache
def _pattern(form: str) -> re.Pattern[str] | None:
    """The format's words as a pattern; None where a word is unknown, stands twice, or a date is not whole."""
    pieces: list[str] = []
    seen: set[str] = set()
    for word in tokens(form):
        if word in seen and word[0].isalpha():
            return None
        if word == "minutes":
            pieces.append("(?P<m>[0-9]{1,2})")
        elif word == "MM":
            pieces.append("(?P<M>[0-9]{1,2})")
        elif word in _PIECES:
            pieces.append(_PIECES[word])
        elif word[0].isalnum():
            if word != "T":
                return None
            pieces.append("T")
        else:
            pieces.append(re.escape(word))
        if word[0].isalpha():
            seen.add(word)
    whole = "DD" in seen and len(seen & {"YYYY", "YY"}) == 1 and len(seen & {"MM", "MMM"}) == 1
    timed = "HH" not in seen or "minutes" in seen
    clock = "HH" in seen or not seen & {"SS", "AM", "minutes"}
    return re.compile("".join(pieces), re.I | re.A) if whole and timed and clock else None
