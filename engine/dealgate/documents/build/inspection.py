"""A resolved inspection document becomes checked rules, over the fields of one process."""

from __future__ import annotations

from dealgate.model.diagnostics import Diagnostic, Severity
from dealgate.model.finding import SCOPES, SEVERITIES
from dealgate.model.inspection import GROUP_CATALOGUE, Inspection, Learn, Rule, with_measures
from dealgate.model.process import Process

from ..conditions import Scope, check_condition, check_named
from ..conditions.groups import Inspecting
from ..conditions.raw import listed, refuse
from ..nodes import Node
from .params import build_params, param_values
from .reader import Reader
from .reviews import build_review
from .unique import Ids


def build_inspection(
    node: Node, process: Process, diagnostics: list[Diagnostic], learn: Learn | None = None
) -> Inspection | None:
    """The inspection; None where it has an error, and ``diagnostics`` says which. ``learn`` gives learned values."""
    found: list[Diagnostic] = []
    reader = Reader(node, found)
    deal = _scope(reader, process, learn)
    check_named(deal, found)
    group = Scope(
        GROUP_CATALOGUE,
        process.currency,
        params=deal.params,
        inspecting=Inspecting(learn, deal),
        named={},
        conditions={},
    )
    ids = Ids("rule", found)
    rules = [
        rule
        for item in reader.items("rules")
        if ids.new(item) and (rule := _rule(Reader(item, found), reader.text("id"), deal, group)) is not None
    ]
    seen = Ids("review", found)
    made = Inspection(
        id=reader.text("id"),
        title=reader.text("title", reader.text("id")),
        version=reader.text("version"),
        owner=reader.text("owner"),
        rules=tuple(rules),
        reviews=tuple(build_review(Reader(item, found), deal) for item in reader.items("reviews") if seen.new(item)),
        params=param_values(deal.params, process.currency),
        description=reader.text("description"),
        at=reader.where,
    )
    diagnostics += found
    return None if any(d.severity is Severity.ERROR for d in found) else made


def _scope(reader: Reader, process: Process, learn: Learn | None) -> Scope:
    catalogue = with_measures(process.catalogue)
    return Scope(
        catalogue,
        process.currency,
        params=build_params(reader.get("params"), catalogue, process.currency, reader.wrong),
        conditions=dict(reader.entries("conditions")),
        frameworks=process.frameworks,
        evidence_types=process.evidence_types,
        criteria=[criterion.id for criterion in process.criteria],
        inspecting=Inspecting(learn),
    )


def _rule(reader: Reader, inspection: str, deal: Scope, group: Scope) -> Rule | None:
    name, scope_name = reader.text("id"), reader.word("scope", SCOPES, "deal")
    scope = deal if scope_name == "deal" else group
    size = len(reader.wrong)
    when = reader.get("when")
    applies, escalate = reader.get("applies_when"), reader.inner("escalate")
    graver = escalate.get("when")
    severity = reader.word("severity", SEVERITIES, "warn")
    higher = escalate.word("severity", SEVERITIES, severity)
    fires = check_condition(when, scope, reader.wrong) if when is not None else None
    rises = check_condition(graver, scope, reader.wrong) if graver is not None else None
    held = check_condition(applies, scope, reader.wrong) if applies is not None else None
    at = escalate.get("severity")
    if rises is not None and at is not None and SEVERITIES.index(higher) <= SEVERITIES.index(severity):
        escalate.take(None, _no_rise, severity, at)
    if fires is None or len(reader.wrong) > size:
        return None
    return Rule(
        id=name,
        inspection=inspection,
        title=reader.text("title", name),
        scope=scope_name,
        severity=severity,
        when=fires,
        applies_when=held,
        escalate=None if rises is None else (higher, rises),
        why=reader.text("why"),
        coach=reader.text("coach"),
        action=reader.text("action"),
        docs=reader.text("docs"),
        tags=reader.texts("tags"),
        at=reader.where,
    )


def _no_rise(severity: str, at: Node) -> None:
    graver = SEVERITIES[SEVERITIES.index(severity) + 1 :]
    hint = f"write {listed(graver)}" if graver else "leave `escalate` out"
    refuse("DG805", f"`escalate` makes a finding graver than `{severity}`.", at, hint)
