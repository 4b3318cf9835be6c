"""``dealgate history``: one deal's past."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ..options import as_of, output, past_source, place_of


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
    known = found.history.now("name").select("id", "name").rows()
    ident = known[place_of(deal, known)][0]
    renderer = import_module(f"{__package__.rpartition('.')[0]}.render.history.{output}")
    say(renderer.render(story(found.history, ident), ident, found))
