"""A decision for a person."""

from __future__ import annotations

from datetime import datetime

from ....decide.gate import Decision
from ....decide.playbook import Playbook
from ..explain import decision as told
from ..width import width


def render(decision: Decision, playbook: Playbook, as_of: datetime) -> str:
    """The word, why, and what to do."""
    return told(decision, playbook.process, width())
