"""Where a sync of the tests goes: a store of their own, by a process and a mapping; and what it then has."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from dealgate.documents.digest import canonical
from dealgate.documents.library import Library
from dealgate.documents.load import load
from dealgate.history import history_of
from dealgate.history.past import History
from dealgate.sources.mapping.load import load_mapping
from dealgate.store import open_store
from dealgate.sync.project import Target


def target_in(folder: Path, mapping: str | Path, process_id: str = "practical") -> Target:
    """A fresh store in a folder, as the source ``crm``; whoever asks for it closes ``target.store``."""
    loaded = load(process_id)
    process = loaded.need()
    store = open_store(f"sqlite:///{folder}/store.db", ready=False)
    store.init()
    typed = load_mapping(mapping, process, Library())
    return Target(store, "crm", process, typed, (loaded.digest, canonical(process)))


def past_of(target: Target, at: datetime) -> History:
    """What the store has, as of a moment."""
    return history_of(target.store.events(), target.process, at, None, target.store.children())


def held_by(target: Target, at: datetime, *fields: str) -> dict[str, tuple[object, ...]]:
    """By deal its fields, as the store has them at a moment."""
    return {str(row[0]): row[1:] for row in past_of(target, at).now(*fields).select("id", *fields).iter_rows()}
