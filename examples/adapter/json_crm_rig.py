"""The rig of the JSON file: what people and other programs do to it, without the adapter."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import json_crm

from dealgate.ports import CrmAdapter, SetFields, Settings
from dealgate.sync.conformance import Cannot, Deal, Refusal, Rig, Truth


class FileRig(Rig):
    """A file in a folder of its own."""

    fields = {"name": ("Northwind rollout", "Northwind, second phase"), "amount": (1000, 2500)}
    stage_field = "stage"
    history_fields = {"stage": "stage", "at": "at", "by": "by"}
    faults = frozenset({"lost", "server-error"})
    whole = b""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "crm.json"
        self._save({"stages": ["lead", "offer", "agreed", "won"], "deals": {}, "moves": [], "notes": [], "done": []})

    def adapter(self, clock_off: timedelta = timedelta(0)) -> CrmAdapter:
        settings = Settings({"path": self.path}, lambda _name: None, lambda: datetime.now(UTC) + clock_off)
        return json_crm.connect(settings)

    def now(self) -> datetime:
        other = self.folder / "clock"
        other.touch()
        return datetime.fromtimestamp(other.stat().st_mtime, UTC)

    def tick(self) -> None:
        before = self.now()
        while self.now() == before:
            time.sleep(0.001)

    def stages(self) -> Sequence[str]:
        return list(self._read()["stages"])

    def put_deal(self, stage: str, **values: Any) -> str:
        held = self._read()
        ident = f"D{len(held['deals']) + 1}"
        held["deals"][ident] = {"stage": stage, "revision": 0, "deleted": False}
        return self._changed(held, ident, values, stage)

    def move(self, deal: str, stage: str) -> str | None:
        self._changed(self._read(), deal, {"stage": stage}, stage)
        return "Ben"

    def edit(self, deal: str, **values: Any) -> None:
        self._changed(self._read(), deal, values)

    def delete(self, deal: str) -> None:
        self._changed(self._read(), deal, {"deleted": True})

    def truth(self) -> Truth:
        held = self._read()
        there = {ident: row for ident, row in held["deals"].items() if not row["deleted"]}
        deals = {i: Deal(row["stage"], {name: row.get(name) for name in self.fields}) for i, row in there.items()}
        return Truth(deals, notes=tuple((one["deal"], one["text"]) for one in held["notes"]))

    def fail(self, kind: str, when: str = "before") -> None:
        if when == "after":
            raise Cannot("a file gives no answer that could be lost")
        self.whole = self.path.read_bytes()
        if kind == "lost":
            self.path.unlink()
        else:
            self.path.write_bytes(self.whole[: len(self.whole) // 2])

    def heal(self) -> int:
        if not self.whole:
            return 0
        self.path.write_bytes(self.whole)
        self.whole = b""
        return 1  # nothing can be asked for without reading the file

    def refusal(self, deal: str, key: str) -> Refusal:
        return Refusal(SetFields(deal, {"colour": "red"}, key), "There is no field colour")

    def close(self) -> None:
        shutil.rmtree(self.folder)

    def _changed(self, held: Any, deal: str, values: dict[str, Any], moved_to: str = "") -> str:
        row, now = held["deals"][deal], self.now().isoformat()
        row |= {**values, "changed": now, "revision": row["revision"] + 1}
        if moved_to:
            held["moves"].append({"deal": deal, "stage": moved_to, "at": now, "by": "Ben"})
        self._save(held)
        return deal

    def _read(self) -> Any:
        return json.loads(self.path.read_text("utf-8"))

    def _save(self, held: Any) -> None:
        self.path.write_text(json.dumps(held), "utf-8")


def rig() -> FileRig:
    """A fresh file for every check."""
    return FileRig()
