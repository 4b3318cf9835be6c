"""What a command tells of its source: warnings in full, notes folded by kind, and nothing lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .running import AS_OF, dealgate, told

DEALS = [
    {"id": "1", "stage": "qualification", "next_step": "tbd", "topic": "n/a", "competitor": "?"},
    {"id": "2", "stage": "nowhere", "amount": 10},
]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "deals.jsonl"
    path.write_text("\n".join(json.dumps(deal) for deal in DEALS), encoding="utf-8")
    return path


def test_notes_of_one_kind_are_folded_and_counted(export: Path) -> None:
    err = dealgate("check", export, *AS_OF).err
    assert err.count("info DG673") == 1
    assert "2 more DG673 (--notes shows all)" in err


def test_all_notes_are_told_when_asked_for(export: Path) -> None:
    err = dealgate("check", export, "--notes", *AS_OF).err
    assert err.count("info DG673") == 3
    assert "--notes" not in err


def test_warnings_are_never_folded(export: Path) -> None:
    assert "nowhere" in dealgate("check", export, *AS_OF).err


@pytest.mark.parametrize("command", [("explain", "--deal", "1"), ("gate", "--deal", "1", "--to", "lost"), ("qualify",)])
def test_a_command_on_one_deal_says_that_the_source_has_warnings(export: Path, command: tuple[str, ...]) -> None:
    name, *words = command
    err = dealgate(name, export, *words, *AS_OF).err
    assert "1 warning on the source: `dealgate check` tells." in err


def test_bytes_that_are_no_text_are_refused_whatever_the_name(tmp_path: Path) -> None:
    path = tmp_path / "deals.csv"
    path.write_bytes(bytes(range(256)) * 8 + b"\0" * 400)
    for command in (("check", path), ("map", path)):
        ran = dealgate(*command)
        assert (ran.code, "DG607" in ran.err) == (5, True)
        told(ran)
