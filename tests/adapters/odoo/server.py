"""An Odoo 19 of the tests' own: what `setup.py` has put into a folder, started on a copy of its database, on a free
port and a PostgreSQL of its own, with nothing left running."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.postgres import NoPostgres, cluster, programs

SERIES = "19"
DATABASE = "crm"
ROLE = "odoo"


class NoOdoo(Exception):
    """It cannot be had here; the text says why."""


@dataclass
class Running:
    """A server that answers. ``secrets``: by login the password, and ``key`` the API key of dealgate's user."""

    url: str
    secrets: dict[str, str]
    process: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


def home() -> Path:
    """Where it is kept: where DEALGATE_ODOO says, else in the user's cache."""
    named = os.environ.get("DEALGATE_ODOO")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else caches / "dealgate" / f"odoo-{SERIES}"


def words(folder: Path, *more: str | Path) -> list[str]:
    """The command line of a program of Odoo's."""
    return [str(folder / "env" / "bin" / "python"), "-m", "odoo", *map(str, more)]


def surroundings(folder: Path) -> dict[str, str]:
    """The environment in which it finds itself, without what points at this Python."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "VIRTUAL_ENV")}
    return kept | {"PYTHONPATH": str(packages(folder)), "PYTHONWARNINGS": "ignore", "ODOO_RC": os.devnull}


def packages(folder: Path) -> Path:
    """The folder of Odoo's own package and addons. Raises NoOdoo."""
    found = next((folder / "root").glob("usr/lib/python3*/*-packages/odoo"), None)
    if found is None:
        raise NoOdoo(f"no Odoo {SERIES} in {folder}: run `make odoo`, or point DEALGATE_ODOO at one")
    return found.parent


def options(folder: Path, socket_: str, data: Path) -> list[str]:
    """What every program of Odoo's is told: the database, and where things lie."""
    return [
        f"--db_host={socket_}", f"--db_user={ROLE}", f"--database={DATABASE}", f"--data-dir={data}",
        f"--addons-path={packages(folder) / 'odoo' / 'addons'}", "--max-cron-threads=0",
    ]  # fmt: skip


@contextmanager
def database() -> Iterator[str]:
    """The folder of the socket of a fresh PostgreSQL that has the role. Raises NoOdoo."""
    try:
        with cluster() as url:
            folder = url.partition("host=")[2]
            sql(folder, "postgres", "-c", f"CREATE ROLE {ROLE} LOGIN CREATEDB")
            yield folder
    except NoPostgres as why:
        raise NoOdoo(str(why)) from None


def sql(folder: str, user: str, *more: str | Path) -> None:
    """One run of psql. Raises NoOdoo."""
    run(client("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", folder, "-U", user, *more)


def client(name: str) -> str:
    """A client program of PostgreSQL's. Raises NoOdoo."""
    beside = programs() / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise NoOdoo(f"no {name} on this machine")
    return found


def run(*command: str | Path, text: str | None = None, env: dict[str, str] | None = None, seconds: int = 900) -> str:
    """What a program printed. Raises NoOdoo."""
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            [str(word) for word in command], input=text, env=env, capture_output=True, text=True, timeout=seconds,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise NoOdoo(f"{name} did not run: {type(failed).__name__}") from failed
    if done.returncode:
        raise NoOdoo(f"{name} said: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout


@contextmanager
def started() -> Iterator[Running]:
    """A server with a fresh database, gone at the end. Raises NoOdoo."""
    folder = home()
    if not (folder / "made").exists():
        raise NoOdoo(f"no Odoo {SERIES} in {folder}: run `make odoo`, or point DEALGATE_ODOO at one")
    with tempfile.TemporaryDirectory(prefix="dg-odoo-") as top, database() as socket_:
        sql(socket_, ROLE, "-d", "postgres", "-c", f"CREATE DATABASE {DATABASE}")
        sql(socket_, "postgres", "-d", DATABASE, "-o", os.devnull, "-f", folder / "template.sql")
        place = Path(top)
        shutil.copytree(folder / "data", place / "data")
        for _ in range(3):
            running = _start(folder, socket_, place)
            if running is not None:
                break
        else:
            raise NoOdoo(f"it did not start: {(place / 'log').read_text('utf-8')[-600:]}")
        try:
            yield running
        finally:
            running.stop()


def _start(folder: Path, socket_: str, place: Path) -> Running | None:
    """The server; None where it ended at once, as when somebody took its port."""
    port, log = _free_port(), place / "log"
    told = [*options(folder, socket_, place / "data"), "--http-interface=127.0.0.1", f"--http-port={port}"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            words(folder, *told), env=surroundings(folder), cwd=place, stdout=out, stderr=out, start_new_session=True
        )
    secrets = json.loads((folder / "secrets.json").read_text("utf-8"))
    running = Running(f"http://127.0.0.1:{port}", secrets, process, log)
    begun = time.monotonic()
    while process.poll() is None and time.monotonic() - begun < 120:
        try:
            xmlrpc.client.ServerProxy(f"{running.url}/xmlrpc/2/common").version()
        except OSError:
            time.sleep(0.1)
        else:
            return running
    running.stop()
    return None


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
