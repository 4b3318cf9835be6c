"""A workspace at each of the vendors' fakes, and an HTTP client that waits for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stamina

from dealgate_adapters import _http

from .crms import CRMS
from .place import Place

Opening = Callable[[str], Place]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_http, "LONGEST", 1.0)
    monkeypatch.setattr(_http, "CAP", 2 * 1024 * 1024)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opening]:
    """Makes a workspace at a CRM, in a folder of its own."""
    made: list[Place] = []

    def opened(name: str) -> Place:
        folder = tmp_path / f"{name}-{len(made)}"
        folder.mkdir()
        made.append(CRMS[name](folder, monkeypatch))
        return made[-1]

    yield opened
    for one in made:
        one.close()
