"""The first page: what the process is for, its map, its stages at a glance, and how to read the rest."""

from __future__ import annotations

from collections.abc import Iterator

from ...compile.words import value
from ...model.process import Process, Stage
from ..blocks import Block, Facts, Figure, Inline, Items, Page, Para, Section, Span, Table, link, plain, prose
from ..book import Book
from ..cards import strengths
from ..map import ENDS, drawing
from ..say import CATEGORIES, capital, count, moves, role, suits

ORDER = 10
_CAPTION = prose("A diamond is a gate, with the number of criteria that stand between the two stages.")


def pages(book: Book) -> Iterator[Page]:
    """The page."""
    process = book.process
    blocks: list[Block] = []
    if process.description:
        blocks.append(Para(prose(process.description), "lead"))
    blocks.append(_band(book))
    blocks.append(
        Section("The process at a glance", (Figure("process", drawing(process), _CAPTION), _stages(process)), "map")
    )
    rules = tuple((head, (prose(text),)) for head, text in moves(process.moves))
    blocks.append(Section("Moves", (Facts(rules), Para(link("More on moves and exceptions", "governance"))), "moves"))
    if process.suits is not None:
        rows = tuple((head, (plain(text),)) for head, text in suits(process.suits, process.currency))
        blocks.append(Section("For which sales", (Para(prose(process.suits.why)), Facts(rows)), "suits"))
    blocks.append(Section("How to read it", _reading(book), "reading"))
    yield Page("index", process.title, "The process", tuple(blocks), above="Sales playbook", short="Overview")


def _band(book: Book) -> Facts:
    process = book.process
    rows = [
        ("Version", plain(process.version)),
        ("Owner", plain(process.owner)),
        ("Stages", plain(str(len(process.stages)))),
        ("Criteria", link(str(len(process.criteria)), "criteria")),
        ("Currency", plain(process.currency)),
    ]
    if book.as_of is not None:
        rows.append(("As of", plain(value(book.as_of))))
    return Facts(tuple((head, (text,)) for head, text in rows if text), "glance")


def _stages(process: Process) -> Table:
    head = ("Stage", "Whose", "At most", "Forecast", "Chance", "To leave it")
    return Table("The stages in order", head, tuple(_row(stage, process) for stage in process.stages), "figures broad")


def _row(stage: Stage, process: Process) -> tuple[Inline, ...]:
    won = ENDS[process.record][0]
    return (
        (*link(stage.title, f"stage-{stage.id}"), *(plain(f" (after {won.lower()})") if stage.after else ())),
        plain(capital(role(stage.owner)) or "–"),
        plain(str(stage.max_age) if stage.max_age else "no limit"),
        plain(CATEGORIES.get(stage.category, stage.category)),
        plain(f"{value(stage.probability * 100)}%" if stage.probability is not None else "–"),
        plain(count(len(process.asked_in(stage)), "criterion")),
    )


def _reading(book: Book) -> tuple[Block, ...]:
    noun = book.noun
    lines = (
        f"A {noun} leaves a stage when what the stage asks for is true and can be shown. It does not leave because "
        "time passed, or because we did something.",
        "A criterion is met, not met, or unknown. Unknown is an answer of its own: nobody has asked yet, so ask.",
        "Every criterion says what proves it and what to do when it is missing.",
    )
    return (
        Items(tuple(prose(line) for line in lines)),
        Para((*plain("How hard a criterion is enforced stands beside it:"),)),
        strengths(book.process.criteria),
        Para((Span("Terms of the trade lead to the glossary, once on each page."),), "quiet"),
    )
