"""How far the deals of a period are won together, by how far earlier periods were off what their stages promise.

With r the rate of a stage over all earlier periods, a period in which n deals of each stage stood on the same day is
expected to win E = Σ n·r, with variance V = Σ n·r·(1 - r) were each deal won by itself. One factor behind all of them,
of correlation ρ (``draws.factor``), adds about ρ·S², S = Σ n·φ(Φ⁻¹(r)), φ and Φ being the normal density and
distribution. So by moments, over T periods that won W:

    ρ = Σ [(W - E)² · T / (T - 1) - V] / Σ S²

not below 0, and drawn towards the default as though PRIOR more periods had shown it.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import polars as pl

from .rates import cases_then
from .snapshot import Snapshot

DEFAULT = 0.05
"""The correlation where history is too thin to tell: our own."""
PRIOR = 4
"""How many periods the default is worth."""
LEAST = 3
"""Below so many earlier periods the default stands."""
MOST = 0.5
"""More is not believed of so few periods."""


def correlation(snapshot: Snapshot) -> float:
    """Of the normal variables behind the deals of a period, by periods that were over and known by then."""
    return learned([_counted(cases) for _, cases in cases_then(snapshot)])


def learned(periods: Sequence[dict[str, tuple[int, int]]]) -> float:
    """The correlation by what each period had: by stage, how many deals stood there and how many of them it won."""
    if len(periods) < LEAST:
        return DEFAULT
    stages = {name for one in periods for name in one}
    totals = {name: [sum(one.get(name, (0, 0))[k] for one in periods) for k in (0, 1)] for name in stages}
    rates = {name: won / n for name, (n, won) in totals.items() if 0 < won < n}
    normal = NormalDist()
    slopes = {name: normal.pdf(normal.inv_cdf(rate)) for name, rate in rates.items()}
    size, beyond = len(periods), 0.0
    steep = 0.0
    for one in periods:
        mine = [(n, won, rates[name], slopes[name]) for name, (n, won) in sorted(one.items()) if name in rates]
        off = sum(won - n * rate for n, won, rate, _ in mine)
        beyond += off * off * size / (size - 1) - sum(n * rate * (1 - rate) for n, _, rate, _ in mine)
        steep += sum(n * slope for n, _, _, slope in mine) ** 2
    if not steep:
        return DEFAULT
    found = min(max(beyond / steep, 0.0), MOST)
    return (found * size + DEFAULT * PRIOR) / (size + PRIOR)


def _counted(cases: pl.DataFrame) -> dict[str, tuple[int, int]]:
    grouped = cases.group_by("stage").agg(pl.len().alias("n"), pl.col("won").sum())
    return {str(stage): (int(n), int(won)) for stage, n, won in grouped.iter_rows()}
