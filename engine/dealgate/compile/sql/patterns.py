"""Safe patterns in each dialect's own words, only where they are sure to mean the same.

Letters are written as ``[aA]`` instead of a flag, because engines fold more than ASCII; every character stands for
itself or in a class, so that little needs escaping. The text is stripped, so ``$`` before a last line break is no case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...model.regex import parsed

Tree = tuple[Any, ...]
_PLAIN = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ _-,:;=!@#%&~<>/'\"`")
_ESCAPED = frozenset("\\]^[")


class Differs(Exception):
    """The dialect would understand the pattern otherwise; the text says how."""


@dataclass(frozen=True, slots=True)
class _Flavour:
    """How a pattern is spelled: what stands before it, how often a repeat may be, whether groups may be repeated."""

    before: str = ""
    most: int = 1000
    groups: bool = True
    end: str = "$"
    escapes: bool = True
    """Whether a backslash in a class escapes what follows it."""


@lru_cache(maxsize=512)
def always(pattern: str) -> bool:
    """Whether the pattern is found in every text, because nothing at all is enough for it."""
    return _nothing(parsed(pattern))


def _nothing(node: Tree) -> bool:
    match node:
        case ("all", parts):
            return all(_nothing(p) for p in parts)
        case ("either", parts):
            return any(_nothing(p) for p in parts)
        case ("repeat", item, low, _):
            return low == 0 or _nothing(item)
    return False


def _has_empty_branch(node: Tree) -> bool:
    match node:
        case ("either", parts):
            return any(p == ("all", []) or _has_empty_branch(p) for p in parts)
        case ("all", parts):
            return any(_has_empty_branch(p) for p in parts)
        case ("repeat", item, _, _):
            return item == ("all", []) or _has_empty_branch(item)
    return False


def _spelled(flavour: _Flavour) -> Callable[[str], str]:
    def made(pattern: str) -> str:
        tree = parsed(pattern)
        _counted(tree, flavour)
        return flavour.before + _say(tree, flavour)

    return made


def _counted(node: Tree, flavour: _Flavour) -> int:
    """How often repeats within repeats ask for one thing: engines bound the product."""
    match node:
        case ("all", parts) | ("either", parts):
            return max((_counted(p, flavour) for p in parts), default=1)
        case ("repeat", item, low, high):
            if not flavour.groups and item[0] in ("all", "either"):
                raise Differs("it repeats a group, which Java's engine may take for ever over")
            product = int(max(low, high or 1, 1) * _counted(item, flavour))
            if product > flavour.most:
                raise Differs(f"it repeats something more than {flavour.most} times")
            return product
    return 1


def _say(node: Tree, flavour: _Flavour) -> str:
    match node:
        case ("all", parts):
            return "".join(_group(p, flavour) if p[0] == "either" else _say(p, flavour) for p in parts)
        case ("either", parts):
            return "|".join(_say(p, flavour) or "()" for p in parts)
        case ("repeat", item, low, high):
            said = _say(item, flavour) if item[0] in ("chars", "any") else _group(item, flavour)
            return said + _times(low, high)
        case ("any",):
            return "."
        case ("start",):
            return "^"
        case ("end",):
            return flavour.end
    _, chars, negated = node
    if not flavour.escapes and chars & _ESCAPED:
        raise Differs("a class of it holds a bracket, a caret or a backslash, which POSIX does not let one escape")
    return _class(chars, negated=negated)


def _group(node: Tree, flavour: _Flavour) -> str:
    return f"({_say(node, flavour)})"


def _times(low: int, high: int | None) -> str:
    if high is None:
        return {0: "*", 1: "+"}.get(low, f"{{{low},}}")
    return "?" if (low, high) == (0, 1) else f"{{{low}}}" if low == high else f"{{{low},{high}}}"


def _class(chars: frozenset[str], *, negated: bool) -> str:
    both = sorted({c for char in chars for c in (char, char.upper() if char.isascii() else char)})
    if not negated and len(both) == 1 and both[0] in _PLAIN:
        return both[0]
    both = [c for c in both if c != "-"] + ["-"] * ("-" in both)  # last, it is no range and needs no escape
    return f"[{'^' if negated else ''}{''.join(_ranges(both))}]"


def _ranges(chars: list[str]) -> Iterable[str]:
    """Letters and digits in a row as ranges; all else one by one."""
    at = 0
    while at < len(chars):
        last = at
        while last + 1 < len(chars) and chars[at].isalnum() and _follows(chars[last], chars[last + 1]):
            last += 1
        if last - at > 2:
            yield f"{chars[at]}-{chars[last]}"
        else:
            yield from (f"\\{c}" if c in _ESCAPED else c for c in chars[at : last + 1])
        at = last + 1


def _follows(one: str, other: str) -> bool:
    return one.isascii() and one.isalnum() and other.isascii() and other.isalnum() and ord(other) == ord(one) + 1


re2 = _spelled(_Flavour("(?s)"))
"""RE2: DuckDB and BigQuery. Without its flag for lines, ``^`` and ``$`` are the ends of the text."""
postgres = _spelled(_Flavour("(?s)", most=255))
"""PostgreSQL's advanced expressions, matched by an automaton; a repeat counts to 255."""
java = _spelled(_Flavour("(?s)", groups=False))
"""Spark: Java's engine goes back and forth, so groups are not repeated."""


def posix(pattern: str) -> str:
    """Snowflake: what POSIX says alike; ``.`` reads line breaks by the flag that its call carries."""
    if _has_empty_branch(parsed(pattern)):
        raise Differs("one of its alternatives is empty, which POSIX leaves open")
    return _spelled(_Flavour(most=255, escapes=False))(pattern)
