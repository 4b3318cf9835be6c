"""``dealgate history``: one deal's past."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ...model.diagnostics import WrongUsage, error
from ..options import as_of, output, past_source


@click.command(
    short_help="One deal's past, and how it is known",
    epilog="""\b
Examples:
  dealgate history --deal 0064600
  dealgate history deals.csv --deal "Northwind renewal" --as-of 2026-06-30
  dealgate history --deal D-00003 --known-at 2026-09-30 --output json
""",
)
@past_source
@click.option("--deal", metavar="ID", required=True, help="The deal, by id or name.")
@as_of
@output("history", "text")
def command(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None, deal: str,
    as_of: date | datetime, output: str,
) -> None:  # fmt: skip
    """What happened to a deal, in order: stages with how long each took, moves back and over stages, reopenings, every
    change of a field, by whom; and how it is known."""
    from importlib import import_module

    from ...history.story import story
    from ..past import past
    from ..render.write import say

    found = past(source, mapping, process, as_of, known_at)
    ident = _named(found.history.frames().deals, deal)
    renderer = import_module(f"{__package__.rpartition('.')[0]}.render.history.{output}")
    say(renderer.render(story(found.history, ident), ident, found))


def _named(deals: object, wanted: str) -> str:
    """The id of a deal by its id, or by a name that only one has."""
    import polars as pl

    from ...documents.suggest import nearest

    assert isinstance(deals, pl.DataFrame)
    if wanted in deals["id"]:
        return wanted
    ids = deals["id"].to_list()
    if "name" in deals.columns:
        same = deals.filter(pl.col("name").str.to_lowercase() == wanted.strip().casefold())["id"].to_list()
        if len(same) == 1:
            return str(same[0])
        if same:
            hint = f"name one by its id: {', '.join(same[:5])}"
            raise WrongUsage(error("DG901", f"{len(same)} deals have that name.", suggestion=hint))
    near = nearest(wanted, ids)
    hint = f"Did you mean {near}?" if near else f"The source has {len(ids):,} deals."
    raise WrongUsage(error("DG901", f"There is no deal {wanted}.", suggestion=hint))
