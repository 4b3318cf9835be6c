"""The teams of ``dealgate.yaml`` become a hierarchy."""

from __future__ import annotations

from dealgate.model.diagnostics import Diagnostic
from dealgate.model.teams import Team, Teams

from ..conditions.raw import did_you_mean
from ..nodes import Map, Node
from .loops import report_loops
from .reader import Reader


def build_teams(node: Node | None, wrong: list[Diagnostic]) -> Teams:
    """The teams under ``teams:``; one whose parent is not there, or its own, is reported and stands at the top."""
    found: dict[str, Team] = {}
    held = dict(Reader(None, wrong).entries("")) if not isinstance(node, Map) else node.items
    for name, item in held.items():
        reader = Reader(item, wrong)
        parent = reader.text("parent") or None
        if parent is not None and parent not in held:
            at = reader.get("parent") or item
            reader.report("DG244", f"There is no team `{parent}`.", at, did_you_mean(parent, held))
            parent = None
        manager = reader.text("manager") or None
        found[name] = Team(name, reader.text("title", name), parent, manager, reader.texts("members"))
    leans = {n: ([t.parent] if t.parent else [], held[n].where) for n, t in found.items()}
    looped = report_loops("teams", leans, wrong)
    return Teams({name: team.replace(parent=None) if name in looped else team for name, team in found.items()})
