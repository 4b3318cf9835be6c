"""Running the command line: in this process, or as a process of its own; and comparing with golden files."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from dealgate.cli.main import main

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
GOLDENS = HERE / "goldens"
TODAY = "2026-11-23"
AS_OF = ["--as-of", TODAY]
PATIENCE = 120
"""Seconds after which a process counts as hung; far more than any of them takes."""


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


def dealgate(*words: object, columns: int = 80, env: dict[str, str] | None = None) -> Ran:
    """Runs a command in this process. A mistake of ours is raised, not told."""
    variables = {"COLUMNS": str(columns), "DEALGATE_TRACEBACK": "1", "NO_COLOR": None, **(env or {})}
    ran = CliRunner(env=variables).invoke(main, [str(w) for w in words], prog_name="dealgate")
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return Ran(ran.exit_code, ran.stdout, ran.stderr)


def process(
    *words: object, cwd: Path | None = None, env: dict[str, str] | None = None, stdin: bytes | None = None
) -> Ran:
    """Runs a command as a process of its own, with no terminal. One that hangs fails."""
    path = os.pathsep.join(str(CHECKOUT / folder) for folder in ("engine", "adapters"))
    variables = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("DEALGATE_", "COLUMNS", "NO_COLOR"))},
        "PYTHONPATH": path,
        "PYTHONUTF8": "1",
        **(env or {}),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "dealgate", *map(str, words)],
        cwd=cwd,
        env=variables,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        timeout=PATIENCE,
    )
    return Ran(ran.returncode, ran.stdout.decode("utf-8", "replace"), ran.stderr.decode("utf-8", "replace"))


def told(ran: Ran) -> Ran:
    """The same, once it is sure that no traceback and no mistake of ours is in it."""
    assert "Traceback" not in ran.all, ran.all[-3000:]
    assert "dealgate made a mistake" not in ran.all, ran.all[-3000:]
    assert ran.code in range(6), ran
    return ran


def on_a_terminal(*words: object, env: dict[str, str] | None = None) -> str:
    """What a command writes on a terminal, to either stream. One that hangs or fails, fails."""
    pty = pytest.importorskip("pty")
    here, there = pty.openpty()
    path = os.pathsep.join(str(CHECKOUT / folder) for folder in ("engine", "adapters"))
    kept = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "COLUMNS")}
    more = {"PYTHONPATH": path, "PYTHONUTF8": "1", "TERM": "xterm-256color", "COLUMNS": "100"}
    running = subprocess.Popen(
        [sys.executable, "-m", "dealgate", *map(str, words)], stdin=subprocess.DEVNULL, stdout=there, stderr=there,
        env={**kept, **more, **(env or {})},
    )  # fmt: skip
    os.close(there)
    told = b""
    while True:
        try:
            part = os.read(here, 65536)
        except OSError:  # Linux tells so that the other end is closed
            break
        if not part:
            break
        told += part
    os.close(here)
    assert running.wait(PATIENCE) == 0
    return told.decode("utf-8", "replace")


def golden(name: str, text: str) -> None:
    """Compares with a golden file; DEALGATE_GOLDEN=write writes it instead."""
    path = GOLDENS / name
    if os.environ.get("DEALGATE_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"no golden file {name}: write it with DEALGATE_GOLDEN=write and read it"
    assert text == path.read_text(encoding="utf-8")
