"""A reading path as written becomes checked articles and goals; links to what lies outside it are checked elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from dealgate.model.diagnostics import Diagnostic, Where, error
from dealgate.model.learn import SCHEMES, Article, Goal, Learn, Link, Run

from ..conditions.raw import did_you_mean
from ..markdown import Marked, read_inline, read_markdown
from ..nodes import Node, Scalar
from .reader import Reader
from .unique import Ids


class Files(Protocol):
    """How a reading path gets at files. A document is named as a reader sees it."""

    def beside(self, document: str, name: str) -> tuple[str, str | None]:
        """A file beside a document: as a reader sees it, and its text or None where it cannot be read."""

    def lines(self, document: str) -> Sequence[str]:
        """The lines of a document."""


def build_learn(node: Node, files: Files, wrong: list[Diagnostic]) -> Learn:
    """The reading path. What does not hold is reported and left out."""
    reader = Reader(node, wrong)
    ids = Ids("article or goal", wrong)
    articles = [_article(Reader(item, wrong), files) for item in reader.items("articles") if ids.new(item)]
    goals = [_goal(Reader(item, wrong), files) for item in reader.items("goals") if ids.new(item)]
    return Learn(
        reader.text("id"),
        reader.text("title", reader.text("id")),
        reader.text("version"),
        tuple(one for one in articles if one is not None),
        tuple(goals),
        description=reader.text("description"),
        at=reader.where,
    )


def file_of(item: Reader) -> tuple[str, Node | None]:
    """The name of an article's file, and the node that says it."""
    name = item.text("file")
    return (name, item.get("file")) if name else (f"{item.text('id')}.md", item.get("id"))


def _article(reader: Reader, files: Files) -> Article | None:
    name, said = file_of(reader)
    if said is None:
        return None
    file, text = files.beside(said.file, name)
    if text is None:
        reader.report("DG440", f"The article's file `{name}` cannot be read.", said, f"It is looked for as {file}.")
        return None
    marked = read_markdown(text, file)
    if not marked.title:
        hint = "Begin the file with a line such as `# What a lead is`."
        reader.wrong.append(error("DG444", "This article does not begin with its title.", Where(file, 1, 1), hint))
    links = _links(marked, reader.wrong)
    summary = reader.text("summary")
    return Article(reader.text("id"), marked.title, summary, marked.body, file, tuple(links), reader.where)


def _goal(reader: Reader, files: Files) -> Goal:
    read: list[Link] = []
    for item in reader.items("read"):
        if isinstance(item, Scalar):
            read.append(Link("article", item.text, at=item.where))
    look: list[Link] = []

    def prose(node: Node | None) -> str:
        if not isinstance(node, Scalar) or not node.text:
            return ""  # its schema has said so
        text = " ".join(node.text.split())
        raw = files.lines(node.file)[node.line - 1 :]
        look.extend(_links(read_inline(text, raw, node.where), reader.wrong))
        return text

    def all_of(key: str) -> tuple[str, ...]:
        return tuple(filter(None, map(prose, reader.items(key))))

    summary, signs, looked = prose(reader.get("summary")), all_of("signs"), all_of("look")
    runs: list[Run] = []
    for item in reader.items("run"):
        inner = Reader(item, reader.wrong)
        run = Run(" ".join(inner.text("line").split()), prose(inner.get("shows")))
        line = inner.get("line")
        if line is not None and run.command:
            look.append(Link("command", run.command, at=line.where))
        runs.append(run)
    week = all_of("week")
    return Goal(
        reader.text("id"), reader.text("title"), summary, signs, tuple(link.target for link in read), looked,
        tuple(runs), week, (*read, *look), reader.where,
    )  # fmt: skip


def _links(marked: Marked, wrong: list[Diagnostic]) -> Iterable[Link]:
    """The links of a text that are of a scheme we know; the others are reported, with what else a text cannot hold."""
    for what, at in marked.refused:
        message = f"An article cannot hold {what}: it is read on a terminal and on paper too."
        wrong.append(error("DG445", message, at, "Say it in words."))
    for one in marked.links:
        scheme, colon, target = one.target.partition(":")
        if scheme in SCHEMES and target:
            yield Link(scheme, target, one.words, one.at)
            continue
        message = f"`{one.target}` leads out of the reading path." if one.target else "This link leads nowhere."
        hint = did_you_mean(scheme, SCHEMES) if colon and scheme not in SCHEMES else None
        hint = hint or f"A link begins with {', '.join(f'{word}:' for word in SCHEMES)}."
        wrong.append(error("DG441", message, one.at, hint, max(1, len(one.target))))
