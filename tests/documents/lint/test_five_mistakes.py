"""One file with five different mistakes: all are told in one run, each at its place, in every format."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

import pytest

from dealgate import __version__
from dealgate.documents.load import Loaded, load_documents

HERE = Path(__file__).parent
FILE = "five_mistakes.yaml"


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Loaded:
    """The file as a person in its folder checks it."""
    (tmp_path / FILE).write_bytes((HERE / FILE).read_bytes())
    monkeypatch.chdir(tmp_path)
    (found,) = load_documents([FILE])
    return found


def test_shape_words_types_choices_and_meaning_are_told_together(loaded: Loaded) -> None:
    found = [(d.code, d.severity.word, d.where.line, d.where.column, d.width, d.suggestion) for d in loaded.diagnostics]
    assert found == [
        ("DG101", "error", 9, 5, len("objektive"), "Write `objective`."),
        ("DG201", "error", 14, 24, len("closing_date"), "did you mean `close_date`?"),
        ("DG208", "error", 18, 43, len("20"), "write 20%"),
        ("DG205", "error", 22, 45, len("expantion"), "did you mean `expansion`?"),
        ("DG308", "warning", 24, 9, 1, "add `fix:` with what the owner should do next"),
    ]
    assert {d.where.file for d in loaded.diagnostics} == {FILE}


@pytest.mark.parametrize("name", ["text", "json", "sarif", "github"])
def test_every_format_says_the_same_five(loaded: Loaded, name: str) -> None:
    render = import_module(f"dealgate.cli.render.diagnostics.{name}").render
    said = render(loaded.diagnostics, loaded.files).replace(f'"version": "{__version__}"', '"version": "VERSION"')
    golden = HERE / "goldens" / f"five_mistakes.{name}.txt"
    if os.environ.get("DEALGATE_GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(said + "\n", encoding="utf-8")
    assert said + "\n" == golden.read_text(encoding="utf-8")
