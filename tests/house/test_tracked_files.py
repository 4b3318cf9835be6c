"""What no tracked file may hold: a path of one machine, or work left undone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

# put together here, so that this file does not hold what it looks for
FOLDERS = ["work", "root", "tmp", r"home/\w+", r"Users/\w+", "private/var", "var/folders"]
MACHINE_PATH = re.compile(r"(?<![\w.:/~})])/(?:" + "|".join(FOLDERS) + r")(?:/|\b)")
UNDONE = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
IGNORED = {".git", ".venv", "__pycache__"}


def tracked(checkout: Path) -> Iterator[Path]:
    """Files that git tracks or would; where there is no git, everything but caches."""
    git = shutil.which("git")
    if git and (checkout / ".git").exists():
        listed = subprocess.run(
            [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=checkout,
            capture_output=True,
            check=True,
        ).stdout
        yield from (checkout / os.fsdecode(name) for name in listed.split(b"\0") if name)
        return
    for file in checkout.rglob("*"):
        parts = file.relative_to(checkout).parts
        if file.is_file() and not any(p in IGNORED or p.endswith("_cache") for p in parts):
            yield file


def lines_with(pattern: re.Pattern[str], checkout: Path) -> list[str]:
    found = []
    for file in tracked(checkout):
        if not file.is_file() or file == Path(__file__).resolve():
            continue
        text = file.read_bytes().decode("utf-8", errors="replace")
        found += [
            f"{file.relative_to(checkout)}:{number}: {line.strip()[:80]}"
            for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)
        ]
    return found


def test_no_tracked_file_names_a_path_of_one_machine(checkout: Path) -> None:
    assert lines_with(MACHINE_PATH, checkout) == []


def test_no_tracked_file_leaves_work_undone(checkout: Path) -> None:
    assert lines_with(UNDONE, checkout) == []


def test_git_ignores_nothing_that_belongs_in_the_house(checkout: Path) -> None:
    """A rule for build output must not swallow a package of that name; the wheel leaves out what git ignores."""
    git = shutil.which("git")
    if not git or not (checkout / ".git").exists():
        pytest.skip("not a git checkout")
    rooms = ["engine", "adapters", "rules", "schemas", "tests", "docs", "examples"]
    words = [git, "ls-files", "--others", "--ignored", "--exclude-standard", "--", *rooms]
    listed = subprocess.run(words, cwd=checkout, capture_output=True, text=True, check=True).stdout
    assert [name for name in listed.splitlines() if "__pycache__" not in name] == []


@pytest.mark.parametrize("line", ["cd /" + "work/main", "x = '/" + "root/.cache'", "(/" + "tmp/x)", "/" + "home/ann/a"])
def test_a_path_of_one_machine_is_seen(line: str) -> None:
    assert MACHINE_PATH.search(line)


@pytest.mark.parametrize(
    "line", ["https://example.org/" + "work/1", "./" + "tmp/x", "team" + "work/home", "a/" + "root"]
)
def test_an_address_or_a_relative_path_is_not_taken_for_one(line: str) -> None:
    assert not MACHINE_PATH.search(line)
