"""YAML that was made to hurt, or came from the wrong program: a clear diagnostic or a correct answer."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from dealgate.documents.yaml import MAX_BYTES, Scalar, _read, parse, plain_data, read_text

BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
PIECES = st.lists(
    st.sampled_from([*"ab0:-?[]{},&*!|>'\"%@`#~<.\\\t\n\r ", "  ", ": ", "- ", "\n  ", "---\n",
                     "...", "<<: ", "{{", "\ufeff", "😀", "\0", "\x85"]),
    max_size=60,
).map("".join)  # fmt: skip


def first(text: str) -> tuple[str, int, int]:
    _, found = parse(text, "p.yaml")
    return found[0].code, found[0].where.line, found[0].where.column


@pytest.mark.parametrize(
    ("opening", "column"), [("[", 101), ("{", 101), ("a: [", 201), ("- ", 201), ("? ", 201), ("[{a: ", 251)]
)
def test_ten_thousand_openings_are_one_clear_error(opening: str, column: int) -> None:
    node, found = parse(opening * 10_000, "p.yaml")
    assert node is None
    deep = [d.where for d in found if d.code == "DG006"]
    assert [(d.line, d.column) for d in deep] == [(1, column)]


def test_brackets_are_refused_at_the_hundred_and_first() -> None:
    assert first("[" * 10_000) == ("DG006", 1, 101)
    assert first("[" * 300_000)[0] == "DG006", "too long to be scanned again for the very place"
    assert not parse("[" * 100 + "]" * 100, "p.yaml")[1]


def test_deep_blocks_are_refused_where_they_become_too_deep() -> None:
    assert first("".join(" " * n + "a:\n" for n in range(300))) == ("DG006", 101, 101)


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor() -> None:
    assert first(BOMB) == ("DG013", 1, 4)


def test_a_python_object_is_refused_and_never_made() -> None:
    node, found = parse("a: !!python/object/apply:os.getcwd []\n", "p.yaml")
    assert [(d.code, d.where.line, d.where.column) for d in found] == [("DG014", 1, 4)]
    assert node is not None
    assert plain_data(node) == {"a": []}


def test_six_megabytes_are_refused_before_they_are_parsed(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"a: b\n" * 1_200_001)
    text, found = read_text(path, "large.yaml")
    assert text is None
    assert [(d.code, str(d.where)) for d in found] == [("DG002", "large.yaml")]
    assert first("x" * (MAX_BYTES + 1))[0] == "DG002"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_refused_with_save_as_utf_8(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes("kind: process/v1\n".encode(encoding))
    text, found = read_text(path)
    assert text is None
    assert [(d.code, d.suggestion) for d in found] == [("DG003", "Save it as UTF-8.")]


def test_a_byte_of_another_encoding_is_refused_at_its_place(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_bytes("a: ü\ntitle: Gr".encode() + "öße\n".encode("cp1252"))
    text, found = read_text(path)
    assert text is None
    assert [(d.code, d.where.line, d.where.column) for d in found] == [("DG003", 2, 10)]


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    _, missing = read_text(tmp_path / "none.yaml")
    _, folder = read_text(tmp_path)
    assert [d.code for d in missing + folder] == ["DG001", "DG001"]
    assert missing[0].message != folder[0].message


@pytest.mark.parametrize("sign", ["\0", "\x07", "\x85", "\u2028", "\u202e", "\ud800", "\ufffe", "\ufeff"])
def test_a_control_character_is_refused_at_its_line(sign: str) -> None:
    node, found = parse(f"a: b\nc: x{sign}y\n", "p.yaml")
    assert node is None
    assert [(d.code, d.where.line, d.where.column) for d in found] == [("DG004", 2, 5)]


def test_an_escaped_control_character_is_refused_too() -> None:
    assert first('a: b\nc: "x\\0y"\n') == ("DG004", 2, 4)


def test_an_emoji_in_a_key_is_read_and_columns_count_characters() -> None:
    node, found = parse("{😀👩\u200d💻: a, b: *x}\n", "p.yaml")
    assert [(d.code, d.where.column) for d in found] == [("DG013", 14)]
    assert node is not None
    assert plain_data(node) == {"😀👩\u200d💻": "a", "b": None}


@pytest.mark.parametrize(
    "text",
    [":" * 300_000, "%" * 300_000, "a:" + "\t" * 300_000, "a: '" + "'" * 300_000, "[" + "," * 300_000,
     "- *a\n" * 50_000, '"' + "\\n" * 150_000, "{" + "a b," * 50_000 + "}", "a: b\n" * 50_000, "? a\n" * 50_000],
)  # fmt: skip
def test_a_long_run_of_one_sign_ends(text: str) -> None:
    _, found = parse(text, "p.yaml")
    assert len(found) <= 202


@given(st.one_of(PIECES, st.text(max_size=200)))
@example('a: "\\UFFFFFFFF"')
@example("%YAML 9.9\n---\na: b\n")
def test_no_text_makes_the_parser_raise(text: str) -> None:
    for loader in (None, yaml.SafeLoader):
        node, found = parse(text, "p.yaml") if loader is None else _read(text, "p.yaml", loader)
        assert node is not None or found
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for one in found:
            assert 0 <= one.where.line <= len(lines)
        if node is not None:
            plain_data(node)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=40))
def test_a_quoted_text_comes_back_as_it_was(text: str) -> None:
    node, found = parse("a: '" + text.replace("'", "''") + "'\n", "p.yaml")
    assert not found
    assert node is not None
    assert plain_data(node) == {"a": text}
    value = node.items["a"]  # type: ignore[call-overload, union-attr]
    assert isinstance(value, Scalar)
    assert not value.plain
