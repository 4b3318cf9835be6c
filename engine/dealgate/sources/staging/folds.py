"""Case-folding in SQL, exact for the texts that it is compared with.

``str.casefold`` turns a few letters beyond ASCII into ASCII ones (``ß`` into ``ss``, the sign for kelvin into ``k``);
SQL's LOWER does not, or does other things. So every letter whose folding matters to the texts at hand is replaced
first; then LOWER has only ASCII left to do. The list comes from ``str.casefold`` itself.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from functools import cache

from .speech import E, Speech, replaced

_DOTTED = "\u0130"
"""Capital I with a dot: folds to ``i`` and a dot above, while LOWER makes a plain ``i`` of it."""
_NO_LETTER = "\u0131"


@cache
def _letters() -> dict[str, str]:
    """Every letter beyond ASCII that folding changes, with what it becomes."""
    found = {}
    for code in range(128, sys.maxunicode + 1):
        letter = chr(code)
        folded = letter.casefold()
        if folded != letter:
            found[letter] = folded
    return found


@cache
def _to_ascii() -> dict[str, str]:
    return {letter: folded for letter, folded in _letters().items() if any(c.isascii() for c in folded)}


def folded_for(speech: Speech, part: E, texts: Collection[str]) -> E:
    """Folded so that comparing it for equality with any of these (folded) texts is exact."""
    wanted = {c for one in texts for c in one if not c.isascii()}
    letters = {
        letter: folded
        for letter, folded in (_letters() if wanted else _to_ascii()).items()
        if any(folded in one for one in texts)
    }
    if speech.unicode_lower and any("i" in one for one in texts):
        letters.setdefault(_DOTTED, _NO_LETTER)
    return _folded(speech, part, letters)


def folded_wholly(speech: Speech, part: E, texts: Iterable[str] = ()) -> E:
    """Folded so that equality with, and search for, any ASCII text and any of these texts is exact."""
    wanted = {c for one in texts for c in one if not c.isascii()}
    letters = dict(_to_ascii())
    if wanted:
        letters |= {letter: folded for letter, folded in _letters().items() if wanted & set(folded)}
    return _folded(speech, part, letters)


def _folded(speech: Speech, part: E, letters: dict[str, str]) -> E:
    single = {letter: folded for letter, folded in letters.items() if len(folded) == 1}
    found = speech.swapped(part, single) if single else part
    for letter, folded in letters.items():
        if len(folded) > 1:
            found = replaced(found, letter, folded)
    return speech.lower(found)


def unsafe(texts: Iterable[str]) -> list[str]:
    """The folded texts that LOWER would change again, which nothing here makes exact."""
    return sorted({one for one in texts if one.lower() != one})
