"""A decision as one JSON object (``schemas/output/gate.schema.json``)."""

from __future__ import annotations

import json
from datetime import datetime

from ....decide.gate import Decision
from ....decide.playbook import Playbook
from ....decide.report import plain_decision


def render(decision: Decision, playbook: Playbook, as_of: datetime) -> str:
    """The object, indented."""
    return json.dumps(plain_decision(decision, playbook, as_of), indent=1, ensure_ascii=False)
