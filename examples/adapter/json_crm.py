"""A CRM that is one JSON file: the smallest adapter that is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dealgate.ports import (
    Action,
    BadSignature,
    Capabilities,
    Cursor,
    Description,
    FieldInfo,
    MoveStage,
    Note,
    Outcome,
    Page,
    PipelineInfo,
    Record,
    Reference,
    SetFields,
    Settings,
    StageInfo,
    Trouble,
    Webhook,
)  # fmt: skip

TABLES = {"deals": "Deals", "stage_changes": "Moves"}
FIELDS = {"name": "text", "amount": "number", "stage": "choice"}


def connect(settings: Settings) -> JsonCrm:
    """Opens the adapter; ``values`` holds ``path``."""
    return JsonCrm(Path(str(settings.values["path"])))


class JsonCrm:
    """Deals with a revision each, and a line for every move."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def capabilities(self) -> Capabilities:
        return Capabilities(
            ("deals", "stage_changes"), history="native", deletes="flag", cursor="keyset", compare_and_set="reread",
            actions=("set_fields", "move_stage", "note"), change_source=True,
        )  # fmt: skip

    def describe(self) -> Description:
        held, now = self._read()
        stages = tuple(StageInfo(stage, stage.capitalize(), n) for n, stage in enumerate(held["stages"]))
        fields = tuple(FieldInfo("Deals", name, name.capitalize(), kind) for name, kind in FIELDS.items())
        return Description((PipelineInfo("sales", "Sales", stages),), fields, now)

    def pull(self, stream: str, cursor: Cursor | None, limit: int) -> Page:
        held, saved = self._read()
        records = sorted(self._records(stream, held), key=_place)
        if cursor is not None and cursor.at is not None:
            records = [one for one in records if _place(one) > (cursor.at, cursor.id)]
        page = records[:limit]
        after = Cursor(page[-1].modified, page[-1].id) if page else cursor or Cursor()
        return Page(tuple(page), after, len(records) > limit, saved, total=None if cursor else len(records))

    def fetch(self, refs: Sequence[Reference]) -> list[Record]:
        held, _ = self._read()
        there = {(s, one.id): one for s in TABLES for one in self._records(s, held) if not one.gone}
        return [there[ref.stream, ref.id] for ref in refs if (ref.stream, ref.id) in there]

    def apply(self, action: Action) -> Outcome:
        held, _ = self._read()
        deal = held["deals"].get(action.deal)
        if action.key in held["done"]:
            return Outcome("already")
        if deal is None or deal["deleted"]:
            return Outcome("conflict", "gone", "The deal is gone.")
        if isinstance(action, (SetFields, MoveStage)) and action.expect_version not in (None, str(deal["revision"])):
            return Outcome("conflict", "version", "The deal was changed.")
        if isinstance(action, MoveStage) and deal["stage"] != action.expect_stage:
            return Outcome("conflict", "stage", f"The deal is in {deal['stage']}.")
        now = self._now()
        if isinstance(action, SetFields):
            wrong = [name for name in action.values if name not in FIELDS or name == "stage"]
            if wrong:
                return Outcome("rejected", "field", f"There is no field {wrong[0]} to set.")
            deal |= {**action.values, "changed": now, "revision": deal["revision"] + 1}
        elif isinstance(action, MoveStage):
            deal |= {"stage": action.to_stage, "changed": now, "revision": deal["revision"] + 1}
            held["moves"].append({"deal": action.deal, "stage": action.to_stage, "at": now, "by": "dealgate"})
        elif isinstance(action, Note):
            held["notes"].append({"deal": action.deal, "text": action.body})
        else:
            return Outcome("rejected", "action", "There are no tasks here.")
        held["done"].append(action.key)  # in the same save as the deed: both are there, or neither
        self._save(held)
        return Outcome("applied", version=str(deal["revision"]))

    def parse_webhook(self, headers: Mapping[str, str], raw_body: bytes, url: str, now: datetime) -> Webhook:
        raise BadSignature("A file calls nobody.")

    def close(self) -> None:
        """Nothing is held open."""

    def _records(self, stream: str, held: Mapping[str, Any]) -> list[Record]:
        table = TABLES[stream]
        if stream == "stage_changes":
            moves = enumerate(held["moves"])
            return [Record(table, f"{n:08}", one, datetime.fromisoformat(one["at"]), one["deal"]) for n, one in moves]
        return [
            Record(
                table, ident, {"id": ident, **row}, datetime.fromisoformat(row["changed"]), ident,
                gone=row["deleted"], version=str(row["revision"]),
            )
            for ident, row in held["deals"].items()
        ]  # fmt: skip

    def _read(self) -> tuple[dict[str, Any], datetime]:
        """What the file holds, and when it was saved: up to that moment nothing is missing."""
        try:
            saved = self.path.stat().st_mtime  # before it is read: what is saved meanwhile comes again
            return json.loads(self.path.read_text("utf-8")), datetime.fromtimestamp(saved, UTC)
        except OSError:
            raise Trouble("unreachable", f"{self.path.name} cannot be read.", "check `path` of this source") from None
        except ValueError:
            raise Trouble("odd", f"{self.path.name} is no JSON.", "bring back the last copy that is whole") from None

    def _now(self) -> str:
        """The clock of the disk that the file is on; never ours."""
        part = self.path.with_suffix(".part")
        part.touch()
        return datetime.fromtimestamp(part.stat().st_mtime, UTC).isoformat()

    def _save(self, held: Mapping[str, Any]) -> None:
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(held, indent=1), "utf-8")
        part.replace(self.path)  # whole, or not at all


def _place(record: Record) -> tuple[datetime | None, str]:
    return record.modified, record.id
