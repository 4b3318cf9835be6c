"""``dealgate portability``: what a CRM can hold of a process by itself."""

from __future__ import annotations

import click

from ..options import output


@click.command(
    short_help="What a CRM can hold of a process itself",
    epilog="""\b
Examples:
  dealgate portability --crm tryton
  dealgate portability --crm tryton --process transactional --output json
`=` stands for what the CRM can hold, `~` for what it can hold in part, `+`
for what dealgate alone finds, `?` for what cannot be seen there at all. It
rests on what the adapter declares; no CRM is asked.
""",
)
@click.option("--crm", required=True, metavar="ADAPTER", help="The CRM, by the name of its adapter.")
@click.option("--process", metavar="ID|FILE", help="The process; the workspace's if left out, else `practical`.")
@output("portability", "text")
def command(crm: str, process: str | None, output: str) -> None:
    """Say of each criterion, field and kind of move whether the CRM can hold it natively, and what dealgate does
    where it cannot."""
    from importlib import import_module

    from ..describing import ported
    from ..render.write import say

    say(import_module(f"{__package__.rpartition('.')[0]}.render.portability.{output}").render(ported(crm, process)))
