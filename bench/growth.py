"""How the time of loading a process and of one decision grows with the number of criteria."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import yaml

import dealgate

from .deals import DAY, PROCESS, Process
from .latency import percentiles
from .workload import Row

SIZES = (10, 40, 160, 640, 1500)


@dataclass(frozen=True, slots=True)
class Size:
    """One process: seconds to load it, microseconds of one decision and of one criterion in it."""

    criteria: int
    load: float
    decision: float

    @property
    def each(self) -> float:
        """Microseconds a criterion."""
        return self.decision / self.criteria


def written(criteria: int, moved: Callable[[Any, int], Any] | None = None) -> str:
    """The bench's process with so many criteria: its own, again and again in the same order.

    ``moved`` makes another check of one, given how often it came before; without it they are the same again.
    """
    document: dict[str, Any] = yaml.safe_load(PROCESS.read_text(encoding="utf-8"))
    every = [(stage, criterion) for stage in document["stages"] for criterion in stage["exit"]]
    for stage in document["stages"]:
        stage["exit"] = []
    for n in range(criteria):
        stage, criterion = every[n % len(every)]
        again = {} if n < len(every) else {"id": f"{criterion['id']}-{n}"}
        # a copy: what is written twice must not become an anchor and an alias
        written_again = deepcopy({**criterion, **again})
        if again and moved is not None:
            written_again["check"] = moved(written_again["check"], n // len(every))
        stage["exit"].append(written_again)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def grow(rows: list[Row], sizes: tuple[int, ...] = SIZES, rounds: int = 5) -> list[Size]:
    """Each size, loaded once and judged on the same deals."""
    process = Process()
    deals = [process.deal(row) for row in rows]
    out = []
    with TemporaryDirectory() as folder:
        for criteria in sizes:
            path = Path(folder) / f"{criteria}.yaml"
            path.write_text(written(criteria), encoding="utf-8")
            start = perf_counter()
            judge = _reader(dealgate.load(path).evaluate)
            load = perf_counter() - start
            out.append(Size(criteria, load, min(percentiles(judge, deals)[0] for _ in range(rounds)) / 1000))
    return out


def _reader(evaluate: Callable[..., Any]) -> Callable[[Any], None]:
    def judge(deal: Any) -> None:
        for verdict in evaluate(deal, as_of=DAY):
            verdict.status  # noqa: B018 - reading is what is timed
            verdict.values  # noqa: B018

    return judge
