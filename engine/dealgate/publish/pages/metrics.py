"""The metrics that watch the stages: what each asks, how it is worked out, and where it is looked at."""

from __future__ import annotations

from collections.abc import Iterator

from ..blocks import Card, Facts, Inline, Page, Para, joined, link, plain, prose
from ..book import Book
from ..say import capital

ORDER = 45


def pages(book: Book) -> Iterator[Page]:
    """The page, where a stage names a metric that is known."""
    named = [name for stage in book.process.stages for name in stage.health]
    used = [name for name in dict.fromkeys([*named, *book.reads("metric")]) if name in book.metrics]
    if not used:
        return
    cards = []
    for name in used:
        one = book.metrics[name]
        stages = [link(s.title, f"stage-{s.id}", "health") for s in book.process.stages if name in s.health]
        better = {"higher": "Higher is better.", "lower": "Lower is better."}.get(
            one.better, "Neither way is better as such."
        )
        rows: list[tuple[str, tuple[Inline, ...]]] = [
            ("Formula", (prose(capital(one.formula)),)),
            ("Unit", (plain(capital(one.unit)),)),
            ("Reading", (prose(better),)),
        ]
        if stages:
            rows.append(("Watched in", (joined(stages),)))
        if one.edges:
            rows.append(("At the edges", tuple(prose(capital(edge)) for edge in one.edges)))
        cards.append(Card(one.name, one.id, (), prose(one.question), Facts(tuple(rows))))
    lead = "What the stages are watched by. A figure is a question to ask, never an answer by itself."
    yield Page("metrics", "Metrics", "Reference", (Para(prose(lead), "lead"), *cards))
