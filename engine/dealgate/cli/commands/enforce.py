"""``dealgate enforce``: what follows from the rules, planned for the CRM and written into it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from ..options import AsOf, output

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(
    short_help="Plan what to write into a CRM, and write it",
    epilog="""\b
Examples:
  dealgate enforce                         what would be written
  dealgate enforce crm --plan plan.json    the same, kept in a file
  dealgate enforce --show plan.json        read it again
  dealgate enforce crm --apply plan.json   do exactly that
What may be written stands in dealgate.yaml under `write_back` of the source.
Run `dealgate sync` first: a plan is made from the store. --apply exits with
1 if a deal was in conflict or the CRM refused something, with 5 if the CRM or
the store failed: run it again, and it goes on and does nothing twice.
""",
)
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--plan", "plan_to", metavar="FILE", type=_FILE, help="Keep the plan in this file.")
@click.option("--apply", "apply_from", metavar="FILE", type=_FILE, help="Do exactly what the plan in this file says.")
@click.option("--show", metavar="FILE", type=_FILE, help="Show the plan in this file.")
@click.option("--all", "every", is_flag=True, help="Look at every deal, not at those that changed since the last time.")
@click.option("--as-of", type=AsOf(), default=None, show_default="now", help="Judge as of this date or moment.")
@output("enforce", "text")
def command(
    name: str | None, plan_to: Path | None, apply_from: Path | None, show: Path | None, every: bool,
    as_of: date | datetime | None, output: str,
) -> None:  # fmt: skip
    """Plan what is to be written into a CRM: fields, tasks and notes, and moves past a gate to be moved back. A plan
    changes nothing; --apply does exactly what a plan says, deal by deal, unless the deal was changed since."""
    from importlib import import_module

    from ...sync.actions import plain_plan, read_plan
    from ..enforcing import applied, one_thing, plan_of
    from ..render.clean import dumps
    from ..render.write import put, say
    from ..syncing import source_named

    one_thing(plan_to, apply_from, show)
    renderer = import_module(f"{__package__.rpartition('.')[0]}.render.enforce.{output}")
    if show is not None:
        say(renderer.plan(read_plan(show)))
        return
    if apply_from is not None:
        plan = read_plan(apply_from)
        source = source_named(name or plan.source)
        done = applied(source, plan)
        say(renderer.applied(done))
        if done.trouble is not None:
            from ...model.diagnostics import SourceFailed
            from ...sync.adapters import failed

            raise SourceFailed(*failed(source.name, done.trouble).diagnostics)
        if done.refused:
            raise SystemExit(1)
        return
    made = plan_of(source_named(name), as_of, every=every)
    if plan_to is not None:
        put(dumps(plain_plan(made), 1), plan_to, exact=True, parents=True)
    say(renderer.plan(made))
    if plan_to is not None:
        say(f"Kept in {plan_to}. Nothing was written into the CRM.", err=True)
