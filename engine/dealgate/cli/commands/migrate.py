"""``dealgate migrate``: what a process with other stages does to the deals in flight."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ..options import as_of, output, source


@click.command(
    short_help="Preview: deals in flight under other stages",
    epilog="""\b
Examples:
  dealgate migrate deals.csv --process my-process.yaml
  dealgate migrate deals.csv --process my-process.yaml --from practical
  dealgate migrate deals.csv --process my-process.yaml --output json
Exits with 1 if an open deal is left in no stage. Nothing is written.
""",
)
@source
@click.option("--from", "old", metavar="ID|FILE", help="The process of today: how deals stand before and after.")
@as_of
@output("migrate", "text")
@click.option("--notes", is_flag=True, help="Name every deal, not the first few.")
def command(
    source: Path | str, mapping: str | None, process: str | None, old: str | None, as_of: date | datetime,
    output: str, notes: bool,
) -> None:  # fmt: skip
    """Preview what becomes of the deals in stages that a process has no more: where they go, with counts and amounts,
    how they stand there, and which are left in no stage. The process says it by `replaces` and `becomes`."""
    from importlib import import_module

    from ...decide.migration import migration
    from ..reading import read
    from ..render.write import say

    found = read(source, mapping, process, quiet=True, as_of=as_of)
    before = None
    if old is not None:
        today = read(source, mapping, old, quiet=True, as_of=as_of)
        before = today.playbook, today.source.frames
    known = found.passages if found.source.found_by == "store" else None
    made = migration(found.playbook, found.source.frames, as_of, known, before)
    renderer = import_module(f"{__package__.rpartition('.')[0]}.render.migrate.{output}")
    say(renderer.render(made, every=notes))
    if made.nowhere:
        raise SystemExit(1)
