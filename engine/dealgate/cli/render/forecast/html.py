"""A forecast as one page that needs nothing beside it: the drawing, the tables, the evidence and the gap."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from ....publish.svg import inside
from ...forecasting import Shown
from ..clean import clean, one_line
from . import _words as words
from ._drawing import drawing, style


def render(shown: Shown) -> str:
    """The page; everything is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made = inside(drawing(shown, headed=False), "forecast", None)  # escaped by what prints it
    return clean(
        environment.get_template("forecast.html")
        .render(
            shown=shown,
            words=words,
            drawn=Markup(made),  # noqa: S704
            style=Markup(style()),  # noqa: S704
            one_line=one_line,
            line="–",
        )
        .rstrip()
    )
