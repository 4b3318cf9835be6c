"""``dealgate qualify``: framework scorecards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...model.diagnostics import WrongUsage, error
from ..options import as_of, output, source

if TYPE_CHECKING:
    from ..reading import Read


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

    from ..reading import read, read_deal
    from ..render.explain import unrouted
    from ..render.width import width
    from ..render.write import say
    from ..shared import shared, tell_left

    reads: list[Read] = []
    if deal:
        found, one, several = read_deal(source, mapping, process, deal, as_of)
        if several is not None:
            say(unrouted(one, several.why(), width()), err=True)
            raise SystemExit(1)
        reads, deals = [found], {found.playbook.id: [one]}
    else:
        sharing = shared(source, mapping, process, as_of, quiet=True)
        reads = list(sharing.reads) if sharing else [read(source, mapping, process, quiet=True, as_of=as_of)]
        if sharing:
            tell_left(sharing)
        deals = {r.playbook.id: [d for d in r.source.deals if d.status == "open"] for r in reads}
    used = {name for r in reads for name in r.playbook.process.frameworks}
    if framework is not None and framework not in used:
        raise _no_framework(framework, reads)
    scored = [
        ([(d, r.playbook.qualify(d, as_of=as_of, framework=framework)) for d in deals[r.playbook.id]], r.playbook)
        for r in reads
        if framework is None or framework in r.playbook.process.frameworks
    ]
    renderer = import_module(f"{__package__.rpartition('.')[0]}.render.qualify.{output}")
    say(renderer.render(*scored[0]) if len(reads) == 1 else renderer.several(scored))


def _no_framework(framework: str, reads: Sequence[Read]) -> WrongUsage:
    from ...documents.suggest import nearest

    known = list(dict.fromkeys(name for r in reads for name in r.playbook.process.frameworks))
    near = nearest(framework, known)
    hint = f"Did you mean {near}?" if near else f"It uses {', '.join(known) or 'none'}."
    names = " and ".join(r.playbook.id for r in reads)
    if len(reads) == 1:
        message = f"The process {names} uses no framework {framework}."
    else:
        message = f"None of the processes {names} uses a framework {framework}."
    return WrongUsage(error("DG901", message, suggestion=hint))
