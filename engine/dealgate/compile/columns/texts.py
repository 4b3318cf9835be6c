"""Text as columns: Python's case folding, and the safe patterns of ``model.regex`` as Rust's."""

from __future__ import annotations

from functools import lru_cache

import polars as pl
from polars.exceptions import PolarsError

from ...model import regex

_SPACES = "".join(chr(n) for n in range(128) if chr(n).isspace())
ALL_SPACES = "".join(c for c in map(chr, range(0x3001)) if c.isspace())
_LARGEST = 400
"""Letters and repeats beyond which Rust's automaton might grow too large."""


def stripped(expr: pl.Expr) -> pl.Expr:
    """Without outer spaces, as ``str.strip`` has them."""
    return expr.str.strip_chars(ALL_SPACES)


def folded(expr: pl.Expr) -> pl.Expr:
    """Stripped and case-folded as ``str.strip`` and ``str.casefold`` do."""
    return expr.map_batches(fold, return_dtype=pl.String, is_elementwise=True)


def fold(column: pl.Series) -> pl.Series:
    """ASCII by Polars; each other text once, by Python."""
    plain = column.str.strip_chars(_SPACES).str.to_lowercase()
    strange = (column.str.len_bytes() != column.str.len_chars()).fill_null(False)
    if not strange.any():
        return plain
    places = strange.arg_true()
    known: dict[str, str] = {}
    found = [known[t] if t in known else known.setdefault(t, t.strip().casefold()) for t in column.gather(places)]
    return plain.scatter(places, pl.Series(found, dtype=pl.String))


def matches(expr: pl.Expr, pattern: str) -> pl.Expr:
    """Whether a pattern is found in a text."""
    rust = as_rust(pattern)
    if rust is not None:
        return expr.str.contains(rust)

    def search(column: pl.Series) -> pl.Series:
        known: dict[str, bool] = {}
        found: list[bool | None] = []
        for text in column.to_list():
            if text is not None and text not in known:
                known[text] = regex.search(pattern, text)
            found.append(None if text is None else known[text])
        return pl.Series(found, dtype=pl.Boolean)

    return expr.map_batches(search, return_dtype=pl.Boolean, is_elementwise=True)


@lru_cache(maxsize=512)
def as_rust(pattern: str) -> str | None:
    """The same pattern for Rust's engine, None where that one would refuse it."""
    tree = regex.parsed(pattern)
    if _size(tree) > _LARGEST:
        return None
    rust = _printed(tree)
    try:
        pl.Series([""]).str.contains(rust)
    except PolarsError:
        return None
    return rust


def _size(node: tuple) -> int:  # type: ignore[type-arg]
    if node[0] in ("all", "either"):
        return 1 + sum(_size(part) for part in node[1])
    if node[0] == "repeat":
        _, item, low, high = node
        return _size(item) * max(int(low), int(high or 0), 1)
    return 1


def _printed(node: tuple) -> str:  # type: ignore[type-arg]
    kind = node[0]
    if kind == "all":
        return "".join(_grouped(part) for part in node[1])
    if kind == "either":
        return "|".join(_printed(part) for part in node[1])
    if kind == "repeat":
        _, item, low, high = node
        return f"(?:{_printed(item)}){{{low},{'' if high is None else high}}}"
    if kind == "chars":
        return _class(node[1], node[2])
    return {"any": "(?s:.)", "start": r"\A", "end": r"\z"}[kind]


def _grouped(node: tuple) -> str:  # type: ignore[type-arg]
    return f"(?:{_printed(node)})" if node[0] in ("either", "all") else _printed(node)


def _class(chars: frozenset[str], negated: bool) -> str:
    """Letters of folded text: ASCII ones in both cases. A capital stands for none, as none is left by folding."""
    both = {c for one in chars for c in (one, one.upper() if one.isascii() else one)}
    inside = "".join(f"\\x{{{ord(c):x}}}" for c in sorted(both))
    return f"[{'^' if negated else ''}{inside}]"
