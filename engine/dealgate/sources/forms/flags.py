"""Yes and no, in the words that exports use."""

from __future__ import annotations

from collections.abc import Collection

from dealgate.sources.forms.text import SPACES

TRUE_WORDS = frozenset({"1", "true", "t", "yes", "y", "x", "on", "ja", "j", "wahr", "oui", "vrai", "si", "sí", "✓"})
FALSE_WORDS = frozenset({"0", "false", "f", "no", "n", "off", "nein", "falsch", "non", "faux"})


def parse_boolean(text: str, true: Collection[str] = TRUE_WORDS, false: Collection[str] = FALSE_WORDS) -> bool | None:
    """True or False for a known word, trimmed and case-folded; None for any other, the empty text too."""
    word = text.strip(SPACES).casefold()
    if word in true:
        return True
    return False if word in false else None
