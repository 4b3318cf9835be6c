"""An agenda as one HTML file that needs nothing beside it and prints on paper."""

from __future__ import annotations

from pathlib import Path

from ....inspection.agenda import Agenda
from ..page import page
from . import _words as words


def render(agenda: Agenda) -> str:
    """The whole of it; everything is escaped."""
    return page(Path(__file__).with_name("agenda.html"), agenda=agenda, words=words)
