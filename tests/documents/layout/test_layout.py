"""The one layout: what is shipped has it, and nothing but layout changes."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, event, example, given
from hypothesis import strategies as st
from tests.documents.layout.messing import CHECKOUT, SHIPPED, commented, documents, sequence, untidy

from dealgate.documents.layout import laid_out, shape
from dealgate.documents.layout.pieces import cut
from dealgate.documents.yaml import parse, plain_data, read_text

HERE = Path(__file__).parent


def read(path: Path) -> str:
    text, found = read_text(path)
    assert text is not None and not found
    return text


def laid(text: str) -> str:
    """The layout of a text that has one."""
    text = text.replace("\r\n", "\n")
    found = laid_out(text, "p.yaml")
    assert found.text is not None, found.diagnostics
    return found.text


@pytest.mark.parametrize("path", SHIPPED, ids=[str(path.relative_to(CHECKOUT)) for path in SHIPPED])
def test_a_shipped_document_stays_as_it_is(path: Path) -> None:
    assert laid(read(path)) == read(path)


@given(st.sampled_from(SHIPPED), st.integers(0, 2**32))
def test_an_untidy_copy_of_a_shipped_document_becomes_the_shipped_one(path: Path, seed: int) -> None:
    tidy = read(path)
    messy = untidy(tidy, random.Random(seed))
    assert plain_data(_node(messy)) == plain_data(_node(tidy)), "the mess says something else: mend the test"
    assert laid(messy) == tidy


@given(st.sampled_from(SHIPPED), st.integers(0, 2**32))
def test_comments_put_into_an_untidy_copy_stay_where_they_were_put(path: Path, seed: int) -> None:
    dice = random.Random(seed)
    tidy, put = commented(read(path), dice)
    done = laid(untidy(tidy, dice))
    assert done == tidy
    assert all(comment in done for comment in put)


def _node(text: str) -> object:
    node, found = parse(text, "p.yaml")
    assert node is not None and not found, found
    return node


@given(documents())
@example("a:\n- b\n # between\n- c\n # after\n#top\n")
@example("a: |2+\n   b\n\n\n# c\nd: e")
@example("a: |\n  no line's end")
def test_of_any_document_only_the_layout_changes(text: str) -> None:
    node, found = parse(text, "p.yaml")
    assume(node is not None and not found)
    plain = text.replace("\r\n", "\n").removeprefix("\ufeff")
    done = laid(text)
    event("changed" if done != plain else "stays")
    again, found = parse(done, "p.yaml")
    assert again is not None and not found
    assert plain_data(again) == plain_data(node) and shape(again) == shape(node)
    assert yaml.safe_load(done) == yaml.safe_load(plain)
    assert sequence(done) == sequence(plain)
    assert laid(done) == done


WILD = ["a", "b: ", "- ", "-  ", ": ", "? ", "{", "}", "[", "]", ", ", ",", " ", "  ", "\n", "\n  ", "\n    ", "# c",
        "  # d\n", "|\n  ", ">-\n   ", "|+\n", "|2\n", '"q"', "'s'", '"x\\\n  y"', "\t", "text ", "key:", "\n- ",
        "---\n", "...\n", "\n\n\n", "a\n  b", "&a ", "!t ", "%YAML 1.2\n"]  # fmt: skip


@given(st.lists(st.sampled_from(WILD), max_size=24).map("".join))
def test_any_text_is_laid_out_or_refused_by_what_the_reader_says_of_it(text: str) -> None:
    node, found = parse(text, "p.yaml")
    done = laid_out(text, "p.yaml")
    if done.text is None:
        assert list(done.diagnostics) == found or "%" in text
        return
    assert node is not None
    with contextlib.suppress(yaml.YAMLError):  # the Python scanner refuses some tabs that the reader takes
        assert sequence(text) == sequence(done.text)


@given(documents())
def test_both_scanners_cut_a_document_into_the_same_pieces(text: str) -> None:
    node, found = parse(text, "p.yaml")
    assume(node is not None and not found)
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    slow = [(p.kind, p.start, p.levels, p.flow, p.leads) for p in cut(text, yaml.SafeLoader)[1]]
    assert [(p.kind, p.start, p.levels, p.flow, p.leads) for p in cut(text)[1]] == slow


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("golden/*.messy")))
def test_a_messy_document_is_laid_out_as_its_golden_file_shows(name: str) -> None:
    messy = (HERE / "golden" / f"{name}.messy").read_bytes().decode()
    assert laid(messy.removeprefix("\ufeff")) == (HERE / "golden" / f"{name}.tidy").read_text("utf-8")


def test_a_document_that_cannot_be_read_is_left_and_told_of_as_ever() -> None:
    for text in ("a: [", "a: 1\na: 2\n", "a: &b c\n", "\ta: 1\n", "", "a: 1\n---\nb: 2\n"):
        done = laid_out(text, "p.yaml")
        assert done.text is None
        assert list(done.diagnostics) == parse(text, "p.yaml")[1]


def test_a_directive_is_not_laid_out_and_the_file_left() -> None:
    done = laid_out("%YAML 1.2\n---\na:   1\n", "p.yaml")
    assert (done.text, [d.code for d in done.diagnostics]) == (None, ["DG020"])


def test_nothing_is_given_out_that_would_mean_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    import dealgate.documents.layout as layout
    from dealgate.documents.layout.printer import Printed

    monkeypatch.setattr(layout, "printed", lambda text: Printed("a: 2\n", ()))
    done = layout.laid_out("a: 1\n", "p.yaml")
    assert (done.text, [d.code for d in done.diagnostics]) == (None, ["DG020"])
    lost = iter([Printed("a: 1\n", ("# b",)), Printed("a: 1\n", ())])
    monkeypatch.setattr(layout, "printed", lambda text: next(lost))
    done = layout.laid_out("a: 1 # b\n", "p.yaml")
    assert (done.text, [d.code for d in done.diagnostics]) == (None, ["DG020"])


def test_quotes_line_breaks_and_the_order_of_keys_stay() -> None:
    text = "z: 'x'\na: \"x\"\nb: {d: 1, c: 2}\ne:\n  {f: 1,\n    g: 2}\n"
    assert laid(text) == text


def test_comments_in_one_column_stay_in_one() -> None:
    assert laid("a: 1     # one\nlong: 2  # two\nc: 3 # three\n") == "a: 1     # one\nlong: 2  # two\nc: 3  # three\n"


def test_what_is_in_brackets_over_lines_stands_deeper_than_its_key() -> None:
    # at the key's own column it is no YAML: js-yaml and libfyaml refuse it
    assert laid("a:\n  b: [\n  1,\n  ]\n") == "a:\n  b: [\n      1,\n    ]\n"
