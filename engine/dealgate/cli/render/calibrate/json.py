"""Proposed stage probabilities as one JSON object (``schemas/output/calibrate.schema.json``)."""

from __future__ import annotations

from ....decide.plain import plain_playbook
from ...calibrating import Calibration
from ..clean import dumps
from ..unified import unified


def render(found: Calibration) -> str:
    """Every stage with its evidence, and the change of the file."""
    stages = [
        {
            "stage": one.stage.id,
            "says": None if one.stage.probability is None else float(one.stage.probability),
            "n": one.n,
            "raw": one.raw,
            "shrunk": one.shrunk,
            "low": one.low,
            "high": one.high,
            "vintage": None if one.vintage is None else [day.isoformat() for day in one.vintage],
            "proposed": None if one.proposed is None else f"{one.proposed}%",
            "why": one.why,
        }
        for one in found.proposed
    ]
    change = unified(found.before, found.after, found.file) if found.before else ""
    return dumps({"playbook": plain_playbook(found.past.playbook), "stages": stages, "change": change}, 1)
