"""The bundled processes, each with the deals that its own test document tells of."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

import dealgate
from dealgate.decide.cases import moment_of
from dealgate.decide.playbook import Playbook
from dealgate.model.deal import Deal

FOLDER = Path(__file__).resolve().parents[1] / "rules" / "processes"
NAMES = sorted(file.stem for file in FOLDER.glob("*.yaml") if "." not in file.stem)


@cache
def playbook(name: str) -> Playbook:
    return dealgate.load(name)


@cache
def told(name: str) -> tuple[tuple[Deal, ...], Any]:
    """Each case's deal under an id of its own, without its move, and the document's as_of."""
    document = yaml.safe_load((FOLDER / f"{name}.test.yaml").read_text(encoding="utf-8"))
    book, deals = playbook(name), []
    for n, case in enumerate(document["cases"]):
        record = {**document["deals"][case["deal"]], **case.get("with", {})}
        for key in case.get("without", ()):
            del record[key]
        deals.append(book.deal({**record, "id": f"{case['deal']}-{n}", "name": f"{case['deal']}-{n}"}))
    return tuple(deals), moment_of(document["as_of"], book.process)
