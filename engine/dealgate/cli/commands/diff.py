"""``dealgate diff``: what differs between two documents, in words."""

from __future__ import annotations

from pathlib import Path

import click

from ..options import output


@click.command(
    short_help="What differs between two documents, in words",
    epilog="""\b
Examples:
  dealgate diff practical my-process.yaml           a client against its base
  dealgate diff practical my-process.yaml --output markdown
  dealgate diff bant icp --detailed-exitcode
A and B are ids, files, or workspaces with one process. With
--detailed-exitcode it exits with 1 if anything differs.
""",
)
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 1 if anything differs.")
@output("diff", "text")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file instead of the terminal.")
def command(old: str, new: str, detailed_exitcode: bool, output: str, out: Path | None) -> None:
    """Compare two documents of a kind: what is tightened, loosened, added, removed, changed and reworded from A to B,
    and what that means for the version."""
    from importlib import import_module

    from ...documents.whole import load_whole
    from ...model.diagnostics import WrongUsage, error
    from ...tailor.difference import compare
    from ..render.write import put

    before, after = load_whole(old), load_whole(new)
    if before.kind != after.kind:
        message = f"A is a {before.kind} and B is a {after.kind}: they cannot be compared."
        raise WrongUsage(error("DG902", message, suggestion="name two documents of one kind"))
    found = compare(before, after)
    put(import_module(f"{__package__.rpartition('.')[0]}.render.diff.{output}").render(found), out)
    if detailed_exitcode and found.changes:
        raise SystemExit(1)
