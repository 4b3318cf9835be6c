"""Records with the same signature: what one concludes of its frames' facts, all of them conclude."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from functools import reduce

from ..model.play import Need
from .frames import Columns


def signed(
    columns: Mapping[str, Columns],
    scope: str,
    needs: Mapping[Need, date | None],
    keys: Collection[str],
    without: Collection[str],
) -> list[list[str]]:
    """The records of a scope in groups, each in order: in one every need finds as much. ``without`` are left out."""
    import polars as pl

    table = pl.DataFrame({"key": list(keys)}, schema={"key": pl.String})
    if without:
        table = table.filter(~pl.col("key").is_in(pl.Series(list(without), dtype=pl.String).implode()))
    frames = []
    for kind, one in columns.items():
        mine = {need: since for need, since in needs.items() if need.fact == kind}
        if mine:
            found = one.signatures(scope, mine)
            frames.append(found.rename({name: f"{kind}{name}" for name in found.columns if name != "key"}))
    signs = reduce(lambda held, more: held.join(more, on="key", how="left"), frames, table)
    if signs.width == 1:
        return [signs["key"].sort().to_list()] if signs.height else []
    by = [name for name in signs.columns if name != "key"]
    grouped = signs.group_by(by).agg(pl.col("key").sort())
    return sorted((list(group) for group in grouped["key"].to_list()), key=lambda group: str(group[0]))
