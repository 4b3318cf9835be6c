"""One whole run: compare, time, keep."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from . import (
    batch,
    coaching,
    contenders,
    forecasting,
    growth,
    inspecting,
    latency,
    machine,
    memory,
    syncing,
    whole,
    workload,
)
from .many import (
    CEILING,
    CEILING_SCAN,
    OURS_COLUMNS,
    OURS_OPEN,
    OURS_OPEN_SCAN,
    OURS_PYTHON,
    OURS_SCAN,
    OURS_SQL,
    anyone,
    one_by_one,
)
from .report import Results
from .tables import BLOCK, Deals

OUT = Path(__file__).with_name("out")
DEALS = (1, 10_000, 100_000, 1_000_000)
WATCHED = (
    CEILING,
    OURS_COLUMNS,
    CEILING_SCAN,
    OURS_SCAN,
    OURS_OPEN,
    OURS_OPEN_SCAN,
    "DuckDB by hand, native table",
    "DuckDB by hand, from Parquet",
    OURS_SQL,
)
"""Whose memory is looked at, from so many deals on: fewer show little more than the interpreter's."""
FEW = 100_000


class AnswersDiffer(Exception):
    """Somebody gives other answers than the reference; nothing is timed then."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of everything. ``deals`` are the sizes of batches; ``budget`` is seconds for one contender at one."""

    compared: int = 20_000
    peer_compared: int = 3_000
    rounds: int = 60
    block: int = 500
    slow_block: int = 100
    sizes: tuple[int, ...] = growth.SIZES
    growth_deals: int = 200
    process_rounds: int = 7
    rows: int = 1_000_000
    seed: int = 7
    deals: tuple[int, ...] = DEALS
    batch_rounds: int = 25
    budget: float = 2
    memory: bool = True
    wider: int = 10
    synced: tuple[int, ...] = (10_000, 100_000)
    inspected: tuple[int, ...] = (10_000, 100_000)
    coached: tuple[int, ...] = (100_000, 1_000_000)
    forecast: tuple[int, ...] = (2_000, 100_000)


TINY = Plan(
    300, 50, rounds=2, block=100, slow_block=20, sizes=(10, 40), growth_deals=20, process_rounds=0,
    deals=(1, 50), batch_rounds=2, budget=0.2, memory=False,
    synced=(1_000,), inspected=(500,), coached=(1_000,), forecast=(200,),
)  # fmt: skip
"""Shows that all of it works; its figures mean nothing."""


def run(plan: Plan, say: Callable[[str], None] = lambda _: None) -> Results:
    """Everything, in order. Raises AnswersDiffer before anything is timed where answers differ."""
    start = perf_counter()
    say("comparing answers")
    rows = workload.rows(plan.compared, plan.seed)
    differing = contenders.differences(rows, plan.peer_compared)
    if any(differing.values()):
        raise AnswersDiffer(f"cells that differ from the reference: {differing}")
    timed = rows[: plan.block * 16]
    everyone, absent = contenders.everyone(timed)
    say("one deal")
    results = Results(
        machine.described(),
        datetime.now(UTC).isoformat(timespec="seconds"),
        len(rows),
        differing,
        latency.race(everyone, plan.rounds, plan.block, plan.slow_block),
        absent=absent,
    )
    del everyone, timed
    say("more criteria")
    results.growth = growth.grow(rows[: plan.growth_deals], plan.sizes)
    if plan.process_rounds:
        say("whole processes")
        results.validate, results.check = whole.validate(plan.process_rounds), whole.check(2, plan.rows)
    del rows
    with TemporaryDirectory() as folder:
        many(plan, Path(folder), results, say)
    say("sync")
    results.syncs = syncing.grown(plan.synced)
    say("inspection")
    results.inspections = inspecting.grown(plan.inspected)
    say("coaching")
    results.coachings = [coaching.measured(deals) for deals in plan.coached]
    say("forecast")
    results.forecasts = forecasting.grown(plan.forecast)
    results.seconds = perf_counter() - start
    return results


def many(plan: Plan, folder: Path, results: Results, say: Callable[[str], None]) -> None:
    """The part about many deals, added to the results."""
    if max(plan.deals) > one_by_one.MOST_OF_PEERS and one_by_one.MOST_OF_PEERS not in plan.deals:
        say(f"{one_by_one.MOST_OF_PEERS:,} deals, for who judges one by one")
        _race(plan, Deals(one_by_one.MOST_OF_PEERS, folder, plan.seed), results, least=False)
    for count in plan.deals:
        say(f"{count:,} deals")
        deals = Deals(count, folder, plan.seed)
        if count <= BLOCK:
            _race(plan, deals, results)
        if plan.memory and count >= one_by_one.MOST:
            batch.kept(deals)
            _watch(plan, deals, results)
    results.absent = list(dict.fromkeys(results.absent))


def _race(plan: Plan, deals: Deals, results: Results, least: bool = True) -> None:
    wanted = anyone if least else (lambda c: c.most == one_by_one.MOST_OF_PEERS)
    found = batch.race(deals, plan.batch_rounds, plan.budget, wanted)
    wrong = {speed.name: speed.differing for speed in found.speeds if speed.differing}
    if wrong:
        raise AnswersDiffer(f"cells of {deals.count:,} deals that differ: {wrong}")
    results.many += found.speeds
    results.absent += found.absent


def _watch(plan: Plan, deals: Deals, results: Results) -> None:
    """Memory by contender, and with many times the criteria of who can be asked for more at a tenth of the deals."""
    asked = [(name, 40) for name in WATCHED if deals.count >= FEW and (deals.in_memory or "Parquet" in name)]
    if deals.in_memory and deals.count == max(plan.deals) // 10:
        asked += [(name, 40 * plan.wider) for name in (CEILING, OURS_COLUMNS)]
    if deals.count <= one_by_one.MOST:
        asked.append((OURS_PYTHON, 40))
    there = {speed.name for speed in results.many}
    for name, criteria in asked:
        # who was not there to be timed is said to be absent already
        if name in there:
            found = memory.measured(name, deals, criteria)
            if isinstance(found, str):
                results.absent.append(f"{name}, {criteria} criteria, {deals.count:,} deals, memory: {found}")
            else:
                results.memory.append(found)


def keep(results: Results, folder: Path = OUT) -> Path:
    """Writes the run as a dated file and says where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results.taken_at.replace(':', '').removesuffix('+0000')}.json"
    path.write_text(json.dumps(results.plain(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
