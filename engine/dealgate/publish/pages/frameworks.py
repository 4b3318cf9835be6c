"""A page a framework: what each element asks, what proves it, how it is scored; and a sheet to score one deal on."""

from __future__ import annotations

from collections.abc import Iterator

from ...compile.words import value
from ...model.framework import Element, Framework
from ..blocks import (
    BOX,
    Block,
    Card,
    Facts,
    Inline,
    Items,
    Page,
    Para,
    Section,
    Span,
    Table,
    Tick,
    Ticks,
    link,
    plain,
    prose,
)
from ..book import Book
from ..cards import where, where_asked
from ..say import bands, capital, expiry, qualified, score, suits, within

ORDER = 30
THEN = {"disqualified": "Disqualified", "nurture": "Nurture"}


def pages(book: Book) -> Iterator[Page]:
    """The pages: of each framework, and the sheets to print."""
    for framework in book.process.frameworks.values():
        yield Page(
            f"framework-{framework.id}", framework.title, "Qualification", tuple(_blocks(framework, book)),
            above="Framework",
        )  # fmt: skip
    for framework in book.process.frameworks.values():
        yield _sheet(framework, book)


def _blocks(framework: Framework, book: Book) -> Iterator[Block]:
    if framework.description:
        yield Para(prose(framework.description), "lead")
    yield Para((*plain("On paper: "), *link("the score sheet", f"sheet-{framework.id}")), "quiet screen")
    yield Section("Elements", tuple(_element(framework, one, book) for one in framework.elements), "elements")
    rows = tuple((plain(str(framework.lowest + n)), prose(level)) for n, level in enumerate(framework.levels))
    note = (
        "Zero is a real answer here: it was looked up."
        if framework.scale == "concern"
        else "Levels say how good the proof is, not how good the answer is."
    )
    yield Section("Levels", (Para(prose(note)), Table("Levels", ("Level", "What it means"), rows, "figures")), "levels")
    yield Section("Score", tuple(_score(framework, book)), "score")
    asked = book.resting_on(framework)
    if asked:
        yield Section("Where it is asked", (Para(where_asked(asked, book)),), "asked")
    if framework.suits is not None:
        rows_of = tuple((head, (plain(text),)) for head, text in suits(framework.suits, book.process.currency))
        yield Section("For which sales", (Para(prose(framework.suits.why)), Facts(rows_of)), "suits")


def _element(framework: Framework, element: Element, book: Book) -> Card:
    rows: list[tuple[str, tuple[Inline, ...]]] = []
    if element.proof:
        rows.append(("Proof", (prose(element.proof),)))
    if element.due:
        stage = book.process.stage(element.due)
        due = link(stage.title, f"stage-{stage.id}") if stage else plain(capital(element.due.replace("-", " ")))
        rows.append(("Due in", (due,)))
    rows.append(("Age", (prose(expiry(element.max_age)),)))
    if framework.score is not None and framework.score.method == "weighted":
        rows.append(("Weight", (plain(value(element.weight)),)))
    if element.pitfall:
        rows.append(("Pitfall", (prose(element.pitfall),)))
    asked = book.resting_on(framework, element.id)
    if asked:
        rows.append(("Asked by", (where_asked(asked, book),)))
    return Card(element.title, element.id, (), prose(element.question), Facts(tuple(rows)), where(element.at))


def _score(framework: Framework, book: Book) -> Iterator[Block]:
    if framework.score is not None:
        yield Para(prose(score(framework)))
    found = qualified(framework, book.process)
    if found:
        yield Para(prose(found))
    ranges = bands(framework)
    if ranges:
        rows = tuple((plain(name), plain(text)) for name, text in ranges)
        yield Table("Bands", ("Band", "Score"), rows, "figures")
    if framework.disqualify:
        words = within(framework, book.process)
        items = tuple(
            (Span(one.title, mark="strong"), *plain(f" ({THEN.get(one.then, one.then).lower()}): "),
             *prose(words.sentence(one.when)))
            for one in framework.disqualify
        )  # fmt: skip
        yield Section("What ends it", (Items(items),), "ends")


def _sheet(framework: Framework, book: Book) -> Page:
    """Elements down, levels across, boxes between, and room for where the answer comes from."""
    heads = ("Element", *(str(framework.lowest + n) for n in range(len(framework.levels))), "Source and date")
    rows = tuple(
        (
            (Span(one.title, mark="strong"), *plain(" "), *prose(one.question)),
            *(BOX for _ in framework.levels),
            (),
        )
        for one in framework.elements
    )
    levels = "; ".join(f"{framework.lowest + n} {level.lower()}" for n, level in enumerate(framework.levels))
    blocks: tuple[Block, ...] = (
        Ticks((Tick(plain(book.noun.capitalize())), Tick(plain("Date")), Tick(plain("By"))), 3),
        Table("Score sheet", heads, rows, "sheet"),
        Para((Span("Levels: ", mark="strong"), *prose(f"{levels}. Leave the boxes empty where nothing is known."))),
        Para(
            (
                Span("Score: ", mark="strong"),
                *prose(" ".join(filter(None, (score(framework), qualified(framework, book.process))))),
            ),
        ),
        Para((*plain("In full: "), *link(framework.title, f"framework-{framework.id}")), "screen"),
    )
    return Page(
        f"sheet-{framework.id}", framework.title, "To print", blocks, above="Score sheet",
        short=f"Score sheet: {framework.title}", paper="landscape", dense=min(3, len(framework.elements) // 4),
    )  # fmt: skip
