"""Peak memory of judging many deals, each measured in a process of its own.

The process reads its deals from a file that another one left, in the form it needs; from then on its peak is watched
while it judges them once. Where the system cannot reset its own record of the peak (it does on Linux), the peak of the
whole process is told, reading included.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from .tables import Deals

CHECKOUT = Path(__file__).resolve().parent.parent
_RUNS = 3
_SETTLED = 0.5
"""Seconds in which allocators give back what reading left over."""
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True, slots=True)
class Memory:
    """MB a process held before it judged so many deals, and at most while it first did; seconds of its best run."""

    name: str
    deals: int
    criteria: int
    before: float
    peak: float
    seconds: float


def measured(name: str, deals: Deals, criteria: int = 40) -> Memory | str:
    """One contender in a process of its own; why not, where it fails. ``batch.kept`` must have left the deals."""
    words = [sys.executable, "-m", "bench.memory", name, str(deals.count), str(deals.seed), str(criteria)]
    done = subprocess.run([*words, str(deals.folder)], capture_output=True, text=True, check=False, cwd=CHECKOUT)
    if done.returncode:
        return done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
    before, peak, seconds = json.loads(done.stdout)
    return Memory(name, deals.count, criteria, before, peak, seconds)


def _told(word: str) -> float:
    if _STATUS.exists():
        for line in _STATUS.read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{word}:"):
                return int(line.split()[1]) / 1000
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most / 1000


def _watch(name: str, count: int, seed: int, criteria: int, folder: Path) -> tuple[float, float, float]:
    from .widened import contender

    judge = contender(name, Deals(count, folder, seed), criteria)
    gc.collect()
    sleep(_SETTLED)
    # where it cannot be reset, the peak is that of the whole process
    with suppress(OSError):
        _RESET.write_text("5", encoding="ascii")
    before = _told("VmHWM")
    judge()
    peak = _told("VmHWM")
    return before, peak, min(_timed(judge) for _ in range(_RUNS))


def _timed(judge: Callable[[], Any]) -> float:
    start = perf_counter()
    result = judge()
    seconds = perf_counter() - start
    del result
    return seconds


if __name__ == "__main__":
    _name, _count, _seed, _criteria, _folder = sys.argv[1:]
    print(json.dumps(_watch(_name, int(_count), int(_seed), int(_criteria), Path(_folder))))
