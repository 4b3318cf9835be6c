"""Planning: deals, verdicts, history and settings → what is to be written into the CRM. It asks nobody.

Only differences are planned: a field that holds the value already is left, and what was done under a key is not done
again. Where a move is to be reverted, all else is planned for the deal as it will stand then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from dealgate.decide.gate import CLOSINGS
from dealgate.decide.judge import Standing
from dealgate.decide.plain import plain_playbook, plain_verdict
from dealgate.decide.playbook import Playbook
from dealgate.documents.digest import digest
from dealgate.inspection.leaks import Leak, Walked
from dealgate.model.deal import Deal
from dealgate.model.process import Criterion
from dealgate.model.values import plain
from dealgate.model.verdict import GAPS, Status, Verdict
from dealgate.ports import Record, StageInfo

from .actions import Change, Leaked, Plan, Planned, key_of, ordered
from .allowed import Allowed
from .crm_stages import CrmStages, raw_text
from .tables import written

LONGEST = 255
"""Characters of a text in a field: what the narrowest CRM takes."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A deal to look at. ``record``: as the CRM had it when it was last read (None: a source that takes no writes).

    ``stage_column``, ``owner_column``: the CRM's fields for them. ``reverts``: the keys
    under which we moved it back.
    """

    deal: Deal
    way: Walked
    leaks: Sequence[Leak] = ()
    record: Record | None = None
    stage_column: str | None = None
    owner_column: str | None = None
    reverts: frozenset[str] = frozenset()

    @property
    def version(self) -> str | None:
        """The deal's version in the CRM."""
        return version_of(self.record)

    @property
    def raw_stage(self) -> str | None:
        """The stage as the CRM has it."""
        return None if self.record is None else raw_text(self.record.data, self.stage_column)


def version_of(record: Record | None) -> str | None:
    """What tells that a record is still the same: its version, else when it was last changed."""
    if record is None:
        return None
    return record.version or (record.modified.isoformat() if record.modified is not None else None)


@dataclass(frozen=True, slots=True)
class Header:
    """What a plan says of itself. ``able``: kinds of action that the adapter has (None: all)."""

    source: str
    made_at: datetime
    as_of: datetime
    watermark: datetime | None
    scope: str
    upto: Mapping[str, Any]
    able: tuple[str, ...] | None = None


def make_plan(
    header: Header,
    playbook: Playbook,
    subjects: Sequence[Subject],
    allowed: Allowed,
    done: frozenset[str] = frozenset(),
    stages: CrmStages | None = None,
) -> Plan:
    """The plan. ``done``: the keys of what was done before; ``stages``: the CRM's, where moves may be reverted."""
    planner = _Planner(header, playbook, allowed, done, stages)
    for subject in subjects:
        planner.take(subject)
    unable: dict[str, int] = {}
    kept = []
    for action in planner.actions:
        if header.able is not None and action.kind not in header.able:
            unable[action.kind] = unable.get(action.kind, 0) + 1
        else:
            kept.append(action)
    return Plan(
        header.source, plain_playbook(playbook), header.made_at, header.as_of, header.watermark, header.scope,
        len(subjects), dict(header.upto), allowed.plain(), ordered(kept), tuple(planner.leaks), unable,
    )  # fmt: skip


@dataclass
class _Planner:
    header: Header
    playbook: Playbook
    allowed: Allowed
    done: frozenset[str]
    stages: CrmStages | None
    actions: list[Planned] = field(default_factory=list)
    leaks: list[Leaked] = field(default_factory=list)
    moved: dict[str, StageInfo] = field(default_factory=dict)
    """Where deals are moved back to."""

    @cached_property
    def meanings(self) -> dict[str, str]:
        """By criterion a digest of what it asks; its words may change without it becoming another."""
        return {k.id: digest((k.check, k.applies_when)) for k in self.playbook.process.criteria}

    def take(self, subject: Subject) -> None:
        """All about one deal."""
        judge = self.playbook.judge
        standing = judge.standing(subject.deal, self.header.as_of)
        if standing.group == "unmapped":
            return
        leak, visit = self._leaks(subject), subject.way.visit
        if leak is not None:
            origin = leak.move.origin
            standing = judge.standing(
                replace(subject.deal, fields={**subject.deal.fields, "stage": origin}), self.header.as_of
            )
            stays = {move.visit for move in subject.way.moves} | {move.left for move in subject.way.moves}
            visit = f"{origin}#{1 + sum(stay.rpartition('#')[0] == origin for stay in stays)}"
        if standing.group == "open":
            self._fields(subject, standing, visit)
        self._words(subject, standing, visit)

    # ------------------------------------------------ leaked moves

    def _leaks(self, subject: Subject) -> Leak | None:
        """Tells the leaks of a deal; the one that is undone, if any is: the earliest, for the deal should not have
        left that stage."""
        blocked = [leak for leak in subject.leaks if leak.decision == "block"]
        undone: Leak | None = None
        for leak in subject.leaks:
            then, why = "told", "approvals are asked for, not enforced"
            if leak.decision == "block":
                then, why = self._then(subject, leak) if leak is blocked[0] else ("told", "it follows another")
                if then == "revert":
                    undone = leak
            self.leaks.append(
                Leaked(
                    subject.deal.id, leak.move.at, leak.move.origin, leak.move.to, leak.decision, then, why,
                    leak.move.by, leak.move.channel, *_who(subject.deal),
                    tuple(plain_verdict(v) for v in leak.verdicts), tuple(rule.text for rule in leak.rules),
                )
            )  # fmt: skip
        return undone

    def _then(self, subject: Subject, leak: Leak) -> tuple[str, str]:
        move = leak.move
        if not self.allowed.reverts:
            return "told", "reverts are off"
        if move.to in CLOSINGS or move.origin in CLOSINGS or subject.deal.status != "open":
            return "manager", "a deal that was closed is not moved by itself"
        key = self._move_key(subject, leak)
        if key in self.done:
            return "told", "it was reverted"
        before = len(subject.reverts - {key})
        if before >= self.allowed.reverts_per_deal:
            times = "once" if before == 1 else f"{before} times"
            why = f"it was reverted {times} before" if before else "no deal may be reverted"
            return "manager", why
        here, back = self._crm_stages(subject, move.origin)
        if here is None or back is None:
            return "manager", "which stage of the CRM to move it back to is not sure"
        verdicts = tuple(plain_verdict(v) for v in leak.verdicts)
        title = self._title
        reason = f"It was moved from {title(move.origin)} to {title(move.to)}{_how(leak)} past the gate: {_gaps(leak)}"
        self._add(
            subject, key, "move_stage", move.origin, subject.way.visit, reason, verdicts,
            origin=subject.deal.stage, to=move.origin, to_stage=back.id, expect_stage=here.id,
        )  # fmt: skip
        self.moved[subject.deal.id] = back
        return "revert", "it is moved back"

    def _move_key(self, subject: Subject, leak: Leak) -> str:
        meaning = "+".join([*(self.meanings[v.criterion.id] for v in leak.verdicts), *(r.kind for r in leak.rules)])
        return key_of(self.header.source, subject.deal.id, "move_stage", leak.move.origin, meaning, subject.way.visit)

    def _crm_stages(self, subject: Subject, origin: str) -> tuple[StageInfo | None, StageInfo | None]:
        raw = subject.raw_stage
        if self.stages is None:
            return None, None
        return self.stages.here(raw), self.stages.back(origin, raw)

    def _title(self, stage: str) -> str:
        found = self.playbook.process.stage(stage)
        return found.title if found is not None else stage

    # ------------------------------------------------ fields

    def _fields(self, subject: Subject, standing: Standing, visit: str) -> None:
        if not self.allowed.fields or self.allowed.mode == "observe":
            return
        now = self._values(standing)
        data = {} if subject.record is None else subject.record.data
        changes = tuple(
            Change(name, crm_field, data.get(crm_field), now[name])
            for name, crm_field in self.allowed.fields.items()
            if name in now and not same(data.get(crm_field), now[name])
        )
        if not changes:
            return
        values = {c.crm_field: c.after for c in changes}
        meaning = self.playbook.digest
        key = key_of(
            self.header.source, subject.deal.id, "set_fields", "+".join(sorted(values)), meaning, visit, values,
            subject.version,
        )  # fmt: skip
        asked, gaps = _asked(standing), [v for v in _asked(standing) if v.status in GAPS]
        where = standing.stage.title if standing.stage is not None else ""
        reason = (
            f"Of what {where} asks, {len(gaps)} of {len(asked)} are missing."
            if gaps
            else (f"Nothing that {where} asks is missing.")
        )
        expect = {c.crm_field: [written(c.before) or None] for c in changes}
        self._add(
            subject, key, "set_fields", ", ".join(c.field for c in changes), visit, reason,
            tuple(plain_verdict(v) for v in gaps), changes=changes, expect=expect,
        )  # fmt: skip

    def _values(self, standing: Standing) -> dict[str, Any]:
        """What every field of ours is to hold."""
        gaps = [v.criterion for v in _asked(standing) if v.status in GAPS and self._tells(v.criterion)]
        readiness = standing.readiness
        found: dict[str, Any] = {
            "readiness": None if readiness is None else int(readiness * 100),
            "state": standing.state.value if standing.state is not None else None,
            "missing": _listed([k.title for k in gaps]),
            "next": _listed([k.fix for k in gaps if k.fix][:1]),
            "playbook": f"{self.playbook.id}@{self.playbook.version}",
        }
        wanted = {name.partition(".")[2] for name in self.allowed.fields if "." in name}
        for framework in sorted(wanted):
            for result in self.playbook.judge.qualification(standing.deal, self.header.as_of, framework):
                score = result.score
                # while answers are missing, what it has for sure
                found[f"score.{framework}"] = None if score is None else round(float(score[0]), 4)
                found[f"band.{framework}"] = result.band
        return found

    def _tells(self, criterion: Criterion) -> bool:
        return self.allowed.enforced(criterion.enforce) != "observe"

    # ------------------------------------------------ tasks and notes

    def _words(self, subject: Subject, standing: Standing, visit: str) -> None:
        leaked = {v.criterion.id: (v, leak) for leak in subject.leaks for v in leak.verdicts}
        gaps = {v.criterion.id: v for v in _asked(standing) if v.status in GAPS} if standing.group == "open" else {}
        every = {**{name: v for name, (v, _) in leaked.items()}, **gaps}
        for name, verdict in every.items():
            enforce = self.allowed.enforced(verdict.criterion.enforce)
            leak = leaked[name][1] if name in leaked else None
            scope = self.allowed.tasks
            if enforce == "warn":
                scope = "all" if self.allowed.notes else "none"
            if enforce == "observe" or scope == "none" or (scope == "leaked" and leak is None):
                continue
            # what only a leaked move asked for belongs to that move, wherever the deal has come since
            stay = visit if name in gaps or leak is None else leak.move.visit
            self._word(subject, verdict, enforce, leak, stay)

    def _word(self, subject: Subject, verdict: Verdict, enforce: str, leak: Leak | None, visit: str) -> None:
        criterion = verdict.criterion
        kind = "note" if enforce == "warn" else "create_task"
        key = key_of(self.header.source, subject.deal.id, kind, criterion.id, self.meanings[criterion.id], visit)
        if key in self.done:
            return
        subject_line = f"Ask for approval: {criterion.title}" if enforce == "approve" else criterion.title
        reason = verdict.reason
        lines = [criterion.title] if kind == "note" else []
        lines += [reason]
        if leak is not None:
            move = leak.move
            lines.append(f"The deal was moved from {self._title(move.origin)} to {self._title(move.to)}{_how(leak)}.")
        if criterion.fix:
            lines.append(f"To do: {criterion.fix}")
        if criterion.proof:
            lines.append(f"Proof: {criterion.proof}")
        lines.append(f"{self.playbook.id} {self.playbook.version}, {criterion.id}")
        owner = None if subject.record is None else raw_text(subject.record.data, subject.owner_column)
        texts: dict[str, Any] = {"body": "\n".join(lines)}
        if kind == "create_task":
            texts |= {"subject": subject_line, "assignee": owner}
        self._add(subject, key, kind, criterion.id, visit, reason, (plain_verdict(verdict),), **texts)

    def _add(
        self, of: Subject, /, key: str, kind: str, target: str, visit: str, reason: str,
        criteria: tuple[Mapping[str, Any], ...], *, expect: Mapping[str, Sequence[str | None]] | None = None,
        **more: Any,
    ) -> None:  # fmt: skip
        held: dict[str, Sequence[str | None]] = {}
        if of.stage_column is not None:
            # after a move of ours the deal stands where that brought it
            after = self.moved.get(of.deal.id)
            held[of.stage_column] = [after.id, after.title] if after is not None else [of.raw_stage]
        self.actions.append(
            Planned(
                key, of.deal.id, kind, target, visit, reason, *_who(of.deal), criteria,
                expect_version=of.version, expect={**held, **(expect or {})}, **more,
            )
        )  # fmt: skip


def _asked(standing: Standing) -> list[Verdict]:
    """What the stage asks, as far as it applies."""
    return [v for v in standing.verdicts if v.criterion.part != "commit" and v.status is not Status.NOT_APPLICABLE]


def _who(deal: Deal) -> tuple[str | None, str | None, Mapping[str, str] | None]:
    amount = plain(deal.fields.get("amount"))
    return deal.fields.get("name"), deal.fields.get("owner.name"), amount if isinstance(amount, dict) else None


def _how(leak: Leak) -> str:
    by = f" by {leak.move.by}" if leak.move.by else ""
    channel = f" through {leak.move.channel}" if leak.move.channel else ""
    return f" on {leak.move.at:%Y-%m-%d %H:%M} UTC{by}{channel}"


def _gaps(leak: Leak) -> str:
    told = [*(v.criterion.title for v in leak.verdicts), *(rule.text.rstrip(".") for rule in leak.rules)]
    return "; ".join(told) + "."


def _listed(texts: Sequence[str]) -> str | None:
    """Texts as one that a field takes; what does not fit is counted."""
    kept = list(texts)
    while kept:
        rest = len(texts) - len(kept)
        joined = "; ".join([*kept, *([f"and {rest} more"] if rest else [])])
        if len(joined) <= LONGEST:
            return joined
        kept.pop()
    return f"{texts[0][: LONGEST - 1]}…" if texts else None


def same(held: Any, wanted: Any) -> bool:
    """Whether a field holds a value already, however the CRM writes it."""
    left, right = written(held) or None, written(wanted) or None
    if left == right or left is None or right is None:
        return left == right
    try:
        return Decimal(left) == Decimal(right)
    except InvalidOperation:
        return False
