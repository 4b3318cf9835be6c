"""What differs: from the base that the process extends, and from an earlier version."""

from __future__ import annotations

from collections.abc import Iterator

from ...compile.words import value
from ..blocks import Block, Inline, Items, Page, Para, Section, Span, Table, marked, plain, prose
from ..book import GROUPS, Book, Changes
from ..say import capital

ORDER = 55


def pages(book: Book) -> Iterator[Page]:
    """The pages, where there is something to tell."""
    if book.loosened or book.base is not None:
        blocks: list[Block] = []
        name = book.base.since if book.base is not None else "the process that this one extends"
        blocks.append(Para(prose(f"What is not the same as in {name}."), "lead"))
        if book.loosened:
            blocks.append(Section("Made milder, and why", tuple(_loosened(book)), "loosened"))
        if book.base is not None:
            blocks += _told(book.base)
        yield Page("differences", "What differs from the base", "Reference", tuple(blocks))
    if book.since is not None:
        lead = Para(prose(f"What is new since {book.since.since}."), "lead")
        none = [] if book.since.entries else [Para(prose("Nothing changed."))]
        yield Page("changes", "Change log", "Reference", (lead, *none, *_told(book.since)))


def _loosened(book: Book) -> Iterator[Block]:
    yield Para(prose("Each of these is a choice that somebody made and gave a reason for."))
    rows: list[tuple[Inline, ...]] = []
    for one in book.loosened:
        until = value(one.until) if one.until else "for good"
        ended = book.as_of is not None and one.until is not None and one.until < book.as_of
        rows.append(
            (
                marked(one.what, "code"),
                plain(capital(one.how)),
                prose(one.why),
                plain(until + (", has ended" if ended else "")),
            )
        )
    yield Table("Made milder", ("Place", "How", "Why", "Until"), tuple(rows))


def _told(changes: Changes) -> list[Block]:
    found: list[Block] = []
    if changes.advice:
        found.append(Para((Span("Version: ", mark="strong"), *prose(changes.advice))))
    known = (*GROUPS, *sorted({one.group for one in changes.entries} - set(GROUPS)))
    for group in known:
        items = []
        for one in changes.entries:
            if one.group == group:
                why = (*plain(" Why: "), *prose(one.why)) if one.why else ()
                items.append((*marked(one.place, "code"), *plain(" "), *prose(one.words), *why))
        if items:
            found.append(Section(capital(group), (Items(tuple(items)),), group))
    return found
