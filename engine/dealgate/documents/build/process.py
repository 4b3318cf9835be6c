"""A resolved process document becomes the checked process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dealgate.model.condition import Condition, CriterionRef, walk
from dealgate.model.currencies import MINOR_DIGITS
from dealgate.model.diagnostics import Diagnostic, Severity
from dealgate.model.fields import Catalogue, Reading
from dealgate.model.framework import Framework
from dealgate.model.process import Criterion, EvidenceType, LeadRule, Process, Reason
from dealgate.model.values import PLACEHOLDERS

from ..conditions import Scope, check_condition, check_named
from ..conditions.raw import did_you_mean
from ..nodes import Node
from .becomes import build_becomes, check_replaced, former_stages
from .calendar import build_calendar
from .criterion import Draft, build_criterion, captured, drafts
from .loops import report_loops
from .params import build_params, param_values
from .reader import Reader
from .settings import build_moves, build_overrides
from .stages import build_sla, build_stage, stage_drafts
from .suits import build_suits
from .unique import Ids
from .uses import used_frameworks


class _Outside(NamedTuple):
    """Criteria that stand outside the stages."""

    lead: list[Draft]
    recycle: list[Draft]
    won: list[Draft]
    lost: list[Draft]
    commit: list[Draft]


def build_process(
    node: Node,
    frameworks: Mapping[str, Framework],
    catalogue: Catalogue,
    diagnostics: list[Diagnostic],
) -> Process | None:
    """The checked process; None where it has an error, and ``diagnostics`` says which."""
    process, whole = build_what_holds(node, frameworks, catalogue, diagnostics)
    return process if whole else None


def build_what_holds(
    node: Node,
    frameworks: Mapping[str, Framework],
    catalogue: Catalogue,
    diagnostics: list[Diagnostic],
) -> tuple[Process, bool]:
    """The process as far as it holds, and whether that is all of it: the lint reads on beside an error."""
    found: list[Diagnostic] = []
    process, complete = _build(Reader(node, found), frameworks, catalogue)
    diagnostics += found
    return process, complete and not any(d.severity is Severity.ERROR for d in found)


def ids_within(node: Node) -> tuple[list[str], list[str]]:
    """The ids of a process document's stages and of its criteria (qualified), also where not all in it holds."""
    reader = Reader(node, [])
    staged, outside = stage_drafts(reader), _outside(reader)
    criteria = [d.id for s in staged for d in (*s.enter, *s.exit)] + [d.id for part in outside for d in part]
    return [s.id for s in staged], criteria


def _build(reader: Reader, frameworks: Mapping[str, Framework], catalogue: Catalogue) -> tuple[Process, bool]:
    wrong = reader.wrong
    currency = _currency(reader)
    staged = stage_drafts(reader)
    stages = tuple(s.id for s in staged)
    reasons = _reasons(reader.inner("outcomes").inner("lost"))
    formers = former_stages(reader, staged)
    full = catalogue.with_options("stages", stages, tuple(formers)).with_options(
        "reasons", tuple(r.id for r in reasons)
    )
    outside = _outside(reader)
    every = [d for s in staged for d in (*s.enter, *s.exit)]
    every = [*outside.lead, *outside.recycle, *every, *outside.won, *outside.lost, *outside.commit]
    evidence_types = _evidence_types(reader)
    params = build_params(reader.get("params"), full, currency, wrong)
    used = used_frameworks(reader, frameworks, stages)
    scope = Scope(
        full,
        currency,
        params=params,
        conditions=dict(reader.entries("conditions")),
        frameworks=used,
        unused_frameworks=[name for name in frameworks if name not in used],
        evidence_types=evidence_types,
        criteria=[d.id for d in every],
    )
    conditions = check_named(scope, wrong)
    built = {d.id: build_criterion(d, scope) for d in every}
    criteria = [c for c in built.values() if c is not None]
    _no_loops(criteria, wrong)
    check_replaced(criteria, {d.id: node for d in every if (node := d.reader.get("replaces")) is not None}, wrong)

    def of(some: tuple[Draft, ...] | list[Draft]) -> tuple[Criterion, ...]:
        return tuple(c for d in some if (c := built[d.id]) is not None)

    calendar = build_calendar(reader.get("calendar"), wrong)
    applies = reader.get("applies_to")
    process = Process(
        id=reader.text("id"),
        title=reader.text("title", reader.text("id")),
        version=reader.text("version"),
        owner=reader.text("owner"),
        record=reader.word("record", ("deal", "lead"), "deal"),
        currency=currency,
        calendar=calendar,
        catalogue=full,
        reading=Reading(currency, calendar.zone, _placeholders(reader)),
        stages=tuple(build_stage(s, of(s.enter), of(s.exit), scope, stages) for s in staged),
        won=of(outside.won),
        lost=of(outside.lost),
        reasons=reasons,
        commit=of(outside.commit),
        lead=_lead(reader, of(outside.lead), of(outside.recycle), scope, stages),
        moves=build_moves(reader.inner("moves")),
        overrides=build_overrides(reader.inner("overrides"), currency),
        frameworks=used,
        evidence_types=evidence_types,
        conditions=conditions,
        params=param_values(params, currency),
        applies_to=None if applies is None else check_condition(applies, scope, wrong),
        description=reader.text("description"),
        suits=build_suits(reader),
        becomes=build_becomes(formers, scope, wrong),
        at=reader.where,
    )
    # what was refused before it came here is missing without a word of ours
    return process, len(criteria) == len(every)


def _currency(reader: Reader) -> str:
    code, node = reader.text("currency", "USD"), reader.get("currency")
    if code not in MINOR_DIGITS and node is not None:
        hint = did_you_mean(code.upper(), MINOR_DIGITS)
        reader.report("DG234", f"`{code}` is no currency of ISO 4217.", node, hint)
        return "USD"
    return code


def _outside(reader: Reader) -> _Outside:
    def of(inner: Reader, key: str, part: str) -> list[Draft]:
        return drafts(inner.items(key), part, None, Ids(f"criterion of {part}", reader.wrong))

    lead, outcomes = reader.inner("lead"), reader.inner("outcomes")
    return _Outside(
        of(lead, "becomes_opportunity_when", "lead"),
        captured(lead.inner("recycle").items("require"), "recycle", Ids("field of recycle", reader.wrong), "recycle"),
        of(outcomes.inner("won"), "require", "won"),
        of(outcomes.inner("lost"), "require", "lost"),
        of(reader.inner("forecast").inner("commit"), "require", "commit"),
    )


def _reasons(reader: Reader) -> tuple[Reason, ...]:
    ids = Ids("reason", reader.wrong)
    found = []
    for item in reader.items("reasons"):
        if ids.new(item):
            inner = Reader(item, reader.wrong)
            name = inner.text("id")
            title = inner.text("title", name.replace("-", " ").capitalize())
            found.append(Reason(name, title, inner.text("counts_as", "lost")))
    return tuple(found)


def _evidence_types(reader: Reader) -> dict[str, EvidenceType]:
    found = {}
    for name, node in reader.entries("evidence_types"):
        inner = Reader(node, reader.wrong)
        found[name] = EvidenceType(name, inner.text("title", name), inner.duration("max_age"))
    return found


def _placeholders(reader: Reader) -> frozenset[str]:
    return PLACEHOLDERS | {word.strip().casefold() for word in reader.texts("placeholders")}


def _lead(
    reader: Reader,
    criteria: tuple[Criterion, ...],
    recycle: tuple[Criterion, ...],
    scope: Scope,
    stages: tuple[str, ...],
) -> LeadRule | None:
    inner = reader.inner("lead")
    if inner.node is None:
        return None
    held = inner.get("respond")
    ids = Ids("promised time", reader.wrong)
    respond = None if held is None else build_sla(held, scope, stages, reader.wrong, ids, "respond")
    return LeadRule(inner.text("definition"), criteria, respond, recycle)


def _no_loops(criteria: list[Criterion], wrong: list[Diagnostic]) -> None:
    def leans(criterion: Criterion) -> list[str]:
        held: list[Condition] = [criterion.check]
        if criterion.applies_when is not None:
            held.append(criterion.applies_when)
        return [n.criterion for c in held for n in walk(c) if isinstance(n, CriterionRef)]

    report_loops("criteria", {c.id: (leans(c), c.at) for c in criteria}, wrong)
