"""``dealgate store``: the database of what was learned."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ..options import as_of as as_of_option
from ..options import now, source

_URL = click.option("--url", metavar="URL", help="The database; left out: the workspace's, or dealgate.db in it.")


@click.group(
    short_help="What was learned of deals, kept for good",
    epilog="""\b
Examples:
  dealgate store init
  dealgate store load deals.csv
  dealgate store stats
  dealgate store erase "Ann Lee" ann@example.com --by "Data protection"
""",
)
def command() -> None:
    """Keep what is learned of deals: append-only, by when it happened and by when it was learned. SQLite in one file,
    or PostgreSQL."""


@command.command(short_help="Make the store")
@_URL
def init(url: str | None) -> None:
    """Make the tables in a new database, or say that they are there."""
    from ..render.write import say
    from ..stored import opened

    with opened(url, ready=False) as store:
        made = store.init()
        say(f"{'Made' if made else 'There is already'} a store in {store.shown}.", err=True)


@command.command(short_help="Bring the store to this version")
@_URL
def upgrade(url: str | None) -> None:
    """Bring the tables of an older version to this one. Nothing that is kept changes."""
    from ..render.write import say
    from ..stored import opened

    with opened(url, ready=False) as store:
        done = store.upgrade()
        say(f"{store.shown} {'was brought to' if done else 'is of'} this version.", err=True)


@command.command(
    short_help="Take in what a file tells",
    epilog="""\b
Examples:
  dealgate store load deals.csv
  dealgate store load export/ --mapping salesforce-export --name crm --as-of 2026-11-20
""",
)
@source
@as_of_option
@click.option("--name", metavar="NAME", help="What the source is called in the store; left out: its file's name.")
@_URL
def load(
    source: Path, mapping: str | None, process: str | None, as_of: date | datetime, name: str | None, url: str | None
) -> None:
    """Take in the deals of a file or folder and all that it tells of their past. The same twice changes nothing. A
    field that has become empty is empty from then on; a deal that the file does not have stays as it is."""
    from ..filing import taken_in
    from ..reading import read, told_by
    from ..render.write import say
    from ..stored import opened

    found = told_by(read(source, mapping, process), as_of)
    with opened(url) as store:
        done = taken_in(store, name or Path(source).stem, found, now())
        told = f"{done.new_events:,} events and {done.new_children:,} records are new"
        if not done.new_events and not done.new_children:
            told = "nothing is new"
        deals = f"{done.deals:,} deals, {done.new_deals:,} of them new" if done.new_deals else f"{done.deals:,} deals"
        say(f"{deals}: {told}, {done.unchanged:,} were known. Kept in {store.shown}.", err=True)


@command.command(short_help="How much there is")
@_URL
def stats(url: str | None) -> None:
    """Count what is kept."""
    from ..render.write import say
    from ..stored import opened

    with opened(url) as store:
        found = store.stats()
        wide = max(map(len, found))
        say(
            "\n".join(
                f"{word:<{wide}}  {n:>12,}" if isinstance(n, int) else f"{word:<{wide}}  {n:>12}"
                for word, n in found.items()
            )
        )


@command.command(short_help="Write all of it as JSON lines")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@_URL
def export(folder: Path, url: str | None) -> None:
    """Write the content as JSON lines: the same content gives the same bytes, whatever the order it came in."""
    from ..render.write import say
    from ..stored import opened

    with opened(url) as store:
        files = store.export(folder)
        say(f"{len(files)} files in {folder}.", err=True)


@command.command(short_help="Erase a person")
@click.argument("who", metavar="NAME|EMAIL", nargs=-1, required=True)
@click.option("--by", metavar="NAME", required=True, help="Who asks for it.")
@_URL
def erase(who: tuple[str, ...], by: str, url: str | None) -> None:
    """Erase a contact or an owner by name or address. What happened stays, without who it was; the audit says that
    somebody was erased. Erase the person in the CRM too: a later export that has the name brings it back."""
    from ..render.write import say
    from ..stored import opened

    with opened(url) as store:
        gone = store.erase(*who, at=now(), actor=by)
        say(f"{gone:,} person{'' if gone == 1 else 's'} erased.", err=True)
        if not gone:
            raise SystemExit(1)


@command.command(short_help="Give back room")
@_URL
def vacuum(url: str | None) -> None:
    """Give back the room that nothing needs."""
    from ..render.write import say
    from ..stored import opened

    with opened(url) as store:
        store.vacuum()
        say(f"{store.shown} was tidied.", err=True)
