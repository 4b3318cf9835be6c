"""A history as a hierarchy of teams sees it: every deal in its owner's team, or in the team above that one."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from ..compile.events import in_order
from ..history import History
from ..model.teams import Team, Teams
from .quota import plain

TEAM = "owner.team"


def at_depth(teams: Teams, team: Team, depth: int) -> str | None:
    """The team itself or the one above it that lies so far below the top; None where it lies higher itself."""
    here: Team | None = team
    while here is not None and teams.depth(here) > depth:
        here = teams.by_id[here.parent] if here.parent else None
    return here.id if here is not None and teams.depth(here) == depth else None


def seen_by(history: History, teams: Teams, depth: int) -> History:
    """The history with the id of its team at a depth as each deal's ``owner.team``, null where it is in none.

    An owner who is listed as a member is in that team at all times; of others the deal's own team counts, by its id or
    title.
    """
    texts = history.part(TEAM)
    names = {one: teams.named(one) for one in texts["value"].unique().drop_nulls()}
    known = {one: at_depth(teams, team, depth) for one, team in names.items() if team is not None}
    mapped = texts.with_columns(pl.col("value").replace_strict(known, default=None, return_dtype=pl.String))
    listed = any(team.members for team in teams.by_id.values())
    owners = history.part("owner.id") if history.part("owner.id").height else history.part("owner.name")
    if listed and owners.height:
        aliases = names_of(history)
        people = {
            one: at_depth(teams, home, depth)
            for one in owners["value"].unique().drop_nulls()
            if (home := teams.home(one, aliases.get(plain(one), one))) is not None
        }
        # a deal of which every owner is listed follows its owners; the others keep what they tell
        strange = owners.filter(~pl.col("value").is_in(list(people)).fill_null(False))["deal"].unique()
        follow = owners.filter(~pl.col("deal").is_in(strange.implode()))
        follow = follow.with_columns(
            pl.col("value").replace_strict(people, default=None, return_dtype=pl.String), pl.lit(TEAM).alias("field")
        )
        kept = mapped.filter(~pl.col("deal").is_in(follow["deal"].unique().implode()))
        mapped = in_order(pl.concat([kept, follow]))
    others = history.events.filter(pl.col("field") != TEAM)
    return History(history.process, history.as_of, history.known_at, pl.concat([others, mapped]), history.children)


def names_of(history: History) -> Mapping[str, str]:
    """Owners' ids → their names, as they are compared."""
    if not history.part("owner.name").height:
        return {}
    held = history.at(history.as_of, "owner.id", "owner.name").select("owner.id", "owner.name").unique()
    return {plain(ident): plain(name) for ident, name in held.iter_rows() if ident and name}
