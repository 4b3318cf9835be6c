"""Taking over a file: what it shows now beside what the store holds; what differs was seen when it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from dealgate.compile.events import DELETED, RECORD, THERE
from dealgate.model.diagnostics import Diagnostic, SourceFailed, Where, error, warning
from dealgate.model.process import Process

from .seen import after, emptied_of, present, told

if TYPE_CHECKING:
    from dealgate.sources.open import Source
    from dealgate.store import Ingested, Store

AT_MOST = 30
"""Percent of the deals that are there: if more would be gone at once, a person has to say so."""
TORN = frozenset({"DG615", "DG620", "DG621", "DG630", "DG676"})
"""What is noticed where rows could not be read, or not as whole: a deal that seems absent may stand in one of them."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file as it was read: its deals, EVENTS of what they tell and child records by collection, as of ``seen_at``."""

    source: Source
    events: pl.DataFrame
    children: Mapping[str, pl.DataFrame]
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Whole:
    """The file has every deal there is: one that it has not is gone. ``anyway``: however many those are."""

    anyway: bool = False


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a file. ``gone``: deals that it has no more; ``noticed``: what has to be said of them."""

    done: Ingested
    gone: int = 0
    noticed: tuple[Diagnostic, ...] = ()


def take_in(
    store: Store, name: str, process: Process, export: Export, recorded_at: datetime, playbook: tuple[str, str],
    *, whole: Whole | None = None, afresh: bool = False, keep: bool = True,
) -> TakenIn:  # fmt: skip
    """Takes a file into the store under a source's name, all of it or nothing; without ``keep`` it is only told what
    would be.

    ``afresh``: it was read by other rules before. Raises SourceFailed where a whole file would take too many deals
    away, or the store fails.
    """
    source, seen_at, record = export.source, export.seen_at, process.record
    ids = source.frames.deals["id"].cast(pl.String)
    filled = store.filled(name, record, ids.to_list())
    events = pl.concat([export.events, emptied_of(filled, source.told, export.events, seen_at)])
    if afresh:
        events = pl.concat([events, present(events, seen_at)])
    held = store.standing(name, record)
    mine = pl.col("deal").is_in(ids.implode())
    back = held.filter(mine, pl.col("value") == DELETED)
    gone, noticed = held.clear(), list[Diagnostic]()
    if whole is not None:
        there = held.filter(pl.col("value") == THERE)
        gone = there.filter(~mine)
        torn = sorted({d.code for d in source.diagnostics} & TORN)
        if gone.height and torn:
            noticed.append(_unsure(name, gone.height, torn))
            gone = gone.clear()
        elif gone.height * 100 > there.height * AT_MOST and not whole.anyway:
            raise SourceFailed(_too_many(name, gone.height, there.height))
    last = pl.concat([back["last"], gone["last"], events.filter(pl.col("origin") != "seen")["at"]])
    at = after(last, seen_at)
    events = pl.concat([events, told(back["deal"], RECORD, THERE, at), told(gone["deal"], RECORD, DELETED, at)])
    done = store.ingest(
        name, process, events, export.children, seen_at=at, recorded_at=max(recorded_at, at), playbook=playbook,
        keep=keep,
    )  # fmt: skip
    return TakenIn(done, gone.height, tuple(noticed))


def _too_many(name: str, gone: int, there: int) -> Diagnostic:
    share = gone * 100 // there
    message = f"The file has {gone:,} of {there:,} deals no more ({share} %), which is more than {AT_MOST} %."
    hint = (
        "if it is a part of them, export all, or take `whole` out of the options; "
        f"if they are gone: dealgate sync {name} --accept-gone"
    )
    return error("DG876", message, Where(name), hint)


def _unsure(name: str, gone: int, torn: list[str]) -> Diagnostic:
    are = "deal is" if gone == 1 else "deals are"
    message = (
        f"{gone:,} {are} not in the file, and not taken for gone: some rows could not be read ({', '.join(torn)})."
    )
    return warning("DG879", message, Where(name), "mend those rows, or have the file exported anew")
