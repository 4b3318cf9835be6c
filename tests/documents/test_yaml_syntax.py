"""What the parser complains of, in plain sentences: golden, one block a text."""

from __future__ import annotations

import os
from pathlib import Path

from dealgate.documents.yaml import parse

GOLDEN = Path(__file__).parent / "golden" / "yaml_syntax.txt"
TEXTS = (
    "a: 1\n\tb: 2\n", "a:\n\t- b\n", "title: Foo: bar\n", "a: \"x\n", "a: 'x\nb: 1\n", 'a: "x" y\n', "a: 'it's'\n",
    "a: [1, 2\nb: 3\n", "a: {b: 1\nc: 2\n", "a: 1\n  b: 2\n", "a:\n    b: 1\n  c: 2\n", "a:\n  - b\n  c: 1\n",
    "stages:\n- id: x\n   title: y\n", "foo\nbar: 1\n", "key:value\nb: 1\n", "a: 1\nfoo\nb: 2\n", "a: 1\nfoo\n",
    "a: @x\n", "a: `x`\n", "a: %x\n", "%x\n", "a: **bold**\n", "a: & co\n", "a: > 5\n", "a: - b\n", "a: ? b\n",
    "a: ]\n", "a: [b, , c]\n", "a: [b]]\n", 'a: "C:\\path"\n', "a: {{ x }}\n", ": x\n", "a: 1\n...\nb\n", 'a: "b: c": d\n',
)  # fmt: skip


def test_each_mistake_is_told_in_plain_words_at_its_place() -> None:
    told: list[str] = []
    for text in TEXTS:
        told.append(repr(text))
        for one in parse(text, "p.yaml")[1]:
            told += [f"  {one.where.line}:{one.where.column} {one.code} {one.message}", f"    {one.suggestion}"]
    shown = "\n".join(told) + "\n"
    if os.environ.get("DEALGATE_WRITE_GOLDEN"):
        GOLDEN.write_text(shown, "utf-8")
    assert shown == GOLDEN.read_text("utf-8")


def test_no_mistake_goes_without_its_own_sentence() -> None:
    assert not [t for t in TEXTS for d in parse(t, "p.yaml")[1] if d.message == "This is not YAML."]
