"""Reasons in words: what a play asked for, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..compile.words import value
from ..metrics.registry import registry
from ..model.play import EVENTS, Bounds, Need
from ..plays.facts import Fact
from ..plays.texts import shown
from .kinds.metrics import UNITS
from .kinds.verdicts import SAID

_OPS = {
    "at_least": "at least {}",
    "at_most": "at most {}",
    "above": "above {}",
    "below": "below {}",
    "is": "{}",
    "is_not": "not {}",
}


def asked(need: Need) -> str:
    """What a need asks for, as a person would say it."""
    tests = dict(need.tests)
    said = _SAID[need.fact](tests)
    parts = [f"no {said}" if need.absent else said]
    unit = _unit(tests.get("id", ("",))[0])
    parts += [f"is {_bounds(need.value, unit)}"] if need.value else []
    text = " ".join(parts)
    if need.change:
        text += f", changed by {_bounds(need.change, unit)}"
    if need.count:
        one = all(bound.figure == 1 for bound in need.count)
        text += f", {_bounds(need.count, '')} {need.distinct or 'time'}{'' if one else 's'}"
    if need.within is not None:
        text += f", in the last {value(need.within)}"
    return text[0].upper() + text[1:]


def _verdict(tests: dict[str, tuple[str, ...]]) -> str:
    of = _or(tests.get("criterion", ("a criterion",)))
    how = _or([SAID.get(one, one) for one in tests["status"]]) if "status" in tests else "judged"
    return f"{of} is {how}{_stage(tests)}"


def _finding(tests: dict[str, tuple[str, ...]]) -> str:
    of = f" {_or(tests['rule'])}" if "rule" in tests else ""
    grave = f" of severity {_or(tests['severity'])}" if "severity" in tests else ""
    return f"finding{of}{grave}{_stage(tests)}"


def _metric(tests: dict[str, tuple[str, ...]]) -> str:
    stage = f"{tests['stage'][0]}." if "stage" in tests else ""
    over = f" over the last {tests['period'][0]}" if "period" in tests else ""
    return f"{stage}{_or(tests.get('id', ('a metric',)))}{over}"


def _event(tests: dict[str, tuple[str, ...]]) -> str:
    return f"{_or([EVENTS.get(one, one) for one in tests.get('event', ('anything happened',))])}{_stage(tests)}"


def _target(tests: dict[str, tuple[str, ...]]) -> str:
    how = f" {_or(tests['status'])}" if "status" in tests else ""
    return f"target {_metric(tests)}{how}"


def _commitment(tests: dict[str, tuple[str, ...]]) -> str:
    how = f"{_or(tests['status'])} " if "status" in tests else ""
    about = f" on {_or(tests['theme'])}" if "theme" in tests else ""
    return f"{how}commitment{about}"


def _conclusion(tests: dict[str, tuple[str, ...]]) -> str:
    return f"pattern {_or(tests.get('pattern', ()))}"


_SAID = {
    "verdict": _verdict, "finding": _finding, "metric": _metric, "event": _event, "target": _target,
    "coaching_action": _commitment, "conclusion": _conclusion,
}  # fmt: skip


def _stage(tests: dict[str, tuple[str, ...]]) -> str:
    return f" in {_or(tests['stage'])}" if "stage" in tests else ""


def _or(words: Sequence[str] | Iterable[str]) -> str:
    return " or ".join(words)


def _bounds(bounds: Bounds, unit: str) -> str:
    return " and ".join(_OPS[one.op].format(shown(one.figure, unit)) for one in bounds)


def _unit(ident: str) -> str:
    spec = registry().get(ident.partition(".")[0])
    return UNITS.get(spec.unit, "") if spec is not None else ""


def found(fact: Fact) -> str:
    """What a fact says, with its figure and its day."""
    parts = [fact.says or fact.shape[0] or ""]
    if fact.value is not None and fact.kind in ("metric", "target", "event"):
        parts.append(shown(fact.value, fact.unit))
    if fact.on is not None and fact.kind in ("event", "coaching_action"):
        parts.append(value(fact.on))
    return ", ".join(parts)
