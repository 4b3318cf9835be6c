"""Did you mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealgate.documents.suggest import nearest, nearest_few, sure

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


@pytest.mark.parametrize(
    ("word", "known", "one"),
    [
        ("amuont", ["amount", "account"], "amount"),
        ("close-date", ["close_date", "closed_on"], "close_date"),
        ("Amount", ["amount", "amounts"], "amount"),
        ("objectiv", ["objective"], "objective"),
        ("owners", ["owner", "owned"], "owner"),
        ("cost", ["post", "host"], None),  # two are as near
        ("closing_dat", ["close_date"], None),  # more than one letter
        ("q2_amount", ["q1_amount"], None),  # a digit is no slip
        ("iz", ["is"], None),  # too short to be sure
        ("IS", ["is"], "is"),
        ("YES", ["yes"], None),  # it would have to be quoted
        ("amount", ["amount"], None),
        ("x" * 200, ["x" * 199], None),
    ],
)
def test_a_word_is_sure_only_where_nothing_else_can_be_meant(word: str, known: list[str], one: str | None) -> None:
    assert sure(word, known) == one


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=6))
def test_what_is_sure_is_the_nearest_too(word: str, known: list[str]) -> None:
    found = sure(word, known)
    assert found is None or (found in known and found == nearest(word, known))
