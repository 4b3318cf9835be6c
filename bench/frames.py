"""The workload as dealgate's own columns: its field ids, money in minor units, percents as fractions, Enums."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from .criteria import NAMES, REQUIRED
from .deals import NAMES_HERE, PER_HUNDRED, ROLES_HERE, Process
from .many import READY
from .tables import Deals
from .workload import CHOICES, DATES, ROLES, TEXTS

_MONEY = {"amount", "budget_amount", "arr", "tcv"}


def frame(deals: Deals, process: Process) -> pl.DataFrame:
    """Every deal, its contacts as a list of struct; null is missing."""
    fields, (offsets, roles, engaged, synced) = deals.columns
    catalogue = process.playbook.process.catalogue
    out = []
    for name, (values, there) in fields.items():
        ours = NAMES_HERE.get(name, name)
        if name in CHOICES:
            column = _choice(values, there, CHOICES[name], catalogue.deal[ours].options)
        elif name in TEXTS:
            column = _choice(values, there, [f"{name} text {i}" for i in range(1000)], ()).cast(pl.String)
        else:
            if name in _MONEY:
                values = np.rint(values * 100).astype(np.int64)
            elif name in PER_HUNDRED:
                # the float nearest to the fraction, which is the one that stands for it
                values = np.round(values / 100, 3)
            column = pl.Series(pa.array(values, mask=~there))
            column = column.cast(pl.Date if name in DATES else pl.String if name == "id" else column.dtype)
        out.append(column.alias(ours))
    words = [ROLES_HERE.get(role, role) for role in ROLES]
    role = pa.DictionaryArray.from_arrays(pa.array(roles), pa.array(words)).cast(pa.string())
    people = pa.StructArray.from_arrays([role, pa.array(engaged)], names=["role", "engaged"])
    listed = pl.Series("contacts", pa.ListArray.from_arrays(pa.array(offsets), people, mask=pa.array(~synced)))
    options = pl.Enum(catalogue.collections["contacts"].fields["role"].options)
    return pl.DataFrame([*out, listed]).with_columns(_with_role(options), _all_open(process))


def _all_open(process: Process) -> pl.Expr:
    """The workload has no status: a deal of which nothing else is known is open."""
    return pl.lit("open", pl.Enum(process.playbook.process.catalogue.deal["status"].options)).alias("status")


def _with_role(kind: Any) -> pl.Expr:
    role = pl.element().struct.field("role").cast(kind)
    return pl.col("contacts").list.eval(pl.struct(role, pl.element().struct.field("engaged")))


def as_users_have(frame: Any) -> Any:
    """The same with amounts in major units, as frames that are not typed yet have them."""
    return frame.with_columns(pl.col(sorted(_MONEY)) / 100)


def contacts(deals: pl.DataFrame) -> pl.DataFrame:
    """The contacts as a table of their own: ``deal``, ``position`` in it, and their fields."""
    listed = deals.select(pl.col("id").alias("deal"), "contacts").filter(pl.col("contacts").list.len() > 0)
    numbered = listed.with_columns(position=pl.int_ranges(0, pl.col("contacts").list.len()))
    return numbered.explode("contacts", "position").unnest("contacts")


def parquet(deals: Deals, process: Process) -> Path:
    """A Parquet file with the columns of the one that is read by hand, laid out as that is; choices are text."""
    path = deals.path("ours", "parquet")
    if not path.exists():
        held = deals.held("ours", lambda: frame(deals, process)).drop("status")
        texts = [pl.col(name).cast(pl.String) for name, kind in held.schema.items() if isinstance(kind, pl.Enum)]
        table = held.with_columns(*texts, _with_role(pl.String)).to_arrow()
        deals.write_parquet(table, path)
    return path


def typed(scan: pl.LazyFrame, process: Process) -> pl.LazyFrame:
    """The file's columns with choices as Enum: the same casts as by hand."""
    fields = process.playbook.process.catalogue.deal
    choices = [NAMES_HERE.get(name, name) for name in CHOICES]
    casts = [pl.col(name).cast(pl.Enum(fields[name].options)) for name in choices]
    return scan.with_columns(*casts, _all_open(process))


def answers(result: pl.DataFrame, process: Process, stages: pl.DataFrame) -> pl.DataFrame:
    """What ``evaluate_frame`` gave, in the shape that is compared; ``stages`` has each deal's ``id`` and ``stage``.

    Raises ValueError where a status is there that this process cannot bring out.
    """
    ids = [process.playbook.process.criteria[place].id for place in process.places]
    known = [pl.when(pl.col(i) != "unknown").then(pl.col(i) == "met").alias(n) for i, n in zip(ids, NAMES, strict=True)]
    strange = result.select(pl.any_horizontal(~pl.col(i).is_in(["met", "unmet", "unknown"]) for i in ids).any()).item()
    if strange:
        raise ValueError("a status other than met, unmet and unknown")
    number = pl.col("id").cast(pl.Int64)
    out = result.select(number, *known).join(stages.select(number, "stage"), on="id", validate="1:1").sort("id")
    ready = pl.lit(False)
    for stage, required in REQUIRED.items():
        met = pl.all_horizontal(pl.col(NAMES[n]).fill_null(False) for n in required)
        ready = pl.when(pl.col("stage") == stage).then(met).otherwise(ready)
    return out.select(*NAMES, ready.alias(READY))


def _choice(codes: Any, there: Any, words: list[str], options: tuple[str, ...]) -> pl.Series:
    """Numbers of words as an Enum of the options, which may stand in another order; of the words where none are."""
    options = options or tuple(words)
    places = np.array([options.index(word) for word in words], dtype=np.uint32)
    return pl.Series(pa.array(places[codes], mask=~there)).cat.to(pl.Enum(options))
