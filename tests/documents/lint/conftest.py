"""Small processes for the lint, each with one part that a test writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dealgate.documents.load import load

HEAD = """\
kind: process/v1
id: acme
version: 1.0.0
title: Acme
owner: Sales Operations
"""
STAGE = """\
stages:
  - id: discovery
    title: Discovery
    exit:
"""
Found = list[tuple[str, int, int]]


@pytest.fixture
def findings(tmp_path: Path) -> Callable[[str], Found]:
    """Code, line and column of all that is found in a process given without its head."""

    def run(text: str) -> Found:
        file = tmp_path / "acme.yaml"
        file.write_text(HEAD + text, encoding="utf-8")
        loaded = load(file, workspace=tmp_path)
        return [(d.code, d.where.line, d.where.column) for d in loaded.diagnostics]

    return run


@pytest.fixture
def only(findings: Callable[[str], Found]) -> Callable[[str, str], None]:
    """Asserts that a process has one diagnostic, of this code, at the line that ends in ``# here``."""

    def run(code: str, text: str) -> None:
        lines = (HEAD + text).splitlines()
        (line,) = (number for number, words in enumerate(lines, 1) if re.search(r"# here$", words))
        found = findings(text)
        assert [(c, n) for c, n, _ in found] == [(code, line)]

    return run


@pytest.fixture
def check(findings: Callable[[str], Found], only: Callable[[str, str], None]) -> Callable[[str | None, str], None]:
    """Asserts that a stage whose one exit criterion has this check is found wanting so, or (None) not at all."""

    def run(code: str | None, condition: str) -> None:
        text = STAGE + f"      - {{id: asked, title: Asked, fix: Ask., check: {condition}}}  # here\n"
        if code is None:
            assert findings(text) == []
        else:
            only(code, text)

    return run
