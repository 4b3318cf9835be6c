"""Process tests: the cases of a test/v1 document, run and compared; and what they leave uncovered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..compile import reach
from ..compile.words import Words
from ..model.deal import Deal, deal_from
from ..model.process import Process
from ..model.values import parse_date, parse_datetime, parse_decimal
from ..model.verdict import GAPS, FrameworkResult, Status, Verdict
from .gate import decide
from .judge import Judge

_ASKED = (Status.MET, Status.UNMET, Status.UNKNOWN, Status.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing a case expected that came out otherwise. ``trace`` says why, line by line."""

    what: str
    expected: str
    actual: str
    trace: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case run. It passed if nothing differed and nothing was wrong with the case itself."""

    name: str
    index: int
    mismatches: tuple[Mismatch, ...]
    problems: tuple[str, ...] = ()
    asserted: tuple[tuple[str, str], ...] = ()
    """(criterion or framework, verdict or status) pairs the case expects."""

    @property
    def passed(self) -> bool:
        """Whether all that was expected came out."""
        return not self.mismatches and not self.problems


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A criterion (or framework) with verdicts that no case expects, and those it can never reach."""

    id: str
    missing: tuple[str, ...]
    unreachable: tuple[str, ...] = field(default=())


def run_cases(document: Mapping[str, Any], judge: Judge) -> list[CaseResult]:
    """Every case of a test document (plain data) against a process."""
    deals = document.get("deals") or {}
    return [_run(n, case, deals, document, judge) for n, case in enumerate(document.get("cases") or ())]


def moment_of(raw: Any, process: Process) -> date | datetime | None:
    """An as_of as a document writes it: a date, or a moment."""
    if isinstance(raw, (date, datetime)):
        return raw
    return (parse_date(raw) or parse_datetime(raw, process.calendar.zone)) if isinstance(raw, str) else None


def _run(
    index: int, case: Mapping[str, Any], deals: Mapping[str, Any], document: Mapping[str, Any], judge: Judge
) -> CaseResult:
    process, name, expect = judge.process, str(case.get("name", index + 1)), case.get("expect") or {}
    problems: list[str] = []
    base = deals.get(str(case.get("deal")))
    if base is None:
        problems.append(f"no deal {case.get('deal')!r} among the deals")
    as_of = moment_of(case.get("as_of", document.get("as_of")), process)
    if as_of is None:
        problems.append("no as_of: give the document or the case a date")
    record = {**(base or {}), **(case.get("with") or {})}
    for key in case.get("without") or ():
        if record.pop(key, None) is None:
            problems.append(f"without {key!r}: the deal has no such key")
    deal, strange = deal_from(
        {"id": case.get("deal", ""), **record}, process.catalogue, process.reading, kind=process.record
    )
    problems += [f"{key!r} is not a field" for key in strange]
    asserted = tuple((k, str(v)) for k, v in (expect.get("verdicts") or {}).items())
    if problems or as_of is None:
        return CaseResult(name, index, (), tuple(problems), asserted)
    mismatches = _compare(expect, deal, case.get("move_to"), as_of, judge, case.get("reason", ""))
    frameworks = expect.get("frameworks") or {}
    asserted += tuple((k, str(v.get("status") if isinstance(v, Mapping) else v)) for k, v in frameworks.items())
    return CaseResult(name, index, tuple(mismatches), (), asserted)


def _compare(
    expect: Mapping[str, Any], deal: Deal, to: str | None, as_of: date | datetime, judge: Judge, reason: str
) -> list[Mismatch]:
    found: list[Mismatch] = []
    verdicts = {v.criterion.id: v for v in judge.evaluate(deal, as_of, moving=to is not None)}
    if "decision" in expect:
        if to is None:
            found.append(Mismatch("decision", str(expect["decision"]), "no move_to in the case"))
        else:
            decision = decide(judge, deal, to, as_of, reason=reason)
            if decision.outcome != expect["decision"]:
                lines = [rule.text for rule in decision.rules]
                lines += [line for v in decision.of(*GAPS) for line in trace(v, judge.process)]
                found.append(Mismatch("decision", str(expect["decision"]), decision.outcome.value, tuple(lines)))
    for name, wanted in (expect.get("verdicts") or {}).items():
        verdict = verdicts.get(name)
        if verdict is None:
            found.append(Mismatch(name, str(wanted), "no such criterion"))
        elif verdict.status != wanted:
            found.append(Mismatch(name, str(wanted), verdict.status.value, tuple(trace(verdict, judge.process))))
    if "state" in expect:
        state = judge.standing(deal, as_of).state
        actual = state.value if state is not None else "none"
        if actual != expect["state"]:
            held = [v for v in judge.standing(deal, as_of).verdicts if v.status in GAPS]
            lines = [line for v in held for line in trace(v, judge.process)]
            found.append(Mismatch("state", str(expect["state"]), actual, tuple(lines)))
    results = {r.framework: r for r in judge.qualification(deal, as_of)} if "frameworks" in expect else {}
    for name, wanted in (expect.get("frameworks") or {}).items():
        found += _framework(name, wanted, results.get(name))
    return found


def _framework(name: str, wanted: Any, result: FrameworkResult | None) -> list[Mismatch]:
    if result is None:
        return [Mismatch(name, str(wanted), "no such framework")]
    asked = wanted if isinstance(wanted, Mapping) else {"status": wanted}
    found = []
    lines = tuple(f"{element}: {'missing' if level is None else level}" for element, level in result.levels.items())
    for key, value in asked.items():
        if key == "score":
            span = tuple(_fraction(v) for v in value) if isinstance(value, (list, tuple)) else (_fraction(value),) * 2
            if result.score != span:
                found.append(Mismatch(f"{name} score", str(value), _span(result.score), lines))
        elif key == "elements":
            wrong = {e: level for e, level in value.items() if result.levels.get(e, "no such element") != level}
            if wrong:
                found.append(Mismatch(f"{name} elements", str(value), str(dict(result.levels)), lines))
        elif key in ("status", "band"):
            actual = getattr(result, key)
            if actual != value:
                found.append(Mismatch(f"{name} {key}", str(value), str(actual), lines))
    return found


def _fraction(raw: Any) -> Fraction:
    return Fraction(parse_decimal(raw) or Decimal(0))


def _span(score: tuple[Fraction, Fraction] | None) -> str:
    return "none" if score is None else str(score[0]) if score[0] == score[1] else f"{score[0]} to {score[1]}"


def trace(verdict: Verdict, process: Process) -> list[str]:
    """A verdict's trace: the condition in words, the reason, the rule's place."""
    criterion = verdict.criterion
    return [
        f"{criterion.id} is {verdict.status.value}: {verdict.reason}",
        f"  asked: {Words(process).sentence(criterion.check)}",
        f"  rule:  {criterion.at}",
    ]


def coverage(process: Process, results: Iterable[CaseResult]) -> list[Uncovered]:
    """For each criterion the reachable verdicts that no passing case expects, and those it can never reach."""
    asserted = {pair for r in results if r.passed for pair in r.asserted}
    found = []
    for criterion in process.criteria:
        reachable = reach.verdicts(criterion, process)
        missing = tuple(s.value for s in _ASKED if s in reachable and (criterion.id, s.value) not in asserted)
        never = tuple(s.value for s in _ASKED if s not in reachable and s is not Status.NOT_APPLICABLE)
        if missing or never:
            found.append(Uncovered(criterion.id, missing, never))
    return found


def framework_coverage(process: Process, results: Iterable[CaseResult]) -> list[Uncovered]:
    """For each framework the statuses it can reach that no passing case expects."""
    asserted = {pair for r in results if r.passed for pair in r.asserted}
    found = []
    for framework in process.frameworks.values():
        judged = framework.qualified_when is not None or (framework.score and framework.score.pass_mark is not None)
        reachable = [*(["qualified", "not_qualified"] if judged else []), "unknown"]
        reachable += sorted({d.then for d in framework.disqualify})
        missing = tuple(s for s in reachable if (framework.id, s) not in asserted)
        if missing:
            found.append(Uncovered(framework.id, missing))
    return found
