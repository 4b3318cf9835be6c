"""Hand-made ceilings: the forty criteria as one generated Python function, each field loaded once.

``answers`` gives True, False or None for each; ``masks`` the same as two integers; ``explained`` and
``explained_unmet`` turn them into what a person needs. None of these knows money, dates or where a rule is written.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from .criteria import (
    CRITERIA,
    NAMES,
    REQUIRED,
    Arithmetic,
    Compare,
    Condition,
    Const,
    Contacts,
    Day,
    Field,
    OneOf,
    Present,
    Term,
    counts_of,
    fields_of,
)
from .lowered import And, IsNull, Lowered, Member, Or, is_false, is_true, without_needless_guards
from .workload import AS_OF, Row

Answers = tuple[tuple[bool | None, ...], bool]
"""Each criterion's answer, and whether the deal may leave its stage."""

MASKS = {stage: sum(1 << n for n in required) for stage, required in REQUIRED.items()}
_COUNTERS = {
    count: f"k{n}" for n, count in enumerate(dict.fromkeys(c for k in CRITERIA.values() for c in counts_of(k)))
}


def _term(term: Term) -> str:
    match term:
        case Field(name):
            return name
        case Const(value):
            return repr(value)
        case Day(offset):
            return repr(AS_OF + offset)
        case Arithmetic(sign, left, right):
            return f"({_term(left)} {sign} {_term(right)})"


def _code(node: Lowered) -> str:
    match node:
        case IsNull(name, null):
            return f"{name} is None" if null else f"{name} is not None"
        case Compare(sign, left, right):
            if isinstance(right, Const) and isinstance(right.value, bool):
                return f"{_term(left)} {'is' if sign == '==' else 'is not'} {right.value}"
            return f"{_term(left)} {sign} {_term(right)}"
        case Member(name, words, inside):
            return f"{name} {'in' if inside else 'not in'} {{{', '.join(map(repr, words))}}}"
        case And(parts):
            return f"({' and '.join(map(_code, parts))})"
        case Or(parts):
            return f"({' or '.join(map(_code, parts))})"
    return f"{_COUNTERS[node.count]} {'>=' if node.reached else '<'} {node.count.at_least}"


def _flat(condition: Condition) -> str | None:
    """The two-valued test of a condition without parts, None of others; its fields must be there."""
    match condition:
        case Compare():
            return _code(condition)
        case OneOf(name, words):
            return _code(Member(name, words, True))
        case Contacts():
            return f"{_COUNTERS[condition]} >= {condition.at_least}"
    return None


def _loads() -> list[str]:
    used = sorted({f for k in CRITERIA.values() for f in fields_of(k)} | {"stage"})
    lines = [f"{name} = row[{name!r}]" for name in used]
    counters = " = ".join(_COUNTERS.values())
    lines += ["if contacts is None:", f" {counters} = None", "else:", f" {counters} = 0", " for c_ in contacts:"]
    lines.append("  r_ = c_['role']")
    for count, name in _COUNTERS.items():
        more = "".join(f" and c_[{k!r}] == {v!r}" for k, v in count.match if k != "role")
        lines.append(f"  if r_ == {dict(count.match)['role']!r}{more}: {name} += 1")
    return lines


def _guards(condition: Condition) -> list[str]:
    return list(dict.fromkeys(fields_of(condition)))


def _true(condition: Condition) -> str:
    return _code(without_needless_guards(is_true(condition)))


def _false(condition: Condition) -> str:
    return _code(without_needless_guards(is_false(condition)))


def _answer_lines() -> list[str]:
    lines = []
    for n, condition in enumerate(CRITERIA.values()):
        flat = _flat(condition)
        if isinstance(condition, Present):
            lines.append(f"c{n} = {condition.name} is not None")
        elif flat is not None:
            missing = " or ".join(f"{f} is None" for f in _guards(condition))
            lines.append(f"c{n} = None if {missing} else {flat}")
        else:
            lines.append(f"c{n} = True if {_true(condition)} else False if {_false(condition)} else None")
    lines.append("if False: pass")
    for stage, required in REQUIRED.items():
        lines.append(f"elif stage == {stage!r}: ok = {' and '.join(f'c{n} is True' for n in required)}")
    return [*lines, f"return ({', '.join(f'c{n}' for n in range(len(NAMES)))}), ok"]


def _mask_lines() -> list[str]:
    lines = ["t = f = 0"]
    for n, condition in enumerate(CRITERIA.values()):
        flat = _flat(condition)
        if isinstance(condition, Present):
            lines += [f"if {condition.name} is not None: t |= {1 << n}", f"else: f |= {1 << n}"]
        elif flat is not None:
            lines.append(f"if {' and '.join(f'{g} is not None' for g in _guards(condition))}:")
            lines += [f" if {flat}: t |= {1 << n}", f" else: f |= {1 << n}"]
        else:
            lines += [f"if {_true(condition)}: t |= {1 << n}", f"elif {_false(condition)}: f |= {1 << n}"]
    return [*lines, "m = MASKS[stage]", "return t, f, t & m == m"]


def _function(lines: list[str]) -> Callable[[Row], Any]:
    names: dict[str, Any] = {"MASKS": MASKS}
    source = "\n".join(["def judge(row):", *(f" {line}" for line in [*_loads(), *lines])])
    exec(compile(source, "<by hand>", "exec"), names)  # noqa: S102 - made from the constants of criteria.py alone
    made: Callable[[Row], Any] = names["judge"]
    return made


answers: Callable[[Row], Answers] = _function(_answer_lines())
masks: Callable[[Row], tuple[int, int, bool]] = _function(_mask_lines())

_SEEN: list[Callable[[Row], Any]] = [
    itemgetter(*(dict.fromkeys(f for f in fields_of(k) if f != "contacts") or ["stage"])) for k in CRITERIA.values()
]
_EXPECTED = [f"criterion {name} expects ..." for name in NAMES]


def explained(row: Row) -> tuple[bool, list[dict[str, Any]]]:
    """Whether the deal may leave its stage, and all forty as dicts with the values seen."""
    found, ok = answers(row)
    return ok, [
        {"criterion": name, "status": status, "observed": seen(row), "expected": text}
        for name, status, seen, text in zip(NAMES, found, _SEEN, _EXPECTED)  # noqa: B905 - as one writes it for speed
    ]


def explained_unmet(row: Row) -> tuple[bool, list[tuple[Any, ...]]]:
    """Whether the deal may leave its stage, and with their values those of the stage that are not met."""
    t, f, ok = masks(row)
    if ok:
        return ok, []
    return ok, [
        (NAMES[n], False if f >> n & 1 else None, _SEEN[n](row), _EXPECTED[n])
        for n in REQUIRED[row["stage"]]
        if not t >> n & 1
    ]
