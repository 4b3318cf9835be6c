"""The cases of a test document for plays: facts in, and which plays fire and which do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..decide.cases import CaseResult, Mismatch, Uncovered
from ..model.play import ATTRIBUTES, SCOPES, Plays
from ..model.values import parse_date, parse_datetime, parse_decimal, parse_duration, parse_percent
from .conclude import conclude
from .drawn import Concluded
from .facts import Fact, Facts, Record

_FIRES, _DOES_NOT = "fires", "does not fire"


def run_cases(document: Mapping[str, Any], plays: Plays) -> list[CaseResult]:
    """Every case of a test document (plain data) against a document of plays."""
    return [_run(number, case, document, plays) for number, case in enumerate(document.get("cases") or ())]


def _run(index: int, case: Mapping[str, Any], document: Mapping[str, Any], plays: Plays) -> CaseResult:
    name, problems = str(case.get("name", index + 1)), []
    raw = case.get("as_of", document.get("as_of"))
    as_of = parse_date(str(raw)) or parse_datetime(str(raw))
    if as_of is None:
        problems.append("no as_of: give the document or the case a date")
    given = [_fact(one, problems) for one in case.get("facts") or ()]
    looked_at = {*(document.get("looked_at") or ()), *(case.get("looked_at") or ()), *(fact.kind for fact in given)}
    expect = case.get("expect") or {}
    wanted = expect.get("plays") or {}
    problems += [f"there is no play {one!r}" for one in _named(wanted) if plays.play(one) is None]
    asserted = tuple(
        (str(one), said) for key, said in (("include", _FIRES), ("exclude", _DOES_NOT)) for one in wanted.get(key) or ()
    )
    if problems or as_of is None:
        return CaseResult(name, index, (), tuple(problems), asserted)
    found = conclude(plays, Facts(given, looked_at, _records(document)), as_of)
    mismatches = [
        *_compare("plays", wanted, {one.play.id for one in found.conclusions}, found),
        *_compare("conclusions", expect.get("conclusions") or {}, {str(o.pattern) for o in found.conclusions}, found),
    ]
    return CaseResult(name, index, tuple(mismatches), (), asserted)


def _named(wanted: Mapping[str, Any]) -> list[str]:
    return [str(one) for key in ("include", "exclude") for one in wanted.get(key) or ()]


def _compare(what: str, wanted: Mapping[str, Any], there: set[str], found: Concluded) -> list[Mismatch]:
    lines = [f"{one.play.id} fires of {one.scope} {one.record}" for one in found.conclusions]
    lines += [f"{one.play.id} is open of {', '.join(one.records)}" for one in found.undecided]
    out = [
        Mismatch(f"{what}: {o}", _FIRES, _DOES_NOT, tuple(lines)) for o in wanted.get("include") or () if o not in there
    ]
    return out + [
        Mismatch(f"{what}: {o}", _DOES_NOT, _FIRES, tuple(lines)) for o in wanted.get("exclude") or () if o in there
    ]


def _fact(raw: Mapping[str, Any], problems: list[str]) -> Fact:
    kind = str(raw.get("fact"))
    held: dict[str, Any] = {}
    for key, value in raw.items():
        if key in ATTRIBUTES.get(kind, ()) or key in SCOPES or key == "says":
            held[key] = str(value)
        elif key in ("value", "change"):
            held[key], held["unit"] = _figure(value, problems)
        elif key == "on":
            held[key] = _day(value, problems)
        elif key != "fact":
            problems.append(f"a fact of kind {kind} has no {key!r}")
    return Fact(kind, **held)


def _figure(value: Any, problems: list[str]) -> tuple[Decimal | None, str]:
    share, length = parse_percent(str(value)), parse_duration(str(value))
    if share is not None:
        return share, "%"
    if length is not None and length.delta is not None:
        return Decimal(length.delta.days), "days"
    number = parse_decimal(value)
    if number is None:
        problems.append(f"{value!r} is no figure: write 3, 15% or 14 days")
    return number, ""


def _day(value: Any, problems: list[str]) -> date | None:
    found = value if isinstance(value, date) and not isinstance(value, datetime) else parse_date(str(value))
    if found is None:
        problems.append(f"{value!r} is no date")
    return found


def _records(document: Mapping[str, Any]) -> dict[tuple[str, str], Record]:
    return {
        (str(scope), str(key)): Record(**{word: str(value) for word, value in (held or {}).items()})
        for scope, by_id in (document.get("records") or {}).items()
        for key, held in by_id.items()
    }


def coverage(plays: Plays, results: Iterable[CaseResult]) -> list[Uncovered]:
    """The plays of which no passing case expects that they fire, or none that they do not."""
    asserted = {pair for result in results if result.passed for pair in result.asserted}
    found = []
    for play in plays.plays:
        missing = tuple(said for said in (_FIRES, _DOES_NOT) if (play.id, said) not in asserted)
        if missing:
            found.append(Uncovered(play.id, missing))
    return found
