"""The sample company that the tests of the command line work on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.running import AS_OF, dealgate


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test stands in an empty folder of its own, so that no workspace above is found."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's deals as JSON lines."""
    file = tmp_path_factory.mktemp("company") / "company.jsonl"
    assert dealgate("demo", *AS_OF, "--save", file).code == 0
    return file


@pytest.fixture(scope="session")
def records(company: Path) -> list[dict[str, Any]]:
    """The same as records."""
    return [json.loads(line) for line in company.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="session")
def hero(company: Path) -> str:
    """The id of the deal that the demo follows."""
    out = dealgate("demo", *AS_OF).out
    return out.partition("--deal ")[2].split()[0]
