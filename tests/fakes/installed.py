"""The CRM in memory as an adapter that is installed, for commands that run as processes of their own.

The CRM itself is kept in a file that the test writes and a process reads when it opens the adapter. A process that finds
a file of the name ``hold-STREAM`` beside it stops before it pulls that stream, writes ``held-STREAM``, and waits.
"""

from __future__ import annotations

import pickle
import time
from pathlib import Path

from tests.fakes.crm import Crm, FakeAdapter

from dealgate.ports import Cursor, Page, Settings

FILE = "crm.pickle"


def connect(settings: Settings) -> FakeAdapter:
    """The adapter on the CRM in the file that the option ``file`` names."""
    file = Path(str(settings.values["file"]))
    return Held(pickle.loads(file.read_bytes()), folder=file.parent)  # noqa: S301 - our own


class Held(FakeAdapter):
    def __init__(self, crm: Crm, folder: Path) -> None:
        super().__init__(crm)
        self.folder = folder

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        while (self.folder / f"hold-{stream}").exists():
            (self.folder / f"held-{stream}").touch()
            time.sleep(0.01)
        return super().pull(stream, cursor, limit)


def installed(folder: Path) -> Path:
    """Makes a distribution that brings the adapter ``memory``; the folder to put on the path."""
    meta = folder / "memory-1.0.dist-info"
    meta.mkdir(parents=True)
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: memory\nVersion: 1.0\n", "utf-8")
    (meta / "entry_points.txt").write_text("[dealgate.adapters]\nmemory = tests.fakes.installed:connect\n", "utf-8")
    return folder


def saved(crm: Crm, folder: Path) -> None:
    """Writes the CRM for the processes, whole or not at all."""
    part = folder / f"{FILE}.part"
    part.write_bytes(pickle.dumps(crm))
    part.replace(folder / FILE)
