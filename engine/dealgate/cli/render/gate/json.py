"""A decision as one JSON object (``schemas/output/gate.schema.json``)."""

from __future__ import annotations

from datetime import datetime

from ....decide.gate import Decision
from ....decide.plain import plain_decision
from ....decide.playbook import Playbook
from ..clean import dumps


def render(decision: Decision, playbook: Playbook, as_of: datetime) -> str:
    """The object, indented."""
    return dumps(plain_decision(decision, playbook, as_of), 1)
