"""The forty criteria as a plain tree, what each stage requires, and the three-valued reference that all are held to.

Missing values are None. A comparison or membership with None is None; and, or, not have three values; a count over
contacts counts those whose attributes all match, and is None where the contacts are. A deal is ready to leave its
stage when every criterion that the stage requires is True: None is not enough.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .workload import AS_OF, STAGES, Row

# ---------------------------------------------------------------- terms


@dataclass(frozen=True, slots=True)
class Field:
    """A field's value."""

    name: str


@dataclass(frozen=True, slots=True)
class Const:
    """A literal."""

    value: Any


@dataclass(frozen=True, slots=True)
class Day:
    """A day so many after the day judged at."""

    offset: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``*`` or ``-`` of two terms."""

    sign: str
    left: Term
    right: Term


Term = Field | Const | Day | Arithmetic

# ---------------------------------------------------------------- conditions


@dataclass(frozen=True, slots=True)
class Present:
    """The field has a value; never None."""

    name: str


@dataclass(frozen=True, slots=True)
class Compare:
    """Two terms compared."""

    sign: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field is one of some words."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contacts:
    """At least so many contacts whose attributes all match."""

    match: tuple[tuple[str, Any], ...]
    at_least: int


@dataclass(frozen=True, slots=True)
class Not:
    """Three-valued not."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Every:
    """Three-valued and."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Three-valued or."""

    parts: tuple[Condition, ...]


Condition = Present | Compare | OneOf | Contacts | Not | Every | Some


def _compare(name: str, sign: str, right: Any) -> Compare:
    return Compare(sign, Field(name), right if isinstance(right, (Field, Const, Day, Arithmetic)) else Const(right))


def _is(name: str, value: Any) -> Compare:
    return _compare(name, "==", value)


def _in(name: str, *words: str) -> OneOf:
    return OneOf(name, words)


def _all(*parts: Condition) -> Every:
    return Every(parts)


def _any(*parts: Condition) -> Some:
    return Some(parts)


def _contacts(**match: Any) -> Contacts:
    return Contacts(tuple(match.items()), 1)


CRITERIA: dict[str, Condition] = {
    "has_amount": Present("amount"),
    "has_close_date": Present("close_date"),
    "has_next_step": Present("next_step"),
    "has_pain": Present("pain"),
    "has_decision_criteria": Present("decision_criteria"),
    "has_decision_process": Present("decision_process"),
    "has_champion": Present("champion_id"),
    "amount_min": _compare("amount", ">=", 5000.0),
    "large_needs_exec": _any(Not(_compare("amount", ">=", 100000.0)), _contacts(role="exec")),
    "budget_ok": _all(
        _is("budget_confirmed", True),
        _compare("budget_amount", ">=", Arithmetic("*", Field("amount"), Const(0.8))),
    ),
    "econ_buyer": _contacts(role="economic_buyer"),
    "econ_buyer_engaged": _contacts(role="economic_buyer", engaged=True),
    "champion_strong": _compare("champion_strength", ">=", 3),
    "need": _is("need_confirmed", True),
    "timeline": _is("timeline_confirmed", True),
    "authority": _any(_is("authority_identified", True), _contacts(role="decision_maker")),
    "recent_activity": _compare("last_activity_date", ">=", Day(-14)),
    "close_not_past": _compare("close_date", ">=", Day(0)),
    "close_within_year": _compare("close_date", "<=", Day(365)),
    "next_step_future": _compare("next_step_date", ">=", Day(0)),
    "stage_fresh": _compare("stage_entered_date", ">=", Day(-45)),
    "close_after_created": _compare("close_date", ">", Field("created_date")),
    "proposal_after_demo": _compare("proposal_sent_date", ">=", Field("demo_date")),
    "decision_before_close": _compare("decision_date", "<=", Field("close_date")),
    "cycle_len": Compare("<=", Arithmetic("-", Field("close_date"), Field("created_date")), Const(540)),
    "stage_valid": OneOf("stage", tuple(STAGES[:5])),
    "forecast_valid": _in("forecast_category", "commit", "best_case", "pipeline"),
    "type_known": _in("deal_type", "new", "expansion"),
    "industry_icp": _in("industry", "tech", "finance", "health", "retail"),
    "region_covered": _in("region", "na", "emea"),
    "prob_sane": _all(_compare("probability", ">=", 0.1), _compare("probability", "<=", 0.95)),
    "commit_prob": _any(Not(_is("forecast_category", "commit")), _compare("probability", ">=", 0.7)),
    "discount_ok": _any(
        _compare("discount_pct", "<=", 20.0),
        _all(
            _compare("approved_discount_pct", ">=", Field("discount_pct")),
            _in("legal_status", "approved", "in_review"),
        ),
    ),
    "push_ok": _compare("push_count", "<", 3),
    "engaged": _any(_compare("meetings_30d", ">=", 2), _compare("emails_30d", ">=", 6)),
    "multi_thread": _any(
        _compare("num_stakeholders", ">=", 3),
        _all(_is("segment", "smb"), _compare("num_stakeholders", ">=", 1)),
    ),
    "paper": _in("paper_process_status", "in_review", "approved", "signed"),
    "legal": _all(_is("legal_status", "approved"), _in("security_review_status", "passed", "waived")),
    "poc": _any(_in("poc_status", "success", "not_needed"), _all(_is("mutual_plan", True), Present("demo_date"))),
    "risk_clear": Not(
        _any(
            _all(Present("competitor"), _compare("champion_strength", "<", 2)),
            _all(_compare("push_count", ">=", 4), _compare("close_date", "<", Day(30))),
            _is("owner_active", False),
        )
    ),
}
NAMES = tuple(CRITERIA)

_REQUIRED = {
    "prospect": "has_amount stage_valid industry_icp region_covered has_pain",
    "qualify": "has_amount has_close_date need authority recent_activity amount_min type_known",
    "develop": "has_champion champion_strong econ_buyer has_decision_criteria recent_activity next_step_future "
    "close_not_past",
    "propose": "budget_ok econ_buyer_engaged has_decision_process proposal_after_demo multi_thread close_not_past "
    "risk_clear",
    "negotiate": "discount_ok legal paper commit_prob decision_before_close close_within_year push_ok risk_clear",
    "close": "legal paper budget_ok close_after_created cycle_len large_needs_exec poc",
}
REQUIRED: dict[str, tuple[int, ...]] = {
    stage: tuple(NAMES.index(name) for name in names.split()) for stage, names in _REQUIRED.items()
}
"""Stage → places in ``NAMES`` of what it requires."""

# ---------------------------------------------------------------- the reference

_SIGNS = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
    "*": operator.mul,
    "-": operator.sub,
}


def _term(term: Term, row: Row) -> Any:
    match term:
        case Field(name):
            return row[name]
        case Const(value):
            return value
        case Day(offset):
            return AS_OF + offset
        case Arithmetic(sign, left, right):
            a, b = _term(left, row), _term(right, row)
            return None if a is None or b is None else _SIGNS[sign](a, b)


def holds(condition: Condition, row: Row) -> bool | None:
    """The condition on a row, walked: True, False or None."""
    match condition:
        case Present(name):
            return row[name] is not None
        case Compare(sign, left, right):
            a, b = _term(left, row), _term(right, row)
            return None if a is None or b is None else bool(_SIGNS[sign](a, b))
        case OneOf(name, words):
            return None if row[name] is None else row[name] in words
        case Not(part):
            answer = holds(part, row)
            return None if answer is None else not answer
        case Every(parts):
            answers = [holds(p, row) for p in parts]
            return False if False in answers else None if None in answers else True
        case Some(parts):
            answers = [holds(p, row) for p in parts]
            return True if True in answers else None if None in answers else False
        case Contacts(match, at_least):
            if row["contacts"] is None:
                return None
            return sum(all(c[k] == v for k, v in match) for c in row["contacts"]) >= at_least


def reference(row: Row) -> list[bool | None]:
    """Every criterion on a row, in the order of ``NAMES``."""
    return [holds(condition, row) for condition in CRITERIA.values()]


def ready(answers: list[bool | None], row: Row) -> bool:
    """Whether the deal may leave its stage."""
    return all(answers[n] is True for n in REQUIRED[row["stage"]])


def fields_of(node: Condition | Term) -> Iterator[str]:
    """The fields a condition or term reads, contacts among them, in reading order; may repeat."""
    match node:
        case Field(name) | Present(name) | OneOf(name, _):
            yield name
        case Compare(_, left, right) | Arithmetic(_, left, right):
            yield from fields_of(left)
            yield from fields_of(right)
        case Not(part):
            yield from fields_of(part)
        case Every(parts) | Some(parts):
            for part in parts:
                yield from fields_of(part)
        case Contacts():
            yield "contacts"


def counts_of(condition: Condition) -> Iterator[Contacts]:
    """The counts over contacts in a condition."""
    match condition:
        case Contacts():
            yield condition
        case Not(part):
            yield from counts_of(part)
        case Every(parts) | Some(parts):
            for part in parts:
                yield from counts_of(part)
