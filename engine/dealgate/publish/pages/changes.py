"""What differs: from the base that the process extends, and from an earlier version."""

from __future__ import annotations

from collections.abc import Iterator

from ...compile.words import value
from ..blocks import Block, Card, Facts, Inline, Page, Para, Section, Span, plain, prose
from ..book import GROUPS, Book, Change, Changes
from ..say import capital

ORDER = 55
MEANS = {
    "tightened": "These hold a deal that would have passed.",
    "loosened": "These are milder, each by a choice that somebody made and gave a reason for.",
}


def pages(book: Book) -> Iterator[Page]:
    """The pages, where there is something to compare with."""
    if book.base is not None:
        lead = Para(
            prose(f"{book.process.title} rests on {book.base.since}. This is what it does in its own way."), "lead"
        )
        yield Page("differences", "What differs from the base", "Reference", (lead, *_told(book.base, book)))
    if book.since is not None:
        lead = Para(prose(f"What is new since {book.since.since}."), "lead")
        yield Page("changes", "Change log", "Reference", (lead, *_told(book.since, book)))


def _told(changes: Changes, book: Book) -> Iterator[Block]:
    if changes.advice:
        yield Para((Span("Version: ", mark="strong"), *prose(changes.advice)))
    if not changes.entries:
        yield Para(prose("Nothing differs."))
    for group in (*GROUPS, *sorted({one.group for one in changes.entries} - set(GROUPS))):
        cards = tuple(_card(one, book) for one in changes.entries if one.group == group)
        if cards:
            means = (Para(prose(MEANS[group])),) if group in MEANS else ()
            yield Section(capital(group), (*means, *cards), group)


def _card(one: Change, book: Book) -> Card:
    rows: list[tuple[str, tuple[Inline, ...]]] = [("Why", (prose(one.why),))] if one.why else []
    if one.until is not None:
        ended = ". It has ended" if book.as_of is not None and one.until < book.as_of else ""
        rows.append(("Until", (plain(f"{value(one.until)}{ended}"),)))
    return Card(one.subject, "", (), prose(one.words), Facts(tuple(rows)), one.place)
