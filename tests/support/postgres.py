"""A PostgreSQL of the tests' own: started in a temporary folder, reached by a Unix socket, gone with the run."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "postgres"


class NoPostgres(Exception):
    """There is none here; the text says what is missing."""


def programs() -> Path:
    """The folder of initdb and pg_ctl. Raises NoPostgres."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise NoPostgres("no initdb and pg_ctl on this machine")


def _run(*words: str | Path) -> None:
    """A program of PostgreSQL's; it refuses root, so root becomes the system's own user of it."""
    who = {}
    if os.getuid() == 0:
        who = {"user": USER, "group": USER, "extra_groups": []}
    done = subprocess.run(
        [str(w) for w in words], capture_output=True, text=True, timeout=120, cwd="/", check=False, **who
    )
    if done.returncode:
        raise NoPostgres(f"{Path(str(words[0])).name} said: {done.stderr.strip()[-300:]}")


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of a fresh database; raises NoPostgres where there are no programs, or they do not run."""
    folder = programs()
    top = Path(tempfile.mkdtemp(prefix="dg-pg-"))
    try:
        if os.getuid() == 0:
            try:
                shutil.chown(top, USER, USER)
            except LookupError:
                raise NoPostgres("initdb refuses root, and there is no user postgres") from None
        data = top / "data"
        _run(folder / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{top}' -c fsync=off -c jit=off"
        _run(folder / "pg_ctl", "-D", data, "-l", top / "log", "-w", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://{USER}@/postgres?host={top}"
        finally:
            _run(folder / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(top, ignore_errors=True)
