"""How a criterion is told wherever it is told in full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from ..compile.words import value
from ..model.diagnostics import Where
from ..model.process import Criterion
from .blocks import Card, Facts, Inline, Para, Section, Span, Table, joined, link, plain, prose
from .book import Book
from .say import LONG, SHORT, badge, field_of, is_captured, kind_of_value, name_of, role

IN_FLIGHT = {
    "grandfather": "deals already in the stage keep the old rule",
    "next_move": "deals already in the stage meet it at their next move",
    "immediate": "it holds at once for deals already in the stage",
}


def card(criterion: Criterion, book: Book) -> Card:
    """One criterion: what must be true, how hard, the proof, how to mend it, where it is written."""
    rows: list[tuple[str, tuple[Inline, ...]]] = []
    if criterion.applies_when is not None:
        rows.append(("Applies when", (prose(book.words.sentence(criterion.applies_when)),)))
    for head, text in (("Proof", criterion.proof), ("If it is missing", criterion.fix)):
        if text:
            rows.append((head, (prose(text),)))
    if criterion.coach:
        rows.append(("Ask", (prose(f"“{criterion.coach}”"),)))
    if criterion.stays:
        rows.append(("Stays", (prose("It is asked again in every later stage."),)))
    if criterion.owner:
        rows.append(("Owner", (plain(role(criterion.owner)),)))
    if criterion.since is not None:
        since = f"{value(criterion.since)}; {IN_FLIGHT[criterion.in_flight]}."
        rows.append(("Since", (plain(since),)))
    if criterion.weight != 1:
        rows.append(("Weight", (plain(f"Counts {value(criterion.weight)} times in the readiness of a {book.noun}."),)))
    if criterion.docs:
        rows.append(("More", (plain(criterion.docs),)))
    lead = prose(book.words.sentence(criterion.check))
    return Card(criterion.title, criterion.id, badge(criterion.enforce), lead, Facts(tuple(rows)), where(criterion.at))


def where(at: Where) -> str:
    """The file and line something is written at; of a file elsewhere on this machine its name alone."""
    path = PurePath(at.file)
    file = path.name if path.is_absolute() else path.as_posix()
    return f"{file}:{at.line}" if at.line else file


def section(title: str, criteria: Sequence[Criterion], book: Book, before: Inline = ()) -> list[Section]:
    """Criteria under a heading; none, no heading."""
    if not criteria:
        return []
    opening = (Para(before),) if before else ()
    return [Section(title, (*opening, *(card(one, book) for one in criteria)))]


def data(criteria: Iterable[Criterion], book: Book) -> Table | None:
    """What has to be filled in: the field, what it holds, how to come by it, how hard. None where nothing has to."""
    rows, anchors = [], []
    for one in criteria:
        known = field_of(one)
        if known is None or not is_captured(one):
            continue
        about = known.description or (kind_of_value(known) if known.type in ("choice", "multi_choice") else "")
        holds: Inline = prose(about[:1].upper() + about[1:]) if about else plain(kind_of_value(known).capitalize())
        name = (Span(name_of(one), mark="strong"),)
        when = (
            (*plain(" Only when "), *prose(book.words.clause(one.applies_when)), *plain("."))
            if one.applies_when is not None
            else ()
        )
        fix = prose(one.fix) if one.fix != f"Fill in {known.title}." else ()
        rows.append((name, (*holds, *when), fix, badge(one.enforce)))
        anchors.append(one.id)
    if not rows:
        return None
    heads = ("Field", "What it holds", "How to get it", "If it is empty")
    return Table("Data to capture", heads, tuple(rows), anchors=tuple(anchors))


def strengths(criteria: Iterable[Criterion]) -> Facts:
    """What each badge that appears means."""
    used = {one.enforce for one in criteria}
    return Facts(tuple((SHORT[key], (prose(text),)) for key, text in LONG.items() if key in used))


def where_asked(criteria: Sequence[Criterion], book: Book) -> Inline:
    """Links to criteria, each with its stage."""
    parts = []
    for one in criteria:
        stage = book.process.stage(one.stage)
        to = book.place(one)
        name = f"{one.title} ({stage.title})" if stage else one.title
        parts.append(link(name, to.page, to.anchor))
    return joined(parts, "; ")
