"""A folder of pages that opens without a server: start with ``index.html``."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ..blocks import Page, Ref
from ..brand import Look
from ..html import At, grouped, rendered
from ..style import style


def make(pages: list[Page], look: Look) -> dict[str, bytes]:
    """A file a page, the style, and the logo."""
    found: dict[str, bytes] = {"style.css": style(look).encode()}
    if look.image is not None:
        found[look.image.name] = look.image.data
        look = replace(look, logo=look.image.name)
    contents = grouped(pages)
    read = [page for page in pages if not page.paper]
    for page in pages:
        place = read.index(page) if page in read else None
        before = read[place - 1] if place else None
        after = read[place + 1] if place is not None and place + 1 < len(read) else None
        at = At(page.id, partial(_href, page.id), str)
        text = rendered("page.html", page=page, groups=contents, at=at, look=look, before=before, after=after)
        found[f"{page.id}.html"] = text.encode()
    return found


def _href(here: str, to: Ref) -> str:
    if to.page == here and to.anchor:
        return f"#{to.anchor}"
    return f"{to.page}.html" + (f"#{to.anchor}" if to.anchor else "")
