"""A checklist a stage, for one sheet of paper: what must be true, with a box to tick."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.process import Criterion, Stage
from ..blocks import Block, Inline, Page, Para, Section, Span, Tick, Ticks, link, plain, prose
from ..book import Book
from ..say import SHORT, is_captured, name_of, next_after

ORDER = 60


def pages(book: Book) -> Iterator[Page]:
    """The pages."""
    for number, stage in enumerate(book.process.stages, 1):
        blocks, weight = _blocks(stage, book)
        yield Page(
            f"checklist-{stage.id}", stage.title, "To print", blocks, above=f"Checklist · stage {number}",
            short=f"Checklist: {stage.title}", paper="portrait", dense=_density(weight),
        )  # fmt: skip


def _density(lines: float) -> int:
    """How tightly so many lines have to be set for one sheet."""
    return next((dense for dense, most in enumerate((34, 46, 58)) if lines <= most), 3)


def _blocks(stage: Stage, book: Book) -> tuple[tuple[Block, ...], float]:
    following = next_after(book.process, stage)
    title = "To move on" + (f" to {following}" if following else "")
    blocks: list[Block] = []
    if stage.objective:
        blocks.append(Para(prose(stage.objective), "lead"))
    blocks.append(Ticks((Tick(plain(f"{book.noun.capitalize()}")), Tick(plain("Date")), Tick(plain("By"))), 3))
    captured = [k for k in (*stage.enter, *stage.exit) if is_captured(k)]
    lines = 6.0
    for head, criteria, columns in (
        ("To come in", [k for k in stage.enter if not is_captured(k)], 1),
        (title, [k for k in stage.exit if not is_captured(k)], 1),
        ("Still true", book.standing(stage), 2),
        ("Recorded", captured, 2),
    ):
        if not criteria:
            continue
        whole = columns == 1
        blocks.append(Section(head, (Ticks(tuple(_tick(one, book, whole) for one in criteria), columns),)))
        lines += 2 + sum(_lines(one, whole) for one in criteria) / columns
    if stage.coaching:
        blocks.append(Section("Ask yourself", (Para(prose(" ".join(stage.coaching))),)))
        lines += 3
    blocks.append(Para((*plain("In full: "), *link(stage.title, f"stage-{stage.id}")), "screen"))
    return tuple(blocks), lines


def _lines(criterion: Criterion, whole: bool) -> float:
    text = len(criterion.title) / (88 if whole else 40) + (len(criterion.proof) / 105 if whole else 0)
    return 1.3 + text


def _tick(criterion: Criterion, book: Book, whole: bool) -> Tick:
    aside: Inline = () if criterion.enforce == "block" else (Span(SHORT[criterion.enforce].lower(), mark="small"),)
    detail: Inline = prose(criterion.proof) if whole else ()
    when: Inline = ()
    if criterion.applies_when is not None:
        when = plain(f" (only when {book.words.clause(criterion.applies_when)})")
    return Tick((*plain(name_of(criterion)), *when), detail, aside)
