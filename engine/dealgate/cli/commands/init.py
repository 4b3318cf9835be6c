"""``dealgate init``: a working workspace from a bundled process that suits, or a client's overlay of one."""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from ..options import now

if TYPE_CHECKING:
    from ..start.base import Base
    from ..start.told import Advice

DEFAULT = "practical"
"""The process of those who say nothing of their sales."""


@click.command(
    short_help="Make a workspace that suits, or a client's overlay",
    epilog="""\b
Examples:
  dealgate init my-process                    asks, recommends, makes it
  dealgate init my-process --from practical   a copy of practical
  dealgate init my-process --amount 25k --cycle "60 days" --buyer committee
  dealgate init acme --client "Acme"          an overlay: only what differs
Off a terminal nothing is asked. Then: cd my-process && dealgate validate
""",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--from", "base", metavar="ID", help="This bundled process; nothing is recommended.")
@click.option("--client", metavar="NAME", help="Make an overlay for a client instead of a copy.")
@click.option("--amount", metavar="AMOUNT", help="A usual deal: 25k, 25000 EUR.")
@click.option("--currency", metavar="CODE", help="Of amounts that name none: EUR.")
@click.option("--cycle", metavar="TIME", help="From the first conversation to the signature: 60 days, 2 months.")
@click.option("--buyer", metavar="WHO", help="one-person, few-people, committee, tender, customer, partner or client.")
@click.option("--team", metavar="N", help="How many people sell.")
@click.option(
    "--crm", metavar="NAME", help="hubspot, salesforce, pipedrive, dynamics, zoho, odoo, tryton, sql, files or none."
)
@click.option("--yes", is_flag=True, help="Ask nothing: take the defaults for what is not said.")
def command(folder: Path, base: str | None, client: str | None, yes: bool, **options: str | None) -> None:
    """Make a workspace: a process that suits your sales, all it is made of, its tests, and the editor's schemas.

    On a terminal it asks what the options do not say, recommends a process and a framework, and says why.
    """
    from ...bundled import bundled
    from ..render.write import say
    from ..start.base import shipped
    from ..start.crm import route_of
    from ..start.folder import vacant, write
    from ..start.questions import given
    from ..start.told import reasons

    vacant(folder)
    said = given(options)
    name = _client(client)
    process, said, advice = _chosen(base, said, shipped(), client=name is not None, yes=yes)
    # not before the questions: with Polars imported, Ctrl-C no longer ends a read from the terminal
    from ..start.made import copy_of, overlay_of

    currency, route = said.get("currency") or process.currency, route_of(said.get("crm"))
    why = reasons(advice) if advice is not None else []
    if name is None:
        files = copy_of(process, currency, route, why)
    else:
        files = overlay_of(process, name, currency, route, why, now().date())
    write(folder, files, {"schemas": bundled("schemas")}, ("exports",))
    for path in sorted({*files, "schemas/", "exports/"}):
        say(f"  {folder}/{path}")
    if currency != process.currency:
        say(f"Thresholds keep their numbers and are in {currency} now, not {process.currency}: look through them.")
    say(f"Now: cd {quote(str(folder))} && dealgate validate && dealgate test --coverage")
    say("README.md there says what is where; dealgate.yaml says how deals come in.")


def _client(client: str | None) -> str | None:
    """The client's name. Raises WrongUsage (DG918) where it cannot be one."""
    from ...model.diagnostics import WrongUsage, error
    from ..start.answers import NotUnderstood, read_client

    try:
        return None if client is None else read_client(client)
    except NotUnderstood as why:
        raise WrongUsage(error("DG918", f"--client: {why}")) from None


def _chosen(
    base: str | None, said: dict[str, Any], resolver: Any, *, client: bool, yes: bool
) -> tuple[Base, dict[str, Any], Advice | None]:
    """The process, all answers, and the recommendation where there is one."""
    from ..render.write import say
    from ..start.advise import advise, answers_of, ranking
    from ..start.base import Base
    from ..start.questions import QUESTIONS, asked, choose, taken
    from ..start.told import framework, screen

    asking = not yes and sys.stdin.isatty() and sys.stderr.isatty()
    fill_in = asked if asking else taken
    if base is not None:
        process = Base.of(base, resolver)
        rest = [question for question in QUESTIONS if not question.recommends]
        said = fill_in(said, rest, {"currency": process.currency}) if asking or yes else said
        return process, said, None
    said = fill_in(said, QUESTIONS, {}) if asking or yes else said
    ranked = ranking(said, resolver) if answers_of(said).said else ()
    if not ranked:
        return Base.of(DEFAULT, resolver), said, None
    process = Base.of(ranked[0].candidate.id, resolver)
    advice = advise(said, ranked, process, resolver, client=client)
    say(screen(advice))
    if asking:
        name = choose(process.id, resolver.library.ids("process"))
        if name != process.id:
            process = Base.of(name, resolver)
            advice = advise(said, ranked, process, resolver, client=client)
            say(framework(advice))
    say("")
    return process, said, advice
