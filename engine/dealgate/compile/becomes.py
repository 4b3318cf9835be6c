"""Deals in stages that their process has no more, in the stages they are in now; one at a time.

Nothing is written back: a deal is read anew, with its visits and changes, and what the source holds stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ..model.calendar import Moment
from ..model.condition import Condition
from ..model.deal import Deal, Record
from ..model.process import Criterion, Process
from ..model.values import Money, Unfit
from .reference import Walk

UNDECIDED = "it is not known which of its successors the deal is in"
NOWHERE = "none of its successors takes the deal"


class Now(NamedTuple):
    """Where the deals of a former stage are now; ``stage`` None: nowhere, and ``why`` says why."""

    stage: str | None
    why: str = ""


class Passage(NamedTuple):
    """The deals of one stage that is no more, and the stage they are in now (None: nowhere, ``why`` says why).

    ``ids`` are all of them, in order; ``amounts`` what they add up to, one a currency, where that was asked for.
    """

    was: str
    now: str | None
    why: str
    ids: tuple[str, ...]
    amounts: tuple[Money, ...] = ()


def in_order(passages: Iterable[Passage], process: Process) -> list[Passage]:
    """In the order in which the process tells of the stages that are no more, then of those it has."""
    places = {name: n for n, name in enumerate([*process.becomes, *(s.id for s in process.stages)])}
    return sorted(passages, key=lambda p: (places[p.was], places.get(p.now or "", len(places)), p.why))


def now_in(old: str, process: Process, holds: Callable[[Condition], bool | None]) -> Now:
    """Where a deal of a former stage is: the first way on whose condition holds.

    The way without a condition counts only where every condition before it is false: an unknown one may be true.
    """
    doubtful = False
    for way in process.becomes[old]:
        answer = not doubtful if way.when is None else holds(way.when)
        if answer:
            return now_in(way.stage, process, holds) if way.stage in process.becomes else Now(way.stage)
        doubtful = doubtful or answer is None
    return Now(None, UNDECIDED if doubtful else NOWHERE)


def surely(process: Process) -> dict[str, str]:
    """The former stages whose deals are all in one stage now, with that stage."""
    found = {}
    for old in process.becomes:
        at = old
        while at in process.becomes and process.becomes[at][0].when is None:
            at = process.becomes[at][0].stage
        if at not in process.becomes:
            found[old] = at
    return found


def moved(deal: Deal, process: Process, moment: Moment) -> Deal:
    """The deal as it stands in the stages that the process has.

    Where it is not known which stage that is, the stage is missing and ``unfit`` says why; visits and changes of such
    a stage keep its id. Visits that follow each other and are to one stage now become one.
    """
    becomes = process.becomes
    visits, changes = deal.children.get("visits"), deal.children.get("changes")
    olds = {s for s in [deal.stage] if s in becomes}
    olds |= {s for v in visits or () if (s := v.get("stage")) in becomes}
    olds |= {s for c in changes or () if c.get("field") == "stage" for s in _sides(c) if s in becomes}
    if not olds:
        return deal
    walk = Walk(process, asked_of(deal), moment)
    known = {old: now_in(old, process, walk.holds) for old in olds if old is not None}
    fields, unfit, children = dict(deal.fields), dict(deal.unfit), dict(deal.children)
    if deal.stage in becomes:
        now = known[str(deal.stage)]
        if now.stage is None:
            unfit["stage"] = Unfit(fields.pop("stage"), now.why)
        else:
            fields["stage"] = now.stage
    if visits is not None:
        children["visits"] = merged(visits, known)
    if changes is not None:
        children["changes"] = tuple(_changed(c, known) for c in changes)
    return replace(deal, fields=fields, children=children, unfit=unfit)


def asked_of(deal: Deal) -> Deal:
    """What the conditions of ``becomes`` may read: the deal without the stage that they decide."""
    fields = {k: v for k, v in deal.fields.items() if k != "stage"}
    children = {k: v for k, v in deal.children.items() if k != "visits"}
    return replace(deal, fields=fields, children=children)


def merged(visits: tuple[Record, ...], known: Mapping[str, Now]) -> tuple[Record, ...]:
    """Visits in the stages of now. Two that follow each other and were in different stages are one, if they are now."""
    order = sorted((n for n, v in enumerate(visits) if v.get("entered")), key=lambda n: visits[n]["entered"])
    kept: dict[int, dict[str, Any]] = {n: _visit(v, known) for n, v in enumerate(visits)}
    last: int | None = None
    before: str | None = None
    for n in order:
        was, here = visits[n].get("stage"), kept[n]
        into = kept[last] if last is not None else {}
        left = into.get("left")
        follows = here.get("stage") is not None and into.get("stage") == here["stage"] and was != before
        if last is not None and follows and (left is None or here["entered"] <= left):
            into.pop("left", None)
            into |= {"left": here["left"]} if "left" in here else {}
            del kept[n]
        else:
            last = n
        before = was
    return tuple(kept.values())


def _visit(visit: Record, known: Mapping[str, Now]) -> dict[str, Any]:
    now = known.get(visit.get("stage") or "")
    return {**visit} if now is None or now.stage is None else {**visit, "stage": now.stage}


def _sides(change: Record) -> list[str]:
    return [side.strip() for side in (change.get("from"), change.get("to")) if isinstance(side, str)]


def _changed(change: Record, known: Mapping[str, Now]) -> Record:
    if change.get("field") != "stage":
        return change
    made = dict(change)
    for side in ("from", "to"):
        held = change.get(side)
        now = known.get(held.strip()) if isinstance(held, str) else None
        if now is not None and now.stage is not None:
            made[side] = now.stage
    return made


def former_names(process: Process) -> dict[str, frozenset[str]]:
    """Criterion → the ids it had before: the one it says it replaces, and its own under each former name of its stage.

    A stage that was split by conditions passes no ids on: its criteria say by ``replaces`` what they were.
    """
    there = {k.id for k in process.criteria}
    sure = surely(process)
    found: dict[str, frozenset[str]] = {}
    for criterion in process.criteria:
        names: set[str] = {criterion.replaces} if criterion.replaces else set()
        if criterion.stage is not None:
            local = criterion.id.partition(".")[2]
            names |= {f"{old}.{local}" for old, now in sure.items() if now == criterion.stage}
        if names - there:
            found[criterion.id] = frozenset(names - there)
    return found


def names_of(criterion: Criterion, former: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """A criterion's id and those it had before."""
    return (criterion.id, *sorted(former.get(criterion.id, ())))
