"""Timing one call at a time, so that a busy machine disturbs all alike.

Contenders take turns, a block of deals each, for some rounds. A round gives the median and the 99th percentile of its
calls; reported is the best round of each, which is what the code costs when nobody else has the processor.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns
from typing import Any

from .contenders import Contender


@dataclass(frozen=True, slots=True)
class Latency:
    """Microseconds of one call: in the best round, and in the median one."""

    name: str
    p50: float
    p99: float
    usual_p50: float
    usual_p99: float
    calls: int


def percentiles(judge: Callable[[Any], Any], deals: Sequence[Any]) -> tuple[int, int]:
    """The median and the 99th percentile of one call, in nanoseconds."""
    times = []
    for deal in deals:
        start = perf_counter_ns()
        judge(deal)
        times.append(perf_counter_ns() - start)
    times.sort()
    return times[len(times) // 2], times[int(len(times) * 0.99)]


def race(contenders: Sequence[Contender], rounds: int, block: int, slow_block: int) -> list[Latency]:
    """Everyone's latency; each round takes the next block of deals."""
    found: dict[str, list[tuple[int, int]]] = {c.name: [] for c in contenders}
    calls = dict.fromkeys(found, 0)
    gc.collect()
    for turn in range(rounds):
        for contender in contenders:
            size = min(slow_block if contender.slow else block, len(contender.deals))
            start = turn * size % (len(contender.deals) - size + 1)
            found[contender.name].append(percentiles(contender.judge, contender.deals[start : start + size]))
            calls[contender.name] += size
    return [_latency(name, of_rounds, calls[name]) for name, of_rounds in found.items()]


def _latency(name: str, of_rounds: list[tuple[int, int]], calls: int) -> Latency:
    p50, p99 = zip(*of_rounds, strict=True)
    return Latency(name, min(p50) / 1000, min(p99) / 1000, median(p50) / 1000, median(p99) / 1000, calls)
