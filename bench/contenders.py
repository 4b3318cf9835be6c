"""Who is timed on one deal at a time, and the proof that all give the same answers first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from dealgate.model.verdict import Status

from . import baselines
from .criteria import NAMES, REQUIRED, ready, reference
from .deals import DAY, Process
from .peers import peers
from .workload import Row

OURS = "dealgate"
OURS_UNMET = "dealgate, only the unmet of the stage read"
BY_HAND = "by hand, all 40 explained"
BY_HAND_UNMET = "by hand, only the unmet of the stage explained"


@dataclass(frozen=True, slots=True)
class Contender:
    """Judges one deal, given in its own form, and reads what came out."""

    name: str
    judge: Callable[[Any], Any]
    deals: list[Any]
    slow: bool = False


def everyone(rows: list[Row]) -> tuple[list[Contender], list[str]]:
    """Everyone there is on this machine, ours first; and a line for each that is not."""
    process = Process()
    found = [
        Contender(OURS, _ours(process), [process.deal(row) for row in rows]),
        Contender(OURS_UNMET, _ours_unmet(process), [process.deal(row) for row in rows]),
        Contender(BY_HAND, baselines.explained, rows),
        Contender(f"{BY_HAND}, and read", _explained_and_read, rows),
        Contender(BY_HAND_UNMET, baselines.explained_unmet, rows),
        Contender("by hand, three values", baselines.answers, rows),
        Contender("by hand, two bit masks", baselines.masks, rows),
    ]
    absent = []
    for peer in peers():
        if find_spec(peer.NEEDS) is None:
            absent.append(f"{peer.NAME}: not installed")
        else:
            found.append(Contender(peer.NAME, _with_ready(peer.prepare()), rows, slow=True))
    return found, absent


def _ours(process: Process) -> Callable[[Any], bool]:
    evaluate, is_ready = process.playbook.evaluate, process.ready

    def judge(deal: Any) -> bool:
        verdicts = evaluate(deal, as_of=DAY)
        for verdict in verdicts:
            verdict.status  # noqa: B018 - reading is what is timed
            verdict.values  # noqa: B018
        return is_ready(verdicts, deal.stage)

    return judge


def _ours_unmet(process: Process) -> Callable[[Any], bool]:
    evaluate, unmet = process.playbook.evaluate, process.unmet
    ask = asks_for_unmet(process)
    if ask is not None:
        return ask

    def judge(deal: Any) -> bool:
        found = unmet(evaluate(deal, as_of=DAY), deal.stage)
        for verdict in found:
            verdict.status  # noqa: B018
            verdict.values  # noqa: B018
        return not found

    return judge


def asks_for_unmet(process: Process) -> Callable[[Any], bool] | None:
    """The public call for what the deal's own stage still asks for, where this dealgate has one."""
    unmet: Callable[..., Any] | None = getattr(process.playbook, "gaps", None)
    if unmet is None:
        return None
    ask = unmet

    def judge(deal: Any) -> bool:
        found = ask(deal, as_of=DAY)
        for verdict in found:
            verdict.status  # noqa: B018
            verdict.values  # noqa: B018
        return not found

    return judge


def _explained_and_read(row: Row) -> bool:
    ok, found = baselines.explained(row)
    for criterion in found:
        criterion["status"]
        criterion["observed"]
    return ok


def _with_ready(judge: Callable[[Row], list[bool]]) -> Callable[[Row], bool]:
    def judged(row: Row) -> bool:
        return ready(judge(row), row)  # type: ignore[arg-type]

    return judged


def differences(rows: list[Row], peer_rows: int) -> dict[str, int]:
    """How many cells (a criterion or "ready" on a deal) differ from the reference, by contender.

    A peer without a third value is held to what is true, on the first ``peer_rows``.
    """
    process = Process()
    answers = [reference(row) for row in rows]
    found = {
        OURS: 0,
        OURS_UNMET: 0,
        BY_HAND: 0,
        BY_HAND_UNMET: 0,
        "by hand, three values": 0,
        "by hand, two bit masks": 0,
    }
    for row, expected in zip(rows, answers, strict=True):
        ok = ready(expected, row)
        verdicts = process.playbook.evaluate(process.deal(row), as_of=DAY)
        found[OURS] += _cells(process.answers(verdicts), expected) + (process.ready(verdicts, row["stage"]) is not ok)
        open_ones = [n for n in REQUIRED[row["stage"]] if expected[n] is not True]
        found[OURS_UNMET] += _unmet_cells(process, process.deal(row), verdicts, open_ones)
        said = [(NAMES.index(name), answer) for name, answer, _, _ in baselines.explained_unmet(row)[1]]
        found[BY_HAND_UNMET] += len(set(said) ^ {(n, expected[n]) for n in open_ones})
        made, made_ready = baselines.answers(row)
        found["by hand, three values"] += _cells(list(made), expected) + (made_ready is not ok)
        is_ready, explained = baselines.explained(row)
        found[BY_HAND] += _cells([e["status"] for e in explained], expected) + (is_ready is not ok)
        true, false, mask_ready = baselines.masks(row)
        unmasked = [True if true >> n & 1 else False if false >> n & 1 else None for n in range(len(expected))]
        found["by hand, two bit masks"] += _cells(unmasked, expected) + (mask_ready is not ok)
    for peer in peers():
        if find_spec(peer.NEEDS) is None:
            continue
        judge = peer.prepare()
        found[peer.NAME] = sum(
            _cells(judge(row), [answer is True for answer in expected])
            for row, expected in zip(rows[:peer_rows], answers, strict=False)
        )
    return found


def _unmet_cells(process: Process, deal: Any, verdicts: list[Any], open_ones: list[int]) -> int:
    """What is not met and should be, or the other way; ``unmet`` speaks of the stage as the process has it."""
    unmet = getattr(process.playbook, "gaps", None)
    if unmet is None:
        return len({process.number(v) for v in process.unmet(verdicts, deal.stage)} ^ set(open_ones))
    said = {(v.criterion.id, v.status) for v in unmet(deal, as_of=DAY)}
    own = [v for v in verdicts if v.criterion.stage == deal.stage and v.status is not Status.MET]
    return len(said ^ {(v.criterion.id, v.status) for v in own})


def _cells(got: list[Any], expected: list[Any]) -> int:
    if len(got) != len(expected):
        return max(len(got), len(expected))
    return sum(a is not b for a, b in zip(got, expected, strict=True))
