"""Did you mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.documents.suggest import nearest, nearest_few

KEYS = ["enforce", "title", "check", "max_age", "applies_when", "id", "in", "is"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [("enforces", "enforce"), ("titel", "title"), ("max-age", "max_age"), ("Max Age", "max_age"), ("CHECK", "check"),
     ("aplies_when", "applies_when"), ("colour", None), ("x", None), ("", None), ("e" * 500, None)],
)  # fmt: skip
def test_the_nearest_word_is_the_one_meant(word: str, meant: str | None) -> None:
    assert nearest(word, KEYS) == meant


def test_the_word_itself_is_never_suggested() -> None:
    assert nearest("title", ["title"]) is None


def test_the_nearer_word_comes_first() -> None:
    assert nearest_few("stage", ["stagger", "colour", "stages"]) == ["stages", "stagger"]


@given(st.text(max_size=90), st.lists(st.text(max_size=90), max_size=8))
def test_what_is_suggested_is_a_candidate(word: str, candidates: list[str]) -> None:
    assert set(nearest_few(word, candidates)) <= set(candidates) - {word}
