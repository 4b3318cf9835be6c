"""``dealgate rule``: what a diagnostic's code means."""

from __future__ import annotations

import click

from ...model.diagnostics import WrongUsage, error
from ..pages import codes, page, title_of


@click.command(
    short_help="What a diagnostic means and how to mend it",
    epilog="""\b
Examples:
  dealgate rule DG101
  dealgate rule            every code with its title
""",
)
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """Explain a diagnostic: what it means, why it matters, how to mend it."""
    if code is None:
        for known in codes():
            click.echo(f"{known}  {title_of(known)}")
        return
    text = page(code)
    if text is None:
        from ...documents.suggest import nearest

        near = nearest(code.upper(), codes())
        raise WrongUsage(
            error(
                "DG901",
                f"There is no code {code}.",
                suggestion=f"Did you mean {near}?" if near else "`dealgate rule` lists all codes.",
            )
        )
    click.echo(text.rstrip())
