"""The deals of several processes, each judged by its own: a report a process, and what no process judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .judge import Standing
from .report import Report
from .routing import Answers

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Unrouted:
    """A deal that no single process takes, and what the processes say of it."""

    standing: Standing
    answers: Answers


@dataclass(frozen=True, slots=True)
class Routed:
    """What ``check`` brings out where several processes share the deals."""

    reports: tuple[Report, ...]
    left: tuple[Unrouted, ...]
    as_of: datetime

    @property
    def summary(self) -> dict[str, int]:
        """As ``Report.summary``, of all together; what no process judges is ``unmapped``."""
        found: Counter[str] = Counter({"deals": 0})
        for report in self.reports:
            found.update(report.summary)
        found["deals"] += len(self.left)
        found["unmapped"] += len(self.left)
        return dict(found)

    @property
    def standings(self) -> Sequence[Standing]:
        """Every deal: process by process, then those that are left."""
        return [*(s for report in self.reports for s in report.standings), *(one.standing for one in self.left)]

    def table(self) -> pl.LazyFrame:
        """One row a deal, with the ``process`` that judges it; a column is null where its process has no such one."""
        import polars as pl

        from .flat import of_standings

        parts = [report.table().with_columns(pl.lit(report.process.id).alias("process")) for report in self.reports]
        if self.left:
            rest = of_standings([one.standing for one in self.left], self.reports[0].process).lazy()
            parts.append(rest.with_columns(pl.lit(None, pl.String).alias("process")))
        return pl.concat(parts, how="diagonal_relaxed")
