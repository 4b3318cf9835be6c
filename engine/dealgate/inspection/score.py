"""How clean the records of an owner or a team are: a score from 0 to 100, with its parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ..model.finding import SEVERITIES
from .inspect import Inspected

LEAST = 3
"""Open deals from which a score says something."""
INSPECTION = "hygiene"
"""The inspection whose rules on deals are its parts."""


@dataclass(frozen=True, slots=True)
class Part:
    """A rule's part: of so many open deals it fired on so many; ``unknown`` ones do not count."""

    rule: str
    title: str
    weight: int
    fired: int
    judged: int
    unknown: int

    @property
    def clean(self) -> Fraction | None:
        """The share of deals that it did not fire on; None where nothing could be told."""
        return None if not self.judged else 1 - Fraction(self.fired, self.judged)


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one; ``value`` None where there are too few deals, and ``why`` says so."""

    scope: str
    name: str
    deals: int
    value: Fraction | None
    parts: tuple[Part, ...]
    why: str = ""


def scores(found: Inspected, scope: str, inspection: str = INSPECTION) -> list[Score]:
    """The hygiene of each owner or team (``scope``), the cleanest first: the mean share of open deals that each rule
    leaves alone, weighted 1 (info) to 4 (block). Rules that apply to no open deal of theirs are no part."""
    field = {"owner": "owner.name", "team": "owner.team"}[scope]
    name_of = {
        d.id: str(d.fields[field]) for d in found.deals if d.status == "open" and d.fields.get(field) is not None
    }
    counts = Counter(name_of.values())
    rules = [rule for rule in found.rules if rule.inspection == inspection and rule.scope == "deal"]
    by_rule = {
        rule.id: (
            _counted(name_of, [f.subject for f in found.findings if f.rule == rule.id]),
            _counted(name_of, found.cleared.get(rule.id, ())),
            _counted(name_of, [subject for one, _, subject in found.unknown if one == rule.id]),
        )
        for rule in rules
    }
    made = []
    for name, deals in sorted(counts.items()):
        parts = tuple(
            Part(
                rule.id,
                rule.title,
                SEVERITIES.index(rule.severity) + 1,
                fired[name],
                fired[name] + clear[name],
                unknown[name],
            )
            for rule in rules
            for fired, clear, unknown in [by_rule[rule.id]]
            if fired[name] + clear[name] + unknown[name]
        )
        made.append(_score(scope, name, deals, parts))
    return sorted(made, key=lambda s: (s.value is None, -(s.value or 0), s.name))


def _score(scope: str, name: str, deals: int, parts: tuple[Part, ...]) -> Score:
    told = [(part.weight, part.clean) for part in parts if part.clean is not None]
    if deals < LEAST:
        return Score(scope, name, deals, None, parts, f"fewer than {LEAST} open deals")
    if not told:
        return Score(scope, name, deals, None, parts, "nothing could be told of them")
    total = sum(weight for weight, _ in told)
    return Score(scope, name, deals, 100 * sum((weight * clean for weight, clean in told), Fraction(0)) / total, parts)


def _counted(name_of: Mapping[str, str], subjects: Iterable[str]) -> Counter[str]:
    return Counter(name_of[s] for s in subjects if s in name_of)
