"""Stage probabilities as history has them: the chance to be won in the end, of those that entered a stage.

Aalen and Johansen's incidence of winning at the end of what was followed, open deals included as long as they were
seen, drawn towards that of all stages as though WEIGHT more deals had been seen there. Proposed, never set.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import polars as pl

from ..metrics.figure import NoValue
from ..metrics.grouped import at_end, incidence
from ..model.process import Stage
from .chances import MIN_N, WEIGHT, interval, spells_of
from .snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Proposed:
    """A stage's probability: what the process says, and what history has. ``n``: visits followed; ``low``, ``high``:
    the credible interval (Beta, 95 %) of ``shrunk``; ``vintage``: the days between which they entered it. ``proposed``:
    the whole percent to write, None where it is not to change, and ``why`` in words.
    """

    stage: Stage
    n: int
    raw: float | None
    shrunk: float | None
    low: float | None
    high: float | None
    vintage: tuple[date, date] | None
    proposed: Decimal | None
    why: str


def calibrated(snapshot: Snapshot) -> list[Proposed] | NoValue:
    """Of every open stage."""
    spells = spells_of(snapshot)
    if not spells["cause"].drop_nulls().len():
        return NoValue("no deal has ended yet")
    (parent,) = at_end(incidence(spells, (), causes=("lost", "won")), ()).iter_rows(named=True)
    found = at_end(incidence(spells, ("stage",), causes=("lost", "won")), ("stage",))
    rows = {row["stage"]: row for row in found.iter_rows(named=True)}
    return [
        _of(snapshot, stage, rows.get(stage.id), float(parent["cif.won"]))
        for stage in snapshot.past.process.open_stages
    ]


def _of(snapshot: Snapshot, stage: Stage, row: dict[str, object] | None, parent: float) -> Proposed:
    if row is None or not row["n"]:
        return Proposed(stage, 0, None, None, None, None, None, None, "no deal was seen to enter it")
    n, raw = int(str(row["n"])), float(str(row["cif.won"]))
    shrunk = (n * raw + WEIGHT * parent) / (n + WEIGHT)
    low, high = interval(shrunk, n)
    visits = snapshot.past.visits.filter(pl.col("stage").cast(pl.String) == stage.id)["entered"].drop_nulls()
    days = snapshot.past.day(visits)
    vintage = (days.min(), days.max()) if days.len() else None
    said = stage.probability
    whole = Decimal(repr(shrunk * 100)).to_integral_value(ROUND_HALF_UP)
    if n < MIN_N:
        proposed, why = None, f"fewer than {MIN_N} deals: too few to change it by"
    elif said is not None and low <= float(said) <= high:
        proposed, why = None, "what the process says lies in the interval"
    else:
        proposed, why = whole, "the process says " + ("nothing" if said is None else f"{float(said) * 100:g} %")
    return Proposed(stage, n, raw, shrunk, low, high, vintage, proposed, why)  # type: ignore[arg-type]
