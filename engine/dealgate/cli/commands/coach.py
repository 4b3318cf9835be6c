"""``dealgate coach``: what plays recommend, and what people agree to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from ...model.commitment import STATES
from ..defaulting import DefaultGroup
from ..options import as_of as as_of_option
from ..options import now, output, past_source

F = TypeVar("F", bound=Callable[..., Any])

_STORE = click.argument("source", metavar="[SOURCE]", type=click.Path(path_type=Path), default="store")
_PROCESS = click.option("--process", metavar="ID|FILE", help="The process to judge by, where it does not follow.")
_BY = click.option("--by", metavar="NAME", envvar="DEALGATE_BY", help="Who does it; left out: DEALGATE_BY.")
_OUT = click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to a file instead of the terminal."
)
_COMMITMENTS = output("commitments", "text")


@click.group(
    cls=DefaultGroup,
    short_help="What to ask, do and practise next; and commitments",
    epilog="""\b
Examples:
  dealgate coach
  dealgate coach deals.csv --owner "Rita Lind"
  dealgate coach commitments --overdue
""",
)
def command() -> None:
    """Coach by plays: of verdicts, findings, metrics and events they conclude what is behind, and recommend the next
    question, behaviour and practice for people, and the next action on deals. What is agreed then is kept in the store
    until it is done or missed, and comes back in the next review."""


@command.command(
    short_help="What plays recommend, and why",
    epilog="""\b
Examples:
  dealgate coach show
  dealgate coach deals.csv --play coach-dates
  dealgate coach --output csv --out coaching.csv
""",
)
@past_source
@click.option("--plays", "references", multiple=True, metavar="ID|FILE", help="Which plays; else those in use.")
@click.option("--play", "plays", multiple=True, metavar="ID", help="Show only what this play recommends, or several.")
@click.option("--owner", "owners", multiple=True, metavar="NAME", help="Show only this owner's, or several.")
@click.option("--team", "teams", multiple=True, metavar="NAME", help="Show only this team's, or several.")
@click.option("--why", metavar="ID", help="Why this was concluded, down to deals and lines of rules.")
@as_of_option
@output("coach", "text")
@_OUT
def show(
    source: Path | str, mapping: str | None, process: str | None, known_at: datetime | None,
    references: tuple[str, ...], plays: tuple[str, ...], owners: tuple[str, ...], teams: tuple[str, ...],
    why: str | None, as_of: date | datetime, output: str, out: Path | None,
) -> None:  # fmt: skip
    """Show what plays recommend, people first; with --why, the reasons of one conclusion."""
    from importlib import import_module

    from ..coaching import Wish, conclusion, taught

    shown = taught(source, mapping, process, as_of, known_at, references, Wish(plays, owners, teams))
    package = f"{__package__.rpartition('.')[0]}.render.coach"
    if why is None:
        told = import_module(f"{package}.{output}").render(shown)
    else:
        reasons = import_module(f"{package}.{'json' if output == 'json' else '_why'}")
        told = reasons.why(conclusion(shown, why), shown)
    _put(told, out, exact=output != "text")


@command.command(
    short_help="Agree on what somebody will do by a day",
    epilog="""\b
Examples:
  dealgate coach commit --who "Rita Lind" --action "Call Ann" --due 2026-11-30
""",
)
@_STORE
@click.option("--who", required=True, metavar="NAME", help="The owner who will do it.")
@click.option("--action", required=True, metavar="WORDS", help="What will be done, in words.")
@click.option("--due", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The last day for it.")
@click.option("--deal", metavar="ID", help="The deal it is about, by id.")
@click.option("--theme", default="", metavar="ID", help="What plays know it by, such as next-step.")
@click.option("--from", "origin", default="", metavar="ID", help="The conclusion it comes from, as coach shows it.")
@_BY
@_PROCESS
@as_of_option
@_COMMITMENTS
def commit(
    source: Path, who: str, action: str, due: datetime, deal: str | None, theme: str, origin: str, by: str | None,
    process: str | None, as_of: date | datetime, output: str,
) -> None:  # fmt: skip
    """Keep a commitment: who does what by which day. It is a link of the audit chain, and comes back in the next
    review."""
    from ..agreed import agree
    from ..overriding import someone

    made = agree(source, process, who, action, due.date(), deal, theme, origin, someone(by), as_of, now())
    _say(output, made)


def _of_one(command: F) -> F:
    """COMMITMENT and what ending one takes."""
    for option in (_COMMITMENTS, as_of_option, _PROCESS, _BY, click.argument("ident", metavar="COMMITMENT")):
        command = option(command)
    return command


@command.command(short_help="A commitment was kept")
@_of_one
@click.option("--result", required=True, metavar="WORDS", help="What came of it, in words.")
def done(ident: str, by: str | None, result: str, process: str | None, as_of: date | datetime, output: str) -> None:
    """Keep that a commitment was done, and what came of it. It is said once."""
    _end(ident, "done", result, by, process, as_of, output)


@command.command(short_help="A commitment was not kept")
@_of_one
@click.option("--why", required=True, metavar="WORDS", help="What stood in the way, in words.")
def missed(ident: str, by: str | None, why: str, process: str | None, as_of: date | datetime, output: str) -> None:
    """Keep that a commitment was missed, and what stood in the way. Two within 60 days go to the manager's manager."""
    _end(ident, "missed", why, by, process, as_of, output)


@command.command(short_help="What was agreed, and what came of it")
@_STORE
@click.option("--who", metavar="NAME", help="Only this owner's.")
@click.option("--state", type=click.Choice(STATES), help="Only those of this state.")
@click.option("--overdue", is_flag=True, help="Only those whose day has passed, and of which nobody said what came.")
@_PROCESS
@as_of_option
@_COMMITMENTS
@_OUT
def commitments(
    source: Path, who: str | None, state: str | None, overdue: bool, process: str | None, as_of: date | datetime,
    output: str, out: Path | None,
) -> None:  # fmt: skip
    """List commitments, the next to be due first."""
    from ..agreed import listed

    _put(_renderer(output).render(listed(source, who, state, process, as_of, overdue=overdue)), out, output != "text")


def _end(
    ident: str, state: str, words: str, by: str | None, process: str | None, as_of: date | datetime, output: str
) -> None:
    from ..agreed import end
    from ..overriding import someone

    _say(output, end(ident, state, words, someone(by), process, as_of, now()))


def _say(output: str, made: Any) -> None:
    from ..render.write import put

    put(_renderer(output).render(made), None, exact=output != "text")


def _put(told: str, out: Path | None, exact: bool) -> None:
    from ..render.write import put, say

    put(told, out, exact=exact)
    if out is not None:
        say(f"Written to {out}.", err=True)


def _renderer(output: str) -> Any:
    from importlib import import_module

    return import_module(f"{__package__.rpartition('.')[0]}.render.commitments.{output}")
