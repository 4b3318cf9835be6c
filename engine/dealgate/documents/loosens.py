"""What makes an overlay milder than its base. Such a place must be listed under ``loosens``, with why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from dealgate.model.diagnostics import NOWHERE, Where
from dealgate.model.process import ENFORCE
from dealgate.model.values import Duration, parse_duration

from .places import Path, by_id


@dataclass(frozen=True, slots=True)
class Loosening:
    """A place where an overlay is milder than its base. ``until``: the day the base's rule holds again."""

    what: str
    how: str
    why: str = ""
    until: date | None = None
    at: Where = NOWHERE


_PROSE = frozenset(
    [
        "title",
        "description",
        "objective",
        "owner",
        "docs",
        "proof",
        "fix",
        "coach",
        "question",
        "pitfall",
        "tags",
        "health",
        "coaching",
        "failure_patterns",
        "holidays",
        "weight",
        "category",
        "probability",
        "why",
        "action",
        "becomes",
        "replaces",
    ]
)
"""What no decision rests on: losing it loosens nothing."""
_READING = frozenset(("articles", "goals"))
"""Sections that are there to be read: no decision rests on anything in them."""
_STRICTER_WITHOUT = frozenset(("applies_when", "since", "in_flight", "enforce"))
_CONDITION = frozenset(("check", "qualified_when"))
_SPANS = frozenset(("max_age", "within", "expires"))
_MARKS = frozenset(("pass", "minimum", "level"))
_IN_FLIGHT = ("grandfather", "next_move", "immediate")
_SEVERITY = ("info", "warn", "high", "block")
_MOVES = {"skip": "block", "back": "warn", "reopen": "approve"}


def covers(what: Any, loosened: str) -> bool:
    """Whether a ``loosens`` entry names the place or the one thing it belongs to."""
    if what == loosened:
        return True
    parent = tuple(loosened.split(".")[:-1])
    return bool(parent) and what == ".".join(parent) and not by_id(parent)


def how_removed(path: Path, old: Any) -> str | None:
    """Why a removal makes the document milder, or None where it does not."""
    key = path[-1]
    if path[0] in _READING:
        return None
    if key in _PROSE or (len(path) > 1 and path[-2] in _PROSE) or key in _STRICTER_WITHOUT:
        return None
    if key in ("stays", "require_reason") and old is not True:
        return None
    return "it falls away"


def how_changed(path: Path, old: Any, new: Any, *, reverse: bool = False) -> str | None:
    """Why setting ``new`` (plain values) where ``old`` stood is milder, or None where it is not.

    ``old`` is None where the base said nothing. ``reverse``: the framework's lower scores are the better ones.
    """
    if old == new or path[0] in _READING:
        return None
    key = path[-1]
    if key == "enforce":
        was = old or _MOVES.get(path[-2] if len(path) > 1 else "", "block")
        return _falls(ENFORCE, was, new, "enforce")
    if key in _SPANS:
        return _rises(old, new)
    if key == "applies_when":
        return "it no longer applies to every deal" if old is None else "it applies to other deals"
    if key in _CONDITION:
        return None if old is None or tightens(old, new) else "what it checks is another thing"
    if key == "when":
        return None if old is None or _widens(old, new) else "it fires on other deals"
    if len(path) > 1 and path[-2] == "conditions":
        return None if old is None else "the named condition is another one"
    if key == "in_flight":
        return _falls(_IN_FLIGHT, old or "immediate", new, "in_flight")
    if key == "severity":
        return _falls(_SEVERITY, old, new, "severity")
    if key == "since":
        return "it begins to hold later" if old is None or str(new) > str(old) else None
    if key in ("stays", "require_reason"):
        return "it is no longer true" if old is True and new is not True else None
    if key == "then" and (old or "disqualified") == "disqualified":
        return "it no longer disqualifies"
    return _figures(path, old, new, reverse)


def _figures(path: Path, old: Any, new: Any, reverse: bool) -> str | None:
    key = path[-1]
    if key in ("method", "direction") and path[0] == "score":
        return "the score is counted another way, so it cannot be compared"
    if not (_is_number(old) and _is_number(new)):
        return None
    up = new > old
    if key == "at_most" and "cap" in path:
        return f"the cap rises from {old} to {new}" if up else None
    if key in _MARKS or (key in ("at_least", "at_most") and "bands" in path):
        backwards = reverse and key != "level"
        milder = up if backwards else not up
        return f"{key} {'rises' if up else 'falls'} from {old} to {new}" if milder else None
    return None


def _is_number(value: Any) -> bool:
    return value is not None and not isinstance(value, (bool, str, list, dict))


def _falls(order: tuple[str, ...], old: Any, new: Any, what: str) -> str | None:
    if old not in order or new not in order or order.index(new) >= order.index(old):
        return None
    return f"{what} falls from {old} to {new}"


def _rises(old: Any, new: Any) -> str | None:
    before, after = (parse_duration(v) if isinstance(v, str) else None for v in (old, new))
    if before is None or after is None or not_longer(after, before):
        return None
    return f"it rises from {old} to {new}"


_MINUTES = {
    "minute": (1, 1),
    "hour": (60, 60),
    "day": (1_440, 1_440),
    "week": (10_080, 10_080),
    "month": (28 * 1_440, 31 * 1_440),
    "quarter": (90 * 1_440, 92 * 1_440),
    "year": (365 * 1_440, 366 * 1_440),
}
"""How short and how long each unit may be."""


def not_longer(a: Duration, b: Duration) -> bool:
    """Whether ``a`` is surely no longer than ``b``; business time may take any number of calendar days."""
    if (a.unit, a.business) == (b.unit, b.business):
        return a.count <= b.count
    return not a.business and _MINUTES[a.unit][1] * a.count <= _MINUTES[b.unit][0] * b.count


def tightens(old: Any, new: Any) -> bool:
    """Whether ``new`` surely holds only where ``old`` does: the same, with conjuncts added or a level of proof up."""
    return all(any(_no_milder(part, mine) for mine in _parts(new, "all")) for part in _parts(old, "all"))


def _widens(old: Any, new: Any) -> bool:
    return all(part in _parts(new, "any") for part in _parts(old, "any"))


def _parts(condition: Any, word: str) -> list[Any]:
    if isinstance(condition, dict) and set(condition) == {word} and isinstance(condition[word], list):
        return [inner for part in condition[word] for inner in _parts(part, word)]
    return [condition]


def _no_milder(old: Any, new: Any) -> bool:
    if old == new:
        return True
    if not (isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys()):
        return False
    if not ({"framework", "evidence"} & old.keys()):
        return False
    rest = all(old[k] == new[k] for k in old if k != "at_least")
    a, b = old.get("at_least"), new.get("at_least")
    return rest and isinstance(a, int) and isinstance(b, int) and b > a
