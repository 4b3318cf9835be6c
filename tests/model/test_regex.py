"""The safe subset of regular expressions, held to Python's own on what both understand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.model import regex
from dealgate.model.regex import BadPattern, compiled, search

LITERALS = st.sampled_from("abzAZ019_- @\n") | st.sampled_from(["\\.", "\\*", "\\[", "\\\\", "\\d", "\\w", "\\s", "."])
MEMBERS = st.sampled_from(
    ["a", "Z", "0-9", "a-f", "K-P", "_", ".", "*", "\\d", "\\w", "\\s", "\\]", "\\-", "+-\\/", "$"]
)
CLASSES = st.builds(
    lambda negated, members: f"[{'^' if negated else ''}{''.join(members)}]",
    st.booleans(),
    st.lists(MEMBERS, min_size=1, max_size=3),
)
REPEATS = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,2}", "{1,}", "{0}"])


def _patterns(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, max_size=3)
    group = several.map(lambda parts: f"({'|'.join(parts)})")
    return several.map("".join) | group | st.builds(lambda item, repeat: f"({item}){repeat}", inner, REPEATS)


ATOMS = LITERALS | CLASSES | st.builds(lambda atom, repeat: atom + repeat, LITERALS | CLASSES, REPEATS)
PATTERNS = st.recursive(ATOMS | st.sampled_from(["^", "$"]), _patterns, max_leaves=6)
TEXTS = st.text("abzAZfkKpP019_-.*@[]\\$ \n/,", max_size=8)


@settings(max_examples=1500, deadline=None)
@given(PATTERNS, TEXTS)
def test_it_finds_what_python_finds(pattern: str, text: str) -> None:
    # our `$` is the end of the text alone; Python's also stands before a last line break
    theirs = re.compile(pattern.replace("$", "\\Z") if "[" not in pattern else _ends(pattern), re.I | re.A | re.S)
    assert search(pattern, text) is (theirs.search(text) is not None)


def _ends(pattern: str) -> str:
    return "".join("\\Z" if part == "$" else part for part in _parts(pattern))


def _parts(pattern: str) -> Iterator[str]:
    inside = at = 0
    while at < len(pattern):
        size = 2 if pattern[at] == "\\" else 1
        part = pattern[at : at + size]
        inside = 1 if part == "[" else 0 if part == "]" else inside
        yield f"\\{part}" if inside and part == "$" else part
        at += size


@settings(max_examples=1500, deadline=None)
@given(st.text("ab()[]{}|*+?^$\\-,.09dwsb²é", max_size=14), st.text("ab09é", max_size=6))
def test_any_text_is_a_pattern_or_is_refused(pattern: str, text: str) -> None:
    try:
        compiled(pattern)
    except BadPattern as e:
        assert str(e)
    else:
        search(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(?:a)", "`(?` is not part"),
        ("(?i)a", "`(?` is not part"),
        ("\\b", "`\\b` is not part"),
        ("\\D", "`\\D` is not part"),
        ("(a)\\1", "`\\1` is not part"),
        ("a**", "another repeat"),
        ("a+?", "another repeat"),
        ("^*", "cannot follow"),
        ("*a", "stands alone"),
        ("a)", "closes no group"),
        ("(a", "not closed"),
        ("[a", "ends too early"),
        ("a\\", "ends too early"),
        ("a]", "stands alone"),
        ("a}", "stands alone"),
        ("a{,2}", "not a count"),
        ("a{²}", "not a count"),
        ("a{x}", "not a count"),
        ("a{2", "ends too early"),
        ("a{3,2}", "not a range"),
        ("a{1001}", "not a range"),
        ("a{99999}", "not a count"),
        ("[]", "is empty"),
        ("[z-a]", "not an ASCII range"),
        ("[a-é]", "not an ASCII range"),
        ("[a-\\d]", "not an ASCII range"),
        ("(a{1000}){1000}", "too large"),
        ("((((){1000}){1000}){1000}){1000}", "too large"),
        ("(" * 60 + ")" * 60, "too deeply"),
    ],
)
def test_what_is_outside_the_subset_is_refused_with_a_reason(pattern: str, why: str) -> None:
    with pytest.raises(BadPattern, match=re.escape(why)):
        compiled(pattern)


@pytest.mark.parametrize("pattern", ["(a*)*b", "(a|a)*b", "(a|aa)+b", "(a?){30}a{30}b", "(.*a){10}b", "((a+)+)+$b"])
def test_no_pattern_takes_more_steps_than_text_times_states(pattern: str) -> None:
    states, _ = compiled(pattern)
    visits: list[int] = []

    class Counted(set[int]):
        def add(self, item: int) -> None:
            visits.append(item)
            super().add(item)

    steps = {}
    for size in (100, 200):
        visits.clear()
        with mock.patch.object(regex, "set", Counted, create=True):
            assert search(pattern, "a" * size) is False
        steps[size] = len(visits)
        assert 0 < len(visits) <= (size + 1) * len(states)
    assert steps[200] <= 2.1 * steps[100]


def test_only_ascii_letters_are_folded() -> None:
    assert search("é", "É") is False
    assert search("[a-z]", "K") is True
    assert search("k", "\u212a") is False  # the Kelvin sign, which Python's own folding takes for a k
