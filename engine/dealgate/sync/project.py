"""Taking over: deals that changed in the mirror are typed by the mapping and kept in the store, some at a time.

A deal is taken over whole, with all its children, so what is kept never depends on how the changes came. Taking the
same over twice changes nothing: a sync that dies between the store and the mirror repeats harmlessly.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from dealgate.compile.events import DELETED, EVENTS, RECORD, THERE, in_order
from dealgate.history import events_of, records_of
from dealgate.model.diagnostics import Diagnostic
from dealgate.model.process import Process
from dealgate.sources.mapping.apply import apply
from dealgate.sources.mapping.model import SourceMapping

from .mirror import Mirror
from .pull import OVERLAP
from .seen import after, emptied_of, outlived_of, present, told
from .tables import RawTables
from .untold import note_untold, still_untold, untold_of

if TYPE_CHECKING:
    from dealgate.store import Store

BATCH = 5_000
STRANGE = "strange"


@dataclass(slots=True)
class Taken:
    """What was taken over. ``counts``: how many rows each diagnostic stands for, over all batches."""

    deals: int = 0
    new_deals: int = 0
    new_events: int = 0
    new_children: int = 0
    gone: int = 0
    set_aside: int = 0
    strange: dict[str, str] = field(default_factory=dict)
    """By open deal the CRM's stage that the mapping does not know; those of earlier runs too, until it does."""
    untold: dict[str, set[str]] = field(default_factory=dict)
    """By field the deals that keep the value they had, for the CRM does not tell its column any more."""
    diagnostics: list[Diagnostic] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Target:
    """Where deals go: a store, under a source's name, by a process and the mapping that types them."""

    store: Store
    source: str
    process: Process
    mapping: SourceMapping
    playbook: tuple[str, str]


def take_over(
    mirror: Mirror,
    target: Target,
    seen_at: datetime,
    recorded_at: datetime,
    *,
    besides: Collection[str] = (),
    batch: int = BATCH,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Taken:
    """Every deal that waits, to the store. ``seen_at``: the server's moment up to which the mirror is complete;
    ``besides``: deals of which it is known that the mirror has only a part."""
    done, every = Taken(), mirror.waiting()
    done.strange = json.loads(mirror.noted(STRANGE) or "{}")
    done.untold = still_untold(mirror, target)
    columns = mirror.tables()
    while deals := mirror.some_waiting(batch, besides):
        _batch(mirror, target, [deal for deal, _ in deals], columns, seen_at, recorded_at, done)
        mirror.note(STRANGE, json.dumps(done.strange, sort_keys=True))
        note_untold(mirror, done.untold)
        mirror.taken(deals)
        progress(done.deals + done.gone, every)
    if not mirror.waiting():
        mirror.taken_afresh()
    note_untold(mirror, done.untold)
    if done.untold:
        # what was kept from us has not changed in the CRM: only reading anew finds it, once it is told again
        mirror.restart("deals")
    return done


def _batch(
    mirror: Mirror, target: Target, deals: list[str], columns: Mapping[str, list[str]], seen_at: datetime,
    recorded_at: datetime, done: Taken,
) -> None:  # fmt: skip
    gone = mirror.gone(deals)
    strange = [deal for deal in deals if done.strange.pop(deal, None) is not None]
    absent = set(gone)
    rows = mirror.rows([deal for deal in deals if deal not in absent])
    events, children, back = pl.DataFrame(schema=EVENTS), {}, pl.DataFrame()
    seen = seen_at
    if any(table in rows for table in target.mapping.records.files):
        source = apply(RawTables(target.source, rows, columns), target.mapping, target.process)
        events = events_of(source.frames, target.process, seen_at)
        seen = after(events.filter(pl.col("origin") != "seen")["at"], seen_at)
        held = target.store.filled(
            target.source, target.process.record, source.frames.deals["id"].cast(pl.String).to_list()
        )
        fields = target.mapping.records.fields
        emptied = emptied_of(held, fields, events, seen)
        untold = untold_of(mirror, target, rows, emptied)
        for deal, name in untold:
            done.untold.setdefault(name, set()).add(deal)
        keys = pl.DataFrame(untold, schema={"deal": pl.String, "field": pl.String}, orient="row")
        emptied = emptied.join(keys, on=["deal", "field"], how="anti")
        outlived = outlived_of(held, fields, events, seen)
        back = held.filter(
            pl.col("field") == RECORD, pl.col("latest").is_not_null(), pl.col("latest").ne_missing(pl.col("last"))
        )
        children = records_of(source.frames)
        done.strange |= _strange(events, target.process)
        done.set_aside += source.set_aside
        done.counts.update(source.counts)
        known = {d.code for d in done.diagnostics}
        done.diagnostics += [d for d in source.diagnostics if d.code not in known]
        # what was seen in a stage that nobody knew stands no longer, whatever history says of the time before
        anew = events if mirror.afresh else events.filter(pl.col("deal").is_in(strange))
        events = pl.concat([events, emptied, outlived, present(anew, seen)])
    new_deals = new_events = 0
    if events.height or children:
        kept = target.store.ingest(
            target.source, target.process, events, children, seen_at=seen, recorded_at=max(recorded_at, seen),
            playbook=target.playbook,
        )  # fmt: skip
        done.deals += kept.deals
        new_deals, new_events = kept.new_deals, kept.new_events
        done.new_children += kept.new_children
    if back.height:
        new_events += _record(target, back["deal"].to_list(), THERE, back["latest"], seen_at, recorded_at)
    if gone:
        held = target.store.filled(target.source, target.process.record, gone)
        new_events += _record(target, gone, DELETED, held["latest"], seen_at, recorded_at)
    done.gone += len(gone)
    done.new_deals += new_deals
    done.new_events += new_events


def _record(
    target: Target, deals: list[str], value: str, said: pl.Series, seen_at: datetime, recorded_at: datetime
) -> int:
    """Keeps that deals are gone, or there again, after all that was ``said`` of them: what a pull is sure of ends some
    time before what it has seen of each. How many events that were new."""
    at = after(said, seen_at, OVERLAP)
    kept = target.store.ingest(
        target.source, target.process, told(deals, RECORD, value, at), {}, seen_at=at, recorded_at=max(recorded_at, at),
        playbook=target.playbook,
    )  # fmt: skip
    return kept.new_events


def _strange(events: pl.DataFrame, process: Process) -> dict[str, str]:
    """By open deal the stage that it is in now, where that is none of the process's."""
    last = in_order(events.filter(pl.col("field").is_in(["stage", "status"]))).group_by("deal", "field").last()
    now = last.select("deal", "field", "value").pivot("field", index="deal", values="value")
    if "stage" not in now.columns:
        return {}
    known = process.catalogue.deal["stage"].readable
    is_open = (pl.col("status") == "open") | pl.col("status").is_null() if "status" in now.columns else pl.lit(True)
    odd = now.filter(pl.col("stage").is_not_null(), ~pl.col("stage").is_in(known), is_open)
    return dict(odd.select("deal", "stage").iter_rows())
