"""Looking after a pull at what webhooks told of: is it in the mirror by now?

A webhook says that something changed; a pull brings it, with its history and all that belongs to it, as any pull does.
Two things a pull may not show. A search index that lags gives the record of before: then it is to be looked for again.
And where a CRM does not say what was deleted, a record that it spoke of and has no more is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dealgate.ports import CrmAdapter, Record, Reference, Trouble

from .mirror import Mirror
from .pull import Run

AT_ONCE = 100
"""How many records are asked for in one call."""

_OF_A_STREAM = ("forbidden", "gone")
"""Kinds of trouble with the records that are asked for, and not with the CRM: they must not keep all others waiting."""


def behind(adapter: CrmAdapter, mirror: Mirror, refs: Sequence[Reference], run: Run) -> tuple[Reference, ...]:
    """Those of which the CRM has something newer than the pull ``run`` brought, or that it does not give by their ids.
    What is gone is marked so. Raises Trouble where the CRM lets nobody in.
    """
    able = set(adapter.capabilities().streams) - {"deletions"}
    late: list[Reference] = []
    for stream, ids in _chunks([ref for ref in refs if ref.stream in able]):
        held = {one.id: one for one in mirror.records(stream, ids)}
        asked = [Reference(stream, ident) for ident in ids]
        try:
            now = {one.id: one for one in adapter.fetch(asked) if not one.gone}
        except Trouble as trouble:
            if trouble.kind not in _OF_A_STREAM:
                raise
            late += asked
            continue
        mirror.lost(stream, [ident for ident in ids if ident not in now], run.number)
        late += [Reference(stream, ident) for ident in ids if ident in now and _newer(now[ident], held.get(ident))]
    return tuple(late)


def _newer(now: Record, held: Record | None) -> bool:
    """A CRM that tells no moments leaves it open, and then the pull is believed."""
    if held is None:
        return True
    return now.modified is not None and held.modified is not None and now.modified > held.modified


def _chunks(refs: Sequence[Reference]) -> Iterator[tuple[str, list[str]]]:
    for stream in dict.fromkeys(ref.stream for ref in refs):
        ids = list(dict.fromkeys(ref.id for ref in refs if ref.stream == stream))
        for start in range(0, len(ids), AT_ONCE):
            yield stream, ids[start : start + AT_ONCE]
