"""A page a stage: what it is for, what must be true, what to record, how long, how healthy, and how it goes wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...compile.words import value
from ...model.process import Criterion, Stage
from ..blocks import Block, Facts, Inline, Items, Page, Para, Section, Span, Table, link, plain, prose
from ..book import Book
from ..cards import card, data
from ..say import CATEGORIES, badge, capital, count, is_captured, next_after, role, sla

ORDER = 20


def pages(book: Book) -> Iterator[Page]:
    """The pages."""
    for number, stage in enumerate(book.process.stages, 1):
        yield Page(
            f"stage-{stage.id}", stage.title, "The process", tuple(_blocks(stage, book)), above=f"Stage {number}",
            short=f"{number}. {stage.title}",
        )  # fmt: skip


def _blocks(stage: Stage, book: Book) -> Iterator[Block]:
    if stage.objective:
        yield Para(prose(stage.objective), "lead")
    yield _glance(stage, book)
    yield Para(
        (*plain("On paper: "), *link("the one-page checklist of this stage", f"checklist-{stage.id}")), "quiet screen"
    )
    yield from _asked("What must be true to come in", "enter", [k for k in stage.enter if not is_captured(k)], book)
    following = next_after(book.process, stage)
    title = "What must be true to move on" + (f" to {following}" if following else "")
    yield from _asked(title, "exit", [k for k in stage.exit if not is_captured(k)], book)
    standing = book.standing(stage)
    if standing:
        rows = tuple(
            (link(k.title, *book.place(k)), prose(book.words.sentence(k.check)), badge(k.enforce)) for k in standing
        )
        note = Para(prose("Earlier stages asked these, and they are asked again here: what was true may have changed."))
        heads = ("Criterion", "In plain words", "How hard")
        yield Section("What still has to be true", (note, Table("Asked again", heads, rows, "steady")), "still")
    table = data(_once(stage), book)
    if table is not None:
        yield Section("What data to capture", (table,), "data")
    yield from _time(stage, book)
    yield from _health(stage, book)
    if stage.coaching:
        text = tuple(prose(f"“{question}”") for question in stage.coaching)
        note = Para(prose("Questions for the manager, when the figures are off or a deal stands still."))
        yield Section("Coaching", (note, Items(text, "questions")), "coaching")
    if stage.failure_patterns:
        items = tuple(prose(one) for one in stage.failure_patterns)
        yield Section("How it goes wrong", (Items(items, "warnings"),), "failures")


def _glance(stage: Stage, book: Book) -> Facts:
    rows = [
        ("Owner", plain(capital(role(stage.owner))) if stage.owner else ()),
        ("At most", plain(str(stage.max_age)) if stage.max_age else plain("no limit")),
        ("Forecast", plain(capital(CATEGORIES.get(stage.category, stage.category)))),
        ("Chance to win", plain(f"{value(stage.probability * 100)}%") if stage.probability is not None else ()),
        ("Asks for", plain(count(len(book.process.asked_in(stage)), "criterion"))),
    ]
    return Facts(tuple((head, (text,)) for head, text in rows if text), "glance")


def _asked(title: str, anchor: str, criteria: Sequence[Criterion], book: Book) -> Iterator[Section]:
    if criteria:
        yield Section(title, tuple(card(one, book) for one in criteria), anchor)


def _once(stage: Stage) -> list[Criterion]:
    return [one for one in (*stage.enter, *stage.exit) if is_captured(one)]


def _time(stage: Stage, book: Book) -> Iterator[Section]:
    blocks: list[Block] = []
    if stage.max_age is not None:
        blocks.append(
            Para(prose(f"A {book.noun} stays here for at most {stage.max_age}. After that, help it on or let it go."))
        )
    if stage.slas:
        blocks.append(Items(tuple(prose(capital(sla(one, book.process))) for one in stage.slas)))
    if blocks:
        yield Section("How long", tuple(blocks), "time")


def _health(stage: Stage, book: Book) -> Iterator[Section]:
    rows: list[tuple[Inline, ...]] = []
    for name in stage.health:
        known = book.metrics.get(name)
        if known is None:
            rows.append(((Span(name, mark="strong"),), plain("Not a metric that dealgate computes."), ()))
        else:
            rows.append((book.metric(name), prose(known.question), prose(capital(known.formula))))
    if rows:
        heads = ("Metric", "The question it answers", "How it is worked out")
        yield Section("How healthy it is", (Table("Metrics of this stage", heads, tuple(rows)),), "health")
