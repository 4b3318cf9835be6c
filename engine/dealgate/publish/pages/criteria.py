"""Every criterion on one page, with what it asks in plain words; and the figures that the process sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.process import Criterion
from ..blocks import Block, Inline, Page, Para, Section, Table, link, plain, prose
from ..book import Book
from ..cards import where_asked
from ..say import badge, count, name_of

ORDER = 40


def pages(book: Book) -> Iterator[Page]:
    """The page."""
    process = book.process
    blocks: list[Block] = [
        Para(
            prose(
                f"All {count(len(process.criteria), 'criterion')} of the process, with what each asks in plain words."
            ),
            "lead",
        )
    ]
    groups: list[tuple[str, str, Sequence[Criterion]]] = []
    if process.lead is not None:
        groups.append(("Becoming an opportunity", "lead", process.lead.criteria))
        groups.append(("A lead that goes back", "recycle", process.lead.recycle))
    for stage in process.stages:
        groups.append((stage.title, f"in-{stage.id}", (*stage.enter, *stage.exit)))
    groups += [("Won", "won", process.won), ("Lost", "lost", process.lost), ("Commit", "commit", process.commit)]
    for title, anchor, criteria in groups:
        if criteria:
            blocks.append(Section(title, (_table(title, criteria, book),), anchor))
    thresholds = book.thresholds()
    if thresholds:
        rows = tuple(
            (plain(name), plain(book.words.operand(value)), where_asked(criteria, book))
            for name, value, criteria in thresholds
        )
        note = Para(
            prose("These figures are set in one place each. A change of one changes every criterion beside it.")
        )
        heads = ("Figure", "Set to", "Criteria")
        blocks.append(Section("Figures that the process sets", (note, Table("Figures", heads, rows)), "figures"))
    yield Page("criteria", "Criteria", "Reference", tuple(blocks))


def _table(title: str, criteria: Sequence[Criterion], book: Book) -> Table:
    heads = ("Criterion", "In plain words", "Enforcement")
    return Table(f"Criteria: {title}", heads, tuple(_row(one, book) for one in criteria), "steady")


def _row(criterion: Criterion, book: Book) -> tuple[Inline, ...]:
    words = prose(book.words.sentence(criterion.check))
    if criterion.applies_when is not None:
        words = (*words, *plain(" Only when "), *prose(book.words.clause(criterion.applies_when)), *plain("."))
    return link(name_of(criterion), *book.place(criterion)), words, badge(criterion.enforce)
