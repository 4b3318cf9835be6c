"""``dealgate override``: exceptions to a criterion on a deal, asked for, decided, and followed up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from ...model.override import STATES
from ..options import Moment, output, past_source
from ..options import as_of as as_of_option

F = TypeVar("F", bound=Callable[..., Any])

_STORE = click.argument("source", metavar="[SOURCE]", type=click.Path(path_type=Path), default="store")
_ID = click.argument("ident", metavar="OVERRIDE")
_PROCESS = click.option("--process", metavar="ID|FILE", help="The process to judge by, where it does not follow.")
_BY = click.option("--by", metavar="NAME", envvar="DEALGATE_BY", help="Who does it; left out: DEALGATE_BY.")
_WHY = click.option("--why", required=True, metavar="WORDS", help="Why, in words.")
_UNTIL = click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The last day; left out: as the process says."
)
_OUTPUT = output("override", "text")


def _of_one(command: F) -> F:
    """OVERRIDE and what every decision takes."""
    for option in (_OUTPUT, as_of_option, _PROCESS, _BY, _ID):
        command = option(command)
    return command


@click.group(
    short_help="Exceptions: request, approve, deny, revoke, list",
    epilog="""\b
Examples:
  dealgate override list
  dealgate override list --state requested --output json
  dealgate override list --expiring 3
  dealgate override outcomes
""",
)
def command() -> None:
    """Exceptions to a criterion on one deal of the store: reasoned, approved by another with the role, capped, and over
    on a day. What is decided is never changed; each step is a link of the audit chain."""


@command.command(short_help="Ask for an override")
@_STORE
@click.option("--deal", required=True, metavar="ID", help="The deal, by id or name.")
@click.option("--criterion", required=True, metavar="ID", help="The criterion, such as proposal.discount-approved.")
@click.option("--reason", required=True, metavar="ID", help="One of the reasons of the process.")
@click.option("--text", required=True, metavar="WORDS", help="The reason in this case, in words.")
@_BY
@_UNTIL
@click.option("--anyway", is_flag=True, help="Though the criterion is met or does not apply.")
@_PROCESS
@as_of_option
@_OUTPUT
def request(
    source: Path, deal: str, criterion: str, reason: str, text: str, by: str | None, until: datetime | None,
    anyway: bool, process: str | None, as_of: date | datetime, output: str,
) -> None:  # fmt: skip
    """Ask for an override of one criterion on one deal."""
    from ..overriding import ask, someone, source_in_store
    from ..render.diagnostics.text import render
    from ..render.write import say

    made, told = ask(
        source_in_store(source), process, deal, criterion, reason, text, someone(by), _day(until), as_of, anyway=anyway
    )
    say(_renderer(output).one(made))
    if told:
        say(render(told, {}), err=True)
    say(f"It waits: dealgate override approve {made.request.id} --by NAME", err=True)


@command.command(short_help="Approve what was asked for")
@_of_one
@_UNTIL
def approve(
    ident: str, by: str | None, until: datetime | None, process: str | None, as_of: date | datetime, output: str
) -> None:
    """Approve an override: OVERRIDE is its id, or the deal's where only one waits on it. Neither who asked nor the
    deal's owner can; the process says which role its amount needs, how long it holds and how many there may be."""
    _decide("approved", output, ident=ident, process=process, by=by, as_of=as_of, until=_day(until))


@command.command(short_help="Deny what was asked for")
@_of_one
@_WHY
def deny(ident: str, by: str | None, why: str, process: str | None, as_of: date | datetime, output: str) -> None:
    """Deny an override, and say why."""
    _decide("denied", output, ident=ident, process=process, by=by, as_of=as_of, why=why)


@command.command(short_help="End an override, or withdraw a request")
@_of_one
@_WHY
def revoke(ident: str, by: str | None, why: str, process: str | None, as_of: date | datetime, output: str) -> None:
    """End an override before its day, or withdraw a request. Who asked, and the deal's owner, always may."""
    _decide("revoked", output, ident=ident, process=process, by=by, as_of=as_of, why=why)


@command.command("list", short_help="What was asked for and decided")
@_STORE
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="Only of this state, or these.")
@click.option("--owner", metavar="NAME", help="Only on deals of this owner.")
@click.option("--deal", metavar="ID", help="Only on this deal, by id or name.")
@click.option("--expiring", type=click.IntRange(0), metavar="DAYS", help="Only those that end within so many days.")
@click.option("--known-at", type=Moment(), metavar="DATE", help="By what had been entered by then.")
@as_of_option
@_OUTPUT
def list_(
    source: Path, states: tuple[str, ...], owner: str | None, deal: str | None, expiring: int | None,
    known_at: datetime | None, as_of: date | datetime, output: str,
) -> None:  # fmt: skip
    """List overrides: what waits first, then what holds, the first to end before the others."""
    from ..overriding import listed, source_in_store
    from ..render.write import say

    found = listed(source_in_store(source), as_of, known_at, states=states, owner=owner, deal=deal, within=expiring)
    say(_renderer(output).listed(found))


@command.command(short_help="What became of overridden deals")
@past_source
@click.option("--min-n", type=click.IntRange(0), help="Closed deals below which a win rate is withheld. Default: 10.")
@as_of_option
@_OUTPUT
def outcomes(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None, min_n: int | None,
    as_of: date | datetime, output: str,
) -> None:  # fmt: skip
    """Tell what became of deals that were overridden, beside those in the same stage that were not: how many were won,
    lost or are open, and the win rate with how sure it is."""
    from ...metrics import overridden
    from ...model.override import known
    from ..overriding import source_in_store
    from ..past import past
    from ..render.write import say
    from ..stored import opened

    place = source_in_store(source)
    found = past(source, mapping, process, as_of, known_at)
    with opened() as store:
        record = found.playbook.process.record
        asked = store.overrides(source=place, record=record)
    requests = known(asked, found.history.as_of, known_at)
    least = overridden.LEAST if min_n is None else min_n
    say(_renderer(output).outcomes(overridden.outcomes(found.history, requests, least), found))


def _day(until: datetime | None) -> date | None:
    return None if until is None else until.date()


def _decide(what: str, output: str, *, by: str | None, **more: Any) -> None:
    from ..overriding import decide, someone
    from ..render.write import say

    say(_renderer(output).one(decide(what, by=someone(by), **more)))


def _renderer(output: str) -> Any:
    from importlib import import_module

    return import_module(f"{__package__.rpartition('.')[0]}.render.override.{output}")
