"""More criteria than forty: the same ones again with other numbers, so that what is alike cannot be worked out once.

Tests without a number (is it there, is it one of these words) come again as they are: of 400, 220 differ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .criteria import (
    CRITERIA,
    Arithmetic,
    Compare,
    Condition,
    Const,
    Contacts,
    Day,
    Every,
    Field,
    Not,
    OneOf,
    Present,
    Some,
    Term,
)
from .many import CEILING, OURS_COLUMNS, everyone
from .tables import Deals

_LIMITS = ("at_least", "at_most", "below")


def widened(count: int) -> dict[str, Condition]:
    """So many criteria as the plain tree; the first forty are those of ``criteria.py``."""
    every = list(CRITERIA.items())
    out = {}
    for n in range(count):
        (name, condition), again = every[n % len(every)], n // len(every)
        out[f"{name}_{again}" if again else name] = moved(condition, again) if again else condition
    return out


def moved(condition: Condition, by: int) -> Condition:
    """The same with other numbers."""
    match condition:
        case Present() | OneOf():
            return condition
        case Contacts():
            return replace(condition, at_least=condition.at_least + by)
        case Compare(sign, left, right):
            return Compare(sign, _moved(left, by), _moved(right, by))
        case Not(part):
            return Not(moved(part, by))
        case Every(parts):
            return Every(tuple(moved(p, by) for p in parts))
    return Some(tuple(moved(p, by) for p in condition.parts))


def _moved(term: Term, by: int) -> Term:
    match term:
        case Const(bool() | str()) | Field():
            return term
        case Const(int(value)):
            return Const(value + by)
        case Const(value):
            return Const(round(value * (1 + by / 100), 4))
        case Day(offset):
            return Day(offset + by)
        case Arithmetic(sign, left, right):
            return Arithmetic(sign, _moved(left, by), _moved(right, by))


def moved_check(check: Any, by: int) -> Any:
    """The same of a check as a process's document writes it."""
    if isinstance(check, list):
        return [moved_check(part, by) for part in check]
    if not isinstance(check, dict):
        return check
    out = {}
    for key, value in check.items():
        if key in ("plus", "minus"):
            days = int(value.removesuffix(" days"))
            value = f"{days + by if key == 'plus' else abs(days - by)} days"
        elif key == "times":
            value = round(value * (1 + by / 100), 4)
        elif key in _LIMITS and isinstance(value, str):
            value = f"{round(int(value.removesuffix('%')) * (1 + by / 100), 4):g}%"
        elif key in _LIMITS and isinstance(value, int):
            value += by
        else:
            value = moved_check(value, by)
        out[key] = value
    return out


def contender(name: str, deals: Deals, criteria: int) -> Callable[[], Any]:
    """What one contender runs, with so many criteria. Raises LookupError where it is not there."""
    if criteria == len(CRITERIA):
        found = everyone(deals, lambda c: c.name == name)
        if not found.contenders:
            raise LookupError(next((line for line in found.absent if line.startswith(name)), f"there is no {name}"))
        return found.contenders[0].prepare()
    if name == CEILING:
        from .many.polars_by_hand import judged

        enums, wide = deals.enums, widened(criteria)
        return lambda: judged(enums.lazy(), wide).collect()
    if name == OURS_COLUMNS:
        return _ours(deals, criteria)
    raise LookupError(f"{name} knows forty criteria only")


def _ours(deals: Deals, criteria: int) -> Callable[[], Any]:
    from dealgate.compile.frames import Frames

    from . import frames
    from .deals import DAY, Process
    from .growth import written
    from .many.ours_columns import evaluate_frame

    frame = deals.held("ours", lambda: frames.frame(deals, Process()))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "process.yaml"
        path.write_text(written(criteria, moved_check), encoding="utf-8")
        judge = evaluate_frame(Process(path).playbook)
    return lambda: judge(Frames(frame, {}), as_of=DAY)
