"""Teams: who belongs to which, and which belongs to which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .struct import Struct, field


class Team(Struct):
    """One team. ``members`` and ``manager`` are people by name or id; ``parent`` is the team it belongs to."""

    id: str
    title: str
    parent: str | None = None
    manager: str | None = None
    members: tuple[str, ...] = ()

    def called(self, name: str) -> bool:
        """Whether a record that names a team means this one: by id or title, whatever the case."""
        return name.strip().casefold() in (self.id.casefold(), self.title.casefold())

    def holds(self, person: str) -> bool:
        """Whether a person, by name or id, is listed as a member of this very team."""
        return person.strip().casefold() in {member.strip().casefold() for member in self.members}


class Teams(Struct):
    """The hierarchy, by id, in the order written. Its parents are there, and none is its own."""

    by_id: Mapping[str, Team] = field(default_factory=dict)

    def named(self, name: str) -> Team | None:
        """The team of an id or a title."""
        return next((team for team in self.by_id.values() if team.called(name)), None)

    def below(self, name: str) -> tuple[Team, ...]:
        """A team and all that belong to it, at any depth; none where there is no such team."""
        top = self.named(name)
        return () if top is None else tuple(self._walk(top))

    def home(self, *names: str) -> Team | None:
        """The one team of a person, by any of their names and ids: the deepest that lists them, the first of these."""
        listing = [team for team in self.by_id.values() if any(team.holds(name) for name in names)]
        return max(listing, key=self.depth, default=None)

    def of(self, names: Iterable[str], team: str | None) -> Team | None:
        """The team of a deal: that of its owner, by any of the owner's names and ids, else the one it names itself."""
        home = self.home(*names)
        return home if home is not None or team is None else self.named(team)

    def above(self, team: Team) -> tuple[Team, ...]:
        """A team and those it belongs to, from the top down."""
        found = [team]
        while found[0].parent is not None:
            found.insert(0, self.by_id[found[0].parent])
        return tuple(found)

    def depth(self, team: Team) -> int:
        """How far a team lies below the top."""
        return len(self.above(team)) - 1

    def _walk(self, top: Team) -> Iterator[Team]:
        yield top
        for team in self.by_id.values():
            if team.parent == top.id:
                yield from self._walk(team)

    def members(self, name: str) -> tuple[str, ...]:
        """The people of a team and of all teams below it, each once."""
        return tuple(dict.fromkeys(person for team in self.below(name) for person in team.members))
