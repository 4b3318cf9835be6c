"""A Tryton server of the tests' own: its environment and an empty database are made once and kept; each run works on a
copy of the database, on a free port, and leaves nothing running."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .api import Api, Down

SERIES = "8.2"
PACKAGES = (f"trytond=={SERIES}.*", f"trytond-sale-opportunity=={SERIES}.*")
DATABASE = "crm"
PASSWORD = "correct-horse-battery"  # noqa: S105 (of a database that lives for one run)
_CONFIG = """\
[database]
uri = sqlite://
path = {folder}
[web]
listen = 127.0.0.1:{port}
"""


class NoTryton(Exception):
    """It cannot be had here; the text says why."""


@dataclass
class Running:
    """A server that answers. ``seconds``: how long it took to."""

    url: str
    process: subprocess.Popen[bytes]
    seconds: float

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


def home() -> Path:
    """Where the environment and the database are kept, by DEALGATE_TRYTON_CACHE or among the temporary files."""
    named = os.environ.get("DEALGATE_TRYTON_CACHE")
    python = "py{}.{}".format(*sys.version_info[:2])
    who = os.getuid()
    folder = Path(named) if named else Path(tempfile.gettempdir()) / f"dealgate-tryton-{SERIES}-{python}-{who}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != who:
        raise NoTryton(f"{folder.name} belongs to somebody else")
    return folder


def ready() -> Path:
    """The folder with the environment and the database, made where they are not. Raises NoTryton."""
    folder = home()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # others that come at the same time wait, and find it made
        if not (folder / "made").exists():
            for left in ("env", "template"):
                shutil.rmtree(folder / left, ignore_errors=True)
            _install(folder / "env")
            _activate(folder / "env", folder / "template")
            (folder / "made").touch()
    return folder


def _install(env: Path) -> None:
    venv.create(env, symlinks=True, with_pip=True)
    words = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES)
    _run(env / "bin" / "python", *words)


def _activate(env: Path, template: Path) -> None:
    template.mkdir()
    (template / f"{DATABASE}.sqlite").touch()
    (template / "password").write_text(PASSWORD, "utf-8")
    (template / "trytond.conf").write_text(_CONFIG.format(folder=template, port=0), "utf-8")
    _run(
        env / "bin" / "trytond-admin", "-c", template / "trytond.conf", "-d", DATABASE, "-u", "sale_opportunity",
        "--activate-dependencies", "--email", "admin@example.com", TRYTONPASSFILE=str(template / "password"),
    )  # fmt: skip


def _run(*words: str | Path, **more: str) -> None:
    try:
        done = subprocess.run(words, env=_clean() | more, capture_output=True, text=True, timeout=900, check=False)
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise NoTryton(f"{Path(words[0]).name} did not run: {type(failed).__name__}") from failed
    if done.returncode:
        raise NoTryton(f"{Path(words[0]).name} said: {(done.stderr or done.stdout).strip()[-300:]}")


def _clean() -> dict[str, str]:
    """The surroundings without what points at this Python."""
    return {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }


@contextmanager
def started() -> Iterator[Running]:
    """A server with a fresh database, gone at the end. Raises NoTryton."""
    made = ready()
    with tempfile.TemporaryDirectory(prefix="dg-tryton-") as top:
        folder = Path(top)
        shutil.copy(made / "template" / f"{DATABASE}.sqlite", folder)
        for _ in range(3):
            running = _start(made / "env" / "bin" / "trytond", folder)
            if running is not None:
                break
        else:
            raise NoTryton(f"it did not start: {(folder / 'log').read_text('utf-8')[-300:]}")
        try:
            yield running
        finally:
            running.stop()


def _start(program: Path, folder: Path) -> Running | None:
    """The server; None where it ended at once, as when somebody took its port."""
    port, config = _free_port(), folder / "trytond.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port), "utf-8")
    begun = time.monotonic()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-c", config, "-d", DATABASE], env=_clean(), stdout=log, stderr=log, start_new_session=True
        )
    running = Running(f"http://127.0.0.1:{port}", process, 0.0)
    while process.poll() is None and time.monotonic() - begun < 120:
        try:
            Api(running.url, DATABASE).version()
        except Down:
            time.sleep(0.1)
            continue
        running.seconds = time.monotonic() - begun
        return running
    running.stop()
    return None


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
