"""What columns typed deals have once they are staged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.process import Process
from ..plan.plan import Shape

if TYPE_CHECKING:
    import polars as pl

    from ..frames import Frames


def shape_of(frames: Frames, process: Process) -> Shape:
    """The columns that a plan over the staging relation may read, and those that hold no null.

    Of ``changes`` the two sides are typed as each field that changed: ``amount.from``, ``amount.from.currency``.
    """
    known = process.catalogue
    deals = {c for c in frames.deals.columns if _own(c, known.deal)}
    deals |= {c for c in frames.deals.columns if c.removesuffix(".synced") in known.collections}
    children: dict[str, frozenset[str]] = {}
    whole = {"id"} | {c for c in deals if not frames.deals[c].null_count()}
    for name, frame in frames.children.items():
        fields = known.collections[name].fields
        own = {c for c in frame.columns if c in ("deal", "position") or _own(c, fields)}
        whole |= {f"{name}.{c}" for c in own if not frame[c].null_count()}
        if name == "changes" and "field" in frame.columns:
            own |= _sides(frame, process)
        children[name] = frozenset(own)
    return Shape(frozenset(deals | {"id"}), children, frozenset(whole))


def _own(column: str, fields: object) -> bool:
    from collections.abc import Container

    assert isinstance(fields, Container)
    return any(column.removesuffix(end) in fields for end in ("", ".currency", ".unfit"))


def _sides(changes: pl.DataFrame, process: Process) -> set[str]:
    import polars as pl

    found = set()
    for name in changes["field"].cast(pl.String).drop_nulls().unique().to_list():
        field = process.catalogue.deal.get(name)
        if field is not None:
            found |= {f"{name}.{side}" for side in ("from", "to") if side in changes.columns}
            if field.type == "money":
                found |= {f"{name}.{side}.currency" for side in ("from", "to") if side in changes.columns}
    return found
