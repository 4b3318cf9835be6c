"""A plan as a value and as a file: what is to be written into a CRM, why, and what keeps two writes from being one.

The file is JSON (``schemas/output/plan.schema.json``). Its hash is over everything else in it, so that what was read by
a person is what is done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dealgate.model.diagnostics import DealgateError, Where, WrongUsage, error
from dealgate.ports import Action, CreateTask, MoveStage, Note, SetFields

FORM = 1
"""The version of the file's form."""
KINDS = ("move_stage", "set_fields", "create_task", "note")
"""In the order in which one deal's are done: what others may have changed meanwhile comes first."""


@dataclass(frozen=True, slots=True)
class Change:
    """A field of ours that is written, the CRM's field that takes it, and its value as it is and is to be."""

    field: str
    crm_field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Planned:
    """One write. ``reason`` in words; ``criteria`` are the verdicts behind it, as JSON holds them.

    ``visit``: the stay in a stage that it belongs to, as ``proposal#1``. ``expect_version``, and ``expect`` (the CRM's
    fields, each with the raw values that are fine), are what the deal must still be. ``origin``, ``to``: the stages of
    a move, ours; ``to_stage`` and ``expect_stage`` the CRM's.
    """

    key: str
    deal: str
    kind: str
    target: str
    visit: str
    reason: str
    name: str | None = None
    owner: str | None = None
    amount: Mapping[str, str] | None = None
    criteria: tuple[Mapping[str, Any], ...] = ()
    changes: tuple[Change, ...] = ()
    origin: str | None = None
    to: str | None = None
    to_stage: str | None = None
    expect_stage: str | None = None
    subject: str | None = None
    body: str | None = None
    assignee: str | None = None
    expect_version: str | None = None
    expect: Mapping[str, Sequence[str | None]] = field(default_factory=dict)

    def action(self, version: str | None) -> Action:
        """What the adapter is asked to do; ``version``: what the deal must be of."""
        if self.kind == "move_stage":
            return MoveStage(self.deal, self.to_stage or "", self.expect_stage or "", self.key, version)
        if self.kind == "set_fields":
            return SetFields(self.deal, {c.crm_field: c.after for c in self.changes}, self.key, version)
        if self.kind == "create_task":
            return CreateTask(self.deal, self.subject or "", self.body or "", self.key, self.assignee)
        return Note(self.deal, self.body or "", self.key)

    @property
    def digest(self) -> str:
        """A hash of all that it says."""
        return digest_of(asdict(self))


@dataclass(frozen=True, slots=True)
class Leaked:
    """A move that the gate would have held, and what is done about it (``then``: revert, manager or told; ``why``)."""

    deal: str
    at: datetime
    origin: str
    to: str
    decision: str
    then: str
    why: str
    by: str | None = None
    channel: str | None = None
    name: str | None = None
    owner: str | None = None
    amount: Mapping[str, str] | None = None
    criteria: tuple[Mapping[str, Any], ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is to be written. ``upto``: how far the store was when it was made; ``allowed``: the settings that it
    keeps to; ``unable``: kinds that were left out because the CRM's adapter has no such action, with how many."""

    source: str
    playbook: Mapping[str, str]
    made_at: datetime
    as_of: datetime
    watermark: datetime | None
    scope: str
    looked_at: int
    upto: Mapping[str, Any]
    allowed: Mapping[str, Any]
    actions: tuple[Planned, ...] = ()
    leaks: tuple[Leaked, ...] = ()
    unable: Mapping[str, int] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Over all of it."""
        return digest_of(_plain(asdict(self)))

    @property
    def for_the_manager(self) -> tuple[Leaked, ...]:
        """The leaked moves that a person has to see to."""
        return tuple(leak for leak in self.leaks if leak.then == "manager")


def key_of(source: str, deal: str, kind: str, target: str, meaning: str, visit: str, *more: Any) -> str:
    """The key under which an action is done once.

    ``meaning``: a digest of what the criterion means. ``more``: of fields the values and the deal's version, since the
    same value may well have to be written again, later in the same stay.
    """
    return digest_of([source, deal, kind, target, meaning, visit, *more])


def digest_of(thing: Any) -> str:
    """sha256 of canonical JSON, in hexadecimal."""
    text = json.dumps(thing, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# ------------------------------------------------ the file


def plain_plan(plan: Plan) -> dict[str, Any]:
    """A plan as JSON holds it, with its hash."""
    return {"form": FORM, **_plain(asdict(plan)), "hash": plan.hash}


def _plain(held: Any) -> Any:
    if isinstance(held, datetime):
        return held.isoformat()
    if isinstance(held, Mapping):
        return {key: _plain(value) for key, value in held.items()}
    if isinstance(held, (list, tuple)):
        return [_plain(value) for value in held]
    return held


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises WrongUsage where it is none, DealgateError where it was changed after it was made."""
    try:
        held = json.loads(path.read_text("utf-8"))
        if not isinstance(held, dict) or held.get("form") != FORM:
            raise ValueError
        kept = held.pop("hash")
        del held["form"]
        # as it stands, before anything is made of it
        if digest_of(held) != kept:
            hint = "make the plan anew, and leave out what you do not want by `write_back`"
            raise DealgateError(error("DG983", "The plan was changed after it was made.", Where(str(path)), hint))
        return _plan(held)
    except OSError as trouble:
        message = f"The plan cannot be read: {(trouble.strerror or 'no reason given').lower()}."
        raise WrongUsage(error("DG982", message, Where(str(path)), "make it with `--plan FILE`")) from None
    except (ValueError, KeyError, TypeError):
        message = "This is no plan of this version of dealgate."
        raise WrongUsage(error("DG982", message, Where(str(path)), "make it with `--plan FILE`")) from None


def _plan(held: dict[str, Any]) -> Plan:
    times = {name: _moment(held[name]) for name in ("made_at", "as_of", "watermark")}
    return Plan(
        **{
            **held, **times,
            "actions": tuple(_planned(one) for one in held["actions"]),
            "leaks": tuple(_leaked(one) for one in held["leaks"]),
        }
    )  # fmt: skip


def _planned(held: dict[str, Any]) -> Planned:
    changes = tuple(Change(**one) for one in held["changes"])
    return Planned(**{**held, "changes": changes, "criteria": tuple(held["criteria"])})


def _leaked(held: dict[str, Any]) -> Leaked:
    listed = {name: tuple(held[name]) for name in ("criteria", "rules")}
    return Leaked(**{**held, **listed, "at": _moment(held["at"])})


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def ordered(actions: Sequence[Planned]) -> tuple[Planned, ...]:
    """By deal, and of one deal by kind; the order of deals stays."""
    place = {deal: n for n, deal in enumerate(dict.fromkeys(a.deal for a in actions))}
    return tuple(sorted(actions, key=lambda a: (place[a.deal], KINDS.index(a.kind), a.target)))
