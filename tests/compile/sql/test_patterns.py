"""A safe pattern, spelled for a dialect, finds in each text what the pattern's own machine finds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from dealgate.compile.sql import patterns
from dealgate.model import regex

from .running import Engine

ATOMS = ("a", "B", "7", ".", "-", r"\d", r"\w", r"\s", "[a-c]", "[^a-z ]", "[Kk-]", r"[\]^\\]", "é", "ß", "K", "'", r"\.", r"\|", "^", "$", "")  # fmt: skip
TEXTS = (
    "a", "A", "b", "abc", "ABC 7", "7", "x\ny", "K", "K", "ſ", "é", "É", "ß", "SS", "]", "^", "\\", "-", "a.b", "|",
    "it's", "aaaa", "bca", "a b", "…", "漢字", "😀", "-a-", "\ta" + "a",
)  # fmt: skip


def repeats(atom: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    times = st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}"])
    sound = atom.filter(lambda a: a not in ("^", "$", "") and a[-1] not in "*+?}")
    return st.builds(lambda a, t: a + t, sound, times) | atom


def spelled() -> st.SearchStrategy[str]:
    one = repeats(st.sampled_from(ATOMS))
    row = st.lists(one, min_size=1, max_size=4).map("".join)
    group = st.builds(lambda a, b, t: f"({a}|{b}){t}", row, row, st.sampled_from(["", "*", "+", "?", "{1,2}"]))
    return st.lists(row | group, min_size=1, max_size=3).map("".join).filter(lambda p: _sound(p))


def _sound(pattern: str) -> bool:
    try:
        regex.compiled(pattern)
    except regex.BadPattern:
        return False
    return True


def find(engine: Engine, pattern: str) -> list[bool]:
    from dealgate.compile.sql.dialects import DIALECTS
    from dealgate.compile.sql.words import text

    dialect = DIALECTS[engine.name]
    assert dialect.pattern is not None
    said = dialect.matches(exp.column("t"), text(dialect.pattern(pattern))).sql(dialect=engine.name)
    rows = ", ".join(f"({n}, {text(t).sql(dialect=engine.name)})" for n, t in enumerate(TEXTS))
    sql = f"SELECT n, {said} FROM (VALUES {rows}) AS v(n, t) ORDER BY n"
    return [bool(hit) for _, hit in engine.place.fetch(sql)]


@settings(max_examples=80, deadline=None)
@given(spelled())
def test_dialects_find_what_the_machine_finds(engine: Engine, pattern: str) -> None:
    if engine.name == "sqlite":
        return
    assert find(engine, pattern) == [regex.search(pattern, t) for t in TEXTS], pattern


@settings(max_examples=200, deadline=None)
@given(spelled())
def test_what_java_is_given_means_the_same_to_a_backtracking_engine(pattern: str) -> None:
    try:
        said = patterns.java(pattern)
    except patterns.Differs:
        return
    assert [re.search(said, t) is not None for t in TEXTS] == [regex.search(pattern, t) for t in TEXTS], said


@given(spelled())
def test_what_nothing_is_enough_for_is_found_everywhere(pattern: str) -> None:
    if patterns.always(pattern):
        assert all(regex.search(pattern, t) for t in ("", *TEXTS))


def test_letters_are_spelled_out_as_engines_fold_more_than_ascii() -> None:
    assert patterns.re2("Kelvin|[a-c]é") == "(?s)[Kk][Ee][Ll][Vv][Ii][Nn]|[ABCabc][é]"


@pytest.mark.parametrize(
    ("spell", "pattern", "why"),
    [
        (patterns.java, "(a|b)*c", "Java"),
        (patterns.postgres, "a{300}", "255"),
        (patterns.re2, "(a{40}){40}", "1000"),
        (patterns.posix, "(a|)b", "empty"),
    ],
)
def test_what_an_engine_would_take_otherwise_is_refused(spell: object, pattern: str, why: str) -> None:
    with pytest.raises(patterns.Differs, match=why):
        spell(pattern)  # type: ignore[operator]
