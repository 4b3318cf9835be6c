"""What a forecast's draws cost: so many open deals, 10,000 quarters, with correlation and all noise on.

Each size in a process of its own. 2,000 deals are drawn by brute force, and then together as 100,000 are; how far their
P10, P50 and P90 lie apart is told in standard errors, both draws' combined.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
_RUNS = 3


@dataclass(frozen=True)
class Forecast:
    """One run: deals, how they were drawn, best seconds of three, MB held at most; ``apart``: standard errors between
    brute force and the deals drawn together, at most, where both were done."""

    deals: int
    quarters: int
    method: str
    seconds: float
    megabytes: float
    apart: float | None


def grown(sizes: tuple[int, ...]) -> list[Forecast]:
    """So many deals, each size in a process of its own."""
    found = []
    for deals in sizes:
        words = [sys.executable, "-m", "bench.forecasting", str(deals)]
        done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=CHECKOUT)
        found.append(Forecast(**json.loads(done.stdout)))
    return found


def _alone(count: int) -> dict[str, Any]:
    import numpy as np

    from dealgate.forecast.draws import QUARTERS, Noise, OpenDeals, simulate

    from .syncing import _held

    random = np.random.default_rng(7)
    amounts = ((random.pareto(1.3, count) + 1) * 1e6).astype(np.int64)
    deals = OpenDeals(
        random.uniform(0.02, 0.95, count),
        amounts,
        weight=random.choice([5.0, 30.0, 200.0, np.inf], count),
        days=np.where(random.random(count) < 0.2, np.nan, random.normal(20, 40, count)),
    )
    noise = Noise(0.2, amount_sd=0.15, date_sd=15, new_mean=count / 50, new_amounts=amounts[:500])
    seconds = math.inf
    for _ in range(_RUNS):
        start = perf_counter()
        drawn = simulate(deals, noise, seed=1)
        seconds = min(seconds, perf_counter() - start)
    held, apart = _held(), None
    if drawn.method == "brute":
        together = simulate(deals, noise, seed=2, method="grouped", largest=count // 2)
        apart = max(
            abs(drawn.quantile(q) - together.quantile(q))
            / math.hypot(drawn.standard_error(q), together.standard_error(q))
            for q in (0.1, 0.5, 0.9)
        )
    return asdict(Forecast(count, QUARTERS, drawn.method, seconds, held, apart))


if __name__ == "__main__":
    print(json.dumps(_alone(int(sys.argv[1]))))
