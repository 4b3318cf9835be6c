"""A forecast by owner, team, region, segment, category or stage, one within the other: parts that add to the whole, to
the minor unit, at every depth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ..metrics.hierarchy import names_of
from ..metrics.quota import plain
from ..model.forecast import PARTS
from ..model.process import CATEGORIES
from .methods import Outlook
from .snapshot import GROUPS, Snapshot

NOT_YET = "not created yet"
NONE = "–"
"""Deals of which nothing tells the group."""
WON = "won"

Path = tuple[tuple[str, str], ...]
"""Where a deal belongs, from the outside in: what kind of group, and its name."""


@dataclass(frozen=True, slots=True)
class Part:
    """``won``, ``open`` and ``new`` of one group, in minor units; ``deals``: the ids behind ``won`` and ``open``.

    ``parts``: those within it, which add to it; none where it has no more than itself. ``kind``: what it is a group by.
    """

    name: str
    kind: str
    won: int
    open: int
    new: int
    deals: tuple[str, ...]
    parts: tuple[Part, ...] = ()

    @property
    def total(self) -> int:
        """All of it."""
        return self.won + self.open + self.new


@dataclass(frozen=True, slots=True)
class _Row:
    """What deals of one path bring."""

    path: Path
    won: int
    open: int
    deals: tuple[str, ...]


def rolled(snapshot: Snapshot, outlook: Outlook, by: Sequence[str]) -> tuple[Part, ...]:
    """The parts of an outlook: by the first of ``by``, within each by the second, and so on.

    The largest comes first; categories and stages come from the surest to the first. Teams come as the hierarchy of
    ``snapshot.teams`` has them, each with those that belong to it. What is won has no category and no stage any more:
    there it is a part of its own. What is not created yet is nobody's and comes last.
    """
    if not by or any(name not in PARTS for name in by):
        raise ValueError(f"by is some of {', '.join(PARTS)}")
    read = list(dict.fromkeys([*by, *(["owner"] if "team" in by else [])]))
    held = outlook.deals.join(snapshot.deals.select("id", *read), on="id", how="left")
    gone = snapshot.won.with_columns(pl.lit(WON).alias(name) for name in read if name not in GROUPS)
    where = _placing(snapshot, by)
    rows = [
        _Row(where(dict(zip(read, group, strict=True))), won, opened, ids)
        for frame, what in ((gone, "amount"), (held, "expected"))
        for group, won, opened, ids in _summed(frame, read, what)
    ]
    parts = _parts(rows, 0, _order(snapshot))
    return (*parts, Part(NOT_YET, "new", 0, 0, outlook.new, ())) if outlook.new else parts


def flat(parts: Iterable[Part], depth: int = 0) -> Iterator[tuple[int, Part]]:
    """Every part with its depth, each before those within it."""
    for part in parts:
        yield depth, part
        yield from flat(part.parts, depth + 1)


def _summed(
    frame: pl.DataFrame, by: Sequence[str], what: str
) -> Iterator[tuple[tuple[str, ...], int, int, tuple[str, ...]]]:
    """Of each group its values, what it won, what is open in it, and its deals."""
    texts = frame.with_columns(pl.col(name).cast(pl.String).fill_null(NONE) for name in by)
    made = texts.group_by(by).agg(pl.col(what).sum().alias("@sum"), pl.col("id").sort()).sort(by)
    for row in made.iter_rows(named=True):
        won = row["@sum"] if what == "amount" else 0
        yield tuple(row[name] for name in by), int(won), int(row["@sum"] - won), tuple(row["id"])


def _placing(snapshot: Snapshot, by: Sequence[str]) -> Callable[[Mapping[str, str]], Path]:
    """What tells the path of a group."""
    ids: dict[str, list[str]] = {}
    if "team" in by and snapshot.teams.by_id:
        for ident, name in names_of(snapshot.history).items():
            ids.setdefault(name, []).append(ident)

    def teams(group: Mapping[str, str]) -> Path:
        owner, team = group["owner"], group["team"]
        names = () if owner == NONE else (owner, *ids.get(plain(owner), ()))
        home = snapshot.teams.of(names, None if team == NONE else team)
        return (("team", team),) if home is None else tuple(("team", one.title) for one in snapshot.teams.above(home))

    def where(group: Mapping[str, str]) -> Path:
        found: list[tuple[str, str]] = []
        for name in by:
            found.extend(teams(group) if name == "team" else [(name, group[name])])
        return tuple(found)

    return where


def _parts(rows: Sequence[_Row], depth: int, order: Mapping[tuple[str, str], int]) -> tuple[Part, ...]:
    held: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        held.setdefault(row.path[depth], []).append(row)
    found = []
    for (kind, name), mine in held.items():
        inner = [row for row in mine if len(row.path) > depth + 1]
        own = [row for row in mine if len(row.path) == depth + 1]
        parts = _parts(inner, depth + 1, order)
        if inner and own:  # deals of a team that has teams below it, and are in none of them
            parts = (*parts, _part(f"{name} itself", kind, own))
        found.append(_part(name, kind, mine, parts))
    return tuple(sorted(found, key=lambda one: (order.get((one.kind, one.name), 0), -one.total, one.name)))


def _part(name: str, kind: str, rows: Sequence[_Row], parts: tuple[Part, ...] = ()) -> Part:
    deals = tuple(ident for row in rows for ident in row.deals)
    return Part(name, kind, sum(row.won for row in rows), sum(row.open for row in rows), 0, deals, parts)


def _order(snapshot: Snapshot) -> dict[tuple[str, str], int]:
    """The places of those that have an order of their own."""
    stages = [stage.id for stage in snapshot.past.process.open_stages]
    found: dict[tuple[str, str], int] = {}
    for kind, names in (("category", CATEGORIES), ("stage", stages)):
        found |= {(kind, name): n for n, name in enumerate((WON, *reversed(names)))}
        found[kind, NONE] = len(names) + 1
    return found
