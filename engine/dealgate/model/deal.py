"""One opportunity (or lead) as of one moment: fields, children and history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .fields import Catalogue, Reading, read
from .values import Unfit

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Deal:
    """A deal's typed values.

    ``fields`` holds only what is known: an absent key is missing. ``children`` holds each collection that was synced:
    an absent key was never synced, an empty tuple is empty; a child record is a mapping like ``fields``. ``unfit``
    keeps raw values that are none (placeholders, misfits) by field, children's as ``contacts[0].role``.
    """

    id: str
    fields: Record
    children: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    unfit: Mapping[str, Unfit] = field(default_factory=dict)
    record: str = "deal"

    @property
    def stage(self) -> str | None:
        """The stage it stands in."""
        return self.fields.get("stage")

    @property
    def status(self) -> str:
        """open, won, lost or cancelled; unmapped where what the source says is none of these."""
        status: str | None = self.fields.get("status")
        return status or ("unmapped" if "status" in self.unfit else "open")


def deal_from(
    record: Mapping[str, Any], catalogue: Catalogue, reading: Reading, *, kind: str = "deal"
) -> tuple[Deal, list[str]]:
    """A plain record (field ids and collections, values raw or typed) → a typed deal and what nobody knows.

    That is keys outside the catalogue, collections that are no list (they stay unsynced) and records that are none.
    """
    fields: dict[str, Any] = {}
    unfit: dict[str, Unfit] = {}
    children: dict[str, tuple[Record, ...]] = {}
    strange: list[str] = []
    for key, raw in record.items():
        if key == "id":
            continue
        collection = catalogue.collections.get(key)
        if collection is not None:
            if isinstance(raw, (list, tuple)):
                children[key] = tuple(
                    _child(item, collection.fields, reading, f"{key}[{n}]", unfit, strange)
                    for n, item in enumerate(raw)
                )
            elif raw is not None:
                strange.append(key)
            continue
        known = catalogue.deal.get(key)
        if known is None:
            strange.append(str(key))
            continue
        value = read(raw, known, reading)
        if isinstance(value, Unfit):
            unfit[key] = value
        elif value is not None:
            fields[key] = value
    if "status" not in unfit:
        fields.setdefault("status", "open")
    return Deal(str(record.get("id", "")), fields, children, unfit, kind), strange


def _child(
    item: Any,
    fields: Mapping[str, Any],
    reading: Reading,
    place: str,
    unfit: dict[str, Unfit],
    strange: list[str],
) -> Record:
    values: dict[str, Any] = {}
    if not isinstance(item, Mapping):
        strange.append(place)
        return values
    for key, raw in item.items():
        known = fields.get(key)
        if known is None:
            strange.append(f"{place}.{key}")
            continue
        value = read(raw, known, reading)
        if isinstance(value, Unfit):
            unfit[f"{place}.{key}"] = value
        elif value is not None:
            values[key] = value
    return values
