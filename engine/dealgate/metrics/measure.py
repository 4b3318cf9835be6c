"""Metrics of a history, as they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import polars as pl

from ..history import History
from .cases import Past, left_out
from .figure import Figure, nothing
from .keys import check_keys, in_window, keyed
from .registry import check_policies, metric, registry
from .spec import MIN_N, Asked, LeftOut, Row, Setting

NOT_DATABLE = "nothing tells when it was"


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of metrics. ``left_out``: by metric, the cases that its figures do not rest on."""

    asked: Asked
    rows: tuple[Row, ...]
    left_out: Mapping[str, tuple[LeftOut, ...]]

    def figure(self, name: str, measure: str | None = None, **keys: str | None) -> Figure:
        """One figure; the headline where no measure is named. Raises KeyError where no group is so."""
        wanted = measure or metric(name).headline
        for row in self.rows:
            if row.metric == name and row.measure == wanted and dict(row.keys) == keys:
                return row.figure
        raise KeyError(f"{name}.{wanted} of {keys}")

    def frame(self) -> pl.DataFrame:
        """Every figure a row, numbers as floats: metric, the keys, measure, value, unit, n … reason, flags."""
        keys = list(dict.fromkeys(key for row in self.rows for key in row.keys))
        numbers = ("value", "numerator", "low", "high", "shrunk")
        made: dict[str, list[Any]] = {"metric": [row.metric for row in self.rows]}
        made |= {key: [row.keys.get(key) for row in self.rows] for key in keys}
        made["measure"] = [row.measure for row in self.rows]
        for name in numbers:
            held = [getattr(row.figure, name) for row in self.rows]
            made[name] = [None if value is None else float(value) for value in held]
        made |= {name: [getattr(row.figure, name) for row in self.rows] for name in ("unit", "n", "reason")}
        made["flags"] = [", ".join(row.figure.flags) for row in self.rows]
        kinds: dict[str, Any] = dict.fromkeys(numbers, pl.Float64) | {"n": pl.Int64}
        return pl.DataFrame({name: pl.Series(name, v, kinds.get(name, pl.String)) for name, v in made.items()})


def measure(history: History | Past, metrics: Iterable[str] | None = None, asked: Asked | None = None) -> Measured:
    """The figures of metrics (None: all that are for such records), as they are asked for.

    A metric that a history holds nothing for gives one row that says so. Raises WrongUsage where a metric, a key or a
    policy is none.
    """
    asked = asked or Asked()
    past = history if isinstance(history, Past) else Past(history, asked.rates)
    if asked.rates is not None and past.rates is not asked.rates:
        past = Past(past.history, asked.rates)
    record = past.process.record
    if metrics is None:
        wanted = [spec.id for spec in registry().values() if spec.record in ("", record)]
    else:
        wanted = [metric(name).id for name in dict.fromkeys(metrics)]
    check_policies(asked.policies, tuple(wanted))
    check_keys(past, asked.by)
    rows: list[Row] = []
    apart: dict[str, tuple[LeftOut, ...]] = {}
    for name in wanted:
        found, without = one(past, name, asked)
        rows += found
        if without:
            apart[name] = without
    return Measured(asked, tuple(rows), apart)


Found = tuple[list[Row], tuple[LeftOut, ...]]


def one(past: Past, name: str, asked: Asked) -> Found:
    """The rows of one metric, and what it leaves out."""
    key = _key(name, asked)
    if key not in past.memo:
        # what is asked is kept too, so that what stands in the key by its identity stays what it is
        past.memo[key] = _one(past, name, asked), asked
    found: Found = past.memo[key][0]
    return found


def _key(name: str, asked: Asked) -> tuple[object, ...]:
    """What is equal where the same is asked of a metric; of the policies those that it has."""
    known = {policy.id for policy in metric(name).policies} | {MIN_N.id}
    mine = {p: v for p, v in asked.policies.items() if p in known or p.startswith(f"{name}.")}
    if metric(name).compose is not None:
        mine = dict(asked.policies)
    rest = (getattr(asked, one.name) for one in fields(asked) if one.name != "policies")
    plain = (v if isinstance(v, tuple | date | None) else id(v) for v in rest)
    return ("rows", name, *plain, *sorted((p, str(v)) for p, v in mine.items()))


def _one(past: Past, name: str, asked: Asked) -> Found:
    spec = metric(name)
    setting = Setting(spec, asked, past.currency)
    flags = ("reconstructed",) if past.history.reconstructed else ()
    if "stage" in setting.keys and past.visits["stage"].null_count():
        flags = (*flags, "some_stages_are_not_of_the_process")
    if spec.record and spec.record != past.process.record:
        return _none(setting, f"only for a process of {spec.record}s", flags), ()
    if spec.compose is not None:

        def of(other: str, **policies: Any) -> list[Row]:
            # what is asked of this metric by its name is not asked of the others
            given = {p: v for p, v in asked.policies.items() if not p.startswith(f"{name}.")}
            return one(past, other, replace(asked, by=setting.keys, policies=given | policies))[0]

        return [_flagged(row, flags) for row in spec.compose(past, setting, of)], ()
    assert spec.cases is not None and spec.kind is not None
    cases = spec.cases(past, setting)
    if cases.missing is not None:
        return _none(setting, cases.missing, flags), cases.left_out
    inside, undated = in_window(past, cases.frame, setting)
    without = (*cases.left_out, *left_out(NOT_DATABLE, undated))
    framed = keyed(past, inside, setting)
    flags = (*flags, *cases.flags)
    rows = [_flagged(row, flags) for row in spec.kind.figures(framed, replace(setting, flags=flags))]
    return (rows or _none(setting, "no case", flags)), without


def _flagged(row: Row, flags: tuple[str, ...]) -> Row:
    if all(flag in row.figure.flags for flag in flags):
        return row
    return Row(row.metric, row.keys, row.measure, row.figure.flagged(*flags))


def _none(setting: Setting, reason: str, flags: tuple[str, ...]) -> list[Row]:
    spec = setting.spec
    return [Row(spec.id, {}, spec.headline, nothing(reason, unit=spec.unit, flags=flags))]
