"""From a loaded process to the files of a playbook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ..compile.words import value
from ..documents.load import Loaded
from ..metrics.catalogue import catalogue
from ..model.diagnostics import Diagnostic
from ..model.learn import Learn
from .book import Book, Changes, Command, Metric
from .brand import Brand, look
from .formats import form
from .pages import pages


def book(
    loaded: Loaded,
    *,
    learn: Learn | None = None,
    commands: Mapping[str, Command] | None = None,
    base: Changes | None = None,
    since: Changes | None = None,
    as_of: date | None = None,
) -> Book:
    """The book of a process. Raises DocumentsDoNotHold where there is none."""
    return Book(
        loaded.need(),
        digest=loaded.digest,
        base=base,
        since=since,
        metrics={one["id"]: _metric(one) for one in catalogue()},
        learn=learn,
        commands=commands or {},
        bases=loaded.bases,
        as_of=as_of,
    )


def _metric(one: Mapping[str, object]) -> Metric:
    edges = one["edges"]
    assert isinstance(edges, list)
    ident, name, question, formula, unit, better = (
        str(one[key]) for key in ("id", "name", "question", "formula", "unit", "better")
    )
    return Metric(ident, name, question, formula, unit, better, tuple(edges))


def published(made: Book, brand: Brand, form_of: str) -> tuple[dict[str, bytes], list[Diagnostic]]:
    """The files of a playbook in a format, and what of the brand could not be taken as it was.

    The same book and brand give the same bytes. Raises WrongUsage where the brand cannot be used at all.
    """
    process = made.process
    colophon = [f"{process.title} {process.version}", process.owner]
    if made.as_of is not None:
        colophon.append(f"as of {value(made.as_of)}")
    if made.digest:
        colophon.append(made.digest[:19])
    found, told = look(brand, process.title, tuple(filter(None, colophon)))
    return form(form_of).make(pages(made), found), told
