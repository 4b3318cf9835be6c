"""``dealgate qualify``: framework scorecards."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ...model.diagnostics import WrongUsage, error
from ..options import as_of, output, source


@click.command(
    short_help="Framework scorecards (BANT and its kin)",
    epilog="""\b
Examples:
  dealgate qualify deals.csv --deal 0064600
  dealgate qualify deals.csv --framework bant --output json
""",
)
@source
@click.option("--deal", metavar="ID", help="One deal, by id or name; left out: every open deal.")
@click.option("--framework", metavar="ID", help="One framework; left out: all that the process uses.")
@as_of
@output("qualify", "text")
def command(
    source: Path, mapping: str | None, process: str | None, deal: str | None, framework: str | None,
    as_of: date | datetime, output: str,
) -> None:  # fmt: skip
    """Score deals by the process's qualification frameworks: what the buyer said, what is proven, what is missing."""
    from importlib import import_module

    from ..options import chosen
    from ..reading import read
    from ..render.write import say

    found = read(source, mapping, process, quiet=True, as_of=as_of)
    known = found.playbook.process.frameworks
    if framework is not None and framework not in known:
        from ...documents.suggest import nearest

        near = nearest(framework, list(known))
        hint = f"Did you mean {near}?" if near else f"It uses {', '.join(known) or 'none'}."
        raise WrongUsage(
            error("DG901", f"The process {found.playbook.id} uses no framework {framework}.", suggestion=hint)
        )
    deals = [chosen(found.source.deals, deal)] if deal else [d for d in found.source.deals if d.status == "open"]
    cards = [(d, found.playbook.qualify(d, as_of=as_of, framework=framework)) for d in deals]
    renderer = import_module(f"{__package__.rpartition('.')[0]}.render.qualify.{output}")
    say(renderer.render(cards, found.playbook))
