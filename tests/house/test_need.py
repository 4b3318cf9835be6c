"""The machine's part: what is missing is named, with the one line that brings it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = 'echo "/opt/py/bin/python3.12|3.12|venv|header"'
DEBIAN_WITHOUT_VENV = 'echo "/usr/bin/python3.11|3.11|no|no"'
COMPILES = "cat >/dev/null"


def need(folder: Path, programs: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs .ci/need where only these programs, and what the script itself uses, can be found."""
    path = folder / "bin"
    path.mkdir()
    for name in ("cat", "grep", "id"):
        found = shutil.which(name)
        assert found
        (path / name).symlink_to(found)
    for name, body in {"uname": "echo Linux", **programs}.items():
        (path / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (path / name).chmod(0o755)
    script = Path(__file__).resolve().parents[2] / ".ci" / "need"
    return subprocess.run(
        ["/bin/sh", script], env={"PATH": str(path)}, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_complete_machine_is_told_its_python(tmp_path: Path) -> None:
    done = need(tmp_path, {"python3.12": GOOD, "cc": COMPILES})
    assert (done.returncode, done.stdout, done.stderr) == (0, "/opt/py/bin/python3.12\n", "")


def test_a_bare_debian_is_told_one_line_for_everything(tmp_path: Path) -> None:
    done = need(tmp_path, {})
    assert done.returncode == 1
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert first == "Missing: Python 3.11 or later, a C compiler. This line brings it:"
    assert "apt-get install -y python3" in second
    assert second.endswith(" build-essential")


def test_a_python_without_its_packages_is_told_those_of_its_version(tmp_path: Path) -> None:
    done = need(tmp_path, {"python3": DEBIAN_WITHOUT_VENV, "cc": COMPILES})
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert first == "Missing: Python's venv, Python.h. This line brings it:"
    assert second.endswith("apt-get install -y python3.11 python3.11-venv python3.11-dev")


def test_only_the_compiler_is_asked_for_where_only_it_is_missing(tmp_path: Path) -> None:
    done = need(tmp_path, {"python3": GOOD, "cc": "exit 1"})
    assert done.returncode == 1
    assert done.stderr.splitlines()[1].endswith("apt-get install -y build-essential")


def test_a_shim_that_runs_no_python_is_passed_over(tmp_path: Path) -> None:
    done = need(tmp_path, {"python3.13": "exit 127", "python3.11": GOOD, "cc": COMPILES})
    assert done.returncode == 0


def test_a_whole_python_is_preferred_to_one_without_headers(tmp_path: Path) -> None:
    done = need(tmp_path, {"python3.13": DEBIAN_WITHOUT_VENV, "python3.11": GOOD, "cc": COMPILES})
    assert (done.returncode, done.stdout) == (0, "/opt/py/bin/python3.12\n")


def test_a_bare_mac_is_told_its_own_line(tmp_path: Path) -> None:
    done = need(tmp_path, {"uname": "echo Darwin", "xcode-select": "exit 2", "python3": "exit 1"})
    assert done.returncode == 1
    assert done.stderr.splitlines()[1] == "    xcode-select --install; brew install python@3.13"


def test_the_probe_knows_this_python(tmp_path: Path) -> None:
    done = need(tmp_path, {"python3": f'exec "{sys.executable}" "$@"', "cc": COMPILES})
    assert "3.11 or later" not in done.stderr
    assert done.returncode in (0, 1)


def test_make_without_a_word_lists_every_word(checkout: Path) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run([make], cwd=checkout, env=environment, capture_output=True, text=True, check=True)
    words = [line.split()[1] for line in done.stdout.splitlines()[1:]]
    assert words == ["help", "demo", "test", "check", "bench", "odoo", "screenshots", "format", "need", "clean"]
