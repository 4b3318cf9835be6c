"""Verdicts, standings, decisions and scorecards as JSON holds them (``schemas/output``)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ..model.process import Process
from ..model.values import plain
from ..model.verdict import FrameworkResult, Status, Verdict
from .gate import Decision
from .judge import Standing
from .playbook import Playbook
from .report import Report
from .routed import Routed


def plain_verdict(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON holds it."""
    criterion = verdict.criterion
    return {
        "id": criterion.id,
        "title": criterion.title,
        "status": verdict.status.value,
        "enforce": criterion.enforce,
        "reason": verdict.reason,
        "values": {key: plain(value) for key, value in verdict.values.items()},
        "missing": list(verdict.missing),
        "where": f"{criterion.at.file}:{criterion.at.line}",
        "fix": criterion.fix,
    }


def plain_standing(standing: Standing, process: Process) -> dict[str, Any]:
    """A deal's standing as JSON holds it."""
    fields = standing.deal.fields
    found: dict[str, Any] = {
        "id": standing.deal.id,
        "name": fields.get("name"),
        "owner": fields.get("owner.name"),
        "amount": plain(fields.get("amount")),
        "stage": standing.stage.id if standing.stage else None,
        "status": None if standing.group == "unmapped" else standing.group,
        "state": standing.state.value if standing.state else None,
        "readiness": None if standing.readiness is None else round(float(standing.readiness), 4),
        "criteria": [plain_verdict(v) for v in standing.verdicts],
    }
    if standing.was is not None:
        found["was"] = standing.was
    if why := standing.unmapped_for(process):
        found["unmapped"] = why
    return found


def plain_playbook(playbook: Playbook) -> dict[str, str]:
    """A playbook's identity as JSON holds it."""
    return {"id": playbook.id, "version": playbook.version, "digest": playbook.digest}


def plain_summary(report: Report) -> dict[str, Any]:
    """What a report says of all deals together, as JSON holds it."""
    return {
        "as_of": report.as_of.isoformat(),
        "playbook": plain_playbook(report.playbook),
        "summary": report.summary,
    }


def plain_report(report: Report) -> Iterator[dict[str, Any]]:
    """Every deal of a report as JSON holds it."""
    return (plain_standing(standing, report.process) for standing in report.standings)


def plain_summaries(routed: Routed) -> dict[str, Any]:
    """What the reports of several processes say of all deals together, as JSON holds it."""
    return {
        "as_of": routed.as_of.isoformat(),
        "processes": [{"playbook": plain_playbook(r.playbook), "summary": r.summary} for r in routed.reports],
        "summary": routed.summary,
    }


def plain_routed(routed: Routed) -> Iterator[dict[str, Any]]:
    """Every deal as JSON holds it, with its process; null where no single process takes it."""
    for report in routed.reports:
        for found in plain_report(report):
            yield {**found, "process": report.process.id}
    for one in routed.left:
        yield {
            **plain_standing(one.standing, routed.reports[0].process),
            "unmapped": one.answers.why(),
            "process": None,
        }


def plain_decision(decision: Decision, playbook: Playbook, as_of: datetime) -> dict[str, Any]:
    """A decision as JSON holds it (``schemas/output/gate.schema.json``)."""
    found: dict[str, Any] = {
        "as_of": as_of.isoformat(),
        "playbook": plain_playbook(playbook),
        "deal": decision.deal.id,
        "name": decision.deal.fields.get("name"),
        "from": decision.origin,
        "to": decision.to,
        "decision": decision.outcome.value,
        "unmet": [v.criterion.id for v in decision.of(Status.UNMET)],
        "unknown": [v.criterion.id for v in decision.of(Status.UNKNOWN)],
        "waived": [v.criterion.id for v in decision.of(Status.WAIVED)],
        "warnings": [r.text for r in decision.rules] + [f"{v.criterion.title}: {v.reason}" for v in decision.warnings],
        "criteria": [plain_verdict(v) for v in decision.verdicts],
    }
    if decision.was is not None:
        found["was"] = decision.was
    if decision.stamp is not None:
        stamp = decision.stamp
        found["stamp"] = {
            "by": stamp.by,
            "at": stamp.at.isoformat(),
            "playbook": stamp.playbook,
            "digest": stamp.digest,
        }
    return found


def plain_framework(result: FrameworkResult) -> dict[str, Any]:
    """A scorecard as JSON holds it; the score is a range while elements are missing."""
    return {
        "framework": result.framework,
        "status": result.status,
        "score": None if result.score is None else [round(float(s), 4) for s in result.score],
        "band": result.band,
        "levels": result.levels,
        "answers": result.answers,
        "missing": list(result.missing),
        "undated": list(result.undated),
        "disqualified_by": result.disqualified_by,
    }
