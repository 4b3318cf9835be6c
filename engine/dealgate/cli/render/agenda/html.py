"""An agenda as one HTML file that needs nothing beside it and prints on paper."""

from __future__ import annotations

from pathlib import Path

from ....inspection.agenda import Agenda
from . import _words as words


def render(agenda: Agenda) -> str:
    """The whole of it; everything is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("agenda.html").render(agenda=agenda, words=words).rstrip()
