"""A run's results as a table and as JSON, and what is required of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from .contenders import BY_HAND, OURS
from .growth import Size
from .latency import Latency
from .whole import Run

AGAINST_ZEN = 10
AGAINST_HAND = 3
AGAINST_IMPORTS = 1.5


@dataclass(slots=True)
class Results:
    """Everything one run measured."""

    machine: dict[str, str]
    taken_at: str
    compared: int
    differing: dict[str, int]
    latency: list[Latency]
    growth: list[Size] = field(default_factory=list)
    validate: list[Run] = field(default_factory=list)
    check: list[Run] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {**asdict(self), "requirements": [asdict(r) for r in self.requirements()]}

    def requirements(self) -> list[Requirement]:
        """What must hold, and whether it does; nothing about who was not there."""
        times = {found.name: found for found in self.latency}
        ours, hand = times[OURS], times[BY_HAND]
        out = [Requirement("cells that differ from the reference", sum(self.differing.values()), 0)]
        for word in ("p50", "p99"):
            out.append(
                Requirement(f"{word}: dealgate / {BY_HAND}", getattr(ours, word) / getattr(hand, word), AGAINST_HAND)
            )
        for name, found in times.items():
            if name.startswith("zen"):
                for word in ("p50", "p99"):
                    ratio = getattr(found, word) / getattr(ours, word)
                    out.append(Requirement(f"{word}: {name} / dealgate", ratio, AGAINST_ZEN, at_least=True))
        if len(self.validate) == 2 and not any(run.failed for run in self.validate):
            bare, whole = self.validate
            out.append(Requirement("validate practical / its imports alone", whole.best / bare.best, AGAINST_IMPORTS))
        return out


@dataclass(frozen=True, slots=True)
class Requirement:
    """A figure that must be at most (or at least) a mark."""

    what: str
    value: float
    mark: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether it is kept."""
        return self.value >= self.mark if self.at_least else self.value <= self.mark


def table(results: Results) -> Iterator[str]:
    """The run for people, line by line."""
    machine = results.machine
    yield f"{machine['processor']}, {machine['processors']} processors, {machine['system']}, {machine['python']}"
    yield f"{results.compared:,} deals compared cell by cell with the reference; cells that differ:"
    yield "  " + ", ".join(f"{name} {count}" for name, count in results.differing.items())
    yield ""
    heads = "".join(f"{head:>{width}}" for head, width in (("p50 ratio", 11), ("p99 ratio", 11), ("usual p50 r.", 14)))
    yield f"{'one deal, 40 criteria':<42}{'p50 µs':>9}{'p99 µs':>9}{heads}"
    hand = next(found for found in results.latency if found.name == BY_HAND)
    for found in results.latency:
        ratios = f"{found.p50 / hand.p50:>11.2f}{found.p99 / hand.p99:>11.2f}{found.usual_p50 / hand.usual_p50:>14.2f}"
        yield f"{found.name:<42}{found.p50:>9.1f}{found.p99:>9.1f}{ratios}"
    for line in results.absent:
        yield f"left out: {line}"
    if results.growth:
        yield ""
        yield f"{'criteria':>10}{'load s':>10}{'one deal p50 µs':>18}{'µs a criterion':>16}"
        for size in results.growth:
            yield f"{size.criteria:>10,}{size.load:>10.2f}{size.decision:>18.1f}{size.each:>16.3f}"
    if results.validate or results.check:
        yield ""
        yield f"{'whole process':<42}{'best s':>9}{'median s':>10}"
        for run in (*results.validate, *results.check):
            yield f"{run.name:<42}{run.best:>9.2f}{run.median:>10.2f}" + (f"  {run.failed}" if run.failed else "")
    yield ""
    for requirement in results.requirements():
        asked = f"{'at least' if requirement.at_least else 'at most'} {requirement.mark:g}"
        yield f"{'ok  ' if requirement.holds else 'MISS'} {requirement.what}: {requirement.value:.2f} ({asked})"
