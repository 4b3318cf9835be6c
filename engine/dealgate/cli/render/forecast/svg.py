"""A forecast as a drawing in SVG."""

from __future__ import annotations

from ...forecasting import Shown
from ..clean import clean
from ._drawing import svg


def render(shown: Shown) -> str:
    """The file: light, and dark where what shows it is dark."""
    return clean(svg(shown))
