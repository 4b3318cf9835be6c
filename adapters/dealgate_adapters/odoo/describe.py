"""What a database has: the stages of its opportunities as a pipeline, and its fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dealgate.ports import Description, FieldInfo, PipelineInfo, StageInfo

from .history import MESSAGE
from .rpc import Server
from .streams import DEAL, PARTNER, SCALAR, STAGE, USER

TEAM = "crm.team"


def described(server: Server) -> Description:
    """The pipeline and the fields. Raises Trouble.

    There is one pipeline, for an opportunity of any team may stand in any stage. A stage that is some teams' own says
    so in its title, where another has the same one.
    """
    stages = _stages(server)
    fields = [
        _field(model, name, said)
        for model in (DEAL, PARTNER, USER, MESSAGE)
        for name, said in sorted(server.fields(model).items())
    ]
    return Description((PipelineInfo(DEAL, "Opportunities", stages),), tuple(fields), server.now)


def _stages(server: Server) -> tuple[StageInfo, ...]:
    names = ["name", "is_won", *(one for one in ("team_ids", "team_id") if one in server.fields(STAGE))]
    rows = server.read(STAGE, [], names, order="sequence, name, id")
    titles = [str(row["name"]) for row in rows]
    teams = {row["id"]: str(row["name"]) for row in server.read(TEAM, [], ["name"])} if _doubled(titles) else {}
    made = []
    for order, (row, title) in enumerate(zip(rows, titles, strict=True)):
        own = row.get("team_ids") or ([row["team_id"][0]] if row.get("team_id") else [])
        of = ", ".join(teams[one] for one in own if one in teams)
        told = f"{title} ({of})" if titles.count(title) > 1 and of else title
        won = bool(row.get("is_won"))
        # open opportunities have a probability each, which Odoo works out or a person sets
        made.append(StageInfo(str(row["id"]), told, order, "1" if won else None, won))
    return tuple(made)


def _doubled(titles: list[str]) -> bool:
    return len(set(titles)) < len(titles)


def _field(model: str, name: str, said: Mapping[str, Any]) -> FieldInfo:
    options = said.get("selection")
    listed = {str(key): str(title) for key, title in options} if isinstance(options, list) else {}
    kind = str(said.get("type"))
    writable = not said.get("readonly") and kind in SCALAR
    return FieldInfo(model, name, str(said.get("string") or name), kind, listed, writable, name.startswith("x_"))
