"""What a lead is, when it becomes an opportunity, how fast it is answered, and what one that goes back must carry."""

from __future__ import annotations

from collections.abc import Iterator

from ..blocks import Block, Page, Para, Section, prose
from ..book import Book
from ..cards import data, section
from ..say import capital, is_captured, sla

ORDER = 15


def pages(book: Book) -> Iterator[Page]:
    """The page, where the process has such a rule."""
    rule = book.process.lead
    if rule is None:
        return
    blocks: list[Block] = [Para(prose(rule.definition), "lead")] if rule.definition else []
    blocks += section("It becomes an opportunity when all of this is true", rule.criteria, book)
    if rule.respond is not None:
        blocks.append(
            Section("How fast we answer", (Para(prose(capital(sla(rule.respond, book.process)))),), "respond")
        )
    table = data(rule.recycle, book)
    if table is not None:
        note = Para(
            prose("A lead that is not ready goes back with these filled in, so that somebody looks again on a day.")
        )
        blocks.append(Section("A lead that goes back", (note, table), "recycle"))
    blocks += section("It goes back only when", [one for one in rule.recycle if not is_captured(one)], book)
    yield Page(
        "lead", "From lead to opportunity", "The process", tuple(blocks), above="Before the stages", short="Leads"
    )
