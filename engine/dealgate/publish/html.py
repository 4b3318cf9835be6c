"""Pages as HTML: how links, ids, drawings and articles are spelled, and the templates that do the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from . import svg
from .blocks import Article, Figure, Page, Ref

if TYPE_CHECKING:
    from jinja2 import Environment

FOLDER = Path(__file__).with_name("templates")


@cache
def environment() -> Environment:
    """The templates: everything is escaped, and a name that is not there is a mistake."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip


def rendered(template: str, **given: Any) -> str:
    """A template filled in."""
    return environment().get_template(template).render(**given)


def grouped(pages: Sequence[Page]) -> list[tuple[str, list[Page]]]:
    """The contents: each group with its pages."""
    return [(group, list(found)) for group, found in groupby(pages, key=lambda page: page.group)]


class At:
    """How things are spelled on one page. ``href`` and ``id`` make a link and an id."""

    def __init__(self, page: str, href: Callable[[Ref], str], ident: Callable[[str], str]) -> None:
        self.page, self.href, self.id = page, href, ident

    def top(self, page: Page) -> str:
        """The link to a page."""
        return self.href(Ref(page.id))

    def drawn(self, figure: Figure) -> Markup:
        """A drawing, escaped by what prints it."""
        return Markup(svg.inside(figure.drawing, self.id(figure.name), self.href))  # noqa: S704

    def article(self, article: Article, level: int) -> Markup:
        """An article's Markdown as HTML; HTML within it is shown as text."""
        return Markup(_article(article, self, level))  # noqa: S704


def _article(article: Article, at: At, level: int) -> str:
    from dealgate.documents.markdown import parser

    reader = parser()
    reader.options["html"] = False
    tokens = reader.parse(article.source)
    known = dict(article.links)
    tag = "a"
    highest = min((int(token.tag[1]) for token in tokens if token.type == "heading_open"), default=level)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) - highest + level)}"
        for inner in token.children or ():
            if inner.type == "link_open":
                to = known.get(str(inner.attrs.get("href", "")))
                # what is linked to a thing that is not in this book stays as words
                tag = "a" if to is not None else "span"
                inner.attrs = {"href": at.href(to)} if to is not None else {}
            if inner.type in ("link_open", "link_close"):
                inner.tag = tag
    return str(reader.renderer.render(tokens, reader.options, {}))
