"""What a metric is: declared once and versioned, so that two people cannot mean two things by one word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

import polars as pl

from ..model.calendar import Rates
from ..model.diagnostics import WrongUsage, error
from ..model.metrics import METRICS
from .figure import Figure

if TYPE_CHECKING:
    from .cases import Past

PERIODS = ("week", "month", "quarter", "half", "year")
"""Keys that group by the period a case's moment lies in; all but the week are fiscal."""
Keys = tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A choice that a metric's definition leaves open. ``allowed`` empty: any whole number, or null."""

    id: str
    choice: str | int | None
    about: str
    allowed: tuple[str, ...] = ()

    def read(self, value: object) -> Any:
        """The value as this policy takes it. Raises WrongUsage where it does not."""
        if self.allowed:
            if value in self.allowed:
                return value
            wanted = f"one of {', '.join(self.allowed)}"
        else:
            if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
                return value
            wanted = "a whole number"
            if isinstance(value, str):
                if value.isdecimal():
                    return int(value)
                if not isinstance(self.choice, int):
                    return value
        raise WrongUsage(error("DG962", f"The policy {self.id} is {wanted}, not {str(value)!r}."))


MIN_N = Policy(
    id="min_n",
    choice=10,
    about="a figure of a group that rests on fewer cases is withheld; a figure over all is shown, with its n",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One metric, declared.

    ``unit``: share, days, business minutes, deals, money, money a day … ``grain``: what one case is. ``better``:
    higher, lower, or neither. ``source``: where the formula comes from. ``edges``: what happens at the edges, in words.
    ``measures``: the figures it gives, each with its words; the first is the headline. ``stage``: what grouping by it
    means: ``own`` (a case is of one stage, and is always grouped by it), ``passed`` (the open stages the deal had come
    to by the case's moment; it counts in each), ``ever`` (the stages it has come to by now; it counts in each),
    ``then`` (the stage it was in at that moment). Either ``cases`` and ``kind``, or ``compose`` out of other metrics.
    """

    id: str
    version: str = "1.0.0"
    question: str
    formula: str
    unit: str
    grain: str
    better: str
    source: str
    measures: Mapping[str, str]
    edges: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    stage: str = "passed"
    record: str = ""
    """The kind of process it is for (lead, deal); empty: both."""
    cases: Callable[[Past, Setting], Cases] | None = None
    kind: Kind | None = None
    compose: Callable[[Past, Setting, Of], Iterable[Row]] | None = None

    @property
    def name(self) -> str:
        """Its words, which are those a process's ``health`` is explained with."""
        return METRICS[self.id]

    @property
    def headline(self) -> str:
        """The measure that is meant by the metric's name alone."""
        return next(iter(self.measures))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of metrics.

    ``since``, ``until``: the days, in the process's zone and both included, between which a case's moment lies. ``by``:
    keys: deal, stage, owner, team, manager, segment, source, channel, region, product, version, a period of PERIODS, or
    a field of a deal. ``policies``: by policy, or by ``metric.policy``. ``rates``: for amounts in other currencies.
    ``versions``: since when which version of the playbook was in force, in order.
    """

    by: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    policies: Mapping[str, Any] = field(default_factory=dict)
    rates: Rates | None = None
    versions: tuple[tuple[datetime, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """What is asked of one metric: its policies are resolved."""

    spec: Spec
    asked: Asked
    currency: str = ""
    """The process's, in which amounts are."""
    flags: tuple[str, ...] = ()
    """What every figure carries."""

    def __getitem__(self, policy: str) -> Any:
        """The policy's choice here."""
        declared = next(p for p in (*self.spec.policies, MIN_N) if p.id == policy)
        given = self.asked.policies
        for name in (f"{self.spec.id}.{policy}", policy):
            if name in given:
                return declared.read(given[name])
        return declared.choice

    @property
    def keys(self) -> tuple[str, ...]:
        """What figures are grouped by; the stage comes first where cases have one of their own."""
        by = self.asked.by
        return ("stage", *(k for k in by if k != "stage")) if self.spec.stage == "own" else by

    @property
    def min_n(self) -> int:
        """Under how many cases a figure is withheld."""
        given = self.asked.policies
        if "min_n" in given or f"{self.spec.id}.min_n" in given:
            return self["min_n"] or 0
        return int(MIN_N.choice or 0) if self.keys else 0

    @property
    def parent(self) -> tuple[str, ...] | None:
        """The keys of the groups that these groups are drawn towards; None where there is no parent."""
        if not self.keys or self.keys == ("stage",):
            return None if self.spec.stage == "own" or not self.keys else ()
        return ("stage",) if "stage" in self.keys else ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Cases that a figure does not rest on: why, how many, and a few of them by deal."""

    reason: str
    n: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cases:
    """What a metric counts: a row a case, with ``deal`` (Past.ids), ``at``, ``stage`` where it has one, and the columns
    of its kind. ``missing``: why nothing can be said at all. ``flags`` go to every figure.
    """

    frame: pl.DataFrame
    left_out: tuple[LeftOut, ...] = ()
    missing: str | None = None
    flags: tuple[str, ...] = ()


class Kind(Protocol):
    """How cases become figures."""

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterable[Row]:
        """A row a group and measure; ``frame`` has a column a key of ``setting.keys``, by its name with ``by.``."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of one metric: ``keys`` as asked (a null key: not known), and the measure."""

    metric: str
    keys: Mapping[str, str | None]
    measure: str
    figure: Figure


Of = Callable[..., list[Row]]
"""``of(metric, **policies)``: the rows of another metric as asked, for metrics that are made of others."""
