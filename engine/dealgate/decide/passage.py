"""Deals whose source has them in a stage that the process has no more, or never had: how many, where they are now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from ..compile.becomes import NOWHERE, Passage, surely
from ..compile.columns.becomes import now_columns, passages_of
from ..compile.columns.run import ready
from ..compile.frames import Frames
from ..documents.suggest import nearest
from ..model.diagnostics import Diagnostic, info, warning
from ..model.process import Process
from .playbook import Playbook

FEW = 5
"""Deals that a message names."""


def passages(frames: Frames, playbook: Playbook, as_of: date | datetime) -> list[Passage]:
    """Where deals of former stages are now, in the order in which the process tells of those stages."""
    process = playbook.process
    known = set(frames.deals.columns)
    if not process.becomes or "stage" not in known:
        return []
    word = pl.col("stage").cast(pl.String)
    deals = frames.deals.filter(word.is_in(list(process.becomes)))
    if not deals.height:
        return []
    ids = deals["id"].implode()
    children = {name: frame.filter(pl.col("deal").is_in(ids)) for name, frame in frames.children.items()}
    now = now_columns(ready(Frames(deals, children), process), process, playbook.judge.moment(as_of)).collect()
    named = deals.select(
        pl.col("id").alias("deal"),
        word.alias("was"),
        (pl.col("amount") if "amount" in known else pl.lit(None, pl.Int64)).alias("amount"),
        (pl.col("amount.currency") if "amount.currency" in known else pl.lit(None)).cast(pl.String).alias("code"),
    )
    return passages_of(named, now, process, process.currency)


@dataclass(frozen=True, slots=True)
class Astray:
    """Open deals in a stage that the process does not have and says nothing of; ``raw`` is how the source has it."""

    raw: str
    ids: tuple[str, ...]


def astray(frames: Frames, process: Process) -> list[Astray]:
    """The open deals by such a stage, the most first. Deals without any stage are not among them."""
    deals, none = frames.deals, pl.lit(None, pl.String)
    if deals.is_empty() or not {"stage", "stage.unfit"} & set(deals.columns):
        return []
    status = pl.col("status").cast(pl.String) == "open" if "status" in deals.columns else pl.lit(True)
    unfit = pl.col("stage.unfit").struct
    misfit = none
    if "stage.unfit" in deals.columns:
        misfit = pl.when(unfit.field("why") != "placeholder").then(unfit.field("raw"))
    ours = [*(s.id for s in process.stages), *process.becomes]
    word = pl.col("stage").cast(pl.String) if "stage" in deals.columns else none
    # a stage of another process may be readable where several share the deals
    strange = pl.when(~word.is_in(ours)).then(word)
    lost = deals.filter(status.fill_null(False)).select("id", pl.coalesce(misfit, strange).alias("raw"))
    grouped = lost.filter(pl.col("raw").is_not_null()).group_by("raw", maintain_order=True).agg("id")
    found = [Astray(raw, tuple(ids)) for raw, ids in grouped.iter_rows()]
    return sorted(found, key=lambda a: -len(a.ids))


# ------------------------------------------------ in words


def told(
    moved: Iterable[Passage], lost: Iterable[Astray], process: Process, *, every: bool = False
) -> list[Diagnostic]:
    """What a reader of the deals should know; ``every``: with the ids of all deals, not of the first few."""
    return [*(_passage(p, every) for p in moved), *(_astray(a, process, every) for a in lost)]


def counted(deals: pl.LazyFrame, process: Process) -> list[Diagnostic]:
    """The same of deals that are not held: how many there are by stage, and not which."""
    if not process.becomes or "stage" not in deals.collect_schema():
        return []
    stages = deals.select(pl.col("stage").cast(pl.String).alias("was"))
    found = stages.filter(pl.col("was").is_in(list(process.becomes))).group_by("was").len()
    numbers = dict(found.collect(engine="streaming").iter_rows())
    sure = surely(process)
    return [
        info("DG756", f"{_deals(numbers[was])} in `{was}`, which {_now_is(sure.get(was))}.")
        for was in process.becomes
        if was in numbers
    ]


def _now_is(stage: str | None) -> str:
    return f"is now `{stage}`" if stage is not None else "was split by conditions"


def _passage(passage: Passage, every: bool) -> Diagnostic:
    were = _deals(len(passage.ids))
    if passage.now is not None:
        return info("DG756", f"{were} in `{passage.was}`, which is now `{passage.now}`.")
    message = (
        f"{were} in `{passage.was}`, which the process has no more, and {_of(passage)}: {listed(passage.ids, every)}."
    )
    hint = "fill in what its conditions ask for"
    if passage.why == NOWHERE:
        hint = f"end the list of `{passage.was}` under `becomes` with an entry without `when`"
    return warning("DG757", message, suggestion=hint)


def _of(passage: Passage) -> str:
    return passage.why.replace("the deal", "each deal" if len(passage.ids) > 1 else "it")


def _astray(one: Astray, process: Process, every: bool) -> Diagnostic:
    near = nearest(one.raw, [*(s.id for s in process.stages), *process.becomes])
    hint = f"did you mean `{near}`?" if near else "map the value, or say under `becomes` which stage it is now"
    message = (
        f"{_deals(len(one.ids))} in `{one.raw}`, a stage that the process does not have: {listed(one.ids, every)}."
    )
    return warning("DG758", message, suggestion=hint)


def _deals(count: int) -> str:
    return f"{count:,} deal{' is' if count == 1 else 's are'}"


def listed(ids: tuple[str, ...], every: bool) -> str:
    """Ids for a reader: the first few and how many more, or all."""
    shown = ids if every else ids[:FEW]
    more = len(ids) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more (--notes shows all)" if more else "")
