"""Parts of a forecast add to the whole at every depth; teams come as the workspace has them; categories add up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealgate.forecast.methods import Asked, Outlook, methods
from dealgate.forecast.proven import by_category, evidence_of
from dealgate.forecast.rolled import Part, flat, rolled
from dealgate.forecast.snapshot import Snapshot
from dealgate.model.forecast import PARTS
from dealgate.model.teams import Team, Teams

from .given import TODAY as NOW
from .given import deal, ended, snapshot

TEAMS = Teams(
    {
        "emea": Team("emea", "EMEA", members=("Mia Top",)),
        "north": Team("north", "North", parent="emea", members=("Rita Lind", "u-7")),
        "south": Team("south", "South", parent="emea"),
    }
)


def called(snapshot: Snapshot) -> Outlook:
    made = methods()["pipeline"].make(snapshot, Asked())
    assert isinstance(made, Outlook)
    return made


def tree(parts: tuple[Part, ...]) -> list[tuple[int, str, int]]:
    return [(depth, part.name, part.total // 100) for depth, part in flat(parts)]


def some(teams: Teams = TEAMS, *more: dict[str, Any]) -> Snapshot:
    rows = [
        deal(1),  # listed in North
        deal(2, owner__name="Ann Unlisted", owner__team="south"),  # her own team, by its id
        deal(3, owner__name="Mia Top", owner__team="South"),  # listed in the team above: her deal's team says no more
        deal(4, owner__name="Zed Away", owner__team="Moon"),  # a team that the workspace does not know
        deal(5, owner__name="", owner__team=""),
        ended(6, "won", NOW, amount="70.00"),
        *more,
    ]
    return replace(snapshot(*rows), teams=teams)


def test_teams_come_as_the_hierarchy_has_them() -> None:
    seen = some()
    assert tree(rolled(seen, called(seen), ["team"])) == [
        (0, "EMEA", 3070),
        (1, "North", 1070),
        (1, "South", 1000),
        (1, "EMEA itself", 1000),
        (0, "Moon", 1000),
        (0, "–", 1000),
    ]


def test_owners_stand_in_their_teams() -> None:
    seen = some()
    assert tree(rolled(seen, called(seen), ["team", "owner"]))[:6] == [
        (0, "EMEA", 3070),
        (1, "North", 1070),
        (2, "Rita Lind", 1070),
        (1, "Mia Top", 1000),
        (1, "South", 1000),
        (2, "Ann Unlisted", 1000),
    ]


def test_a_member_may_be_listed_by_id() -> None:
    seen = some(TEAMS, deal(9, owner__name="Pat Seven", owner__id="u-7", owner__team="Moon"))
    north = next(part for _, part in flat(rolled(seen, called(seen), ["team"])) if part.name == "North")
    assert "D-9" in north.deals


def test_without_a_hierarchy_a_deal_is_in_the_team_it_names() -> None:
    seen = some(Teams())
    names = {part.name for part in rolled(seen, called(seen), ["team"])}
    assert names == {"North", "south", "South", "Moon", "–"}


def test_categories_and_stages_come_from_the_surest_on() -> None:
    seen = some(Teams(), deal(7, forecast_category="commit"), deal(8, stage="qualification", forecast_category=None))
    names = [part.name for part in rolled(seen, called(seen), ["category"])]
    assert names == ["won", "commit", "best_case", "pipeline"]
    assert [part.name for part in rolled(seen, called(seen), ["stage"])] == ["won", "proposal", "qualification"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4, unique=True), st.booleans())
def test_parts_add_at_every_depth(by: list[str], hierarchy: bool) -> None:
    seen = some(TEAMS if hierarchy else Teams())
    made = called(seen)
    parts = rolled(seen, made, by)
    assert sum(part.total for part in parts) == made.total
    assert sorted(ident for part in parts for ident in part.deals) == [f"D-{n}" for n in range(1, 7)]
    for _, part in flat(parts):
        if part.parts:
            assert (part.won, part.open) == tuple(sum(getattr(one, k) for one in part.parts) for k in ("won", "open"))
            assert sorted(part.deals) == sorted(ident for one in part.parts for ident in one.deals)


def test_parts_are_by_something() -> None:
    seen = some()
    for by in ([], ["moon"]):
        with pytest.raises(ValueError, match="by is some of owner, team"):
            rolled(seen, called(seen), by)


def test_the_roll_up_has_what_is_called_and_what_is_proven_single_and_cumulative() -> None:
    seen = some(Teams(), deal(7, forecast_category="commit", amount="500.00"), deal(8, forecast_category="omitted"))
    rows = by_category(seen, evidence_of(seen))
    told = [(r.name, r.called, r.called_so_far, r.proven, r.proven_so_far) for r in rows]
    assert told == [
        ("won", 7000, 7000, 7000, 7000),
        ("commit", 50000, 57000, 0, 7000),
        ("best_case", 500000, 557000, 550000, 557000),
        ("omitted", 100000, None, 100000, None),
    ]
    assert rows[1].called_deals == ("D-7",)
    assert rows[1].proven_deals == ()
    assert "D-7" in rows[2].proven_deals
    # the category roll-ups say the same
    sums = {name: methods()[name].make(seen, Asked()) for name in ("commit", "best-case", "pipeline")}
    assert [one.total for one in sums.values() if isinstance(one, Outlook)] == [57000, 557000, 557000]
