"""What was drawn from facts: conclusions with the chain of reasons behind each, and what stayed open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from itertools import islice
from operator import eq
from typing import NamedTuple, overload

from ..model.diagnostics import Where
from ..model.play import Need, Play
from .facts import Fact
from .texts import Said


class Reason(NamedTuple):
    """Why one need of a play held: the facts it found, and the conclusions it rests on. Both empty: there was none.

    ``needed.at`` is the line that asked for it; each fact has its deal and the line of its own rule.
    """

    needed: Need
    facts: Sequence[Fact] = ()
    conclusions: tuple[Conclusion, ...] = ()

    def deals(self) -> frozenset[str]:
        """Every deal it comes down to."""
        own = {fact.deal for fact in self.facts if fact.deal is not None}
        return frozenset(own.union(*(one.deals() for one in self.conclusions)))


class Conclusion(NamedTuple):
    """A play that fired on a record. ``pattern`` is what it concludes, ``said`` what it recommends."""

    play: Play
    scope: str
    record: str
    pattern: str | None
    said: Said | None
    because: tuple[Reason, ...]

    @property
    def id(self) -> str:
        """Steady from run to run: the play's key and the record."""
        return f"{self.play.key}:{self.record}"

    def deals(self) -> frozenset[str]:
        """Every deal it comes down to."""
        own = {self.record} if self.scope == "deal" else set()
        return frozenset(own.union(*(reason.deals() for reason in self.because)))

    def lines(self) -> tuple[Where, ...]:
        """The lines of rules it comes down to, each once: its own first."""
        found = [self.play.at]
        for reason in self.because:
            found += [reason.needed.at, *(fact.where for fact in reason.facts)]
            found += [line for one in reason.conclusions for line in one.lines()]
        return tuple(line for line in dict.fromkeys(found) if line.file)


class Undecided(NamedTuple):
    """A play that may hold of some records, for want of facts: how many, and the first few of them."""

    play: Play
    number: int
    records: tuple[str, ...]


class Concluded(NamedTuple):
    """All that followed. What came of the facts in frames is put together when it is read.

    ``later`` counts facts after the moment, which nobody has seen; ``unplaced`` by scope those of which it is not known
    whom of it they are about. ``inferences`` were made, the others remembered.
    """

    conclusions: Sequence[Conclusion]
    undecided: tuple[Undecided, ...]
    later: int
    unplaced: dict[str, int]
    records: int
    inferences: int


class Bucket(NamedTuple):
    """What a play concluded: ``here`` is put together, of ``keys`` it is when it is read, by ``again``."""

    play: Play
    here: list[Conclusion]
    keys: list[str]
    again: Callable[[Sequence[str]], list[Conclusion]]

    def conclusions(self) -> Iterator[Conclusion]:
        """In order of the records."""
        return merge(self.here, self._read(), key=lambda one: one.record)

    def _read(self) -> Iterator[Conclusion]:
        for first in range(0, len(self.keys), AT_ONCE):
            found = self.again(self.keys[first : first + AT_ONCE])
            yield from sorted((one for one in found if one.play.id == self.play.id), key=lambda one: one.record)


class Conclusions(Sequence[Conclusion]):
    """Conclusions of which there may be millions, in their order; ``len`` costs nothing, each is made when read."""

    def __init__(self, buckets: Sequence[Bucket]) -> None:
        self.buckets = tuple(buckets)

    def __len__(self) -> int:
        return sum(len(one.here) + len(one.keys) for one in self.buckets)

    def __iter__(self) -> Iterator[Conclusion]:
        return (one for bucket in self.buckets for one in bucket.conclusions())

    @overload
    def __getitem__(self, n: int) -> Conclusion: ...
    @overload
    def __getitem__(self, n: slice) -> Sequence[Conclusion]: ...
    def __getitem__(self, n: int | slice) -> Conclusion | Sequence[Conclusion]:
        if isinstance(n, slice):
            first, last, step = n.indices(len(self))
            return tuple(islice(self, first, last, step)) if step > 0 else tuple(self)[n]
        place = n if n >= 0 else len(self) + n
        if not 0 <= place < len(self):
            raise IndexError(n)
        return next(islice(self, place, None))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]  # as of a list


AT_ONCE = 5000
"""Of how many records conclusions are put together at a time."""
