"""Moves that went past a gate: most CRMs cannot hold a move, so it is found afterwards in the history.

A move leaked where the gate would have held it, judged as of just before, and the same thing still holds it today:
what has been mended since, or approved, or was there already and only seen later, needs no act. So a doubt about the
past is never held against whoever moved the deal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl

from dealgate.compile.frames import MOMENT, deals_of
from dealgate.decide.gate import CLOSINGS, Decision, MoveRule
from dealgate.decide.playbook import Playbook
from dealgate.history import history_of
from dealgate.history.past import HAPPENED
from dealgate.model.deal import Deal
from dealgate.model.process import ENFORCE
from dealgate.model.verdict import GAPS, Outcome, Verdict

_HOLDING = ENFORCE[2:]
_MOMENT = timedelta(microseconds=1)
_OF_RULES = dict(zip((Outcome.ALLOW, Outcome.WARN, Outcome.NEEDS_APPROVAL, Outcome.BLOCK), ENFORCE, strict=True))

_Held = tuple[list[Verdict], list[MoveRule]]
_AT_ONCE = 2000
"""Deals whose past is reconstructed together: more would only take more memory."""

Enforced = Callable[[str], str]
"""How hard a criterion is held, by how hard it is written."""


def as_written(enforce: str) -> str:
    """No milder than the process says."""
    return enforce


@dataclass(frozen=True, slots=True)
class Move:
    """A move in a deal's history. ``left`` and ``visit``: the stay that it ended and the one that it began."""

    deal: str
    at: datetime
    origin: str
    to: str
    left: str
    visit: str
    by: str | None
    channel: str | None


@dataclass(frozen=True, slots=True)
class Walked:
    """A deal's way: its moves, oldest first, and the stay that it is in."""

    moves: tuple[Move, ...] = ()
    visit: str = ""


@dataclass(frozen=True, slots=True)
class Leak:
    """A move that leaked: what held it, as enforced here (``decision``: approve or block)."""

    move: Move
    decision: str
    verdicts: tuple[Verdict, ...]
    rules: tuple[MoveRule, ...]


def walks(events: pl.DataFrame) -> dict[str, Walked]:
    """The way of each deal, from its events (in order, none of which says what already was so)."""
    mine = events.filter(pl.col("field").is_in(["stage", "status"]), pl.col("value").is_not_null())
    # of one moment the stage comes first, as in history
    steps = mine.sort("deal", "at", "field", "turn", nulls_last=False, maintain_order=True)
    rows = steps.select("deal", "field", "value", "at", "by", "channel").iter_rows()
    return {deal: _walk(deal, part) for deal, part in groupby(rows, itemgetter(0))}


def _walk(deal: str, steps: Iterable[tuple[Any, ...]]) -> Walked:
    moves: list[Move] = []
    stays: Counter[str] = Counter()
    stage, status, visit = "", "open", ""
    for _, field, value, at, by, channel in steps:
        left = visit
        if field == "status":
            origin, status = (stage if status == "open" else status), value
            to = stage if value == "open" else value
            if value != "open":
                visit = f"{value}#{stays[value] + 1}"
                stays[value] += 1
            elif stage and origin != stage:
                stays[stage] += 1
                visit = f"{stage}#{stays[stage]}"
        else:
            origin, stage, to = stage, value, value
            if status != "open":
                continue
            stays[value] += 1
            visit = f"{value}#{stays[value]}"
        if at is not None and origin and to and origin != to:
            moves.append(Move(deal, at, origin, to, left, visit, by, channel))
    return Walked(tuple(moves), visit)


def leaks_of(
    walked: Mapping[str, Walked],
    deals: Mapping[str, Deal],
    events: pl.DataFrame,
    children: Mapping[str, pl.DataFrame],
    playbook: Playbook,
    as_of: datetime,
    after: datetime | None,
    known: datetime | None = None,
    ours: Iterable[tuple[str, str, str]] = (),
    enforced: Enforced = as_written,
) -> dict[str, list[Leak]]:
    """The leaks of each deal, oldest first.

    ``after``: older moves are left alone. ``known``: up to here an earlier enforcement looked; only a deal's last move
    is looked at again. ``ours``: (deal, stay left, stage) of the moves that we made ourselves. ``enforced``: how hard a
    criterion is held here, by how hard it is written.
    """
    own = set(ours)
    asked = [
        move
        for deal, way in walked.items()
        if deal in deals
        for move in standing(way, playbook)
        if (known is None or move.at > known or move is way.moves[-1])
        and (after is None or move.at > after)
        and (deal, move.left, move.to) not in own
    ]
    found: dict[str, list[Leak]] = {}
    for leak in leaks_among(asked, deals, events, children, playbook, as_of, enforced):
        found.setdefault(leak.move.deal, []).append(leak)
    return found


def standing(way: Walked, playbook: Playbook) -> list[Move]:
    """The moves of a deal that still stand: it was not brought back since."""
    ranks = {stage.id: n for n, stage in enumerate(playbook.process.open_stages)}
    places = [ranks.get(move.to, len(ranks)) for move in way.moves]
    return [
        move
        for n, move in enumerate(way.moves)
        if min(places[n + 1 :], default=len(ranks)) > ranks.get(move.origin, -1)
    ]


def leaks_among(
    moves: Iterable[Move],
    deals: Mapping[str, Deal],
    events: pl.DataFrame,
    children: Mapping[str, pl.DataFrame],
    playbook: Playbook,
    as_of: datetime,
    enforced: Enforced = as_written,
) -> list[Leak]:
    """Those of some moves that leaked, in their order; ``deals`` are all of theirs, as they are now."""
    held: list[tuple[Move, _Held]] = []
    for move in moves:
        today = _held(playbook, undone(deals[move.deal], move), move, as_of, enforced)
        if today[0] or today[1]:
            held.append((move, today))
    found: list[Leak] = []
    for start in range(0, len(held), _AT_ONCE):
        part = held[start : start + _AT_ONCE]
        then = as_they_were([move for move, _ in part], events, children, playbook)
        for (move, today), before in zip(part, then, strict=True):
            leak = None if before is None else _leak(move, today, before, playbook, enforced)
            if leak is not None:
                found.append(leak)
    return found


def _leak(move: Move, today: _Held, then: Deal, playbook: Playbook, enforced: Enforced) -> Leak | None:
    verdicts, rules = _held(playbook, undone(then, move), move, move.at - _MOMENT, enforced)
    still = {v.criterion.id for v in today[0]}
    kinds = {rule.kind for rule in today[1]}
    verdicts = [v for v in verdicts if v.criterion.id in still]
    rules = [rule for rule in rules if rule.kind in kinds]
    ranks = [ENFORCE.index(enforced(v.criterion.enforce)) for v in verdicts]
    ranks += [ENFORCE.index(enforced(_OF_RULES[rule.outcome])) for rule in rules]
    return Leak(move, ENFORCE[max(ranks)], tuple(verdicts), tuple(rules)) if ranks else None


def undone(deal: Deal, move: Move) -> Deal:
    """The deal where the move found it."""
    if move.origin in CLOSINGS:
        return replace(deal, fields={**deal.fields, "status": move.origin})
    return replace(deal, fields={**deal.fields, "stage": move.origin, "status": "open"})


def _held(playbook: Playbook, deal: Deal, move: Move, at: datetime, enforced: Enforced) -> _Held:
    """What holds the move: verdicts and rules that need an approval or block, as enforced here."""
    process = playbook.process
    if move.to not in CLOSINGS and process.stage(move.to) is None:
        return [], []
    if move.origin not in CLOSINGS and process.stage(move.origin) is None:
        return [], []
    decision: Decision = playbook.gate(deal, move.to, as_of=at)
    verdicts = [v for v in decision.verdicts if v.status in GAPS and enforced(v.criterion.enforce) in _HOLDING]
    return verdicts, [r for r in decision.rules if enforced(_OF_RULES[r.outcome]) in _HOLDING]


def as_they_were(
    moves: Sequence[Move], events: pl.DataFrame, children: Mapping[str, pl.DataFrame], playbook: Playbook
) -> list[Deal | None]:
    """The deals as they were just before each of some moves; None where there was none yet.

    All of them are one history, in which each move has a deal of its own, that ends with it.
    """
    if playbook.process.becomes:  # what became of a stage is asked of the deal, on the day
        return [as_of_then(move, events, children, playbook) for move in moves]
    limits = pl.DataFrame(
        {"deal": [m.deal for m in moves], "@key": [f"{n}" for n in range(len(moves))],
         "@until": [m.at - _MOMENT for m in moves]},
        {"deal": pl.String(), "@key": pl.String(), "@until": MOMENT},
    )  # fmt: skip

    def until(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
        cut = frame.join(limits, on="deal", maintain_order="left_right")
        for name in columns:
            if name in frame.columns:
                limit = pl.col("@until") if frame.schema[name] == MOMENT else pl.col("@until").dt.date()
                cut = cut.filter(pl.col(name).is_null() | (pl.col(name) <= limit))
        return cut.with_columns(deal=pl.col("@key")).drop("@key", "@until")

    held = {name: until(frame, *HAPPENED) for name, frame in children.items()}
    last = max((move.at for move in moves), default=None)
    if last is None:
        return []
    past = history_of(until(events, "at"), playbook.process, last - _MOMENT, None, held)
    found = {deal.id: deal for deal in deals_of(past.frames(), playbook.process)}
    there = (found.get(f"{n}") for n in range(len(moves)))
    return [None if deal is None else replace(deal, id=move.deal) for deal, move in zip(there, moves, strict=True)]


def as_of_then(
    move: Move, events: pl.DataFrame, children: Mapping[str, pl.DataFrame], playbook: Playbook
) -> Deal | None:
    """The deal as it was just before a move."""
    mine = events.filter(pl.col("deal") == move.deal)
    held = {name: frame.filter(pl.col("deal") == move.deal) for name, frame in children.items()}
    past = history_of(mine, playbook.process, move.at - _MOMENT, None, held)
    found: Sequence[Deal] = list(deals_of(past.frames(), playbook.process))
    return found[0] if found else None
