"""What changed in a CRM, into the store."""

from __future__ import annotations

from ...sources.table import counted
from ..syncing import Synced, synced
from . import Asked, Done

SOURCE = True
FLAGS = ("full",)
APPLY = False
DEALS = ("deals", "leads")


def do(asked: Asked) -> Done:
    """One sync. Raises Stopped after a page, DealgateError where nobody is let in or the store fails."""
    full = "full" in asked.job.flags
    found = synced(asked.source, full=full, step=asked.step, patience=asked.patience)
    streams = [one for one in found.run.streams if one.stream in DEALS]
    deals = {
        "read": sum(one.read for one in streams),
        "new": sum(one.new for one in streams),
        "changed": sum(one.changed for one in streams),
        "gone": sum(one.gone for one in streams),
    }
    return Done(
        said(found, deals),
        deals=deals,
        budget=left(found),
        diagnostics=found.taken.diagnostics if found.taken is not None else (),
        failures=found.refused,
    )


def said(found: Synced, deals: dict[str, int]) -> str:
    """A sentence."""
    counts = ", ".join(f"{deals[word]:,} {word}" for word in ("new", "changed", "gone") if deals[word])
    read = f"{counted(deals['read'], 'deal')} read"
    waiting = f"; {found.waiting:,} not yet in the store" if found.waiting else ""
    return f"{read}{f', {counts}' if counts else ', nothing changed'}{waiting}"


def left(found: Synced) -> int | None:
    """What is left of the CRM's allowance, where it says so."""
    for one in reversed(found.run.streams):
        if one.budget.limit is not None and one.budget.used is not None:
            return max(0, one.budget.limit - one.budget.used)
    return None
