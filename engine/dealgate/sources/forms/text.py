"""What all forms share: trimming, and the answer for a column that reads two ways."""

from __future__ import annotations

from dataclasses import dataclass

SPACES = " \t\r\n\v\f\u00a0\u2007\u2009\u202f\ufeff"


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A column that fits each of ``candidates``; only a person can say which is meant.

    ``example`` is the index of the first value that reads differently.
    """

    candidates: tuple[str, ...]
    example: int | None = None
