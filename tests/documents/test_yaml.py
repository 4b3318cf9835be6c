"""Strict YAML: what is read, and how."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from dealgate.documents.yaml import Map, Node, Scalar, Seq, _read, parse, plain_data, read_text
from dealgate.model.diagnostics import Severity, Where

PROCESS = """\
kind: process/v1
title: 'A quoted: title'
stages:
  - id: a
    probability: 15%
    check: {field: amount, at_least: 1.50}
  - id: b
    exit: []
    proof: |
      Two
      lines
"""


def root(text: str) -> Map:
    node, found = parse(text, "p.yaml")
    assert not found
    assert isinstance(node, Map)
    return node


def codes(text: str) -> list[tuple[str, int, int]]:
    return [(d.code, d.where.line, d.where.column) for d in parse(text, "p.yaml")[1]]


def test_every_value_and_every_key_knows_its_place() -> None:
    top = root(PROCESS)
    assert top.where == Where("p.yaml", 1, 1)
    assert top.keys["title"] == (2, 1)
    assert top.items["title"].where == Where("p.yaml", 2, 8)
    stages = top.items["stages"]
    assert isinstance(stages, Seq)
    first = stages.items[0]
    assert isinstance(first, Map)
    assert first.where == Where("p.yaml", 4, 5)
    check = first.items["check"]
    assert isinstance(check, Map)
    assert check.key_where("at_least") == Where("p.yaml", 6, 28)
    assert check.items["at_least"].where == Where("p.yaml", 6, 38)
    assert check.key_where("absent") == check.where


def test_plain_data_is_the_document_without_its_places() -> None:
    assert plain_data(root(PROCESS)) == {
        "kind": "process/v1",
        "title": "A quoted: title",
        "stages": [
            {"id": "a", "probability": "15%", "check": {"field": "amount", "at_least": Decimal("1.50")}},
            {"id": "b", "exit": [], "proof": "Two\nlines\n"},
        ],
    }


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True), ("false", False), ("null", None), ("~", None), ("", None),
        ("0", 0), ("-7", -7), ("50000", 50000), ("1.10", Decimal("1.10")), ("-0.5", Decimal("-0.5")),
        ("2026-12-31", "2026-12-31"), ("15%", "15%"), ("14 days", "14 days"), ("^1", "^1"), ("1.0.0", "1.0.0"),
        ('"true"', "true"), ("'12'", "12"), ('""', ""), ("9" * 50, "9" * 50), ("٣", "٣"),
    ],
)  # fmt: skip
def test_a_plain_value_is_typed_by_the_strict_rules_alone(written: str, value: object) -> None:
    node = root(f"a: {written}\n").items["a"]
    assert isinstance(node, Scalar)
    assert node.value == value
    assert type(node.value) is type(value)
    assert plain_data(node) == value


@pytest.mark.parametrize(
    "word",
    ["no", "Yes", "on", "OFF", "y", "N", "True", "NULL", "012", "12:30", "1:30:00", "1_000", "1e3", "0x1F", "0o7",
     "0b1", ".inf", "-.INF", ".nan", "+5", "5.", ".5", "1.5e3", "00.5"],
)  # fmt: skip
def test_what_other_readers_would_change_is_text_and_marked_as_surprising(word: str) -> None:
    plain, quoted = root(f"a: {word}\nb: '{word}'\n").items.values()
    assert isinstance(plain, Scalar)
    assert isinstance(quoted, Scalar)
    assert plain.value == quoted.value == word
    assert plain.surprising
    assert not quoted.surprising


@pytest.mark.parametrize(
    "word", ["none", "nobody", "2026-12-31", "1.0.0", "15%", "14 days", "a1", "-", "true", "12", "1.5"]
)
def test_an_ordinary_word_or_a_strict_value_is_no_surprise(word: str) -> None:
    node = root(f"a: '{word}'\n" if word == "-" else f"a: {word}\n").items["a"]
    assert isinstance(node, Scalar)
    assert not node.surprising


def test_keys_are_always_text() -> None:
    assert list(root("1: a\ntrue: b\nno: c\n2026-12-31: d\n'5': e\n").items) == ["1", "true", "no", "2026-12-31", "5"]


def test_a_duplicate_key_is_refused_at_its_line_and_names_the_first() -> None:
    node, found = parse("a: 1\nb: 2\n\na: 3\n", "p.yaml")
    assert [(d.code, d.where.line, d.where.column) for d in found] == [("DG012", 4, 1)]
    assert "line 1" in found[0].message
    assert node is not None
    assert plain_data(node) == {"a": 1, "b": 2}


def test_all_that_is_refused_is_told_in_one_pass() -> None:
    text = "a: &x 1\nb: *x\nc: !t 2\n<<: {d: 1}\na: 3\n? [e]\n: f\ng: {h: yes we, can do}\n"
    assert codes(text) == [
        ("DG013", 1, 4), ("DG013", 2, 4), ("DG014", 3, 4), ("DG015", 4, 1), ("DG012", 5, 1), ("DG017", 6, 3),
        ("DG018", 8, 16),
    ]  # fmt: skip


def test_a_second_document_is_refused_where_it_begins() -> None:
    assert codes("a: 1\n---\nb: 2\n") == [("DG016", 2, 1)]


@pytest.mark.parametrize("text", ["", "\n\n", "# only words\n", "---\n", "\ufeff"])
def test_an_empty_file_is_an_error_that_says_so(text: str) -> None:
    node, found = parse(text, "p.yaml")
    assert node is None
    assert [d.code for d in found] == ["DG005"]


def test_a_key_with_an_explicit_colon_may_be_empty_in_braces() -> None:
    assert plain_data(root("{a: b, c: }\n")) == {"a": "b", "c": None}


def test_a_no_break_space_in_a_key_is_refused() -> None:
    assert codes("max\xa0age: 1\n") == [("DG004", 1, 1)]


def test_crlf_and_a_byte_order_mark_change_neither_places_nor_values(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + PROCESS.replace("\n", "\r\n").encode())
    text, wrong = read_text(path)
    assert (text, wrong) == (PROCESS, [])
    direct, found = parse("\ufeff" + PROCESS.replace("\n", "\r\n"), "p.yaml")
    assert not found
    assert shape(direct) == shape(root(PROCESS))


def test_more_problems_than_two_hundred_are_counted() -> None:
    _, found = parse("a: 1\n" * 301, "p.yaml")
    assert len(found) == 201
    assert found[-1].code == "DG007"
    assert found[-1].severity is Severity.INFO
    assert found[-1].message.startswith("100 more problems")


def test_the_pure_python_parser_gives_the_same_tree() -> None:
    slow, found = _read(PROCESS, "p.yaml", yaml.SafeLoader)
    assert not found
    assert shape(slow) == shape(root(PROCESS))


def shape(node: Node | None) -> object:
    if isinstance(node, Map):
        return (node.line, node.column, node.keys, {k: shape(v) for k, v in node.items.items()})
    if isinstance(node, Seq):
        return (node.line, node.column, [shape(v) for v in node.items])
    return None if node is None else (node.line, node.column, node.text, node.plain)
