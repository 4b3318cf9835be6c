"""Facts as plain values, and the records they are about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from ..model.diagnostics import NOWHERE, Where
from ..model.play import ABOVE, ATTRIBUTES, OF_ITS_OWN, SCOPES

if TYPE_CHECKING:
    from .frames import Frame


class Fact(NamedTuple):
    """One thing that is so. ``kind`` is one of ``ATTRIBUTES``; None is what is not known.

    ``value`` and ``change`` (since the period before) are exact: a share is a fraction with ``unit`` ``%``, a length of
    time is in ``days``, an amount in major units with its currency. ``on`` is the day it happened. ``where`` is the
    line of the rule it comes from, ``says`` what was seen, in words.
    """

    kind: str
    criterion: str | None = None
    rule: str | None = None
    id: str | None = None
    pattern: str | None = None
    event: str | None = None
    theme: str | None = None
    stage: str | None = None
    status: str | None = None
    severity: str | None = None
    period: str | None = None
    deal: str | None = None
    account: str | None = None
    owner: str | None = None
    team: str | None = None
    value: Decimal | None = None
    change: Decimal | None = None
    unit: str = ""
    on: date | None = None
    where: Where = NOWHERE
    says: str = ""

    @property
    def shape(self) -> tuple[str | None, ...]:
        """What a need asks of it, apart from whom it is about, its figures and its day."""
        parts: tuple[Any, ...] = self[:SHAPE]
        return parts


SHAPE = Fact._fields.index("deal")
"""How many of a fact's parts are its shape."""
PLACE = {name: n for n, name in enumerate(Fact._fields)}
KEYS = {scope: PLACE[scope] for scope in SCOPES}


def order(fact: Fact) -> tuple[str, ...]:
    """A steady order of facts: by whom they are about, then by all they say."""
    keys = (str(fact[PLACE[scope]] or "") for scope in SCOPES)
    return (*keys, *("" if part is None else str(part) for part in fact))


class Record(NamedTuple):
    """A deal, account, owner or team: its name, and whom it belongs to (None: not known)."""

    name: str = ""
    account: str | None = None
    owner: str | None = None
    team: str | None = None


class Facts:
    """The facts of one moment. ``looked_at`` are the kinds that were looked for.

    Of a kind that was not, nothing is known: that there is none of it is unknown, not so. ``records`` are by scope and
    id; a fact that names a deal gets the deal's account, owner and team from there where it does not name them.
    ``frames`` are facts of the kinds that come in millions, by kind, as columns; they mean what such items would.
    """

    __slots__ = ("_wide", "frames", "items", "looked_at", "records")

    def __init__(
        self,
        items: Iterable[Fact],
        looked_at: Collection[str],
        records: Mapping[tuple[str, str], Record] | None = None,
        frames: Mapping[str, Frame] | None = None,
    ) -> None:
        """Raises ValueError on a kind that there is not, on a conclusion (those are drawn, not given), on a kind that
        is given both as items and as a frame, and on a frame of figures.
        """
        self.items = tuple(items)
        self.frames = dict(frames or {})
        self.looked_at = frozenset(looked_at)
        self.records = dict(records or {})
        self._wide: dict[tuple[str | None, ...], tuple[str | None, ...]] = {}
        given = {fact.kind for fact in self.items}
        if both := given & self.frames.keys():
            raise ValueError(f"facts of one kind are given as items and as a frame: {sorted(both)}")
        if own := self.frames.keys() & set(OF_ITS_OWN):
            raise ValueError(f"figures are given as items: {sorted(own)}")
        given |= self.frames.keys()
        for kind in (given | self.looked_at) - (ATTRIBUTES.keys() - {"conclusion"}):
            raise ValueError(f"{kind!r} is no kind of fact that can be given")
        if not given <= self.looked_at:
            raise ValueError(f"facts are given of kinds that were not looked at: {sorted(given - self.looked_at)}")

    def name(self, scope: str, key: str | None) -> str | None:
        """A record's name; its id where it has none."""
        if key is None:
            return None
        record = self.records.get((scope, key))
        return (record.name if record else "") or key

    def keys(self, fact: Fact) -> tuple[str | None, ...]:
        """The deal, account, owner and team of a fact, in the order of ``SCOPES``; of a figure its own record alone."""
        given = (fact.deal, fact.account, fact.owner, fact.team)
        if fact.kind in OF_ITS_OWN:
            own = next((n for n, key in enumerate(given) if key is not None), None)
            return tuple(key if n == own else None for n, key in enumerate(given))
        return self.widened(given)

    def above(self, scope: str, key: str) -> tuple[str | None, ...]:
        """A record's own key and those of whom it belongs to, in the order of ``SCOPES``."""
        return self.widened(tuple(key if one == scope else None for one in SCOPES))

    def widened(self, own: tuple[str | None, ...]) -> tuple[str | None, ...]:
        """The keys that are given, and those that the records of the narrower ones tell."""
        narrowest = next((n for n, key in enumerate(own) if key is not None), len(own))
        if None not in own[narrowest:]:
            return own
        held = self._wide.get(own)
        if held is not None:
            return held
        found = dict(zip(SCOPES, own, strict=True))
        for scope in SCOPES:
            mine = found[scope]
            record = self.records.get((scope, mine)) if mine is not None else None
            for wider in ABOVE[scope][1:] if record is not None else ():
                if found[wider] is None:
                    found[wider] = getattr(record, wider)
        held = tuple(found.values())
        self._wide[own] = held
        return held
