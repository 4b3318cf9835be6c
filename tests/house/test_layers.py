"""The floors hold: who may import whom, and what the model and the clock may touch."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CLOCKS = {
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
}


def python_files(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    files = sorted(folder.rglob("*.py"))
    assert files, f"no Python in {folder.name}"
    for file in files:
        yield file, ast.parse(file.read_text(encoding="utf-8"))


def clock_reads(tree: ast.Module) -> list[int]:
    """Lines that read the clock: ``datetime.now()``, ``dt.date.today()``, ``time.time()``."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if (name, node.attr) in CLOCKS:
                lines.append(node.lineno)
    return lines


@pytest.mark.slow
def test_every_import_points_down(checkout: Path) -> None:
    program = Path(sys.executable).parent / "lint-imports"
    path = os.pathsep.join([str(checkout / "engine"), str(checkout / "adapters")])
    done = subprocess.run(
        [program, "--no-logo", "--no-cache"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_model_imports_only_itself_and_the_standard_library(checkout: Path) -> None:
    strangers = []
    for file, tree in python_files(checkout / "engine/dealgate/model"):
        for node in ast.walk(tree):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"dealgate.model.{node.module}"] if node.level == 1 else [node.module or "the package above"]
            strangers += [
                f"{file.name}:{node.lineno} {name}"
                for name in names
                if not name.startswith("dealgate.model") and name.split(".")[0] not in sys.stdlib_module_names
            ]
    assert strangers == []


def test_the_model_opens_no_file(checkout: Path) -> None:
    opened = [
        f"{file.name}:{node.lineno}"
        for file, tree in python_files(checkout / "engine/dealgate/model")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    ]
    assert opened == []


def test_only_the_command_line_reads_the_clock(checkout: Path) -> None:
    engine = checkout / "engine" / "dealgate"
    reads = [
        f"{file.relative_to(engine)}:{line}"
        for folder in (engine, checkout / "adapters")
        for file, tree in python_files(folder)
        if engine / "cli" not in file.parents
        for line in clock_reads(tree)
    ]
    assert reads == []


@pytest.mark.parametrize(
    "text", ["datetime.now(UTC)", "dt.datetime.now()", "datetime.date.today()", "time.time()", "f = date.today"]
)
def test_a_read_of_the_clock_is_seen(text: str) -> None:
    assert clock_reads(ast.parse(text)) == [1]


def test_files_stay_small_enough_to_have_one_reason_to_change(checkout: Path) -> None:
    """About 400 lines is the aim; 450 is where it stops."""
    long = {
        str(file.relative_to(checkout)): lines
        for folder in ("engine", "adapters")
        for file in (checkout / folder).rglob("*.py")
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert long == {}
