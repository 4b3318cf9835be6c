"""Applying: exactly what a plan says, once, however often it is started and wherever it died before.

Each deal is read again before it is written to. It must be as the plan saw it, or as we left it ourselves; otherwise it
alone is in conflict, and nothing of it is overwritten. A write is noted as sent before the request is made, so what may
or may not have been done is known after a crash, and is settled by asking again under its key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dealgate.decide.playbook import Playbook
from dealgate.documents.workspace import ConfiguredSource
from dealgate.model.diagnostics import DealgateError, Where, error
from dealgate.ports import CrmAdapter, Outcome, Record, Reference, Trouble

from .actions import Plan, Planned
from .allowed import Allowed
from .crm_stages import raw_text
from .plan import version_of

if TYPE_CHECKING:
    from dealgate.store.outbox import Item, Outbox, Row

_DONE, _FAILED, _CONFLICT, _OPEN = "done", "failed", "conflict", ("planned", "sent")
_ENDS: Mapping[str, str] = {
    "applied": _DONE, "already": _DONE, "conflict": _CONFLICT, "rejected": _FAILED, "forbidden": _FAILED,
}  # fmt: skip
_AHEAD = timedelta(minutes=10)
"""How far the CRM's clock may be before ours."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an action: done, already (before this run, or found done), conflict, rejected, forbidden or left.

    ``text``: why, in the CRM's words or ours.
    """

    action: Planned
    outcome: str
    text: str = ""


@dataclass(slots=True)
class Applied:
    """What came of a run. ``stopped``: why it went no further (limit, throttled, trouble, asked); ``retry_at``: when
    again; ``trouble``: what the CRM said, where it was that."""

    plan: Plan
    results: list[Result] = field(default_factory=list)
    writes: int = 0
    stopped: str = ""
    retry_at: datetime | None = None
    trouble: Trouble | None = None
    unsure: list[Row] = field(default_factory=list)
    """Writes of earlier plans that were asked for, never answered, and are not asked for again."""

    @property
    def refused(self) -> list[Result]:
        """What was in conflict, or the CRM would not have."""
        return [one for one in self.results if one.outcome in ("conflict", "rejected", "forbidden")]


def refuse(plan: Plan, playbook: Playbook, source: ConfiguredSource, allowed: Allowed, now: datetime) -> None:
    """Raises DealgateError where a plan is not to be applied at all: what it rests on is not so any more."""
    where, anew = Where(source.name), f"make it anew: `dealgate enforce {source.name} --plan FILE`"
    if plan.source != source.name:
        raise DealgateError(error("DG986", f"The plan is for the source `{plan.source}`.", where, "name that one"))
    if plan.playbook["digest"] != playbook.digest:
        made = f"{plan.playbook['id']} {plan.playbook['version']}"
        message = f"The playbook changed since the plan was made by {made}."
        raise DealgateError(error("DG984", message, where, anew))
    if dict(plan.allowed) != allowed.plain():
        raise DealgateError(error("DG986", "`write_back` of the source changed since the plan was made.", where, anew))
    if min(plan.made_at, plan.as_of) + allowed.expires < now:
        hours = allowed.expires.total_seconds() / 3600
        raise DealgateError(error("DG985", f"The plan is older than {hours:g} hours.", where, anew))
    if max(plan.made_at, plan.as_of) > now + _AHEAD:
        raise DealgateError(error("DG985", "The plan is of a moment that has not come yet.", where, anew))


def apply_plan(
    plan: Plan, adapter: CrmAdapter, outbox: Outbox, *, record: str, playbook: str, at_most: int,
    clock: Callable[[], datetime], stop: Callable[[], bool] = lambda: False,
) -> Applied:  # fmt: skip
    """Carries out a plan, as far as the limit and the CRM let it. ``record``: deal or lead; ``playbook``: its digest;
    ``stop``: asked before each deal whether the run is to end.

    Raises SourceFailed where the store fails. What the CRM has to tell stands in the result.
    """
    from dealgate.store.outbox import Item, Mark

    items = {a.key: Item(a.key, a.deal, a.kind, a.target, a.visit, a.digest) for a in plan.actions}
    outbox.begin(plan.hash, list(items.values()), clock(), playbook)
    run = _Run(plan, adapter, outbox, f"{record}s", at_most, clock, items, outbox.rows(items))
    by_deal: dict[str, list[Planned]] = {}
    for action in plan.actions:
        by_deal.setdefault(action.deal, []).append(action)
    for actions in by_deal.values():
        if not run.done.stopped and stop():
            run.done.stopped = "asked"
        run.deal(actions)
    if not run.done.stopped:
        run.done.unsure = outbox.unsure(plan.hash, plan.made_at, clock())
        seen = datetime.fromisoformat(plan.upto["seen_at"])
        outbox.finish(plan.hash, playbook, Mark(plan.upto["events"], plan.upto["children"], seen), clock())
    return run.done


class _Stop(Exception):
    """This run goes no further."""


class _Run:
    def __init__(
        self, plan: Plan, adapter: CrmAdapter, outbox: Outbox, stream: str, at_most: int,
        clock: Callable[[], datetime], items: Mapping[str, Item], rows: dict[str, Row],
    ) -> None:  # fmt: skip
        self.plan, self.adapter, self.outbox, self.stream = plan, adapter, outbox, stream
        self.at_most, self.clock, self.items, self.rows = at_most, clock, items, rows
        self.done = Applied(plan)
        self.hash = plan.hash

    def deal(self, actions: Sequence[Planned]) -> None:
        """All of one deal; after a stop, only what is known is told."""
        told: dict[str, Result] = {}
        try:
            if not self.done.stopped:
                self._deal(actions, told)
        except _Stop:
            pass
        except Trouble as trouble:
            kind = "throttled" if trouble.kind in ("throttled", "exhausted") else "trouble"
            self.done.stopped, self.done.trouble, self.done.retry_at = kind, trouble, trouble.retry_at
        self.done.results += [told.get(action.key) or self._known(action) for action in actions]

    def _known(self, action: Planned) -> Result:
        row = self.rows[action.key]
        if row.state == _DONE:
            return Result(action, "already")
        if row.state in _OPEN:
            return Result(action, "left")
        word = row.outcome if row.outcome in ("rejected", "forbidden") else "conflict"
        return Result(action, word, f"It was so before{f' ({row.rule})' if row.rule else ''}.")

    def _deal(self, actions: Sequence[Planned], told: dict[str, Result]) -> None:
        state = _Deal(self._left(actions))
        for action in actions:
            row = self.rows[action.key]
            if row.state == "sent":
                # it may have been done: under its key the adapter knows, and does it only if not
                self._write(action, row.expected, state, told, again=True)
            elif row.state == _CONFLICT or (row.state == _FAILED and action.kind == "move_stage"):
                state.broken = state.broken or "another change of this deal could not be made"
            elif row.state == "planned":
                # a task or a note overwrites nothing: of one deal, one look before them is enough
                if not state.broken and (not state.read or action.kind in ("move_stage", "set_fields")):
                    self._look(action, state)
                if state.broken:
                    self._end(action, Outcome("conflict", text=state.broken), told)
                else:
                    self._write(action, state.version, state, told)

    def _left(self, actions: Sequence[Planned]) -> tuple[bool, str | None]:
        """Whether we wrote to the deal under this plan before, and the version that it had then (None: not told)."""
        ours = [row for a in actions if (row := self.rows[a.key]).state == _DONE and row.plan == self.hash]
        return bool(ours), ours[-1].version if ours else None

    def _look(self, action: Planned, state: _Deal) -> None:
        """Reads the deal as it is, and says in ``state`` why it is not to be written to."""
        found = self.adapter.fetch([Reference(self.stream, action.deal)])
        record = next((one for one in found if one.id == action.deal and not one.gone), None)
        state.read = True
        if record is None:
            state.broken = "the deal is gone"
            return
        expected = state.version if state.ours else action.expect_version
        now = version_of(record)
        if expected is not None and now is not None and expected != now:
            state.broken = "the deal was changed since the plan was made"
        elif changed := _changed(action, record):
            state.broken = f"`{changed}` was changed since the plan was made"
        state.version = now

    def _write(
        self, action: Planned, version: str | None, state: _Deal, told: dict[str, Result], *, again: bool = False
    ) -> None:
        if self.done.writes >= self.at_most:
            self.done.stopped = "limit"
            raise _Stop
        item = self.items[action.key]
        if not again:
            self.outbox.sent(item, self.hash, version, self.clock())
        self.done.writes += 1
        outcome = self.adapter.apply(action.action(version))
        if outcome.kind == "throttled":
            if not again:
                self.outbox.back(item, self.hash, self.clock())
            hint = "nothing is lost: apply the same plan again then"
            raise Trouble("throttled", "The CRM asks for fewer requests.", hint, outcome.retry_at)
        if again and outcome.kind == "forbidden":
            # nobody let us look: what became of the first request is as open as before
            told[action.key] = Result(action, "forbidden", _words(outcome))
            state.broken = "what became of an earlier change of this deal is not known"
            return
        self._end(action, outcome, told)
        if _ENDS.get(outcome.kind) == _DONE:
            # the deal is of another version now, by ourselves
            state.ours, state.version = True, outcome.version
        elif outcome.kind == "conflict" or action.kind == "move_stage":
            state.broken = "another change of this deal could not be made"

    def _end(self, action: Planned, outcome: Outcome, told: dict[str, Result]) -> None:
        state = _ENDS.get(outcome.kind, _FAILED)
        item = self.items[action.key]
        self.outbox.ended(item, self.hash, state, outcome.kind, outcome.rule, outcome.version, self.clock())
        told[action.key] = Result(action, "done" if outcome.kind == "applied" else outcome.kind, _words(outcome))


def _words(outcome: Outcome) -> str:
    return ": ".join(part for part in (outcome.rule, outcome.text) if part)


class _Deal:
    """What is known of a deal while it is written to. ``ours``: we wrote last; ``version``: what it must be of."""

    def __init__(self, left: tuple[bool, str | None]) -> None:
        self.ours, self.version = left
        self.read, self.broken = False, ""


def _changed(action: Planned, record: Record) -> str | None:
    """The first of the CRM's fields that the plan rests on that is another now."""
    return next((n for n, fine in action.expect.items() if raw_text(record.data, n) not in fine), None)
