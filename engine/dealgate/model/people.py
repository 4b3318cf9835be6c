"""Who is who, and who may approve what: names compared as people write them, roles from the workspace."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from .struct import Struct, field
from .teams import Team, Teams

ERASED = "erased"
"""What is read in the place of a person who was erased."""
MANAGER, ADMIN, REP = "manager", "admin", "rep"
"""``admin`` stands in for every role; a team's manager is ``manager`` for those below; its members are ``rep``."""


def folded(name: str) -> str:
    """A name as it is compared: one case, one blank between words, without characters that nobody sees."""
    plain = unicodedata.normalize("NFKC", name)
    seen = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return " ".join(seen.casefold().split())


class Who:
    """People by what they are called: groups of names, ids and addresses that are one person's."""

    def __init__(self, known: Iterable[Iterable[str | None]] = ()) -> None:
        self._group: dict[str, set[str]] = {}
        for names in known:
            mine = {folded(name) for name in names if name} - {""}
            joined = mine.union(*(self._group.get(name, ()) for name in mine))
            for name in joined:
                self._group[name] = joined

    def names(self, name: str) -> frozenset[str]:
        """All that one is called, folded; nothing of one who was erased."""
        one = folded(name)
        if one == ERASED:
            return frozenset()
        return frozenset(self._group.get(one, {one} if one else ()))

    def same(self, one: str, other: str) -> bool:
        """Whether two names are one person's, as far as is known."""
        return bool(self.names(one) & self.names(other))


class Authority(Struct):
    """Who has which role: ``roles`` of ``dealgate.yaml``, by role the people's names or ids, and the teams."""

    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    teams: Teams = Teams()

    def of(self, person: str, owner: str, who: Who) -> frozenset[str]:
        """The roles of a person toward a deal of an owner (empty: nobody's)."""
        mine = who.names(person)
        found = {role for role, people in self.roles.items() if mine & {folded(one) for one in people}}
        if any(mine & {folded(one) for one in team.members} for team in self.teams.by_id.values()):
            found.add(REP)
        if owner and any(mine & names for names in self._managers(who.names(owner))):
            found.add(MANAGER)
        return frozenset(found)

    def _managers(self, owner: frozenset[str]) -> Iterable[frozenset[str]]:
        """Of each team above an owner, the manager's name; of one that he manages himself, of those above it."""
        for team in self.teams.by_id.values():
            if owner & {folded(one) for one in (*team.members, team.manager or "")}:
                above: Team | None = team
                while above is not None:
                    if above.manager:
                        yield frozenset({folded(above.manager)})
                    above = self.teams.by_id[above.parent] if above.parent is not None else None

    def team_of(self, owner: str, who: Who) -> str | None:
        """The id of the team that an owner is in; None where none lists him."""
        home = self.teams.home(*who.names(owner)) if owner else None
        return None if home is None else home.id
