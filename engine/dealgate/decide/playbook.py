"""The playbook a caller holds: one checked process with its version and digest, ready to judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ..model.calendar import Rates
from ..model.deal import Deal, deal_from
from ..model.process import Process
from ..model.verdict import FrameworkResult, Outcome, Verdict
from .gate import Decision, Stamp, decide
from .judge import Judge, Standing

if TYPE_CHECKING:
    from polars import DataFrame, LazyFrame

    from ..compile.frames import Frames
    from ..model.diagnostics import Diagnostic


class Playbook:
    """One resolved, checked bundle: process, fields, frameworks. What ``dealgate.load`` returns.

    Every ``as_of`` is a date (the end of that day in the process's zone) or a moment; the clock is never read here.
    A deal may be a ``Deal`` or a plain record of field ids and collections.
    """

    def __init__(self, process: Process, digest: Callable[[], str], rates: Rates | None = None) -> None:
        self.process, self._digest = process, digest
        self.judge = Judge(process, rates)

    @property
    def id(self) -> str:
        """The process's id."""
        return self.process.id

    @property
    def version(self) -> str:
        """The process's version."""
        return self.process.version

    @property
    def digest(self) -> str:
        """A hash of the canonical form: unchanged by comments, key order or file layout."""
        return self._digest()

    def deal(self, record: Mapping[str, Any]) -> Deal:
        """A typed deal from a plain record; keys nobody knows are left out."""
        process = self.process
        return deal_from(record, process.catalogue, process.reading, kind=process.record)[0]

    def _typed(self, deal: Deal | Mapping[str, Any]) -> Deal:
        return deal if isinstance(deal, Deal) else self.deal(deal)

    def evaluate(self, deal: Deal | Mapping[str, Any], *, as_of: date | datetime) -> list[Verdict]:
        """Every criterion of the process on a deal, overrides applied."""
        return self.judge.evaluate(deal if type(deal) is Deal else self._typed(deal), as_of)

    def gaps(self, deal: Deal | Mapping[str, Any], *, as_of: date | datetime) -> list[Verdict]:
        """What is still missing before the deal may leave its stage: the verdicts that are unmet or unknown."""
        return self.judge.gaps(deal if type(deal) is Deal else self._typed(deal), as_of)

    def standing(self, deal: Deal | Mapping[str, Any], *, as_of: date | datetime) -> Standing:
        """The deal's state and readiness in its stage, with the verdicts of that stage."""
        return self.judge.standing(self._typed(deal), as_of)

    def evaluate_frame(
        self,
        deals: DataFrame | LazyFrame | Frames,
        children: Mapping[str, DataFrame | LazyFrame] | None = None,
        overrides: DataFrame | LazyFrame | None = None,
        *,
        as_of: date | datetime,
        told: Callable[[Diagnostic], object] | None = None,
    ) -> Any:
        """Every criterion on many deals: ``id``, a status a criterion by its id (Enum), and ``state``.

        Columns are named by field id (docs/frames.md); ``children`` by collection, with a ``deal`` column. The rows
        come in the order of the deals, as a LazyFrame where the deals are one, else as a DataFrame. ``told`` hears of
        what did not fit and counts as missing. ``Frames`` are typed already (``Source.frames``), and are not looked at
        again.
        Raises WrongUsage where deals have no ``id``, or children no ``deal``.
        """
        from ..compile.columns.run import Wanted, ready
        from ..compile.frames import Frames

        moment = self.judge.moment(as_of)
        if isinstance(deals, Frames):
            return self.judge.columns(moment, ready(deals, self.process), Wanted()).collect()
        from polars import DataFrame

        from ..compile.columns.door import open_door

        given = dict(children or {}) | ({} if overrides is None else {"overrides": overrides})
        door = open_door(deals, given, self.process)
        if told is not None:
            for diagnostic in door.diagnostics:
                told(diagnostic)
        found = self.judge.columns(moment, door.frames, Wanted(), door.layout)
        return found.collect() if isinstance(deals, DataFrame) else found

    def gate(
        self, deal: Deal | Mapping[str, Any], to: str, *, as_of: date | datetime, reason: str = "", by: str = ""
    ) -> Decision:
        """The decision on a move. A lead that may become an opportunity carries who, when and by which version.

        Raises WrongUsage where the process has no such target.
        """
        decision = decide(self.judge, self._typed(deal), to, as_of, reason=reason)
        if to == "opportunity" and decision.outcome in (Outcome.ALLOW, Outcome.WARN):
            at = self.judge.moment(as_of).as_of
            decision = replace(decision, stamp=Stamp(by, at, f"{self.id}@{self.version}", self.digest))
        return decision

    def qualify(
        self, deal: Deal | Mapping[str, Any], *, as_of: date | datetime, framework: str | None = None
    ) -> list[FrameworkResult]:
        """Framework scorecards of a deal."""
        return self.judge.qualification(self._typed(deal), as_of, framework)
