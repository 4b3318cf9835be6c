"""Dates and moments as text to typed ones, under a declared format; what is no day of the calendar is NULL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from sqlglot import exp

from dealgate.sources.forms.dates import EXCEL, EXCEL_1904, ISO, MILLISECONDS, SECONDS, month_names, tokens

from .layers import Layers
from .speech import E, Speech, both, case, either, filled, is_null, joined, number, piece, replaced, text

_CLOCK = "(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]{1,9})?)?)"
_ZONE = "(Z|[+-](0[0-9]|1[0-8])(:?[0-5][0-9])?)"
_ISO = f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}([T ]{_CLOCK} ?{_ZONE}?)?$"
_WIDTHS = {"YYYY": (4, 4), "YY": (2, 2), "MM": (1, 2), "DD": (1, 2), "HH": (1, 2), "minutes": (1, 2), "SS": (1, 2)}
_MIDNIGHT = "00:00:00.000000"


@dataclass(frozen=True, slots=True)
class Written:
    """What a text says: its day and clock as text (null where it does not fit), and minutes from UTC if it tells."""

    day: E
    clock: E
    offset: E | None = None


def written(speech: Speech, layers: Layers, cell: E, name: str, form: str) -> Written | None:
    """The text under a format; None where this dialect cannot read the format."""
    if form in (EXCEL, EXCEL_1904, SECONDS, MILLISECONDS):
        return None
    if form == ISO:
        return _iso(speech, layers, cell, name)
    return _declared(speech, layers, cell, name, tokens(form))


def _iso(speech: Speech, layers: Layers, cell: E, name: str) -> Written:
    rest = piece(cell, 11)
    if speech.patterns:
        zone = layers.let(f"{name}__zone", speech.group(rest, f":[0-9.,:]+ ?{_ZONE}$"))
        core = layers.let(f"{name}__clock", case((speech.matches(cell, _ISO), _without(speech, cell, zone))))
    else:
        digits = "[0-9]"
        two = digits * 2
        ends = [(f"*[T ]*[+-]{two}:{two}", 6), (f"*[T ]*[+-]{two}{two}", 5), (f"*[T ]*[+-]{two}", 3), ("*[T ]*Z", 1)]
        zone = layers.let(
            f"{name}__zone",
            case(*((_glob(rest, glob), exp.Substring(this=rest.copy(), start=number(-size))) for glob, size in ends)),
        )
        bare = layers.let(f"{name}__bare", _without(speech, cell, zone))
        clock = piece(bare, 12)
        fraction = both(
            _glob(clock, f"{two}:{two}:{two}[.,]{digits}*"),
            exp.Not(this=_glob(piece(clock, 10), "*[^0-9]*")),
            exp.LTE(this=exp.Length(this=clock.copy()), expression=number(18)),
        )
        shape = either(_glob(clock, f"{two}:{two}"), _glob(clock, f"{two}:{two}:{two}"), fraction)
        limits = [
            exp.LT(this=piece(clock, 1, 2), expression=text("24")),
            exp.LT(this=piece(clock, 4, 2), expression=text("60")),
            exp.LT(this=piece(clock, 7, 2), expression=text("60")),
        ]
        timed = both(_glob(piece(bare, 11, 1), "[T ]"), exp.Paren(this=shape), *limits)
        core = layers.let(
            f"{name}__clock",
            case((exp.EQ(this=rest.copy(), expression=text("")), cell.copy()), (timed, bare.copy())),
        )
    seconds = exp.func("COALESCE", exp.func("NULLIF", piece(core, 18, 2), text("")), text("00"))
    spelled = joined(
        piece(core, 12, 5),
        text(":"),
        seconds,
        text("."),
        piece(exp.Paren(this=joined(piece(core, 21), text("000000"))), 1, 6),
    )
    plain = exp.LTE(this=exp.Length(this=core.copy()), expression=number(10))
    clock = case((plain, text(_MIDNIGHT)), otherwise=spelled)
    far = replaced(piece(zone, 2), ":", "")
    hours, rest_of = piece(far, 1, 2), exp.func("COALESCE", exp.func("NULLIF", piece(far, 3, 2), text("")), text("0"))
    ahead = exp.Add(this=exp.Mul(this=speech.whole(hours), expression=number(60)), expression=speech.whole(rest_of))
    offset = case(
        (exp.EQ(this=zone.copy(), expression=text("Z")), number(0)),
        (exp.EQ(this=piece(zone, 1, 1), expression=text("-")), exp.Neg(this=exp.Paren(this=ahead))),
        (filled(zone), ahead.copy()),
    )
    return Written(piece(core, 1, 10), clock, layers.let(f"{name}__offset", offset))


def _without(speech: Speech, cell: E, zone: E) -> E:
    """The text before its zone, and the space before that."""
    size = exp.Sub(
        this=exp.Length(this=cell.copy()),
        expression=exp.Length(this=exp.func("COALESCE", zone.copy(), text(""))),
    )
    return speech.end_trimmed(exp.Substring(this=cell.copy(), start=number(1), length=size), " ")


def _glob(part: E, glob: str) -> E:
    return exp.Glob(this=part.copy(), expression=text(glob))


# ------------------------------------------------------------------------------ declared formats


def _declared(speech: Speech, layers: Layers, cell: E, name: str, words: list[str]) -> Written | None:
    low = layers.let(f"{name}__low", speech.lower(cell))
    parts = _by_pattern(speech, layers, low, name, words) if speech.patterns else _by_marks(layers, low, name, words)
    if parts is None:
        return None
    year = parts.get("YYYY") or parts["YY"]
    if "YYYY" not in parts:
        century = case((exp.LTE(this=year.copy(), expression=text("68")), text("20")), otherwise=text("19"))
        year = joined(century, year.copy())
    month = speech.padded(parts["MM"], 2) if "MM" in parts else _month(parts["MMM"])
    day = joined(year, text("-"), month, text("-"), speech.padded(parts["DD"], 2))
    if "HH" not in parts:
        return Written(layers.let(f"{name}__day", day), text(_MIDNIGHT))
    hour = speech.padded(parts["HH"], 2)
    right: list[E] = [exp.LT(this=hour, expression=text("24"))]
    if "AM" in parts:
        right = [exp.Between(this=hour.copy(), low=text("01"), high=text("12"))]
        whole = exp.Mod(this=speech.whole(parts["HH"]), expression=number(12))
        late = case((exp.EQ(this=parts["AM"].copy(), expression=text("p")), number(12)), otherwise=number(0))
        sum_ = exp.cast(exp.Paren(this=exp.Add(this=whole, expression=late)), "text")
        hour = speech.padded(sum_, 2)
    minutes, seconds = speech.padded(parts["minutes"], 2), text("00")
    right.append(exp.LT(this=minutes, expression=text("60")))
    if "SS" in parts:
        seconds = speech.padded(parts["SS"], 2)
        right.append(exp.LT(this=seconds, expression=text("60")))
    fraction: E = text("000000")
    if "fraction" in parts:
        known = exp.func("COALESCE", parts["fraction"].copy(), text(""))
        fraction = piece(exp.Paren(this=joined(known, text("000000"))), 1, 6)
    clock = joined(hour.copy(), text(":"), minutes.copy(), text(":"), seconds.copy(), text("."), fraction)
    day = layers.let(f"{name}__day", case((both(*right), day)))
    return Written(day, layers.let(f"{name}__clock", clock))


def _by_pattern(speech: Speech, layers: Layers, low: E, name: str, words: list[str]) -> dict[str, E]:
    """Each word's text, by a pattern with a group for each."""
    pattern, places, count = "^", {}, 0
    for word in words:
        if word in _WIDTHS:
            least, most = _WIDTHS[word]
            pattern += f"([0-9]{{{least},{most}}})" if least != most else f"([0-9]{{{most}}})"
            count += 1
            places[word] = count
            if word == "SS":
                pattern += "([.]([0-9]{1,9}))?"
                count += 2
                places["fraction"] = count
        elif word == "MMM":
            pattern += f"({'|'.join(sorted(month_names(), key=len, reverse=True))})[.]?"
            count += 1
            places[word] = count
        elif word == "AM":
            pattern += "([ap])m"
            count += 1
            places[word] = count
        else:
            pattern += "".join(c if c.isalnum() or c == " " else f"[{c}]" for c in word.lower())
    pattern += "$"
    return {word: layers.let(f"{name}__{word}", speech.group(low, pattern, at)) for word, at in places.items()}


def _by_marks(layers: Layers, low: E, name: str, words: list[str]) -> dict[str, E] | None:
    """Each word's text, cut at what stands between the words; None where words touch or are not of digits alone."""
    kinds = [word in _WIDTHS for word in words]
    if any(word in ("MMM", "AM", "SS") for word in words) or kinds != [n % 2 == 0 for n in range(len(words))]:
        return None
    found: dict[str, E] = {}
    rest: E = low
    for at in range(0, len(words), 2):
        word = words[at]
        mine: E = rest
        if at + 1 < len(words):
            mark = words[at + 1].lower()
            place = exp.StrPosition(this=rest.copy(), substr=text(mark))
            mine = exp.Substring(this=rest.copy(), start=number(1), length=exp.Sub(this=place, expression=number(1)))
            after = exp.Add(this=place.copy(), expression=number(len(mark)))
            following = exp.Substring(this=rest.copy(), start=after)
            rest = layers.let(f"{name}__rest", case((exp.GT(this=place.copy(), expression=number(1)), following)))
        least, most = _WIDTHS[word]
        shapes = [_glob(mine, "[0-9]" * width) for width in range(least, most + 1)]
        found[word] = layers.let(f"{name}__{word}", case((either(*shapes), mine.copy())))
    return found


def _month(word: E) -> E:
    numbers: dict[int, list[str]] = {}
    for spelled, place in month_names().items():
        numbers.setdefault(place, []).append(spelled)
    return case(
        *(
            (exp.In(this=word.copy(), expressions=[text(w) for w in spelled]), text(f"{place:02}"))
            for place, spelled in numbers.items()
        )
    )


# ------------------------------------------------------------------------------ typed


def day_of(speech: Speech, layers: Layers, found: Written, name: str, zone: tzinfo) -> E:
    """A date: of a text with a zone the day in ``zone``, else its own."""
    own = speech.day(layers.let(f"{name}__day", found.day))
    if found.offset is None:
        return own
    there = speech.local_day(layers.let(f"{name}__utc", _utc(speech, layers, found, name)), zone)
    return case((is_null(found.offset), own), otherwise=there)


def instant_of(speech: Speech, layers: Layers, found: Written, name: str, zone: tzinfo) -> E:
    """A moment in UTC: one without a zone of its own is in ``zone``."""
    local = layers.let(f"{name}__local", _local(speech, layers, found, name))
    plain = speech.to_utc(local, zone)
    if found.offset is None:
        return plain
    return case((is_null(found.offset), plain), otherwise=_utc(speech, layers, found, name))


def _local(speech: Speech, layers: Layers, found: Written, name: str) -> E:
    return speech.moment(layers.let(f"{name}__day", found.day), layers.let(f"{name}__time", found.clock))


def _utc(speech: Speech, layers: Layers, found: Written, name: str) -> E:
    assert found.offset is not None
    local = layers.let(f"{name}__local", _local(speech, layers, found, name))
    return speech.minutes_on(local, exp.Neg(this=exp.Paren(this=found.offset.copy())))
