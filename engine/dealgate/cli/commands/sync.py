"""``dealgate sync``: what changed in a CRM or a file, into the store."""

from __future__ import annotations

from datetime import datetime

import click

from ..options import Since, output


@click.command(
    short_help="Take what changed in a CRM or file into the store",
    epilog="""\b
Examples:
  dealgate sync                 the one source, from where it stood
  dealgate sync crm --full      everything again: finds what was deleted
  dealgate sync crm --dry-run   what would come, and nothing is kept
A source stands in dealgate.yaml under `sources`: a CRM, or a file, of which
what differs from the last time is taken over (docs/crm/files.md). Exits with
5 if the CRM or the store failed, or open deals are in a stage that the
mapping does not know; what was read until then is kept, and the next sync
goes on.
""",
)
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--full", is_flag=True, help="Read everything, whatever was read before.")
@click.option(
    "--since", type=Since(), metavar="DATE", help="Read what changed from this date on, though it was read before."
)
@click.option("--dry-run", is_flag=True, help="Read and tell, but keep nothing.")
@click.option("--accept-gone", is_flag=True, help="Of a file with every deal: accept how many it has no more.")
@output("sync", "text")
def command(
    name: str | None, full: bool, since: datetime | None, dry_run: bool, accept_gone: bool, output: str
) -> None:
    """Pull the deals, their history, contacts and all that belongs to them from a CRM or a file, and keep what is
    new."""
    from importlib import import_module

    from ..render.write import say
    from ..syncing import source_named, synced

    found = synced(source_named(name), full=full, since=since, dry_run=dry_run, accept_gone=accept_gone)
    say(import_module(f"{__package__.rpartition('.')[0]}.render.sync.{output}").render(found))
    if found.taken is not None and found.taken.diagnostics:
        from ..reading import fold
        from ..render.diagnostics.text import render

        say(render(fold(found.taken.diagnostics)[0], {}), err=True)
    if found.refused:
        from ...model.diagnostics import SourceFailed

        raise SourceFailed(*found.refused)
