"""Schema errors told at the deepest cause: code, place, words."""

from __future__ import annotations

from pathlib import Path

import pytest

from dealgate.documents.schema import Schemas, check
from dealgate.documents.yaml import parse
from dealgate.model.diagnostics import Diagnostic

SCHEMAS = Schemas(Path(__file__).parent / "schemas")
HEAD = "kind: process/v1\ntitle: T\n"
STAGES = "stages: [{id: a, title: A}]\n"


def found(text: str) -> list[Diagnostic]:
    node, wrong = parse(text, "p.yaml")
    assert node is not None
    return wrong + SCHEMAS.check(node, "process")


def brief(text: str) -> list[tuple[str, int, int, str, str | None]]:
    return [(d.code, d.where.line, d.where.column, d.message, d.suggestion) for d in found(text)]


def criterion(text: str) -> str:
    return f"{HEAD}stages:\n  - id: a\n    title: A\n    exit:\n      - {{{text}}}\n"


def test_a_document_that_holds_has_no_diagnostics() -> None:
    assert found(criterion("id: x, title: no, check: {field: a, is: 3}, enforce: warn, stays: true")) == []


MISTAKES = [
    (
        HEAD + STAGES + "▸enforce: x\n",
        "DG101",
        "`enforce` is not a key of a process.",
        "Its keys are `kind`, `id`, `title`, `probability`, `weight`, `applies_to`, `owner`, `due`, `names`, `stages`.",
    ),
    (
        criterion("id: x, check: {field: a}, ▸enforces: warn"),
        "DG101",
        "`enforces` is not a key of a criterion; did you mean `enforce`?",
        "Write `enforce`.",
    ),
    (
        criterion("id: x, check: {field: a}, ▸max_age: warn"),
        "DG101",
        "`max_age` is not a key of a criterion, but of a stage.",
        "Check its indentation.",
    ),
    ("▸kind: process/v1\n" + STAGES, "DG102", "`title` is missing from a process.", "Add `title:`."),
    (HEAD + "stages: ▸a\n", "DG103", "`stages` must be a list, not text.", "Write it as a list: [a]."),
    (HEAD + "stages: [▸a]\n", "DG103", "Item 1 of `stages` must be a map (`key: value` lines), not text.", None),
    (
        HEAD + STAGES + "probability: ▸0.15\n",
        "DG103",
        "`probability` must be text, not a number.",
        "A number with its % sign, such as 15%.",
    ),
    (HEAD + STAGES + "weight: ▸'3'\n", "DG103", "`weight` must be a number, not text.", "Take the quotes off."),
    (
        criterion("id: x, check: {field: a}, enforce: ▸blok"),
        "DG104",
        "`enforce` must be one of block, approve, warn, observe; not `blok`.",
        "Did you mean `block`?",
    ),
    (
        "kind: ▸proces/v1\ntitle: T\n" + STAGES,
        "DG104",
        "`kind` must be `process/v1`; not `proces/v1`.",
        "Did you mean `process/v1`?",
    ),
    (HEAD + STAGES + "id: ▸A b\n", "DG105", "`id` does not have the form of an id.", "Small letters and hyphens."),
    (
        HEAD + STAGES + "names: {▸A: 1}\n",
        "DG105",
        "The key `A` does not have the form of an id.",
        "Small letters and hyphens.",
    ),
    (
        "kind: process/v1\ntitle: ▸2026\n" + STAGES,
        "DG106",
        "`title` must be text, and `2026` is a number.",
        'Quote it: "2026".',
    ),
    (
        criterion("id: x, check: {field: a, filled: ▸yes}"),
        "DG106",
        "`filled` must be true or false; `yes` is text, though some readers of YAML take it for something else.",
        "Write `true`.",
    ),
    (
        HEAD + STAGES + "weight: ▸1_000\n",
        "DG106",
        "`weight` must be a number; `1_000` is text, though some readers of YAML take it for something else.",
        "Write `1000`; if it is text, quote it.",
    ),
    (
        criterion("id: x, check: {field: a, is: ▸no}"),
        "DG106",
        "`is`: `no` is text, and other readers of YAML take it for true or false.",
        'If it is text, quote it: "no".',
    ),
    (
        criterion("id: x, check: {field: a, ▸some: c}"),
        "DG107",
        "`some` does not belong in a test of a field.",
        "Its keys are `field`, `is`, `filled`.",
    ),
    (
        criterion("use: x, ▸check: {field: a}"),
        "DG107",
        "`check` may not stand here.",
        "A shared criterion brings its own check.",
    ),
    (HEAD + "stages: ▸[]\n", "DG108", "`stages` must not be empty.", None),
    (HEAD + STAGES + "weight: ▸-1\n", "DG109", "`weight` must be at least 0.", None),
    (HEAD + "▸stages:\n", "DG110", "`stages` has no value; it must be a list.", None),
    (
        HEAD + STAGES + "owner: {role: ▸repp}\n",
        "DG104",
        "`role` must be one of rep, manager; not `repp`.",
        "Did you mean `rep`?",
    ),
    (HEAD + STAGES + "owner: ▸[a]\n", "DG103", "`owner` must be text or a map (`key: value` lines), not a list.", None),
    (HEAD + STAGES + "due: ▸{by: a}\n", "DG102", "One of `on` or `within` is missing from this map.", None),
    (
        HEAD + STAGES + "due: {on: a, ▸within: b}\n",
        "DG107",
        "Exactly one of `on` or `within` may stand in this map.",
        None,
    ),
]


@pytest.mark.parametrize(("marked", "code", "message", "suggestion"), MISTAKES)
def test_a_mistake_is_one_diagnostic_at_its_place(marked: str, code: str, message: str, suggestion: str | None) -> None:
    before = marked.partition("▸")[0]
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    assert brief(marked.replace("▸", "")) == [(code, line, column, message, suggestion)]


def test_a_mistyped_key_is_not_missed_as_well() -> None:
    assert [(c, line, col) for c, line, col, *_ in brief("kind: process/v1\ntitel: T\n" + STAGES)] == [("DG101", 2, 1)]


def test_five_mistakes_are_five_diagnostics_in_the_order_of_the_text() -> None:
    text = (
        "kind: process/v1\n"
        "titel: T\n"
        "probability: 15\n"
        "stages:\n"
        "  - id: A\n"
        "    title: A\n"
        "    exit:\n"
        "      - {id: x, check: {fild: a}, enforce: blok}\n"
    )
    assert [(c, line, col) for c, line, col, *_ in brief(text)] == [
        ("DG101", 2, 1), ("DG103", 3, 14), ("DG105", 5, 9), ("DG101", 8, 25), ("DG104", 8, 44),
    ]  # fmt: skip


def test_the_deepest_of_nested_conditions_is_named() -> None:
    check_ = "{all: [{not: {all: [{field: a, is: 1}, {fild: b}]}}]}"
    assert [(c, m) for c, _, _, m, _ in brief(criterion(f"id: x, check: {check_}"))] == [
        ("DG101", "`fild` is not a key of a condition; did you mean `field`?")
    ]


def test_what_the_reader_refused_is_not_refused_again() -> None:
    assert [d.code for d in found(HEAD + "stages: *x\n")] == ["DG013"]
    assert [d.code for d in found("<<: {title: T}\nkind: process/v1\n" + STAGES)] == ["DG015"]


@pytest.mark.parametrize("word", ["no", "on", "012", "12:30", "1_000", "1e3", "0x1F"])
def test_a_surprising_word_is_text_where_text_is_wanted_and_refused_where_several_types_are(word: str) -> None:
    assert found(f"kind: process/v1\ntitle: {word}\n{STAGES}") == []
    assert [d.code for d in found(criterion(f"id: x, check: {{field: a, is: {word}}}"))] == ["DG106"]
    assert found(criterion(f"id: x, check: {{field: a, is: '{word}'}}")) == []


def test_surprises_and_errors_are_told_together() -> None:
    text = criterion("id: x, check: {field: a, is: no}, enforce: blok")
    assert [d.code for d in found(text)] == ["DG106", "DG104"]


def test_many_surprises_are_all_found() -> None:
    many = ", ".join(["{field: a, is: no}"] * 90)
    assert len(found(criterion(f"id: x, check: {{all: [{many}]}}"))) == 90


def test_a_condition_as_deep_as_may_be_is_checked_by_the_shipped_schema() -> None:
    deep = "{not: " * 90 + "{field: amount, filled: true}" + "}" * 90
    node, wrong = parse(deep, "c.yaml")
    assert not wrong
    assert node is not None
    assert check(node, "condition") == []


def test_a_schema_that_is_not_there_is_the_callers_mistake() -> None:
    node, _ = parse("a: 1\n", "p.yaml")
    assert node is not None
    with pytest.raises(FileNotFoundError):
        SCHEMAS.check(node, "nothing")


def test_every_key_and_value_of_a_thousand_wrong_ones_is_counted() -> None:
    text = HEAD + "stages:\n" + "".join(f"  - {{id: A, title: T{n}}}\n" for n in range(1500))
    diagnostics = found(text)
    assert len(diagnostics) == 201
    assert diagnostics[-1].message.startswith("1,300 more problems")
