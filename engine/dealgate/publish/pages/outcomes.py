"""How a deal ends, with which reasons, and what a forecast commit takes."""

from __future__ import annotations

from collections.abc import Iterator

from ..blocks import Block, Page, Para, Section, Table, plain, prose
from ..book import Book
from ..cards import card
from ..map import ENDS
from ..say import CATEGORIES, COUNTS, capital

ORDER = 25


def pages(book: Book) -> Iterator[Page]:
    """The page."""
    process = book.process
    won, lost = ENDS[process.record]
    noun = book.noun
    blocks: list[Block] = []
    if process.won:
        asked = "The exits of the stage it is in, and of every later open stage, are asked too."
        note = Para(prose(f"{asked} A {noun} that is won without them was lucky, and the next one may not be."))
        blocks.append(Section(won, (note, *(card(one, book) for one in process.won)), "won"))
    else:
        note = Para(prose("The exits of the stage it is in, and of every later open stage, are asked."))
        blocks.append(Section(won, (note,), "won"))
    note = Para(prose(f"A {noun} may end here from any stage. Only what stands here is asked."))
    ends: list[Block] = [note, *(card(one, book) for one in process.lost)]
    if process.reasons:
        rows = tuple(
            (prose(one.title), plain(capital(COUNTS.get(one.counts_as, one.counts_as)))) for one in process.reasons
        )
        ends.append(Section("Reasons", (Table("Reasons", ("Reason", "Counts as"), rows, "figures"),), "reasons"))
    blocks.append(Section(lost, tuple(ends), "lost"))
    if process.commit:
        note = Para(
            prose(
                "These are asked while a deal is in the commit category. A commit that does not meet them is best case."
            )
        )
        blocks.append(
            Section(
                "Commit: what the forecast may promise", (note, *(card(one, book) for one in process.commit)), "commit"
            )
        )
    used = [stage for stage in process.stages if stage.category != "omitted"]
    if used and process.record == "deal":
        listed = tuple(
            (plain(stage.title), plain(capital(CATEGORIES.get(stage.category, stage.category))))
            for stage in process.stages
        )
        note = Para(prose("Each stage has a category of its own, which stands until the rep calls it otherwise."))
        blocks.append(
            Section(
                "Forecast categories",
                (note, Table("Categories", ("Stage", "Category"), listed, "figures")),
                "categories",
            )
        )
    title = "Outcomes and forecast" if process.record == "deal" else "Outcomes"
    yield Page("outcomes", title, "The process", tuple(blocks), above="How it ends")
