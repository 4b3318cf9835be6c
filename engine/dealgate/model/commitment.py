"""Commitments: what somebody said they would do by a day, and what became of it."""

from __future__ import annotations

from datetime import date

from .struct import Struct

STATES = ("open", "done", "missed")
"""What can have become of a commitment."""


class Commitment(Struct):
    """A coaching action: ``who`` (an owner) agreed on ``agreed`` with ``by`` to do ``action`` until and with ``due``.

    ``deal`` is the id of the deal it is about, if any. ``theme`` is what plays know it by, ``origin`` the id of the
    conclusion it comes from; each is empty where there is none. ``result`` says what came of it on ``ended``.
    Nobody ends one but a person: past its day it is overdue, and still open.
    """

    id: str
    who: str
    action: str
    due: date
    agreed: date
    by: str
    team: str | None = None
    deal: str | None = None
    theme: str = ""
    origin: str = ""
    state: str = "open"
    result: str = ""
    ended: date | None = None

    def overdue(self, today: date) -> bool:
        """Whether its day has passed and nobody has said what came of it."""
        return self.state == "open" and self.due < today
