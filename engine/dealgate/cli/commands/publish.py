"""``dealgate publish``: the playbook as something to read."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ..options import AsOf, publish_forms


@click.command(
    short_help="The playbook as a site, one HTML file, or Markdown",
    epilog="""\b
Examples:
  dealgate publish --out playbook
  dealgate publish practical --out handout --as file
  dealgate publish my-process.yaml --out site --client Acme --logo logo.svg
  dealgate publish my-process.yaml --out blue --colour "accent=#0a5fb4"
Then open index.html (site), playbook.html (file) or index.md (markdown).
""",
)
@click.argument("process", required=False, metavar="[PROCESS]")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="The folder to write.")
@click.option(
    "--as", "form", type=click.Choice(publish_forms()), default="site", show_default=True, help="In which form."
)
@click.option("--client", metavar="NAME", help="Whose playbook it is; else the name under `brand` in dealgate.yaml.")
@click.option("--logo", type=click.Path(path_type=Path), metavar="FILE", help="A PNG or SVG file.")
@click.option(
    "--colour", "colours", multiple=True, metavar="USE=#RRGGBB", help="A colour for accent, accent_dark, ink or paper."
)
@click.option("--since", metavar="REFERENCE", help="Add a change log since this version: an id, a file or a workspace.")
@click.option("--as-of", type=AsOf(), metavar="DATE", help="Show this date; left out, none is shown.")
def command(
    process: str | None, out: Path, form: str, client: str | None, logo: Path | None, colours: tuple[str, ...],
    since: str | None, as_of: date | datetime | None,
) -> None:  # fmt: skip
    """Make a playbook that opens without a server: a map of the process, a page for each stage with its criteria in
    plain words, score sheets, checklists to print, and a glossary. The same documents give the same bytes."""
    from ...publish.folder import write
    from ...publish.make import book, published
    from ..publishing import branded, changes, changes_of_base, known_commands, process_of, reading_path
    from ..render.diagnostics.text import render
    from ..render.write import say

    named, loaded = process_of(process)
    brand = branded(client, logo, colours)
    shown = as_of.date() if isinstance(as_of, datetime) else as_of
    made = book(
        loaded, learn=reading_path(), commands=known_commands(), as_of=shown,
        base=changes_of_base(named) if loaded.bases else None, since=changes(since, named) if since else None,
    )  # fmt: skip
    files, told = published(made, brand, form)
    if told:
        say(render(told, {}), err=True)
    changed, gone = write(out, files)
    first = next(name for name in ("index.html", "playbook.html", "index.md") if name in files)
    say(f"{made.process.title} {made.process.version}: {len(files)} {'file' if len(files) == 1 else 'files'} in {out}, "
        f"{changed} new or changed{f', {gone} taken away' if gone else ''}.", err=True)  # fmt: skip
    say(f"Open {out / first}", err=True)
