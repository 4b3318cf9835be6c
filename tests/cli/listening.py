"""``dealgate listen`` as a real process on a port of its own, and a CRM that calls it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.fakes.crm import Crm
from tests.fakes.installed import FILE, installed, saved
from tests.sync.house import MAPPING

from .running import CHECKOUT, PATIENCE, dealgate

PUBLIC = "https://hooks.acme.example/crm"
SAID = "said.txt"
SECRETS = (Crm.token, Crm.hook_secret)


def until(true: Callable[[], object], what: str) -> None:
    """Waits for something that comes; fails after far longer than it takes."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.02)


@dataclass
class House:
    """A workspace whose source ``crm`` is the CRM in memory, and what listens there."""

    folder: Path
    crm: Crm = field(default_factory=lambda: Crm(now=datetime.now(UTC)))
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        (self.folder / "ours").mkdir()
        (self.folder / "ours" / "fake.yaml").write_text(MAPPING, "utf-8")
        (self.folder / "dealgate.yaml").write_text(
            "kind: workspace/v1\nid: mine\ntitle: Mine\nprocesses: [practical]\nrules: [ours]\nsources:\n"
            f"  crm: {{adapter: memory, mapping: fake, public_url: '{PUBLIC}', options: {{file: '{self.folder / FILE}'}}}}\n"
            "  files: {adapter: file, path: deals.csv}\n", "utf-8",
        )  # fmt: skip
        installed(self.folder / "installed")
        self.save()
        assert dealgate("store", "init").code == 0

    def save(self) -> None:
        saved(self.crm, self.folder)

    def listen(self, *words: str) -> None:
        """Starts it, and waits until it can be called."""
        before = len(self.said)
        self.process = self.command("listen", "--port", "0", "--pause", "0", "--log", "text", *words)
        until(lambda: len(self.said) > before and self.said[before].endswith("\n"), "its first line")
        first = self.said[before]
        assert "Listening on http://127.0.0.1:" in first, first
        self.port = int(first.partition("127.0.0.1:")[2].partition(":")[0])

    def command(self, *words: str) -> subprocess.Popen[bytes]:
        """A command as a process of its own, which writes to the file that ``said`` reads."""
        folders = (CHECKOUT / "engine", CHECKOUT / "adapters", CHECKOUT, self.folder / "installed")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("DEALGATE_", "COLUMNS", "NO_COLOR"))}
        with (self.folder / SAID).open("ab") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "dealgate", *words], cwd=self.folder, stdout=out, stderr=subprocess.STDOUT,
                env={**kept, "PYTHONPATH": os.pathsep.join(map(str, folders)), "PYTHONUTF8": "1"},
            )  # fmt: skip

    @property
    def said(self) -> list[str]:
        """The lines that were written, by all processes."""
        file = self.folder / SAID
        return file.read_text("utf-8").splitlines(keepends=True) if file.exists() else []

    def end(self, signal: int) -> int:
        """Sends a signal, and waits for the end; the status."""
        assert self.process is not None
        self.process.send_signal(signal)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE)
        text = "".join(self.said)
        assert "Traceback" not in text, text[-3000:]
        for secret in SECRETS:
            assert secret not in text

    # ------------------------------------------------ calling it

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def ask(self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> int:
        line = self.connection()
        line.request(method, target, body, headers or {})
        status = line.getresponse().status
        line.close()
        return status

    def signed(self, *deals: str, more: str = "", at: datetime | None = None) -> tuple[bytes, dict[str, str]]:
        """A webhook of these deals. ``more`` makes it another one."""
        body = json.dumps({"deals": deals, "more": more}).encode()
        return body, self.crm.signed(PUBLIC, body, at or datetime.now(UTC))

    def tell(self, *deals: str, more: str = "") -> int:
        """The CRM calls."""
        body, headers = self.signed(*deals, more=more)
        return self.ask("POST", "/hooks/crm", body, headers)

    def health(self) -> dict[str, Any]:
        line = self.connection()
        line.request("GET", "/health")
        answer = line.getresponse()
        found: dict[str, Any] = json.loads(answer.read())
        line.close()
        assert answer.status == 200
        return found

    def worked_off(self) -> None:
        until(lambda: self.health()["sources"]["crm"]["waiting"] == 0, "the end of the inbox")

    # ------------------------------------------------ what came of it

    def kept(self) -> dict[str, str]:
        """The stage of each deal that is there, as the store has it."""
        from dealgate.documents.load import load
        from dealgate.history import history_of
        from dealgate.store import open_store

        with open_store(f"sqlite:///{self.folder / 'dealgate.db'}") as store:
            events = store.events()
            if not events.height:
                return {}
            now = max(events["recorded_at"].max(), events["at"].max())  # type: ignore[type-var]
            held = history_of(events, load("practical").need(), now, now, store.children()).now("stage")
        return {row["id"]: row["stage"] for row in held.iter_rows(named=True)}

    def truth(self) -> dict[str, str]:
        """The same as the CRM has it."""
        return {ident: row.data["Stage"] for ident, row in self.crm.live("deals").items()}
