"""The digest: blind to comments, key order and layout; it sees everything that means something."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.bundled import bundled
from dealgate.documents.digest import canonical, digest
from dealgate.documents.load import load
from dealgate.documents.yaml import parse

TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def shuffled(tree: Any, draw: st.DataObject) -> Any:
    if isinstance(tree, dict):
        return {key: shuffled(tree[key], draw) for key in draw.draw(st.permutations(sorted(tree)))}
    return [shuffled(item, draw) for item in tree] if isinstance(tree, list) else tree


@given(TREES, st.data())
def test_key_order_leaves_no_trace(tree: Any, data: st.DataObject) -> None:
    assert digest(shuffled(tree, data)) == digest(tree)


def same(a: Any, b: Any) -> bool:
    """Equal, where true and 1 are two things."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and bool(a == b)


@given(TREES, TREES)
def test_two_different_trees_have_two_canonical_forms(a: Any, b: Any) -> None:
    assert (canonical(a) == canonical(b)) == same(a, b)


def test_a_text_is_not_the_number_it_looks_like_and_a_tag_not_a_key() -> None:
    assert canonical("2") != canonical(2)
    assert canonical(True) != canonical(1)
    assert canonical(Decimal("2.00")) == canonical(2) == canonical(2.0)
    assert canonical(Decimal("0.5")) != canonical({"$number": "1/2"})


@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_process_written_in_another_order_without_comments_has_the_same_digest(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = (bundled("rules") / "processes" / "leads.yaml").read_text("utf-8")
    # read as text throughout, so that no value changes on the way
    tree = yaml.load(source, Loader=yaml.BaseLoader)  # noqa: S506
    text = yaml.dump(shuffled(tree, data), sort_keys=False, allow_unicode=True)
    for quoted in ("true", "false", *map(str, range(100))):
        text = text.replace(f"'{quoted}'", quoted)
    path = tmp_path_factory.mktemp("digest") / "leads.yaml"
    path.write_text(text, "utf-8")
    loaded = load(path)
    assert [d for d in loaded.diagnostics if d.severity.word == "error"] == []
    assert loaded.digest == load("leads").digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 2.0.0", "version: 2.0.1"),
        ("title: Leads", "title: Our leads"),
        ("within: 1 business hour", "within: 1 hour"),
        ("within: 1 business hour", "within: 2 business hours"),
        ("weight: 3", "weight: 4"),
        ("max_age: 30 days", "max_age: 31 days"),
        ("band: B", "band: A"),
        ('answer: "no"', 'answer: "yes"'),
        ("in: [not-now, no-answer, nurture]", "in: [not-now, no-answer]"),
        ("skip: {enforce: approve}", "skip: {enforce: warn}"),
        ("placeholders: [tba, ", "placeholders: [tbb, "),
        ("holidays: []", "holidays: [2026-12-25]"),
        ("time_zone: UTC", "time_zone: Europe/Paris"),
        ("counts_as: no_decision", "counts_as: lost"),
        ("fix: Call or write now, and say why you do.", "fix: Call now."),
        ("        enforce: warn\n", "        enforce: block\n"),
    ],
)
def test_a_change_that_means_something_changes_the_digest(old: str, new: str, tmp_path: Path) -> None:
    source = (bundled("rules") / "processes" / "leads.yaml").read_text("utf-8")
    assert old in source
    path = tmp_path / "leads.yaml"
    path.write_text(source.replace(old, new), "utf-8")
    loaded = load(path)
    assert loaded.process is not None, loaded.diagnostics
    assert loaded.digest != load("leads").digest


def test_a_change_in_a_framework_a_shared_criterion_or_the_fields_changes_the_digest(tmp_path: Path) -> None:
    process = (
        "kind: process/v1\nid: p\nversion: 1.0.0\ntitle: P\nowner: O\nuse: {frameworks: [f], fields: [more]}\n"
        "stages: [{id: one, title: One, exit: [{use: c}]}]\n"
    )
    files = {
        "p.yaml": process,
        "f.yaml": "kind: framework/v1\nid: f\nversion: 1.0.0\ntitle: F\nowner: O\nlevels: [low, high]\n"
        "elements: [{id: need, title: Need, max_age: 30 days}]\n",
        "c.yaml": "kind: criteria/v1\nid: cs\ntitle: C\n"
        "criteria: [{id: c, title: C, check: {field: amount, above: 1}, fix: Ask.}]\n",
        "more.yaml": "kind: fields/v1\nid: more\ntitle: More\n"
        "deal: {tier: {type: choice, title: Tier, options: [a, b]}}\n",
    }

    def of(**changed: tuple[str, str]) -> str:
        for name, text in files.items():
            old, new = changed.get(name.removesuffix(".yaml"), ("", ""))
            (tmp_path / name).write_text(text.replace(old, new) if old else text, "utf-8")
        loaded = load(tmp_path / "p.yaml")
        assert loaded.process is not None, loaded.diagnostics
        return loaded.digest

    digests = [
        of(),
        of(f=("30 days", "31 days")),
        of(c=("above: 1", "above: 2")),
        of(more=("[a, b]", "[a, b, c]")),
        of(f=("title: Need", "title: The need")),
    ]
    assert len(set(digests)) == len(digests)
    assert of(f=("levels:", "# a comment\nlevels:")) == digests[0]


def test_a_raw_document_has_a_digest_too() -> None:
    one, _ = parse("a: 1\nb: [x, 2.0] # why\n", "one.yaml")
    two, _ = parse("b:\n  - x\n  - 2.00\na: 1\n", "two.yaml")
    assert digest(one) == digest(two)
    three, _ = parse("a: 1\nb: [x, '2']\n", "three.yaml")
    assert digest(three) != digest(one)
