"""A report as flat columns, one row a deal: what spreadsheets, CSV and Parquet hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from ..model.currencies import MINOR_DIGITS
from ..model.process import Process
from ..model.values import Money
from ..model.verdict import GAPS, Status
from .judge import Standing

MAJOR = 4
"""Decimals of an amount in major units: as many as any currency has."""
STATUS = pl.Enum([status.value for status in Status])
COLUMNS: dict[str, Any] = {
    "id": pl.String,
    "name": pl.String,
    "owner": pl.String,
    "amount": pl.Decimal(38, MAJOR),
    "currency": pl.String,
    "stage": pl.String,
    "status": pl.String,
    "state": pl.String,
    "readiness": pl.Float64,
    "met": pl.Int32,
    "unmet": pl.Int32,
    "unknown": pl.Int32,
    "gaps": pl.String,
    "next": pl.String,
}
"""Column → type. After these comes one column a criterion, by its id: its status, null where it is not asked."""
DONE = (Status.MET, Status.WAIVED)


def of_standings(standings: Sequence[Standing], process: Process) -> pl.DataFrame:
    """Deals judged one by one as columns."""
    criteria = {criterion.id: n for n, criterion in enumerate(process.criteria)}
    rows = []
    for standing in standings:
        asked: list[str | None] = [None] * len(criteria)
        for verdict in standing.verdicts:
            asked[criteria[verdict.criterion.id]] = verdict.status.value
        rows.append((*_row(standing), *asked))
    schema = {**COLUMNS, **dict.fromkeys(criteria, STATUS)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _row(standing: Standing) -> tuple[object, ...]:
    fields, verdicts = standing.deal.fields, standing.verdicts
    amount = fields.get("amount")
    gaps = [v.criterion for v in verdicts if v.status in GAPS]
    fixes = [criterion.fix for criterion in gaps if criterion.fix]
    judged = bool(verdicts)
    return (
        whole_text(standing.deal.id),
        whole_text(fields.get("name")),
        whole_text(fields.get("owner.name")),
        amount.major if isinstance(amount, Money) else None,
        amount.currency if isinstance(amount, Money) else None,
        standing.stage.title if standing.stage else None,
        None if standing.group == "unmapped" else standing.group,
        standing.state.value if standing.state else None,
        None if standing.readiness is None else round(float(standing.readiness), 4),
        sum(v.status in DONE for v in verdicts) if judged else None,
        sum(v.status is Status.UNMET for v in verdicts) if judged else None,
        sum(v.status is Status.UNKNOWN for v in verdicts) if judged else None,
        "; ".join(k.title for k in gaps) or None,
        fixes[0] if fixes else None,
    )


def whole_text(cell: Any) -> Any:
    """Half a character (a lone surrogate) cannot be stored; it is written out."""
    return cell.encode("utf-8", "backslashreplace").decode() if isinstance(cell, str) else cell


def major(minor: pl.Expr, currency: pl.Expr) -> pl.Expr:
    """Minor units in major ones, exact, by each currency's digits."""
    by_digits: dict[int, list[str]] = {}
    for code, digits in MINOR_DIGITS.items():
        by_digits.setdefault(digits, []).append(code)
    found: Any = pl.lit(None, pl.Decimal(38, MAJOR))
    for digits, codes in by_digits.items():
        scaled = (minor.cast(pl.Int128) * 10 ** (MAJOR - digits)).cast(pl.Decimal(38, 0))
        found = pl.when(currency.is_in(codes)).then(scaled * pl.lit(0.0001, pl.Decimal(5, 4))).otherwise(found)
    exact: pl.Expr = found.cast(pl.Decimal(38, MAJOR))
    return exact


def of_columns(judged: pl.LazyFrame, process: Process) -> pl.LazyFrame:
    """Deals judged in columns, with every column of ``batch.SHOWN``: the same table, worked out in columns."""
    stage = pl.col("stage").cast(pl.String)
    counted = pl.col("state").is_not_null()
    titles = {s.id: s.title for s in process.stages}
    asked = asking_stages(process)
    masks: dict[tuple[str, ...], pl.Expr] = {
        stages: counted & stage.is_in(list(stages)) for stages in set(asked.values()) if stages
    }
    frame = judged.with_columns(
        pl.when(masks[stages]).then(pl.col(name)).otherwise(None).alias(name)
        if stages
        else pl.lit(None, STATUS).alias(name)
        for name, stages in asked.items()
    )
    names = [name for name, stages in asked.items() if stages]
    commits = [criterion.id for criterion in process.commit]
    frame = frame.with_columns(
        pl.when(pl.col(name) != Status.NOT_APPLICABLE.value).then(pl.col(name)).alias(name) for name in commits
    )
    gap = {n: pl.col(n).is_in([s.value for s in GAPS]) for n in names}
    fixes = {k.id: k.fix for k in process.criteria if k.fix}
    words = {k.id: k.title for k in process.criteria}
    any_asked = pl.any_horizontal(pl.col(n).is_not_null() for n in names) if names else pl.lit(False)

    def count(*statuses: Status) -> pl.Expr:
        found = [pl.col(n).is_in([s.value for s in statuses]).fill_null(False).cast(pl.Int32) for n in names]
        return pl.when(any_asked).then(pl.sum_horizontal(found) if found else pl.lit(0, pl.Int32))

    currency = pl.coalesce(pl.col("amount.currency").cast(pl.String), pl.lit(process.currency))
    minor = pl.col("amount")
    gaps = [pl.when(gap[n]).then(pl.lit(words[n])) for n in names]
    nexts = [pl.when(gap[n]).then(pl.lit(fixes[n])) for n in names if n in fixes]
    joined = pl.concat_str(gaps, separator="; ", ignore_nulls=True) if gaps else pl.lit("")
    return frame.select(
        pl.col("id"),
        pl.col("name"),
        pl.col("owner.name").alias("owner"),
        major(minor, currency).alias("amount"),
        pl.when(minor.is_not_null()).then(currency).alias("currency"),
        stage.replace_strict(titles, default=None, return_dtype=pl.String).alias("stage"),
        pl.when(pl.col("group") != "unmapped").then(pl.col("group").cast(pl.String)).alias("status"),
        pl.col("state").cast(pl.String),
        pl.col("readiness").round(4),
        count(*DONE).alias("met"),
        count(Status.UNMET).alias("unmet"),
        count(Status.UNKNOWN).alias("unknown"),
        pl.when(joined != "").then(joined).alias("gaps"),
        (pl.coalesce(nexts) if nexts else pl.lit(None, pl.String)).alias("next"),
        *(pl.col(name) for name in asked),
    )


def asking_stages(process: Process) -> dict[str, tuple[str, ...]]:
    """Criterion → the stages in which a deal is held to it."""
    found: dict[str, list[str]] = {criterion.id: [] for criterion in process.criteria}
    for stage in process.stages:
        if stage.after in (None, "won"):
            for criterion in (*process.asked_in(stage), *process.commit):
                found[criterion.id].append(stage.id)
    return {name: tuple(stages) for name, stages in found.items()}
