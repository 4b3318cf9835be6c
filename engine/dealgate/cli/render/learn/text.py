"""The reading path for a person: the list of it, one article, or one goal."""

from __future__ import annotations

from ....model.learn import Article, Goal, Learn, Link
from ..clean import clean, one_line
from ..explain import wrapped
from ..width import width

_SAYS = {
    "article": "dealgate learn {0}",
    "goal": "dealgate learn {0}",
    "command": "dealgate {0} --help",
    "metric": "dealgate metrics --list --metric {0}",
    "rule": "dealgate rule {0}",
    "process": "the process {0}",
    "stage": "{1}, a stage of the process {0}",
    "criterion": "{1}, a criterion of the process {0}",
    "framework": "the framework {0}",
    "element": "{1}, an element of the framework {0}",
}
_OF_ANOTHER = frozenset(("stage", "criterion", "element"))


def render(learn: Learn, chosen: Article | Goal | None) -> str:
    """The text, without colour off a terminal."""
    if chosen is None:
        return _list(learn)
    from ._markdown import on_terminal

    page = chosen.text if isinstance(chosen, Article) else _goal(learn, chosen)
    title = wrapped(one_line(chosen.title), width())
    above = [*title, "=" * max(map(len, title)), *_above(learn, chosen), ""]
    below = [*_leads(chosen.links), *_next(learn, chosen)]
    return "\n".join([*above, on_terminal(clean(page), width()), *below])


def _list(learn: Learn) -> str:
    across = max((len(name) for name in learn.ids), default=0) + 4
    lines = [one_line(learn.title), "", "Articles, in the order to read them"]
    for one in learn.articles:
        lines += _entry(one.id, f"{one_line(one.title)} ({_minutes(one)})", one.summary, across)
    if learn.goals:
        lines += ["", "Goals: what do you want to get better at?"]
    for goal in learn.goals:
        lines += _entry(goal.id, one_line(goal.title), goal.summary, across)
    lines += ["", *wrapped("`dealgate learn NAME` shows one.", width())]
    return "\n".join(lines)


def _entry(name: str, title: str, summary: str, across: int) -> list[str]:
    indent = " " * across
    return [
        *wrapped(f"  {name:<{across - 2}}{title}", width(), indent),
        *wrapped(f"{indent}{one_line(summary)}", width(), indent),
    ]


def _minutes(article: Article) -> str:
    return f"{article.minutes} minute{'' if article.minutes == 1 else 's'}"


def _above(learn: Learn, chosen: Article | Goal) -> list[str]:
    if isinstance(chosen, Goal):
        return wrapped("A goal of the reading path", width())
    place = learn.articles.index(chosen) + 1
    return wrapped(f"Article {place} of {len(learn.articles)}, {_minutes(chosen)}", width())


def _next(learn: Learn, chosen: Article | Goal) -> list[str]:
    after = learn.after(chosen.id)
    return ["", *wrapped(f"Next: dealgate learn {after.id}", width())] if after is not None else []


def _goal(learn: Learn, goal: Goal) -> str:
    """The goal as one Markdown text."""
    found = [goal.summary, "## Signs that you have it", *_bullets(goal.signs), "## Read"]
    for number, name in enumerate(goal.read, 1):
        article = learn.article(name)
        told = f": {article.title} ({_minutes(article)})" if article is not None else ""
        found.append(f"{number}. `dealgate learn {name}`{told}")
    found += ["## Look at", *_bullets(goal.look), "## Run"]
    for run in goal.run:
        found += [f"```sh\n{run.line}\n```", run.shows]
    reads = "They read `deals.jsonl`: your own export, or what `dealgate demo --save deals.jsonl` writes."
    return "\n\n".join([*found, reads, "## This week", *_bullets(goal.week)])


def _bullets(texts: tuple[str, ...]) -> list[str]:
    return ["\n".join(f"- {text}" for text in texts)]


def _leads(links: tuple[Link, ...]) -> list[str]:
    """Where each link leads, in the order of the text; of several to one place the first."""
    first = {str(link): link for link in reversed(links) if link.words}
    told = [link for link in links if first.get(str(link)) is link]
    lines = [line for link in told for line in wrapped(f"  – {one_line(link.words)}: {_says(link)}", width(), "    ")]
    return ["", "Where the words in it lead", *lines] if lines else []


def _says(link: Link) -> str:
    parts = link.target.split(".", 1) if link.scheme in _OF_ANOTHER else [link.target]
    return _SAYS[link.scheme].format(*map(one_line, parts))
