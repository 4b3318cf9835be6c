"""What facts are taken from: one history as of a moment, what was found in it, and what was agreed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import polars as pl

from ..compile.frames import Frames
from ..decide.playbook import Playbook
from ..history.past import History
from ..metrics.cases import Past
from ..metrics.judged import reads_changes
from ..model.calendar import Rates
from ..model.commitment import Commitment
from ..model.finding import Finding
from ..model.play import SCOPES, Need, Plays
from ..model.targets import Targets
from ..model.teams import Teams
from ..model.values import local_date
from ..plays.facts import Record

FIELDS: Mapping[str, tuple[str, ...]] = {
    "account": ("account.id", "account.name"),
    "owner": ("owner.name", "owner.id"),
    "team": ("owner.team",),
}
"""By scope, the fields that its records are known by: the first that any event tells of. Findings and commitments
speak of people by their names."""


class Wanted:
    """What some documents of plays ask of facts: anything else need not be made."""

    def __init__(self, documents: Iterable[Plays]) -> None:
        self.needs: tuple[tuple[str, Need], ...] = tuple(
            (play.scope, need) for document in documents for play in document.plays for need in play.when
        )

    def of(self, kind: str) -> list[tuple[str, Need]]:
        """The needs of a kind, each with the scope of its play."""
        return [(scope, need) for scope, need in self.needs if need.fact == kind]

    def values(self, kind: str, attribute: str) -> frozenset[str] | None:
        """The values of an attribute that facts of a kind are asked for by; None: whatever they have."""
        found: set[str] = set()
        for _, need in self.of(kind):
            asked = dict(need.tests).get(attribute)
            if asked is None:
                return None
            found.update(asked)
        return frozenset(found)


@dataclass(frozen=True)
class Ground:
    """Where facts come from. ``commitments`` None: nobody keeps any here. ``findings`` are those that are open now."""

    playbook: Playbook
    history: History
    findings: Sequence[Finding] = ()
    commitments: Sequence[Commitment] | None = None
    rates: Rates | None = None
    targets: Sequence[Targets] = ()
    teams: Teams = field(default_factory=Teams)

    @cached_property
    def past(self) -> Past:
        """The history as metrics read it."""
        return Past(self.history, self.rates)

    @cached_property
    def frames(self) -> Frames:
        """The open deals as they are now; their changes only where a criterion reads them."""
        now = self.past.statuses.unique("deal", keep="last", maintain_order=True)
        running = now.filter(pl.col("status") == "open")["deal"].cast(pl.String)
        return self.history.only(running).frames(changes=reads_changes(self.playbook.process))

    @cached_property
    def today(self) -> date:
        """The day of the history's moment, in the process's zone."""
        return local_date(self.history.as_of, self.history.process.calendar.zone)

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """By scope above the deal, the field that its records are known by; without those nothing tells of."""
        knows = self.past.knows
        found = {scope: next((one for one in fields if knows(one)), None) for scope, fields in FIELDS.items()}
        return {scope: name for scope, name in found.items() if name is not None}

    @cached_property
    def deals(self) -> pl.DataFrame:
        """``id, name, stage, account, owner, team`` of every open deal, as text; null where it is not known."""
        held = self.frames.deals
        columns = {"id": "id", "name": "name", "stage": "stage", **self.keys}
        none = pl.lit(None, pl.String)
        return held.select(
            (pl.col(columns[name]).cast(pl.String) if columns.get(name) in held.columns else none).alias(name)
            for name in ("id", "name", "stage", *SCOPES[1:])
        )

    @cached_property
    def records(self) -> dict[tuple[str, str], Record]:
        """By scope and id: the open deals, and the accounts, owners and teams of all. An owner whose deals are of
        several teams is of none that is known, and so with accounts.
        """
        deals = self.deals
        found = {
            ("deal", ident): Record(name or "", account, owner, team)
            for ident, name, account, owner, team in deals.select("id", "name", *SCOPES[1:]).iter_rows()
        }
        for scope, above in (("account", ("owner", "team")), ("owner", ("team",)), ("team", ())):
            alone = [pl.col(one).drop_nulls().unique().alias(one) for one in above]
            grouped = deals.filter(pl.col(scope).is_not_null()).group_by(scope, maintain_order=True).agg(*alone)
            names = self._names(scope)
            for row in grouped.iter_rows(named=True):
                key = row.pop(scope)
                only = {one: held[0] if len(held) == 1 else None for one, held in row.items()}
                found[scope, key] = Record(names.get(key, ""), **only)
        return found

    def _names(self, scope: str) -> dict[str, str]:
        """The names of accounts that are known by an id."""
        held = self.frames.deals
        named = f"{scope}.name"
        if named not in held.columns or self.keys.get(scope) == named:
            return {}
        pairs = held.select(self.keys[scope], named).drop_nulls().unique(self.keys[scope], keep="last")
        return dict(pairs.iter_rows())
