"""What the numbers were measured on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

_PACKAGES = (
    "dealgate", "numpy", "polars", "pyarrow", "duckdb", "zen-engine", "cel-expr-python", "common-expression-language",
    "rule-engine", "durable-rules",
)  # fmt: skip


def described() -> dict[str, str]:
    """Processor, system, Python and the versions that matter; no names of machines or people."""
    out = {
        "processor": _processor(),
        "processors": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }
    if find_spec("polars") is not None:
        import polars as pl

        out["threads of polars"] = str(pl.thread_pool_size())
    for package in _PACKAGES:
        try:
            out[package] = version(package)
        except PackageNotFoundError:
            continue
    return out


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
