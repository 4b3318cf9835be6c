"""``dealgate audit``: the chain of what was done."""

from __future__ import annotations

import click


@click.group(
    short_help="The chain of what was done to the store",
    epilog="""\b
Examples:
  dealgate audit verify
""",
)
def command() -> None:
    """Check the chain of what was done: each link holds the hash of the one before it."""


@command.command(short_help="Check every link")
@click.option("--url", metavar="URL", help="The database; left out: the workspace's.")
def verify(url: str | None) -> None:
    """Check every link of the chain, and name the first that does not hold. Exits with 1 if there is one."""
    from ...model.diagnostics import Where, error
    from ..render.diagnostics.text import render
    from ..render.write import say
    from ..stored import opened

    with opened(url) as store:
        broken, links = store.verify_audit(), store.stats()["audit"]
        if broken is None:
            say(f"All {links:,} links of the chain hold.")
            return
        message = f"Link {broken.seq} of the chain does not hold: {broken.why}."
        hint = "restore the store from a backup, and find out who writes to its tables"
        say(render([error("DG953", message, Where(store.shown), hint)], {}), err=True)
        raise SystemExit(1)
