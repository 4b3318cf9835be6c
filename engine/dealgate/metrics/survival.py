"""How long it takes and how it ends, with what is still open counted for as long as it was seen.

Kaplan and Meier's survival over all causes (1958, JASA 53:457) and Aalen and Johansen's cumulative incidence of each
cause (1978, Scand. J. Statist. 5:141): with d_k(t) events of cause k and n(t) at risk at t,

    S(t) = Π_{u <= t} (1 - d(u)/n(u))        CIF_k(t) = Σ_{u <= t} S(u-)·d_k(u)/n(u)

so that S + Σ_k CIF_k = 1. One minus Kaplan-Meier with the other causes censored is not this: it answers how often deals
would be won if none could be lost. At a tie events precede censorings, all causes share one risk set, and a spell
entered at t is at risk only after t. ``grouped`` has the same for many groups at once.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import repeat

from .figure import NoValue, Number, exact

Value = Fraction | float
"""Fraction where a curve is exact, otherwise float."""

NO_SPELLS = "no spells to follow"
ROUNDING = 1e-9
"""How near floats have to come to a level that they are to reach. The steps of a million spells are 1e-6."""


@dataclass(frozen=True, slots=True)
class Chance:
    """The chance that a cause comes within a time, given that nothing came until an age.

    ``n``: the risk set at the first time after that age. Where not ``complete``, no spell was followed to the end of
    that time, and ``value`` is what was seen until then: the least that it can be.
    """

    value: Value
    n: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Incidence:
    """Survival and the cumulative incidence of each cause: step functions, each value holding from its time on.

    ``times`` begin with 0 and hold each moment at which a spell ended or was censored; the other sequences go with
    them. ``at_risk`` is the risk set at that time, ``n`` the number of spells used, ``unused`` of those that could not
    be (without a duration, with one below zero, or entered no earlier than they ended), ``followed`` the longest
    duration. ``emptied``: a time at which nothing was left though others entered later; survival is 0 from then on,
    which tells of too few early spells and not of deals.
    """

    times: tuple[float, ...]
    at_risk: tuple[int, ...]
    events: Mapping[str, tuple[int, ...]]
    censored: tuple[int, ...]
    survival: tuple[Value, ...]
    cif: Mapping[str, tuple[Value, ...]]
    n: int
    unused: int
    followed: float
    emptied: float | None

    def survival_at(self, t: float) -> Value | NoValue:
        """S(t); no value beyond what was followed while any survive."""
        place = self._place(t)
        return place if isinstance(place, NoValue) else self.survival[place]

    def cif_at(self, cause: str, t: float) -> Value | NoValue:
        """CIF of the cause at t; no value beyond what was followed while any survive."""
        place = self._place(t)
        return place if isinstance(place, NoValue) else self._cif(cause)[place]

    def final(self, cause: str) -> Value | NoValue:
        """CIF of the cause at the end of what was followed."""
        return self._cif(cause)[-1] if self.n else NoValue(NO_SPELLS)

    def quantile(self, q: Number, cause: str | None = None) -> float | NoValue:
        """The first time by which the share q has ended, by whatever cause or by this one; q over 0, at most 1."""
        share = exact(q)
        if not 0 < share <= 1:
            raise ValueError("a quantile of time lies over 0 and is at most 1")
        if not self.n:
            return NoValue(NO_SPELLS)
        ended = [1 - s for s in self.survival] if cause is None else self._cif(cause)
        for t, value in zip(self.times, ended, strict=True):
            if value >= share or (isinstance(value, float) and value >= float(share) - ROUNDING):
                return t
        return NoValue("not reached by what was followed")

    def median(self) -> float | NoValue:
        """The first time by which half has ended, by whatever cause: Kaplan and Meier's median."""
        return self.quantile(Fraction(1, 2))

    def chance(self, cause: str, age: float, within: float) -> Chance | NoValue:
        """[CIF(age + within) - CIF(age)] / S(age)."""
        if age < 0 or within < 0:
            raise ValueError("an age and a time within which are not negative")
        if not self.n:
            return NoValue(NO_SPELLS)
        start = bisect_right(self.times, age) - 1
        if not self.survival[start]:
            return NoValue("none was left at this age")
        if age >= self.followed:
            return NoValue("none was followed beyond this age")
        stop = bisect_right(self.times, age + within) - 1
        cif = self._cif(cause)
        complete = age + within <= self.followed or not self.survival[-1]
        # what is at risk at the next time has lived beyond this age
        beyond = self.at_risk[start + 1]
        return Chance((cif[stop] - cif[start]) / self.survival[start], beyond, complete)

    def _cif(self, cause: str) -> tuple[Value, ...]:
        if cause not in self.cif:
            raise ValueError(f"no cause {cause!r} in this curve")
        return self.cif[cause]

    def _place(self, t: float) -> int | NoValue:
        if t < 0:
            raise ValueError("a time is not negative")
        if not self.n:
            return NoValue(NO_SPELLS)
        if t > self.followed and self.survival[-1]:
            return NoValue("none was followed so long")
        return bisect_right(self.times, t) - 1


def incidence_of(
    durations: Iterable[float | None],
    causes: Iterable[str | None],
    entries: Iterable[float | None] | None = None,
    *,
    names: Sequence[str] | None = None,
    exact: bool = True,
) -> Incidence:
    """The curve of spells, each with its duration in days, its cause (None or "": still open), and its entry.

    ``entries``: since what age each has been watched (left truncation); None, or an age of 0 or less: from the
    beginning. ``names``: the causes to report, those that occur where None. ``exact``: in Fractions, else in floats.
    Raises ValueError for a cause that ``names`` lacks, and where the arrays are not of one length.
    """
    if entries is not None:
        spells = list(zip(durations, causes, entries, strict=True))
    else:
        durations, causes = list(durations), list(causes)
        spells = list(zip(durations, causes, repeat(None, len(durations)), strict=True))
    entered: Counter[float] = Counter()
    ended: Counter[tuple[float, str]] = Counter()
    unused = 0
    for duration, cause, entry in spells:
        entry = 0.0 if entry is None or entry <= 0 else entry
        usable = duration is not None and math.isfinite(duration) and duration >= 0 and (entry == 0 or entry < duration)
        if not usable or duration is None:
            unused += 1
            continue
        # what is there from the beginning is at risk at time 0 too
        entered[entry or -1.0] += 1
        ended[duration, cause or ""] += 1
    known = tuple(sorted({cause for _, cause in ended if cause})) if names is None else tuple(names)
    if strange := {cause for _, cause in ended if cause}.difference(known):
        raise ValueError(f"{len(strange)} causes occur that are not among the names")
    return _curve(entered, ended, known, unused, exact)


def _curve(
    entered: Counter[float], ended: Counter[tuple[float, str]], causes: tuple[str, ...], unused: int, exact: bool
) -> Incidence:
    times = sorted({0.0, *(t for t, _ in ended)})
    arrivals = sorted(entered)
    one: Value = Fraction(1) if exact else 1.0
    survival, cif = one, dict.fromkeys(causes, one - one)
    risk = arrived = 0
    emptied: float | None = None
    at_risk, censored, survivals = [], [], []
    counts: dict[str, list[int]] = {cause: [] for cause in causes}
    curves: dict[str, list[Value]] = {cause: [] for cause in causes}
    for t in times:
        while arrived < len(arrivals) and arrivals[arrived] < t:
            risk += entered[arrivals[arrived]]
            arrived += 1
        events = {cause: ended[t, cause] for cause in causes}
        for cause, count in events.items():
            if count:
                cif[cause] += survival * (Fraction(count, risk) if exact else count / risk)
            counts[cause].append(count)
            curves[cause].append(cif[cause])
        if all_events := sum(events.values()):
            survival *= Fraction(risk - all_events, risk) if exact else (risk - all_events) / risk
        at_risk.append(risk)
        censored.append(ended[t, ""])
        survivals.append(survival)
        risk -= all_events + ended[t, ""]
        if not survival and emptied is None and t < times[-1]:
            emptied = t
    return Incidence(
        times=tuple(times),
        at_risk=tuple(at_risk),
        events={cause: tuple(values) for cause, values in counts.items()},
        censored=tuple(censored),
        survival=tuple(survivals),
        cif={cause: tuple(values) for cause, values in curves.items()},
        n=ended.total(),
        unused=unused,
        followed=times[-1],
        emptied=emptied,
    )
