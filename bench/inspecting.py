"""What an inspection costs: all shipped rules over the simulated company, its leaks and what it learns included; and
then coaching by all shipped plays: facts of every kind from the history, and what follows from them.

Each size in a process of its own. Making the company is not counted; making its history of its records is, by itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from time import perf_counter
from typing import Any

from .syncing import CHECKOUT

DAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Inspection:
    """One inspection: seconds for the history, the inspection and coaching, MB at most in all, and what came out."""

    deals: int
    history: float
    inspect: float
    coach: float
    megabytes: float
    findings: int
    inferences: int


def grown(sizes: Sequence[int] = (10_000, 100_000)) -> list[Inspection]:
    """Each size."""
    found = []
    for deals in sizes:
        words = [sys.executable, "-m", "bench.inspecting", str(deals)]
        done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=CHECKOUT)
        found.append(Inspection(**json.loads(done.stdout)))
    return found


def _alone(deals: int) -> dict[str, Any]:
    from dealgate import load
    from dealgate.coaching.coach import coach
    from dealgate.coaching.ground import Ground
    from dealgate.compile.frames import frames_of
    from dealgate.documents.load import load_inspections, load_plays
    from dealgate.history import events_of, history_of, records_of
    from dealgate.inspection.inspect import inspect
    from dealgate.inspection.learned import Learner
    from dealgate.simulate import simulate

    from .syncing import _held

    playbook = load("practical")
    process, moment = playbook.process, playbook.judge.moment(DAY).as_of
    company = simulate(seed=7, years=2, deals=deals, leads=0, as_of=DAY)
    frames = frames_of([playbook.deal(record) for record in company.deals], process)
    del company
    start = perf_counter()
    history = history_of(events_of(frames, process, moment), process, moment, children=records_of(frames))
    del frames
    middle = perf_counter()
    loaded = load_inspections(process, ["hygiene", "risk", "forecast", "habits"], learn=Learner(history))
    found = inspect(playbook, history, [one.inspection for one in loaded if one.inspection is not None])
    end = perf_counter()
    assert len(found.deals) == deals, len(found.deals)
    plays = [plays for name in ("coaching", "process") if (plays := load_plays(name).plays) is not None]
    begin = perf_counter()
    coached = coach(Ground(playbook, history, found.findings, ()), plays).concluded
    last = perf_counter()
    return asdict(
        Inspection(deals, middle - start, end - middle, last - begin, _held(), len(found.findings), coached.inferences)
    )


if __name__ == "__main__":
    print(json.dumps(_alone(int(sys.argv[1]))))
