"""Text folds and matches as Python's, whatever its letters."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.compile.columns.texts import as_rust, folded, matches
from dealgate.model import regex

LETTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TEXTS = st.lists(st.one_of(st.none(), LETTERS, st.text("aAbBkKsS \t\n\x1c-1", max_size=6)), min_size=1, max_size=6)
PATTERNS = (
    "^po-[0-9]+$", "budget|plan", "[^a-z ]", "(a|b)*c?", "a{1,2}b{0}", ".", "^$", "k", "s+", "[^k]", "\\s", "\\w-\\d",
    "(^a|b$)", "a.b", "[a-]", "\\.|\\*", "ß", "É", "(a|(b|s){2})k$",
)  # fmt: skip


@given(TEXTS)
def test_folding_is_pythons(texts: list[str | None]) -> None:
    found = pl.DataFrame({"x": pl.Series(texts, dtype=pl.String)}).select(folded(pl.col("x")))["x"].to_list()
    assert found == [None if t is None else t.strip().casefold() for t in texts]


@given(TEXTS, st.sampled_from(PATTERNS))
def test_patterns_find_what_the_automaton_finds(texts: list[str | None], pattern: str) -> None:
    frame = pl.DataFrame({"x": pl.Series(texts, dtype=pl.String)})
    found = frame.select(matches(pl.col("x"), pattern))["x"].to_list()
    assert found == [None if t is None else regex.search(pattern, t) for t in texts]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_usual_patterns_are_left_to_polars(pattern: str) -> None:
    assert as_rust(pattern) is not None


def test_a_large_pattern_is_walked_here() -> None:
    assert as_rust("a{900}") is None
    frame = pl.DataFrame({"x": ["a" * 900, "a" * 899, None]})
    assert frame.select(matches(pl.col("x"), "a{900}"))["x"].to_list() == [True, False, None]
