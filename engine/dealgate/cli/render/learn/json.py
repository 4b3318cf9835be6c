"""The reading path as one JSON object: the list of it, or one article or goal whole. Texts are Markdown."""

from __future__ import annotations

from typing import Any

from ....model.learn import Article, Goal, Learn, Link
from ..clean import dumps


def render(learn: Learn, chosen: Article | Goal | None) -> str:
    """The object, indented."""
    if isinstance(chosen, Article):
        return dumps(_head(chosen) | {"text": chosen.text, "links": _links(chosen.links)}, 1)
    if isinstance(chosen, Goal):
        runs = [{"line": run.line, "shows": run.shows} for run in chosen.run]
        held = {"signs": chosen.signs, "read": chosen.read, "look": chosen.look, "run": runs, "week": chosen.week}
        return dumps(_head(chosen) | held | {"links": _links(chosen.links)}, 1)
    listed = {"articles": [_head(one) for one in learn.articles], "goals": [_head(one) for one in learn.goals]}
    return dumps({"id": learn.id, "title": learn.title, "version": learn.version, **listed}, 1)


def _head(one: Article | Goal) -> dict[str, Any]:
    more = {"minutes": one.minutes, "file": one.file} if isinstance(one, Article) else {}
    return {"id": one.id, "title": one.title, "summary": one.summary, **more}


def _links(links: tuple[Link, ...]) -> list[dict[str, str]]:
    return [{"to": str(link), "words": link.words} for link in links]
