"""Agendas: what a review puts before the people, chosen and said in words; each kind of item is a file in ``shows``."""

from .make import agenda_of
from .model import Agenda, Audience, Point, Section

__all__ = ["Agenda", "Audience", "Point", "Section", "agenda_of"]
