"""A run's results as plain data, and what is required of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from .batch import Speed
from .coaching import Coached
from .contenders import BY_HAND, BY_HAND_UNMET, OURS, OURS_UNMET
from .forecasting import Forecast
from .growth import Size
from .inspecting import Inspection
from .latency import Latency
from .many import CEILING, CEILING_SCAN, OURS_COLUMNS, OURS_SCAN
from .memory import Memory
from .syncing import AGAIN, FIRST, Sync
from .whole import Run

AGAINST_ZEN = 10
AGAINST_HAND = 1.5
AGAINST_HAND_AT_WORST = 3
AGAINST_CEILING = 0.9
AGAINST_IMPORTS = 1.5
SYNCED = 100_000
SECONDS_OF_SYNC = {FIRST: 30.0, AGAIN: 3.0}
SECONDS_OF_FORECAST = {2_000: 1.0, 100_000: 5.0}
MEGABYTES_OF_FORECAST = 2_000
MANY = 1_000_000
"""Deals from which a batch's speed is asked for."""


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
    many: list[Speed] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    syncs: list[Sync] = field(default_factory=list)
    inspections: list[Inspection] = field(default_factory=list)
    coachings: list[Coached] = field(default_factory=list)
    forecasts: list[Forecast] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    seconds: float = 0

    def plain(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {**asdict(self), "requirements": [asdict(r) for r in self.requirements()]}

    def requirements(self) -> list[Requirement]:
        """What must hold, and whether it does; nothing about other engines that were not there."""
        cells = sum(self.differing.values()) + sum(found.differing for found in self.many)
        out = [Requirement("cells that differ from the reference", cells, 0)]
        out += self._one_decision()
        out += self._many()
        if len(self.validate) == 2 and not any(run.failed for run in self.validate):
            bare, whole = self.validate
            out.append(Requirement("validate practical / its imports alone", whole.best / bare.best, AGAINST_IMPORTS))
        return out + self._synced() + self._inspected() + self._forecast()

    def _inspected(self) -> list[Requirement]:
        """Ten times the deals cost little more than ten times as much; a minute for a hundred thousand."""
        sizes = sorted(self.inspections, key=lambda one: one.deals)
        if len(sizes) < 2 or sizes[-1].deals < SYNCED:
            return []
        few, many = sizes[0], sizes[-1]
        each = (many.inspect / many.deals) / (few.inspect / few.deals)
        return [
            Requirement(f"{many.deals:,} deals inspected: seconds", many.inspect, 60),
            Requirement(f"inspection of a deal: of {many.deals:,} / of {few.deals:,}", each, 1.5),
            Requirement(f"{many.deals:,} deals coached: seconds", many.coach, 5),
        ] + [
            Requirement(f"{one.deals:,} verdict sets coached: seconds", one.seconds, 10)
            for one in self.coachings
            if one.deals >= MANY
        ]

    def _forecast(self) -> list[Requirement]:
        out = []
        for one in self.forecasts:
            if one.deals in SECONDS_OF_FORECAST:
                mark = SECONDS_OF_FORECAST[one.deals]
                out.append(Requirement(f"{one.deals:,} deals forecast ({one.method}): seconds", one.seconds, mark))
                out.append(Requirement(f"{one.deals:,} deals forecast: MB", one.megabytes, MEGABYTES_OF_FORECAST))
                if one.apart is not None:
                    what = f"{one.deals:,} deals, brute force and drawn together: standard errors apart"
                    out.append(Requirement(what, one.apart, 3))
        return out

    def _synced(self) -> list[Requirement]:
        most = max((one.deals for one in self.syncs), default=0)
        if most < SYNCED:
            return []
        out = []
        for one in self.syncs:
            if one.deals == most:
                mark = SECONDS_OF_SYNC[one.name]
                out.append(Requirement(f"{most:,} deals, {one.name}: seconds of ours", one.seconds, mark))
                out.append(
                    Requirement(f"{most:,} deals, {one.name}: requests / fewest", one.requests / one.fewest, 1.05)
                )
        return out

    def _one_decision(self) -> list[Requirement]:
        times = {found.name: found for found in self.latency}
        ours, hand = times[OURS], times[BY_HAND]
        out = [
            Requirement(f"p50: {OURS} / {BY_HAND}", ours.p50 / hand.p50, AGAINST_HAND),
            Requirement(f"p99: {OURS} / {BY_HAND}", ours.p99 / hand.p99, AGAINST_HAND_AT_WORST),
            Requirement(
                f"p50: {OURS_UNMET} / {BY_HAND_UNMET}", times[OURS_UNMET].p50 / times[BY_HAND_UNMET].p50, AGAINST_HAND
            ),
        ]
        for name, found in times.items():
            if name.startswith("zen") and "graph" in name:
                for word in ("p50", "p99"):
                    ratio = getattr(found, word) / getattr(ours, word)
                    out.append(Requirement(f"{word}: {name} / {OURS}", ratio, AGAINST_ZEN, at_least=True))
        return out

    def _many(self) -> list[Requirement]:
        """A back end of ours that was not there at all has missed what is asked of it."""
        most = max((found.deals for found in self.many), default=0)
        if most < MANY:
            return []
        ratios = {found.name: found.ratio for found in self.many if found.deals == most}
        return [
            Requirement(f"{most:,} deals: {name} / {theirs}", ratios.get(name, 0.0), AGAINST_CEILING, at_least=True)
            for name, theirs in ((OURS_COLUMNS, CEILING), (OURS_SCAN, CEILING_SCAN))
            if theirs in ratios
        ]


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
