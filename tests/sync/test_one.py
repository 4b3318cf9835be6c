"""The lock of a source: who waits for it gets it, can be ended, and is told the truth where there can be none."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dealgate.model.diagnostics import SourceFailed
from dealgate.sync.one import Patience, alone


def other(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(exist_ok=True)
    held = sqlite3.connect(file, isolation_level=None)
    held.execute("BEGIN EXCLUSIVE")
    return held


def test_who_waits_gets_the_lock_when_it_falls(tmp_path: Path) -> None:
    held = other(tmp_path / "a.lock")
    with alone(tmp_path / "a.lock", "a", Patience(60.0, held.close)):
        second = sqlite3.connect(tmp_path / "a.lock", timeout=0)
        with pytest.raises(sqlite3.OperationalError):
            second.execute("BEGIN EXCLUSIVE")
        second.close()
    other(tmp_path / "a.lock").close()


def test_who_waits_can_be_ended(tmp_path: Path) -> None:
    held = other(tmp_path / "a.lock")

    def end() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError), alone(tmp_path / "a.lock", "a", Patience(3600.0, end)):
        pass
    held.close()


def test_patience_has_an_end(tmp_path: Path) -> None:
    held = other(tmp_path / "a.lock")
    with pytest.raises(SourceFailed) as refused, alone(tmp_path / "a.lock", "a", Patience(0.01)):
        pass
    assert refused.value.diagnostics[0].code == "DG979"
    held.close()


@pytest.mark.parametrize("kind", ["a folder", "no lock"])
def test_a_lock_that_nobody_can_have_is_not_told_as_one_that_another_has(tmp_path: Path, kind: str) -> None:
    file = tmp_path / ".dealgate" / "a.lock"
    if kind == "a folder":
        file.mkdir(parents=True)
    else:
        file.parent.mkdir()
        file.write_bytes(b"somebody's notes, and no lock at all" * 50)
    with pytest.raises(SourceFailed) as refused, alone(file, "a"):
        pass
    (told,) = refused.value.diagnostics
    assert (told.code, told.where.file) == ("DG868", str(Path(".dealgate/a.lock")))


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / ".dealgate").write_text("", "utf-8")
    with pytest.raises(SourceFailed) as refused, alone(tmp_path / ".dealgate" / "a.lock", "a"):
        pass
    assert refused.value.diagnostics[0].code == "DG868"
