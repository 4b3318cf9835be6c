"""Many deals at once: the proof that all give the same answers, and then who takes how long.

Contenders take turns, forwards and backwards, so that a busy machine disturbs all alike. A ratio is the median of the
ratios within a round, which is steadier than that of two best runs.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from .criteria import NAMES, ready, reference
from .many import CEILING, CEILING_SCAN, READY, Contender, anyone, everyone
from .tables import Deals

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

WALKED = 20_000
"""Deals up to which the reference is walked; more are compared with Polars by hand, which was held to it before."""
LEAST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds for so many deals, best and median; ``ratio`` is how many times as fast as Polars by hand.

    ``differing`` counts cells (a criterion or "ready" on a deal) that are not as they should be.
    """

    name: str
    deals: int
    best: float
    median: float
    ratio: float
    runs: int
    differing: int

    @property
    def rate(self) -> float:
        """Deals a second, at best."""
        return self.deals / self.best


@dataclass(frozen=True, slots=True)
class Race:
    """What one number of deals brought out; ``absent`` has a line for each who was not there."""

    speeds: list[Speed]
    absent: list[str]


def race(deals: Deals, rounds: int, budget: float, wanted: Callable[[Contender], bool] = anyone) -> Race:
    """Compares, then times. No contender takes more than ``budget`` seconds, but for the least number of rounds."""
    found = everyone(deals, wanted)
    runs: dict[str, Callable[[], Any]] = {}
    differing = {}
    expected = None
    for contender in sorted(found.contenders, key=lambda c: c.name not in (CEILING, CEILING_SCAN)):
        try:
            run = contender.prepare()
            result = run()
            answers = None if contender.answers is None else contender.answers(result)
        except Exception as trouble:  # noqa: BLE001 - one who fails is left out, and said to be
            found.absent.append(f"{contender.name}: {type(trouble).__name__}: {_first_line(trouble)}")
            continue
        runs[contender.name] = run
        if answers is None:
            continue
        if expected is None:
            expected = walked(deals) if deals.count <= WALKED else answers
        there = None if not contender.exact else ~deals.ties
        differing[contender.name] = cells(answers, expected, contender.two_valued, there)
        del result, answers
    del expected
    if any(differing.values()):
        return Race([Speed(name, deals.count, 0, 0, 0, 0, count) for name, count in differing.items()], found.absent)
    return Race(_speeds(_times(runs, rounds, budget), deals.count, differing), found.absent)


def _first_line(trouble: Exception) -> str:
    return str(trouble).strip().partition("\n")[0]


def walked(deals: Deals) -> pl.DataFrame:
    """The reference's answers."""
    import polars as pl

    records = []
    for row in deals.rows:
        answers = reference(row)
        records.append([*answers, ready(answers, row)])
    return pl.DataFrame(records, schema=dict.fromkeys((*NAMES, READY), pl.Boolean), orient="row")


def cells(
    answers: pl.DataFrame, expected: pl.DataFrame, two_valued: bool = False, rows: NDArray[np.bool_] | None = None
) -> int:
    """How many cells differ, in all rows or in some."""
    import polars as pl

    if answers.height != expected.height:
        return max(answers.height, expected.height) * len(expected.columns)
    if rows is not None and not rows.all():
        answers, expected = answers.filter(rows), expected.filter(rows)
    if two_valued:
        expected = expected.with_columns(pl.all().fill_null(False))
    return sum(int((~answers[name].eq_missing(expected[name])).sum()) for name in expected.columns)


def _times(runs: dict[str, Callable[[], Any]], rounds: int, budget: float) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in runs}
    gc.collect()
    for turn in range(rounds):
        for name in list(runs)[:: -1 if turn % 2 else 1]:
            mine = times[name]
            if len(mine) >= LEAST_ROUNDS and sum(mine) > budget:
                continue
            start = perf_counter()
            result = runs[name]()
            mine.append(perf_counter() - start)
            del result
    return times


def _speeds(times: dict[str, list[float]], deals: int, differing: dict[str, int]) -> list[Speed]:
    out = []
    for name, mine in times.items():
        theirs = times[measure_of(name, times)]
        ratio = median(b / a for a, b in zip(mine, theirs, strict=False))
        out.append(Speed(name, deals, min(mine), median(mine), ratio, len(mine), differing.get(name, 0)))
    return out


def measure_of(name: str, there: dict[str, list[float]]) -> str:
    """By whom somebody is measured: what is read from Parquet by what is read from it by hand."""
    asked = CEILING_SCAN if "Parquet" in name or CEILING not in there else CEILING
    return asked if asked in there else name


def kept(deals: Deals) -> None:
    """Leaves the deals in the folder in the forms that other processes read."""
    from . import frames
    from .deals import Process

    process = Process()
    if deals.in_memory:
        deals.keep("enums", deals.enums)
        deals.keep("text", deals.text)
        deals.keep("ours", frames.frame(deals, process))
    _ = deals.parquet
    frames.parquet(deals, process)
