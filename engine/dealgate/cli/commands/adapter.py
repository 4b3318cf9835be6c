"""``dealgate adapter``: the adapters that are installed, and whether one does what the contract says."""

from __future__ import annotations

from pathlib import Path

import click

from ..options import output


@click.group(
    short_help="Adapters of CRMs: which there are, and does one hold",
    epilog="""\b
Examples:
  dealgate adapter list
""",
)
def command() -> None:
    """List the adapters that are installed, and try one that you write against the contract."""


@command.command("list", short_help="The adapters that are installed")
@output("adapters", "text")
def listed(output: str) -> None:
    """List every adapter that a source in dealgate.yaml can name, and where it comes from."""
    from importlib import import_module

    from ...sync.adapters import known
    from ..render.write import say

    say(import_module(f"{__package__.rpartition('.')[0]}.render.adapters.{output}").render(known()))


@command.command(
    short_help="Try an adapter against the contract",
    epilog="""\b
The module has a function `rig` (or the one named after the colon) that gives
a CRM to try the adapter on; docs/adapters.md says how to write one. It is
looked for in this folder first. Exits with 1 if a check failed.
""",
)
@click.argument("module", metavar="MODULE[:RIG]")
@click.option("--only", metavar="CHECK", multiple=True, help="Try this check alone; may be said several times.")
@output("conformance", "text")
def check(module: str, only: tuple[str, ...], output: str) -> None:
    """Run the conformance suite: each check is a sentence that is true of every adapter (✓), is not of this one (✗), or
    cannot be tried here (–)."""
    from importlib import import_module

    from ...sync.conformance import run
    from ...sync.conformance.find import found
    from ..render.write import say

    _known(only)
    with found(module, Path.cwd()) as make:
        results = list(run(make, only))
    say(import_module(f"{__package__.rpartition('.')[0]}.render.conformance.{output}").render(module, results))
    if any(result.state == "failed" for result in results):
        raise SystemExit(1)


def _known(only: tuple[str, ...]) -> None:
    from ...documents.suggest import nearest
    from ...model.diagnostics import WrongUsage, error
    from ...sync.conformance import checks

    ids = [one.id for one in checks()]
    for name in only:
        if name not in ids:
            near = nearest(name, ids)
            hint = f"did you mean `{near}`?" if near else "`--output json` gives the id of every check"
            raise WrongUsage(error("DG901", f"There is no check `{name}`.", suggestion=hint))
