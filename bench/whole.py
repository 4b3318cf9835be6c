"""Whole processes: ``validate`` against what its imports alone cost, and ``check`` of a real CRM export."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of a command as a whole process: the best and the median of some runs. ``failed`` says why it did not."""

    name: str
    best: float
    median: float
    failed: str = ""


def runs(commands: dict[str, list[str]], rounds: int) -> list[Run]:
    """Commands of this Python, taking turns; run once beforehand, so that bytecode is there as it is for users."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    failed: dict[str, str] = {}
    with TemporaryDirectory() as folder:
        settings = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        settings["PYTHONPYCACHEPREFIX"] = folder
        for turn in range(rounds + 1):
            for name, words in commands.items():
                start = perf_counter()
                done = subprocess.run(
                    [sys.executable, *words], capture_output=True, check=False, cwd=CHECKOUT, env=settings
                )
                if turn:
                    times[name].append(perf_counter() - start)
                # 0 and 1 are answers (1: something is held back), the rest is trouble
                if done.returncode > 1:
                    failed[name] = f"exit code {done.returncode}"
    return [Run(name, min(found), median(found), failed.get(name, "")) for name, found in times.items()]


def validate(rounds: int) -> list[Run]:
    """``validate practical``, after the imports it cannot do without."""
    return runs(
        {
            'python -c "import yaml, jsonschema"': ["-c", "import yaml, jsonschema"],
            "dealgate validate practical": ["-m", "dealgate", "validate", "practical"],
        },
        rounds,
    )


def check(rounds: int) -> list[Run]:
    """``check`` of the Maven CRM sales data where it is (see ``tests/conftest.py``); nothing where it is not."""
    folder = Path(os.environ.get("DEALGATE_TEST_DATA") or CHECKOUT.parent / "shared" / "data") / "maven_crm_sales"
    if not folder.is_dir():
        return []
    words = ["-m", "dealgate", "check", str(folder), "--output", "json"]
    return runs({"dealgate check maven_crm_sales": words}, rounds)
