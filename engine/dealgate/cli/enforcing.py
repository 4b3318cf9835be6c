"""Enforcement for a command: the source of the workspace, its playbook and settings, a plan, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model.diagnostics import DealgateError, WrongUsage, error
from ..sync.one import AT_A_TERMINAL, Patience
from .syncing import FILE, FOLDER

if TYPE_CHECKING:
    from ..decide.playbook import Playbook
    from ..documents.workspace import ConfiguredSource
    from ..ports import CrmAdapter
    from ..sources.mapping.model import SourceMapping
    from ..sync.actions import Plan
    from ..sync.apply import Applied


@dataclass(frozen=True)
class Rules:
    """What a source is judged and typed by."""

    playbook: Playbook
    mapping: SourceMapping | None


def plan_of(
    source: ConfiguredSource, as_of: date | datetime | None, *, every: bool, patience: Patience = AT_A_TERMINAL
) -> Plan:
    """The plan for a source, from the store as it is. ``patience``: with another process that is at work on it.

    Raises DealgateError."""
    from ..sync.allowed import allowed_of
    from ..sync.crm_stages import CrmStages
    from ..sync.look import Place, planned
    from .options import now
    from .stored import opened
    from .syncing import mirror_of

    rules = _rules(source)
    allowed = allowed_of(source, rules.playbook.process)
    place, able, stages = source.folder / FOLDER, None, None
    with ExitStack() as held:
        held.enter_context(_alone(source, patience))
        store = held.enter_context(opened())
        if source.adapter != FILE and rules.mapping is not None:
            with adapter_of(source) as adapter:
                able = adapter.capabilities().actions
                if allowed.reverts:
                    stages = CrmStages(adapter.describe().pipelines, rules.mapping)
        file = place / f"{source.name}.mirror.db"
        mirror = held.enter_context(mirror_of(place, source.name)) if file.exists() else None
        moment = rules.playbook.judge.moment(as_of).as_of if as_of is not None else _now(store, source, now())
        there = Place(store, source.name, mirror, rules.mapping, stages, able)
        return planned(there, rules.playbook, allowed, now(), moment, every=every)


def _now(store: Any, source: ConfiguredSource, clock: datetime) -> datetime:
    """The present: the CRM's clock may be before ours, and what it told must not lie in the future."""
    seen = store.outbox(source.name).mark().seen_at
    return clock if seen is None else max(clock, seen)


def applied(
    source: ConfiguredSource, plan: Plan, stop: Callable[[], bool] = lambda: False, patience: Patience = AT_A_TERMINAL
) -> Applied:
    """Carries out a plan. ``stop``: asked before each deal whether to end; ``patience``: with another process that is
    at work on the source.

    Raises DealgateError where it is not to be, SourceFailed where the store fails.
    """
    from ..sync.allowed import allowed_of
    from ..sync.apply import apply_plan, refuse
    from .options import now
    from .stored import opened

    rules = _rules(source)
    playbook = rules.playbook
    allowed = allowed_of(source, playbook.process)
    refuse(plan, playbook, source, allowed, now())
    if source.adapter == FILE:
        message = f"The source `{source.name}` is a file, and nothing is written into one."
        raise DealgateError(error("DG987", message, source.at, "give the tasks of the plan to the owners"))
    with _alone(source, patience), opened() as store, adapter_of(source) as adapter:
        return apply_plan(
            plan, adapter, store.outbox(source.name), record=playbook.process.record, playbook=playbook.digest,
            at_most=allowed.at_most, clock=now, stop=stop,
        )  # fmt: skip


@contextmanager
def adapter_of(source: ConfiguredSource) -> Iterator[CrmAdapter]:
    """The adapter of a source while it is used. Its trouble becomes SourceFailed."""
    from ..ports import Trouble
    from ..sync.adapters import failed, open_adapter
    from .options import now

    adapter = open_adapter(source, now)
    try:
        yield adapter
    except Trouble as trouble:
        raise failed(source.name, trouble) from None
    finally:
        adapter.close()


@contextmanager
def _alone(source: ConfiguredSource, patience: Patience) -> Iterator[None]:
    """Neither a sync nor another enforcement of the source runs meanwhile."""
    from ..sync.one import alone

    with alone(source.folder / FOLDER / f"{source.name}.lock", source.name, patience):
        yield


def _rules(source: ConfiguredSource) -> Rules:
    from .options import playbook_of
    from .syncing import rules_of

    if source.adapter == FILE:
        return Rules(playbook_of(source.process), None)
    return Rules(*rules_of(source))


def one_thing(plan_to: Path | None, apply_from: Path | None, show: Path | None) -> None:
    """Raises WrongUsage where two of the three are asked for."""
    asked = [word for word, file in (("--plan", plan_to), ("--apply", apply_from), ("--show", show)) if file]
    if len(asked) > 1:
        raise WrongUsage(error("DG988", f"{' and '.join(asked)} are two things.", suggestion="ask for one at a time"))
