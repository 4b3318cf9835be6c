"""``dealgate describe``: what a CRM has, what of it is mapped, what is not."""

from __future__ import annotations

import click

from ..options import output


@click.command(
    short_help="What a CRM has, and what of it is mapped",
    epilog="""\b
Examples:
  dealgate describe                      the one source of the workspace
  dealgate describe crm --output json
Nothing is written and no deal is read. Exits with 5 if the CRM failed.
""",
)
@click.argument("name", metavar="[NAME]", required=False)
@output("described", "text")
def command(name: str | None, output: str) -> None:
    """Ask a CRM for its pipelines, stages and fields, and show them beside the mapping: what each stage means, what is
    read from where, what nobody reads, and what the mapping asks for in vain."""
    from importlib import import_module

    from ..describing import seen_crm
    from ..render.write import say
    from ..syncing import source_named

    found = seen_crm(source_named(name))
    say(import_module(f"{__package__.rpartition('.')[0]}.render.described.{output}").render(found))
