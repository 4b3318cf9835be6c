"""A process's criteria as Python functions of one deal, generated once and called many times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..model import condition as c
from ..model.calendar import Moment
from ..model.deal import Deal
from ..model.process import Criterion, Process, Stage
from ..model.verdict import Case, Verdict
from .python import Emitter


def _leaned_on(criteria: tuple[Criterion, ...], process: Process) -> list[Criterion]:
    """The criteria and those they refer to, these first (there are no loops: the checker refused them)."""
    known = {criterion.id: criterion for criterion in process.criteria}
    done: dict[str, Criterion] = {}

    def visit(criterion: Criterion) -> None:
        if criterion.id in done:
            return
        for condition in (criterion.check, criterion.applies_when):
            for node in c.walk(condition) if condition is not None else ():
                if isinstance(node, c.CriterionRef):
                    visit(known[node.criterion])
        done[criterion.id] = criterion

    for criterion in criteria:
        visit(criterion)
    return list(done.values())


_case = tuple.__new__
"""Makes a Case without the detour through its keyword constructor."""


class Function:
    """Some of a process's criteria as one function of a deal. ``source`` is what was generated.

    It gives a verdict for each, in their order; with ``gaps`` only for those unmet or unknown.
    """

    def __init__(self, process: Process, criteria: tuple[Criterion, ...], *, gaps: bool = False) -> None:
        emitter = Emitter(process)
        wanted = {criterion.id for criterion in criteria}
        rows: dict[str, str] = {}
        for n, criterion in enumerate(_leaned_on(criteria, process)):
            seen = emitter.criterion(criterion, n)
            emitter.names[f"J{n}"] = criterion
            if criterion.id in wanted:
                made = f"V(J{n}, q{n}, {seen}, case)"
                rows[criterion.id] = f"if q{n} is UNMET or q{n} is UNKNOWN: out.append({made})" if gaps else made
        self.source = emitter.source([rows[criterion.id] for criterion in criteria], gaps=gaps)
        self._clocks = emitter.clocks
        self._bound: tuple[Moment | None, tuple[Any, ...]] = (None, ())
        exec(compile(self.source, f"<{process.id}>", "exec"), emitter.names)  # noqa: S102 - made from the checked tree alone
        self._judge: Callable[..., list[Verdict]] = emitter.names["judge"]

    def __call__(self, deal: Deal, moment: Moment, tell: Callable[[Verdict], str]) -> list[Verdict]:
        """The verdicts before overrides."""
        bound, constants = self._bound
        if moment is not bound:
            constants = tuple(work_out(moment) for work_out in self._clocks)
            self._bound = (moment, constants)
        return self._judge(deal, moment, constants, _case(Case, (deal, moment, tell)))


class Program:
    """A process, compiled: ``run`` judges every criterion, ``gaps`` only finds what is missing in a stage."""

    def __init__(self, process: Process, tell: Callable[[Verdict], str]) -> None:
        self.process, self.tell = process, tell
        self.criteria = process.criteria
        self._all = Function(process, process.criteria)
        self.source = self._all.source
        self._gaps: dict[str, Function] = {}

    def run(self, deal: Deal, moment: Moment) -> list[Verdict]:
        """Every criterion's verdict before overrides, in the process's order."""
        return self._all(deal, moment, self.tell)

    def gaps(self, stage: Stage, deal: Deal, moment: Moment) -> list[Verdict]:
        """What a stage asks of a deal and is unmet or unknown, before overrides; nothing else is worked out."""
        found = self._gaps.get(stage.id)
        if found is None:
            found = self._gaps[stage.id] = Function(self.process, self.process.asked_in(stage), gaps=True)
        return found(deal, moment, self.tell)
