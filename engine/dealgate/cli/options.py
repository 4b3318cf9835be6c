"""Options that several commands share, and the clock: only a door reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..model.diagnostics import WrongUsage, error
from ..model.values import end_of_day, parse_date, parse_datetime

if TYPE_CHECKING:
    from ..decide.playbook import Playbook
    from ..model.deal import Deal
    from ..model.targets import Span

F = TypeVar("F", bound=Callable[..., Any])


class AsOf(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A date (the end of that day) or a moment."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date | datetime:
        """The date or moment, or click's own error."""
        if isinstance(value, date):
            return value
        found = parse_date(value) or parse_datetime(value)
        if found is None:
            self.fail(f"{value!r} is not a date such as 2026-12-31.", param, ctx)
        return found


class Moment(AsOf):
    """The same as a moment: of a bare date the end of that day, in UTC."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment, or click's own error."""
        found = super().convert(value, param, ctx)
        if not isinstance(found, datetime):
            found = end_of_day(found, UTC)
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


class Since(AsOf):
    """The same as a moment: of a bare date the beginning of that day, in UTC."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment, or click's own error."""
        found = super().convert(value, param, ctx)
        if not isinstance(found, datetime):
            found = datetime(found.year, found.month, found.day, tzinfo=UTC)
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


class SourceName(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A file, a folder or the name of a source; or (as text) a database's URL or a Spark master."""

    name = "source"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        """A path, or the URL as it was written."""
        return value if isinstance(value, Path) or _URL.match(value) else Path(value)


_URL = re.compile(r"[a-z][a-z0-9+]*://|local($|\[(\d+|\*)\]($|#))")


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def as_of(command: F) -> F:
    """``--as-of``: the moment everything is judged at."""
    return click.option(
        "--as-of", type=AsOf(), default=now, show_default="now", help="Judge as of this date or moment."
    )(command)


def formats(folder: str) -> list[str]:
    """The output formats of a kind: the files of its render folder."""
    return sorted(p.stem for p in (Path(__file__).parent / "render" / folder).glob("[!_]*.py"))


def publish_forms() -> list[str]:
    """The forms a playbook can be had in: the files of ``publish/formats``."""
    return sorted(p.stem for p in (Path(__file__).parent.parent / "publish" / "formats").glob("[!_]*.py"))


def output(folder: str, default: str, *more: str) -> Callable[[F], F]:
    """``--output``: one of the formats that the render folder has, or one of ``more``."""
    return click.option(
        "--output",
        type=click.Choice(sorted({name for one in (folder, *more) for name in formats(one)})),
        default=default,
        show_default=True,
        help="Format of the output.",
    )


def log(command: F) -> F:
    """``--log``: the form of the log."""
    return click.option(
        "--log", type=click.Choice(("json", "text")), help="Form of the log; text on a terminal, json elsewhere."
    )(command)


def past_source(command: F) -> F:
    """SOURCE (the store, if left out; ``store:crm`` one source in it), ``--mapping``, ``--process``, ``--known-at``."""
    known = click.option(
        "--known-at", type=Moment(), metavar="DATE", help="By what had been learned by then. Of the store alone."
    )
    return source(known(command), default="store")


def source(command: F, default: str | None = None) -> F:
    """SOURCE, ``--mapping`` and ``--process``."""
    for option in (
        click.option(
            "--process", "process", metavar="ID|FILE", help="The process to judge by, where it does not follow."
        ),
        click.option("--mapping", metavar="ID|FILE", help="How the columns become ours, where they are not."),
        click.argument("source", metavar="SOURCE", type=SourceName())
        if default is None
        else click.argument("source", metavar="[SOURCE]", type=SourceName(), default=default),
    ):
        command = option(command)
    return command


def playbook_of(process: str | None) -> Playbook:
    """The playbook named, or the workspace's first, or the default."""
    from .. import load
    from ..documents.workspace import find_workspace

    if process is None:
        folder = find_workspace(Path.cwd())
        if folder is not None:
            from ..documents.library import Library

            process = next(iter(Library(folder).workspace.processes), None)
    return load(process or "practical")


def chosen(deals: list[Deal], deal_id: str) -> Deal:
    """The deal of an id (or of a name that only one has). Raises WrongUsage with the nearest where there is none."""
    return deals[place_of(deal_id, [(d.id, str(d.fields.get("name", ""))) for d in deals])]


def place_of(wanted: str, deals: Sequence[tuple[str, str | None]]) -> int:
    """Where the deal stands in ids and names that has this id, or else this name and no other has it.

    Raises WrongUsage with the nearest where there is none, and with the ids where several have the name.
    """
    name = wanted.strip().casefold()
    found = [n for n, (ident, _) in enumerate(deals) if ident == wanted] or [
        n for n, (_, held) in enumerate(deals) if held is not None and held.strip().casefold() == name
    ]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(deals[n][0] for n in found[:5])
        raise WrongUsage(error("DG901", f"{len(found)} deals have that name.", suggestion=f"name one by its id: {ids}"))
    from ..documents.suggest import nearest

    near = nearest(wanted, [ident for ident, _ in deals])
    hint = f"Did you mean {near}?" if near else f"The source has {len(deals):,} deals."
    raise WrongUsage(error("DG901", f"There is no deal {wanted}.", suggestion=hint))


def pairs(given: Sequence[str], what: str, form: str) -> dict[str, str]:
    """``NAME=VALUE`` words as a mapping. ``what`` and ``form`` say what one is, where it is none.

    Raises WrongUsage where a word has no ``=``.
    """
    found = {}
    for word in given:
        name, mark, value = word.partition("=")
        if not mark:
            raise WrongUsage(error("DG902", f"`{word}` is no {what}.", suggestion=f"write {form}"))
        found[name.strip()] = value.strip()
    return found


def span_of(text: str) -> Span:
    """``2026``, ``2026-Q4`` or ``2026-11``. Raises WrongUsage where it is none of these."""
    from ..model.targets import Span

    found = Span.of(text)
    if found is None:
        raise WrongUsage(error("DG902", f"`{text}` is no period.", suggestion="write 2026, 2026-Q4 or 2026-11"))
    return found


def this_quarter(as_of: date | datetime, process: str | None) -> str:
    """The name of the fiscal quarter that a moment lies in, by a process's calendar: ``2026-Q4``."""
    from ..model.targets import Span

    calendar = playbook_of(process).process.calendar
    day = as_of.astimezone(calendar.zone).date() if isinstance(as_of, datetime) else as_of
    first, last = calendar.period(day, "quarter")
    year = calendar.period(day, "year")[1].year
    names = (f"{year}-Q{n}" for n in (1, 2, 3, 4))
    return next(name for name in names if (found := Span.of(name)) and found.days(calendar) == (first, last))
