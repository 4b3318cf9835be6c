"""A forecast as one page that needs nothing beside it: the drawing, the tables, the evidence and the gap."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from ....forecast.rolled import flat
from ....publish.svg import inside
from ...forecasting import Shown
from ..clean import clean
from ..page import page
from . import _words as words
from ._drawing import drawing, style


def render(shown: Shown) -> str:
    """The page; everything is escaped."""
    inner = inside(drawing(shown, headed=False), "forecast", None)  # escaped by what prints it
    drawn, styled = Markup(inner), Markup(style())  # noqa: S704
    template = Path(__file__).with_name("forecast.html")
    return clean(page(template, shown=shown, words=words, drawn=drawn, style=styled, flat=flat, line="–"))
