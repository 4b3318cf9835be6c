"""How cases become figures: a share, a sum, a spread, a curve. One aggregator a kind, over groups, in Polars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from ..model.currencies import MINOR_DIGITS
from .bounds import bounded
from .figure import Figure, figure, nothing, ratio
from .grouped import at_end, at_horizon, incidence, time_quantiles
from .intervals import prior_weight
from .keys import GROUP, group_keys
from .quantiles import quantile_of
from .shares import share
from .spec import Row, Setting

NO_CASE = "no case"
_HIT = pl.col("hit")


def names(setting: Setting) -> list[str]:
    """The columns of the keys."""
    return [f"by.{key}" for key in setting.keys]


def grouped(
    frame: pl.DataFrame, setting: Setting, *found: pl.Expr
) -> Iterator[tuple[dict[str, str | None], dict[str, Any]]]:
    """Keys and what was found, a group, in the keys' order; one group of all cases where there is no key."""
    if not setting.keys:
        yield {}, frame.select(found).row(0, named=True)
        return
    held = frame.group_by(GROUP).agg(found).sort(GROUP)
    keys = group_keys(frame, setting.keys, held[GROUP])
    yield from zip(keys, held.drop(GROUP).iter_rows(named=True), strict=True)


def by_curve(
    frame: pl.DataFrame,
    setting: Setting,
    causes: Sequence[str],
    read: Callable[[pl.DataFrame, list[str]], pl.DataFrame],
) -> Iterator[tuple[dict[str, str | None], dict[str, Any]]]:
    """Keys and what ``read`` finds in the curve of each group."""
    by = [GROUP] if setting.keys else []
    found = read(incidence(frame, by, causes=list(causes)), by)
    if not by:
        yield {}, found.row(0, named=True)
        return
    found = found.sort(GROUP)
    yield from zip(group_keys(frame, setting.keys, found[GROUP]), found.iter_rows(named=True), strict=True)


@dataclass(frozen=True, slots=True)
class Share:
    """``hit`` ÷ cases, with Wilson's interval, drawn towards the parent's. A null hit is not decided and not in n."""

    measure: str = "share"
    missing: str = NO_CASE

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterator[Row]:
        """A row a group."""
        counts = (_HIT.sum().cast(pl.Int64).alias("w"), _HIT.count().cast(pl.Int64).alias("n"))
        decided = list(grouped(frame, setting, *counts))
        families: dict[tuple[str | None, ...], list[tuple[int, int]]] = {}
        if setting.parent is not None:
            for keys, row in decided:
                families.setdefault(_above(keys, setting), []).append((row["w"], row["n"]))
        parents = {above: _parent(groups) for above, groups in families.items()}
        for keys, row in decided:
            w, n = row["w"], row["n"]
            made = share(w, n, missing=self.missing, min_n=setting.min_n, flags=setting.flags)
            parent = parents.get(_above(keys, setting)) if made.value is not None else None
            if parent is not None:
                rate, weight = parent
                made = replace(made, shrunk=(w + weight * rate) / (n + weight))
            yield Row(setting.spec.id, keys, self.measure, made)


def _above(keys: Mapping[str, str | None], setting: Setting) -> tuple[str | None, ...]:
    return tuple(keys[key] for key in setting.parent or ())


def _parent(groups: list[tuple[int, int]]) -> tuple[Fraction, Fraction] | None:
    """The rate over groups, and how many cases it is worth beside a group's own."""
    n = sum(of for _, of in groups)
    if not n:
        return None
    # an estimate: a hundredth of a case is near enough, and keeps the fractions short
    weight = prior_weight(groups).m.limit_denominator(100)
    return Fraction(sum(w for w, _ in groups), n), weight


def major(minor: int, currency: str) -> Decimal:
    """An amount in minor units as one in major units."""
    return Decimal(minor).scaleb(-MINOR_DIGITS.get(currency, 2))


@dataclass(frozen=True, slots=True)
class ValueShare:
    """Σ ``value`` of hits ÷ Σ ``value``: money over money, exactly. Cases without an amount are counted in a flag."""

    measure: str = "value"

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterator[Row]:
        """A row a group."""
        decided, known = _HIT.is_not_null(), pl.col("value").is_not_null()
        valued = decided & known
        found = (
            pl.col("value").filter(valued & _HIT).sum().cast(pl.Int64).alias("w"),
            pl.col("value").filter(valued).sum().cast(pl.Int64).alias("all"),
            valued.sum().cast(pl.Int64).alias("n"),
            (decided & ~known).sum().alias("without"),
            *((valued & _is).sum().alias(f"valued{name}") for name, _is in (("yes", _HIT), ("no", ~_HIT))),
            *((decided & _is).sum().alias(f"all{name}") for name, _is in (("yes", _HIT), ("no", ~_HIT))),
        )
        for keys, row in grouped(frame, setting, *found):
            flags = (*setting.flags, "some_without_amount") if row["without"] else setting.flags
            missing = "no amount is known" if row["without"] else NO_CASE
            # where one side has no amounts at all, the share would be 0 or 1 whatever happened
            if row["n"] and any(row[f"all{side}"] and not row[f"valued{side}"] for side in ("yes", "no")):
                side = "that were won" if not row["valuedyes"] else "that were not won"
                yield Row(
                    setting.spec.id, keys, self.measure,
                    nothing(f"no amount is known of deals {side}", unit="share", n=row["n"], flags=flags),
                )  # fmt: skip
                continue
            made = ratio(row["w"], row["all"], n=row["n"], missing=missing, min_n=setting.min_n, flags=flags)
            yield Row(setting.spec.id, keys, self.measure, made)


@dataclass(frozen=True, slots=True)
class Count:
    """How many cases, or the sum of a whole-number column; 0 is a value here."""

    measure: str = "count"
    column: str = ""
    where: pl.Expr | None = None
    unit: str = "deals"

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterator[Row]:
        """A row a group."""
        what = pl.col(self.column).sum() if self.column else pl.len()
        if self.where is not None:
            what = pl.col(self.column).filter(self.where).sum() if self.column else self.where.sum()
        for keys, row in grouped(frame, setting, what.cast(pl.Int64).alias("value"), pl.len().alias("n")):
            yield Row(
                setting.spec.id,
                keys,
                self.measure,
                figure(row["value"], unit=self.unit, n=row["n"], flags=setting.flags),
            )


@dataclass(frozen=True, slots=True)
class MoneySum:
    """The sum of ``value`` (minor units) in major units, exactly; cases without an amount are flagged."""

    measure: str
    where: pl.Expr | None = None

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterator[Row]:
        """A row a group."""
        held = pl.col("value") if self.where is None else pl.col("value").filter(self.where)
        found = (held.sum().cast(pl.Int64).alias("sum"), held.count().alias("n"), held.null_count().alias("without"))
        for keys, row in grouped(frame, setting, *found):
            flags = (*setting.flags, "some_without_amount") if row["without"] else setting.flags
            value = major(row["sum"], setting.currency) if row["n"] else None
            missing = "no amount is known" if row["without"] else NO_CASE
            made = figure(value, unit=setting.currency, n=row["n"], missing=missing, flags=flags)
            yield Row(setting.spec.id, keys, self.measure, made)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Σ ``num`` ÷ Σ ``den``, whole numbers, over ``n`` cases."""

    measure: str = "ratio"
    unit: str = "share"
    missing: str = NO_CASE

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterator[Row]:
        """A row a group."""
        sums = [pl.col(name).sum().cast(pl.Int64) for name in ("num", "den")]
        for keys, row in grouped(frame, setting, *sums, pl.len().alias("n")):
            made = ratio(
                row["num"], row["den"], n=row["n"], unit=self.unit, missing=self.missing, min_n=setting.min_n,
                flags=setting.flags,
            )  # fmt: skip
            yield Row(setting.spec.id, keys, self.measure, made)


QUANTILES: Mapping[str, float] = {"median": 0.5, "p75": 0.75, "p90": 0.9}


@dataclass(frozen=True, slots=True)
class Spread:
    """Quantiles of a number that every case has (type 7); ``where`` picks the cases, ``prefix`` names them."""

    column: str = "days"
    unit: str = "days"
    where: pl.Expr | None = None
    prefix: str = ""
    quantiles: Mapping[str, float] = field(default_factory=lambda: QUANTILES)
    mean: bool = False

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterator[Row]:
        """A row a group and quantile."""
        of = frame if self.where is None else frame.filter(self.where)
        found = [quantile_of(self.column, q).alias(name) for name, q in self.quantiles.items()]
        if self.mean:
            found.append(pl.col(self.column).mean().alias("mean"))
        for keys, row in grouped(of, setting, *found, pl.col(self.column).count().cast(pl.Int64).alias("n")):
            n = row.pop("n")
            for name, value in row.items():
                made = figure(value, unit=self.unit, n=n, missing=NO_CASE, min_n=setting.min_n, flags=setting.flags)
                yield Row(setting.spec.id, keys, f"{self.prefix}{name}", made)


@dataclass(frozen=True, slots=True)
class Clock:
    """Quantiles of a duration that is still going on for some cases (``cause`` null), by Kaplan and Meier."""

    unit: str = "days"
    quantiles: Mapping[str, float] = field(default_factory=lambda: QUANTILES)
    cause: str | None = None

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterator[Row]:
        """A row a group and quantile."""
        if not frame.height:
            if not setting.keys:
                yield from (Row(setting.spec.id, {}, name, nothing(NO_CASE, unit=self.unit)) for name in self.quantiles)
            return
        causes = sorted(frame["cause"].drop_nulls().unique().cast(pl.String).to_list())
        qs = tuple(self.quantiles.values())
        for keys, row in by_curve(frame, setting, causes, lambda c, by: time_quantiles(c, by, qs, cause=self.cause)):
            for name, q in self.quantiles.items():
                value = row[f"q{q * 100:g}"]
                missing = f"fewer than {q * 100:g}% have come to it yet"
                made = figure(
                    value, unit=self.unit, n=row["n"], missing=missing, min_n=setting.min_n, flags=setting.flags
                )
                yield Row(setting.spec.id, keys, name, made)


@dataclass(frozen=True, slots=True)
class Incidence:
    """The share that has come to ``cause`` by ``within`` days (null: by the end of what was followed).

    Aalen and Johansen's cumulative incidence, all other causes competing, so that open cases are censored and losses
    are not; with bounds as ``bounds`` gives them.
    """

    causes: Sequence[str]
    measures: Mapping[str, str]
    """The causes that are wanted, and what the measure of each is called."""
    within: str = "within"
    """The policy that holds the horizon."""

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterator[Row]:
        """A row a group and measure."""
        if not frame.height:
            if not setting.keys:
                nowhere = nothing(NO_CASE, unit="share", flags=setting.flags)
                yield from (Row(setting.spec.id, {}, measure, nowhere) for measure in self.measures.values())
            return
        within = setting[self.within]

        def read(curves: pl.DataFrame, by: list[str]) -> pl.DataFrame:
            # bounds take time
            others = [f"cif.{cause}" for cause in self.causes if cause not in self.measures]
            curves = bounded(curves.drop(others), by)
            return at_end(curves, by) if within is None else at_horizon(curves, by, float(within))

        for keys, row in by_curve(frame, setting, self.causes, read):
            for cause, measure in self.measures.items():
                yield Row(setting.spec.id, keys, measure, self._figure(row, cause, setting))

    @staticmethod
    def _figure(row: Mapping[str, Any], cause: str, setting: Setting) -> Figure:
        missing = row["reason"] or "nothing was followed that long"
        value = row[f"cif.{cause}"]
        value = None if value is None else min(1.0, max(0.0, value))
        made = figure(value, unit="share", n=row["n"], missing=missing, min_n=setting.min_n, flags=setting.flags)
        low, high = row[f"low.{cause}"], row[f"high.{cause}"]
        if made.value is None or low is None or high is None:
            return made
        return replace(made, low=low, high=high)


@dataclass(frozen=True, slots=True)
class On:
    """A kind over other columns: ``hit`` and ``value`` are renamed from those named, on the cases of ``where``."""

    kind: Any
    hit: str | None = None
    value: str | None = None
    where: pl.Expr | None = None

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterable[Row]:
        """As the kind's."""
        of = frame if self.where is None else frame.filter(self.where)
        renamed = [pl.col(old).alias(new) for old, new in ((self.hit, "hit"), (self.value, "value")) if old]
        made: Iterable[Row] = self.kind.figures(of.with_columns(renamed), setting)
        return made


@dataclass(frozen=True, slots=True)
class Several:
    """Several kinds over the same cases, each with measures of its own."""

    kinds: tuple[Any, ...]

    def figures(self, frame: pl.DataFrame, setting: Setting) -> Iterator[Row]:
        """The rows of each in turn."""
        for kind in self.kinds:
            yield from kind.figures(frame, setting)


def several(*kinds: Any) -> Several:
    """Kinds beside each other."""
    return Several(kinds)


__all__ = [
    "QUANTILES", "Clock", "Count", "Figure", "Incidence", "MoneySum", "On", "Ratio", "Several", "Share", "Spread",
    "ValueShare", "by_curve", "grouped", "major", "names", "several",
]  # fmt: skip
