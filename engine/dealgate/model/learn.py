"""The reading path of the field: articles in their order, goals that lead to them, and the links between all of it."""

from __future__ import annotations

from .diagnostics import NOWHERE, Where
from .struct import Struct, field

WORDS_A_MINUTE = 200
"""How fast prose of the trade is read."""

SCHEMES = {
    "article": "an article of the reading path, as article:ID",
    "goal": "a goal of the reading path, as goal:ID",
    "process": "a process, as process:ID",
    "stage": "a stage, as stage:PROCESS.STAGE",
    "criterion": "a criterion, as criterion:PROCESS.STAGE.ID",
    "framework": "a framework, as framework:ID",
    "element": "an element of a framework, as element:FRAMEWORK.ID",
    "metric": "a metric, as metric:ID",
    "command": "a command of the command line, as command:NAME",
    "rule": "a diagnostic, as rule:CODE",
}
"""What a link may lead to. Commands and diagnostics live above the documents, so a test of the whole checks those."""


class Link(Struct):
    """A link of a text: ``[the words](scheme:target)``. ``at`` is where its target is written."""

    scheme: str
    target: str
    words: str = ""
    at: Where = field(default=NOWHERE, compare=False)

    def __str__(self) -> str:
        return f"{self.scheme}:{self.target}"


class Article(Struct):
    """One article. ``text`` is Markdown below its title; ``file`` is where it is read from, as a reader sees it.

    ``links`` are those of the text that lead somewhere. One that is not among them leads to what an overlay took away:
    show its words alone.
    """

    id: str
    title: str
    summary: str
    text: str
    file: str = ""
    links: tuple[Link, ...] = ()
    at: Where = field(default=NOWHERE, compare=False)

    @property
    def minutes(self) -> int:
        """How long it takes to read, at least 1."""
        return max(1, round(len(self.text.split()) / WORDS_A_MINUTE))


class Run(Struct):
    """A command to type, whole and as it stands, and what it shows (one line of Markdown)."""

    line: str
    shows: str

    @property
    def command(self) -> str:
        """The command's name: the word after ``dealgate``."""
        words = self.line.split()
        return words[1] if len(words) > 1 else ""


class Goal(Struct):
    """What somebody wants to get better at. Every text is one line or paragraph of Markdown.

    ``signs`` tell that one has the problem; ``read`` are ids of articles, in order; ``look`` says what to look at,
    ``run`` which commands show it, ``week`` what to do this week. ``links`` hold those of ``read`` and ``run`` too.
    """

    id: str
    title: str
    summary: str
    signs: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    look: tuple[str, ...] = ()
    run: tuple[Run, ...] = ()
    week: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    at: Where = field(default=NOWHERE, compare=False)


class Learn(Struct):
    """A reading path: ``articles`` in the order to read them, and goals to begin from."""

    id: str
    title: str
    version: str
    articles: tuple[Article, ...] = ()
    goals: tuple[Goal, ...] = ()
    description: str = ""
    at: Where = field(default=NOWHERE, compare=False)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all articles, then of all goals; each is there once."""
        return (*(one.id for one in self.articles), *(one.id for one in self.goals))

    def article(self, name: str) -> Article | None:
        """The article by id."""
        return next((one for one in self.articles if one.id == name), None)

    def goal(self, name: str) -> Goal | None:
        """The goal by id."""
        return next((one for one in self.goals if one.id == name), None)

    def after(self, name: str) -> Article | None:
        """The article to read after this one; None after the last."""
        ids = [one.id for one in self.articles]
        place = ids.index(name) + 1 if name in ids else len(ids)
        return self.articles[place] if place < len(ids) else None

    @property
    def links(self) -> tuple[Link, ...]:
        """Every link of every article and goal, in reading order."""
        every = [one.links for one in self.articles] + [one.links for one in self.goals]
        return tuple(link for links in every for link in links)
