"""``dealgate map``: a mapping drafted from an export."""

from __future__ import annotations

import re
from pathlib import Path

import click

from ...model.diagnostics import Where, WrongUsage, error


@click.command(
    short_help="Draft a mapping for an unknown export",
    epilog="""\b
Examples:
  dealgate map export.csv > rules/mappings/my-crm.yaml
  dealgate map exports/ --out rules/mappings/my-crm.yaml
Read the draft: every guess is marked and explained.
""",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--process", metavar="ID|FILE", help="The process whose stages and fields are meant.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write the draft to a file.")
def command(file: Path, process: str | None, out: Path | None) -> None:
    """Draft a mapping for an export whose columns are not ours, by their names and contents."""
    from ...sources.draft import draft_mapping
    from ..options import playbook_of
    from ..render.diagnostics.text import render
    from ..render.write import put, say

    if out is not None and out.resolve() == file.resolve():
        raise WrongUsage(error("DG907", "The draft would replace the export.", Where(str(out)), "name another file"))
    judged = playbook_of(process).process
    draft = draft_mapping(file, judged.catalogue, record=judged.record)
    text = draft.text.rstrip("\n")
    slug = re.sub(r"[^a-z0-9]+", "-", out.stem.casefold()).strip("-") if out is not None else ""
    if slug:  # a mapping is found by its id, so it is that of its file
        text = text.replace(f"\nid: {draft.id}\n", f"\nid: {slug}\n", 1)
    put(text, out, parents=True)
    if draft.diagnostics:
        say(render(draft.diagnostics, {}), err=True)
