"""The book: all that the playbook shows, as values, before any page or format is thought of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from ..compile.words import Words
from ..model import condition as c
from ..model.framework import Framework
from ..model.learn import Learn, Link
from ..model.process import Criterion, Process, Stage
from .blocks import Inline, Ref, Span, joined, link

GROUPS = ("tightened", "loosened", "added", "removed", "changed", "reworded")
"""The ways a document may differ from another, in the order they are told in."""


class Change(NamedTuple):
    """One difference: its group, what it is about, what is so now in words, the place it is written at, and why and
    until when, where somebody said so."""

    group: str
    subject: str
    words: str
    place: str = ""
    why: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What is not as in another document. ``since`` names it; ``advice`` says what version the changes ask for."""

    since: str
    entries: tuple[Change, ...]
    advice: str = ""


class Metric(NamedTuple):
    """A metric as its declaration tells of it."""

    id: str
    name: str
    question: str
    formula: str
    unit: str
    better: str
    edges: tuple[str, ...]


class Command(NamedTuple):
    """A command of the command line: what it does in a line, and examples to type."""

    name: str
    does: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Book:
    """What is shown. ``as_of`` is the date on the title page, if there is to be one."""

    process: Process
    digest: str = ""
    base: Changes | None = None
    """What the process changes of the one it extends."""
    since: Changes | None = None
    """What is new against an earlier version."""
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    learn: Learn | None = None
    commands: Mapping[str, Command] = field(default_factory=dict)
    bases: tuple[str, ...] = ()
    """Ids of the processes that this one extends: what is said of them is said of it."""
    as_of: date | None = None

    @cached_property
    def words(self) -> Words:
        """Puts its conditions into words."""
        return Words(self.process)

    @cached_property
    def noun(self) -> str:
        """What the process judges: deal or lead."""
        return self.process.record

    def place(self, criterion: Criterion) -> Ref:
        """Where a criterion is told in full."""
        if criterion.stage is not None:
            return Ref(f"stage-{criterion.stage}", criterion.id)
        return Ref("lead" if criterion.part in ("lead", "recycle") else "outcomes", criterion.id)

    def named(self, criteria: Iterable[Criterion]) -> Inline:
        """Criteria by their titles, each a link."""
        return joined([(Span(one.title, self.place(one)),) for one in criteria], "; ")

    def resting_on(self, framework: Framework, element: str | None = None) -> list[Criterion]:
        """The criteria that ask for a framework, or for one element of it."""
        return [k for k in self.process.criteria if (framework.id, element) in set(_asked(k))]

    def standing(self, stage: Stage) -> list[Criterion]:
        """What earlier stages asked and this one asks too."""
        own = {k.id for k in (*stage.enter, *stage.exit)}
        return [k for k in self.process.asked_in(stage) if k.id not in own]

    def thresholds(self) -> list[tuple[str, c.Literal, list[Criterion]]]:
        """Each figure that the process sets by a name of its own: the name, the value, and the criteria it is in."""
        found: dict[str, tuple[c.Literal, list[Criterion]]] = {}
        for criterion in self.process.criteria:
            for node in _nodes(criterion):
                for operand in c.operands(node):
                    if isinstance(operand, c.Literal) and operand.said:
                        held = found.setdefault(operand.said, (operand, []))[1]
                        if criterion not in held:
                            held.append(criterion)
        return [(name, value, criteria) for name, (value, criteria) in found.items()]

    def target(self, to: Link) -> Ref | None:
        """Where a link of the reading path leads in this book; None where the book does not hold it."""
        home, _, inside = to.target.partition(".")
        ours = home in (self.process.id, *self.bases)
        if to.scheme in ("article", "goal"):
            return Ref(f"{to.scheme}-{to.target}")
        if to.scheme == "process":
            return Ref("index") if ours else None
        if to.scheme == "stage":
            return Ref(f"stage-{inside}") if ours and self.process.stage(inside) else None
        if to.scheme == "criterion":
            found = self.process.criterion(inside) if ours else None
            return self.place(found) if found else None
        if to.scheme in ("framework", "element"):
            known = self.process.frameworks.get(home)
            held = known is not None and (not inside or known.element(inside) is not None)
            return Ref(f"framework-{home}", inside) if held else None
        known_by = {"metric": self.metrics, "command": self.commands}.get(to.scheme, {})
        return Ref(f"{to.scheme}s", to.target) if to.target in known_by else None

    def reads(self, scheme: str) -> list[str]:
        """What the reading path links to by a scheme, each once."""
        links = self.learn.links if self.learn is not None else ()
        return list(dict.fromkeys(one.target for one in links if one.scheme == scheme))

    def metric(self, name: str) -> Inline:
        """A metric by its name, a link where it is known."""
        known = self.metrics.get(name)
        return link(known.name, "metrics", name) if known else (Span(name.replace("_", " ")),)


def _nodes(criterion: Criterion) -> Iterator[c.Condition]:
    yield from c.walk(criterion.check)
    if criterion.applies_when is not None:
        yield from c.walk(criterion.applies_when)


def _asked(criterion: Criterion) -> Iterator[tuple[str, str | None]]:
    for node in _nodes(criterion):
        if isinstance(node, (c.ElementLevel, c.ElementAnswer)):
            yield node.framework, node.element
            yield node.framework, None
        elif isinstance(node, (c.FrameworkIs, c.FrameworkScore, c.FrameworkBand)):
            yield node.framework, None
