"""Text that is safe to show: what a terminal would obey, or what reorders the text a reader sees, is written out."""

from __future__ import annotations

import json
import re
from typing import Any

_UNSAFE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"


def clean(text: str) -> str:
    """The text with escape sequences, other control characters and direction marks written as ``\\u001b``."""
    if text.isascii() and text.isprintable():
        return text
    return re.sub(_UNSAFE, lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: object) -> str:
    """The same for one line or cell: every run of blanks is one space."""
    return clean(" ".join(str(text).split()))


def dumps(value: Any, indent: int | None = None) -> str:
    """JSON that reads as itself and is safe on a terminal; the same values come back."""
    return clean(json.dumps(value, indent=indent, ensure_ascii=False))
