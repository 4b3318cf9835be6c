"""What people called, from the deals up: of a deal, of its owner, of the teams above, and of the whole.

A call of a part moves what lies above it, where that has no call of its own on the same layer (``layers.layered``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import polars as pl

from ..metrics.figure import NoValue
from ..model.call import Call
from ..model.people import folded
from ..model.values import Money
from .layers import Layered, Standing, about, layered, layered_deal, of_period
from .methods import Asked, dated, methods
from .methods.categories import counted
from .rolled import Part, rolled
from .snapshot import Snapshot

COUNTED = counted("commit")
"""What counts of the deals under all calls: what the reps call commit."""
GONE = "the deal is open no more"
NOBODY = "nobody of that name has a deal here"


@dataclass(frozen=True, slots=True)
class Spoken:
    """What stands of the company, a team, an owner or a deal (``kind``). ``name``: as people call it; of the company
    empty. ``ident``: of a deal its id. ``parts``: those within it that anybody spoke of."""

    kind: str
    name: str
    layered: Layered
    parts: tuple[Spoken, ...] = ()
    ident: str = ""

    @property
    def layers(self) -> tuple[Standing, ...]:
        """What stands on each layer."""
        return self.layered.layers

    @property
    def spoke(self) -> bool:
        """Whether anybody said anything of it, or of what is within it, that counts or is set aside."""
        return any(one.spoke for one in self.layers) or bool(self.layered.aside)

    def within(self) -> Iterable[Spoken]:
        """All parts at any depth, each before those within it."""
        for part in self.parts:
            yield part
            yield from part.within()


def called(snapshot: Snapshot, calls: Iterable[Call]) -> Spoken:
    """The calls for the snapshot's period over what the reps' commit is; those that do not count are set aside."""
    period = snapshot.period
    if period is None:
        raise ValueError("a call is for a period")
    return _Calling(snapshot, of_period(calls, period)).company()


def stood(snapshot: Snapshot, said: Call, calls: Iterable[Call]) -> Money | None:
    """What stood until a call on its layer, by the calls before it; None where that is not known.

    ``said`` is about the company, a team or an owner.
    """
    held = list(calls)
    whole = called(snapshot, [*held, said])
    mine = next((one for one in (whole, *whole.within()) if _is_about(one, said)), None)
    if mine is None:
        return None
    until = called(snapshot, held)
    before = [one for one in (until, *until.within()) if (one.kind, one.name) == (mine.kind, mine.name)]
    amount = before[0].layered.of(said.layer).amount if before else mine.layered.base
    return None if isinstance(amount, NoValue) else Money(amount, snapshot.unit)


def _is_about(one: Spoken, said: Call) -> bool:
    return any(said in (layer.call, *layer.others) for layer in one.layers)


class _Calling:
    """The calls of one period, and what they are about."""

    def __init__(self, snapshot: Snapshot, calls: Sequence[Call]) -> None:
        assert snapshot.period is not None
        self.snapshot, self.period, self.calls = snapshot, snapshot.period, calls
        self.deals = {row["id"]: row for row in snapshot.deals.iter_rows(named=True)}
        self.inside = set(dated(snapshot)["id"])
        self.used: set[str] = set()

    def company(self) -> Spoken:
        made = methods()["commit"].make(self.snapshot, Asked())
        held = about(self.calls, self.period)
        if isinstance(made, NoValue):
            return self._spoken("company", "", made, held, (), self._aside)
        # every open deal, for its owner may be called without a commit
        counts = self.snapshot.deals.select("id").join(made.deals.select("id", "expected"), on="id", how="left")
        whole = replace(made, deals=counts.with_columns(pl.col("expected").fill_null(0)))
        parts = self._parts(rolled(self.snapshot, whole, ("team", "owner")))
        return self._spoken("company", "", made.total, held, parts, self._aside)

    def _parts(self, tree: Sequence[Part]) -> tuple[Spoken, ...]:
        """The teams, and after them owners whose deals are in several: what these call is no one team's."""
        owners = list(_owners(tree))
        several = {name for name, times in Counter(folded(one.name) for one in owners).items() if times > 1}
        found = [self._part(part, several) for part in tree]
        for name in sorted(several):
            parts = [one for one in owners if folded(one.name) == name]
            deals = tuple(ident for one in parts for ident in one.deals)
            found.append(self._owner(Part(parts[0].name, "owner", sum(p.total for p in parts), 0, 0, deals)))
        return tuple(one for one in found if one.spoke)

    def _part(self, part: Part, several: set[str]) -> Spoken:
        if part.kind == "owner":
            silent = Spoken("owner", part.name, layered(part.total, [], self.snapshot.unit))
            return silent if folded(part.name) in several else self._owner(part)
        inner = [self._part(one, several) for one in part.parts]
        held = about(self.calls, self.period, team=part.name, teams=self.snapshot.teams)
        return self._spoken("team", part.name, part.total, held, inner)

    def _owner(self, part: Part) -> Spoken:
        held = about(self.calls, self.period, owner=part.name)
        wanted = {one.deal for one in self.calls if one.deal is not None}.intersection(part.deals)
        deals = [self._deal(ident) for ident in sorted(wanted) if ident in self.deals]
        return self._spoken("owner", part.name, part.total, held, deals)

    def _deal(self, ident: str) -> Spoken:
        row = self.deals[ident]
        held = about(self.calls, self.period, deal=ident)
        self.used.update(one.id for one in held)
        category = row["category"] if ident in self.inside else None
        made = layered_deal(row["amount"], category, held, self.snapshot.unit, COUNTED)
        return Spoken("deal", row["name"], made, (), ident)

    def _spoken(
        self, kind: str, name: str, base: int | NoValue, calls: Sequence[Call], parts: Iterable[Spoken],
        aside: Callable[[], Iterable[tuple[Call, str]]] = tuple,
    ) -> Spoken:  # fmt: skip
        self.used.update(one.id for one in calls)
        spoke = tuple(one for one in parts if one.spoke)
        made = layered(base, calls, self.snapshot.unit, [one.layered for one in spoke])
        return Spoken(kind, name, replace(made, aside=(*made.aside, *aside())), spoke)

    def _aside(self) -> list[tuple[Call, str]]:
        """Calls that are about nothing that is there."""
        left = [one for one in self.calls if one.id not in self.used]
        return [(one, GONE if one.deal is not None else NOBODY) for one in left]


def _owners(tree: Iterable[Part]) -> Iterable[Part]:
    for part in tree:
        if part.kind == "owner":
            yield part
        yield from _owners(part.parts)
