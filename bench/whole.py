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
    """Seconds of a command as a whole process: the best and the median of some runs. ``failed`` says why it did not.

    ``said``: what it told of its own timing the last time.
    """

    name: str
    best: float
    median: float
    failed: str = ""
    said: str = ""


def runs(commands: dict[str, list[str]], rounds: int) -> list[Run]:
    """Commands of this Python, taking turns; run once beforehand, so that bytecode is there as it is for users."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    failed: dict[str, str] = {}
    said: dict[str, str] = {}
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
                lines = done.stderr.decode().splitlines()
                said[name] = next((line for line in lines if line.endswith("a second).")), "")
                # 0 and 1 are answers (1: something is held back), the rest is trouble
                if done.returncode > 1:
                    failed[name] = f"exit code {done.returncode}"
    return [Run(n, min(found), median(found), failed.get(n, ""), said[n]) for n, found in times.items()]


def validate(rounds: int) -> list[Run]:
    """``validate practical``, after the imports it cannot do without."""
    return runs(
        {
            'python -c "import yaml, jsonschema"': ["-c", "import yaml, jsonschema"],
            "dealgate validate practical": ["-m", "dealgate", "validate", "practical"],
        },
        rounds,
    )


def check(rounds: int, many: int) -> list[Run]:
    """``check`` of the Maven CRM sales data where it is (see ``tests/conftest.py``); nothing where it is not.

    Also of ``many`` rows of that shape, with every verdict written.
    """
    folder = Path(os.environ.get("DEALGATE_TEST_DATA") or CHECKOUT.parent / "shared" / "data") / "maven_crm_sales"
    if not folder.is_dir():
        return []
    with TemporaryDirectory() as place:
        large = repeated(folder, Path(place) / "large", many)
        words = ["-m", "dealgate", "check"]
        verdicts = ["--output", "parquet", "--out", str(Path(place) / "verdicts.parquet")]
        return runs(
            {
                "dealgate check maven_crm_sales": [*words, str(folder), "--output", "json"],
                f"dealgate check of {many:,} such rows": [*words, str(large), *verdicts, "--timing"],
            },
            rounds,
        )


def repeated(folder: Path, to: Path, many: int) -> Path:
    """The same export with its deals again and again, under ids of their own."""
    import polars as pl

    to.mkdir()
    for file in folder.glob("*.csv"):
        (to / file.name).write_bytes(file.read_bytes())
    deals = pl.read_csv(folder / "sales_pipeline.csv", infer_schema=False)
    more = pl.concat([deals] * (many // deals.height + 1)).head(many)
    more = more.with_columns(opportunity_id=pl.format("N{}", pl.int_range(many)))
    more.write_csv(to / "sales_pipeline.csv")
    return to
