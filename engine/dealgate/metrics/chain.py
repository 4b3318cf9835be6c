"""Stages as a Markov chain: how often each move was made, and where a deal ends if only its stage matters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from .figure import NoValue

MEMORYLESS = (
    "A transition matrix knows a deal's stage and nothing else: not its age there, nor how it came there. "
    "Where these matter, and they mostly do, cumulative incidence is the better figure."
)


@dataclass(frozen=True, slots=True)
class Absorption:
    """Where a deal ends and how many moves it takes, from each stage, exactly.

    ``chances``: B = (I - Q)⁻¹R, by stage and then end; a stage's add up to 1. ``steps``: the expected number of moves,
    the last one included, (I - Q)⁻¹1 (Kemeny and Snell 1960, Finite Markov Chains, chapter 3).
    """

    chances: Mapping[str, Mapping[str, Fraction]]
    steps: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Chain:
    """Moves counted.

    ``open``: visits of a stage that go on, which are no moves and tell nothing of where they lead. ``reopened``: moves
    out of an end, which are left out, for an end keeps what it has; what follows them counts as any other move.
    """

    states: tuple[str, ...]
    absorbing: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]
    open: Mapping[str, int]
    reopened: int

    def row(self, state: str) -> Mapping[str, Fraction] | NoValue:
        """The share of each move among all moves from a stage, the moves that were made only."""
        moves = {to: count for (origin, to), count in self.counts.items() if origin == state}
        total = sum(moves.values())
        if not total:
            return NoValue(f"no move from {state} was seen")
        return {to: Fraction(count, total) for to, count in moves.items()}

    def absorption(self) -> Absorption | NoValue:
        """Chances of each end and expected moves; no value where a stage has no path to an end."""
        if stuck := self._stuck():
            return NoValue(f"no path to an end from: {', '.join(stuck)}")
        rows = {state: row for state in self.states if not isinstance(row := self.row(state), NoValue)}
        solved = _solved(self.states, self.absorbing, rows)
        chances = {state: dict(zip(self.absorbing, solved[state], strict=False)) for state in self.states}
        return Absorption(chances, {state: solved[state][-1] for state in self.states})

    def _stuck(self) -> list[str]:
        origins: dict[str, set[str]] = defaultdict(set)
        for origin, to in self.counts:
            origins[to].add(origin)
        ends, ahead = set(self.absorbing), list(self.absorbing)
        while ahead:
            for origin in origins[ahead.pop()] - ends:
                ends.add(origin)
                ahead.append(origin)
        return [state for state in self.states if state not in ends]


def moves_of(
    visits: pl.DataFrame, *, deal: str = "deal", stage: str = "stage", order: str | Sequence[str] = "turn"
) -> pl.DataFrame:
    """The moves ``deal, from, to`` of visits: a row a visit, ``to`` the stage of the deal's next visit in ``order``.

    ``to`` is null for a deal's last visit. An end counts as a stage here: give it a row.
    """
    by = [order] if isinstance(order, str) else list(order)
    placed = visits.sort(deal, *by, maintain_order=True)
    return placed.select(
        pl.col(deal).alias("deal"),
        pl.col(stage).cast(pl.String).alias("from"),
        pl.col(stage).cast(pl.String).shift(-1).over(deal).alias("to"),
    )


def chain_of(moves: pl.DataFrame, absorbing: Sequence[str] = ("won", "lost"), *, states: Sequence[str] = ()) -> Chain:
    """The chain of moves, a frame ``deal, from, to``.

    ``to`` null: the deal is still there. ``states``: the stages in the order to report them; others that occur follow,
    sorted. Raises ValueError for a move from nowhere.
    """
    if moves["from"].null_count():
        raise ValueError("a move comes from somewhere")
    tally = moves.group_by("from", "to").len()
    counts: Counter[tuple[str, str]] = Counter()
    still: Counter[str] = Counter()
    reopened = 0
    for origin, to, count in tally.rows():
        if origin in absorbing:
            # null: the deal rests at its end
            reopened += 0 if to is None else count
        elif to is None:
            still[origin] = count
        else:
            counts[origin, to] = count
    seen = {*still, *(end for move in counts for end in move)}.difference(absorbing)
    named = tuple(dict.fromkeys([*(state for state in states if state in seen), *sorted(seen)]))
    rank = {state: place for place, state in enumerate([*named, *absorbing])}
    ordered = sorted(counts, key=lambda move: (rank[move[0]], rank[move[1]]))
    return Chain(
        named,
        tuple(absorbing),
        {move: counts[move] for move in ordered},
        {state: still[state] for state in named if still[state]},
        reopened,
    )


def _solved(
    states: Sequence[str], absorbing: Sequence[str], rows: Mapping[str, Mapping[str, Fraction]]
) -> dict[str, list[Fraction]]:
    """The solution of (I - Q)X = [R | 1] by Gauss and Jordan's elimination, a row a stage.

    I - Q is a non-singular M-matrix where every stage has a path to an end, so each pivot is positive.
    """
    zero = Fraction()
    left = [[Fraction(a == b) - rows[a].get(b, zero) for b in states] for a in states]
    right = [[*(rows[state].get(end, zero) for end in absorbing), Fraction(1)] for state in states]
    for pivot in range(len(states)):
        scale = 1 / left[pivot][pivot]
        left[pivot] = [value * scale for value in left[pivot]]
        right[pivot] = [value * scale for value in right[pivot]]
        for other in range(len(states)):
            factor = left[other][pivot]
            if other == pivot or not factor:
                continue
            left[other] = [a - factor * b for a, b in zip(left[other], left[pivot], strict=True)]
            right[other] = [a - factor * b for a, b in zip(right[other], right[pivot], strict=True)]
    return dict(zip(states, right, strict=True))
