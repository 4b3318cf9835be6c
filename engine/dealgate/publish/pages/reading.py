"""What there is to read about the field: goals to begin from, articles in order, and the commands they speak of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.learn import Goal, Learn, Link
from ..blocks import (
    Article,
    Block,
    Card,
    Door,
    Doors,
    Facts,
    Inline,
    Page,
    Para,
    Ref,
    Section,
    Table,
    marked,
    plain,
    prose,
)
from ..book import Book
from ..say import count

ORDER = 70
GROUP = "To read"


def pages(book: Book) -> Iterator[Page]:
    """The pages, where there is a reading path."""
    learn = book.learn
    if learn is None:
        return
    if learn.goals:
        doors = tuple(Door(one.title, Ref(f"goal-{one.id}"), prose(one.summary)) for one in learn.goals)
        lead = Para(
            prose("What do you want to get better at? Each goal says what to read, look at and do first."), "lead"
        )
        yield Page("goals", "Choose your goal", GROUP, (lead, Doors(doors)))
        for goal in learn.goals:
            yield Page(f"goal-{goal.id}", goal.title, GROUP, tuple(_goal(goal, learn, book)), above="Goal")
    if learn.articles:
        doors = tuple(
            Door(one.title, Ref(f"article-{one.id}"), prose(one.summary), f"{n} · {count(one.minutes, 'minute')}")
            for n, one in enumerate(learn.articles, 1)
        )
        lead = Para(prose(learn.description), "lead")
        yield Page("articles", learn.title, GROUP, (lead, Doors(doors)) if learn.description else (Doors(doors),))
        for n, article in enumerate(learn.articles, 1):
            text = Article(article.text, _links(article.links, book))
            summary = (Para(prose(article.summary), "lead"),) if article.summary else ()
            above = f"Article {n} of {len(learn.articles)} · {count(article.minutes, 'minute')}"
            yield Page(f"article-{article.id}", article.title, GROUP, (*summary, text), above=above)
    yield from _commands(book)


def _links(links: Sequence[Link], book: Book) -> tuple[tuple[str, Ref | None], ...]:
    return tuple(dict.fromkeys((str(one), book.target(one)) for one in links))


def _goal(goal: Goal, learn: Learn, book: Book) -> Iterator[Block]:
    links = _links(goal.links, book)
    if goal.summary:
        yield Article(goal.summary, links)
    for title, anchor, lines in (
        ("You may see", "signs", goal.signs),
        ("Look at", "look", goal.look),
        ("This week", "week", goal.week),
    ):
        if anchor == "look" and goal.read:
            found = [one for name in goal.read if (one := learn.article(name)) is not None]
            doors = tuple(Door(one.title, Ref(f"article-{one.id}"), prose(one.summary)) for one in found)
            yield Section("Read", (Doors(doors),), "read")
        if lines:
            yield Section(title, (Article("\n".join(f"- {' '.join(line.split())}" for line in lines), links),), anchor)
        if anchor == "look" and goal.run:
            rows: list[tuple[Inline, ...]] = [(marked(one.line, "code"), plain(one.shows)) for one in goal.run]
            yield Section("Run", (Table("Commands to run", ("Command", "What it shows"), tuple(rows)),), "run")


def _commands(book: Book) -> Iterator[Page]:
    used = [book.commands[name] for name in book.reads("command") if name in book.commands]
    if not used:
        return
    cards = []
    for one in sorted(used):
        examples = (
            Facts((("Examples", tuple(marked(line, "code") for line in one.examples)),)) if one.examples else Facts(())
        )
        cards.append(Card(f"dealgate {one.name}", one.name, (), prose(one.does), examples))
    lead = Para(prose("The commands that the articles and goals speak of."), "lead")
    yield Page("commands", "Commands", GROUP, (lead, *cards))
