"""One whole run: compare, time, keep."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from . import contenders, growth, latency, machine, whole, workload
from .report import Results

OUT = Path(__file__).with_name("out")


class AnswersDiffer(Exception):
    """Somebody gives other answers than the reference; nothing is timed then."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything."""

    compared: int = 20_000
    peer_compared: int = 3_000
    rounds: int = 60
    block: int = 500
    slow_block: int = 100
    sizes: tuple[int, ...] = growth.SIZES
    growth_deals: int = 200
    process_rounds: int = 7
    seed: int = 7


TINY = Plan(300, 50, rounds=2, block=100, slow_block=20, sizes=(10, 40), growth_deals=20, process_rounds=0)
"""Shows that all of it works; its figures mean nothing."""


def run(plan: Plan) -> Results:
    """Everything, in order. Raises AnswersDiffer before anything is timed where answers differ."""
    rows = workload.rows(plan.compared, plan.seed)
    differing = contenders.differences(rows, plan.peer_compared)
    if any(differing.values()):
        raise AnswersDiffer(f"cells that differ from the reference: {differing}")
    timed = rows[: plan.block * 16]
    everyone, absent = contenders.everyone(timed)
    return Results(
        machine.described(),
        datetime.now(UTC).isoformat(timespec="seconds"),
        len(rows),
        differing,
        latency.race(everyone, plan.rounds, plan.block, plan.slow_block),
        growth.grow(rows[: plan.growth_deals], plan.sizes),
        whole.validate(plan.process_rounds) if plan.process_rounds else [],
        whole.check(2) if plan.process_rounds else [],
        absent,
    )


def keep(results: Results, folder: Path = OUT) -> Path:
    """Writes the run as a dated file and says where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results.taken_at.replace(':', '').removesuffix('+0000')}.json"
    path.write_text(json.dumps(results.plain(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
