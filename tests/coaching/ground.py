"""A ground of a few deals over a plain process, to take facts from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.inspection.looking import past

from dealgate.coaching.ground import Ground, Wanted
from dealgate.model.commitment import Commitment
from dealgate.model.finding import Finding
from dealgate.model.play import Need, Play, Plays
from dealgate.plays.facts import Fact


def ground(
    records: Iterable[Mapping[str, Any]],
    findings: Sequence[Finding] = (),
    commitments: Sequence[Commitment] | None = None,
) -> Ground:
    """A ground of deals as a file tells them."""
    playbook, history = past(records)
    return Ground(playbook, history, findings, commitments)


def asked(*needs: Need, scope: str = "deal") -> Wanted:
    """What one play of these needs asks for."""
    return Wanted([Plays("p", "P", "1.0.0", (Play("a", "A", scope, needs),))])


def said(facts: Iterable[Fact] | None, *names: str) -> list[tuple[Any, ...]]:
    """Some parts of each fact."""
    assert facts is not None
    return [tuple(getattr(fact, name) for name in names) for fact in facts]
