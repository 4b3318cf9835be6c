"""The whole playbook as one HTML file that needs nothing beside it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from markupsafe import Markup

from ..blocks import Page, Ref
from ..brand import Look
from ..html import At, grouped, rendered
from ..style import style


def make(pages: list[Page], look: Look) -> dict[str, bytes]:
    """One file, the logo in it."""
    if look.image is not None:
        look = replace(look, logo=look.image.uri)
    all_pages = [(page, At(page.id, _href, partial(_ident, page.id))) for page in pages]
    at = At("", _href, str)
    css = Markup(style(look))  # noqa: S704
    text = rendered("file.html", all=all_pages, groups=grouped(pages), at=at, look=look, style=css)
    return {"playbook.html": text.encode()}


def _href(to: Ref) -> str:
    return f"#{_ident(to.page, to.anchor)}" if to.anchor else f"#{to.page}"


def _ident(page: str, anchor: str) -> str:
    return f"{page}--{anchor}"
