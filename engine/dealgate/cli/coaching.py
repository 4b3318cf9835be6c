"""Coaching for a command: an inspection, the plays over it, and what is shown of what they conclude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.diagnostics import DocumentsDoNotHold, Severity, WrongUsage, error
from .past import Past

if TYPE_CHECKING:
    from ..coaching.coach import Coached
    from ..coaching.ground import Ground
    from ..plays.drawn import Conclusion


@dataclass(frozen=True, slots=True)
class Taught:
    """What plays conclude, as it is shown. ``people``: recommendations about owners, teams and accounts; ``deals``:
    those about one deal, the largest amount
    first and of one deal the most urgent. Both are what was asked for, of all in ``coached``."""

    past: Past
    coached: Coached
    people: tuple[Conclusion, ...]
    deals: tuple[Conclusion, ...]
    amounts: dict[str, tuple[int, str]]
    """By deal its amount in minor units and the currency."""
    narrowed: bool = False

    def name(self, scope: str, record: str) -> str:
        """A record as people know it."""
        return self.coached.facts.name(scope, record) or record


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be shown: of these plays, owners and teams; all where nothing is said."""

    plays: Sequence[str] = ()
    owners: Sequence[str] = ()
    teams: Sequence[str] = ()


def taught(
    source: Path | str, mapping: str | None, process: str | None, as_of: date | datetime, known_at: datetime | None,
    references: Sequence[str], wish: Wish,
) -> Taught:  # fmt: skip
    """What the plays in use (or those of ``references``) conclude of a source.

    Raises DocumentsDoNotHold where a play does not hold, WrongUsage where one is asked for that is not there.
    """
    from ..coaching.coach import coach
    from ..coaching.ground import Ground
    from ..documents.load import load_plays_of
    from .agreed import commitments_of
    from .aims import aims
    from .inspecting import Wish as Whole
    from .inspecting import inspected, known

    seen = inspected(source, mapping, process, as_of, known_at, (), Whole(), keep=False)
    playbook, history = seen.past.playbook, seen.past.history
    loaded = load_plays_of(playbook.process, references)
    wrong = [d for one in loaded for d in one.diagnostics if d.severity is Severity.ERROR]
    if wrong:
        raise DocumentsDoNotHold(*wrong)
    held = aims((), playbook.process)
    documents = [one.plays for one in loaded if one.plays is not None]
    known(wish.plays, [play.id for document in documents for play in document.plays], "play", "DG840")
    ground = Ground(
        playbook, history, seen.open, commitments_of(source, history.as_of), held.rates, held.targets, held.teams
    )
    found = coach(ground, documents)
    amounts = _amounts(ground, playbook.process.currency)
    mine = [one for one in found.concluded.conclusions if one.said is not None and _wanted(one, wish, found)]
    deals = [one for one in mine if one.scope == "deal"]
    deals.sort(key=lambda one: (-amounts.get(one.record, (-1, ""))[0], one.record))
    return Taught(
        seen.past, found, tuple(one for one in mine if one.scope != "deal"), tuple(deals), amounts, wish != Wish()
    )


def _amounts(ground: Ground, currency: str) -> dict[str, tuple[int, str]]:
    import polars as pl

    held = ground.frames.deals
    if "amount" not in held.columns:
        return {}
    ours = pl.lit(currency)
    code = pl.coalesce("amount.currency", ours) if "amount.currency" in held.columns else ours
    rows = held.select("id", "amount", code.alias("code")).filter(pl.col("amount").is_not_null())
    return {ident: (minor, name) for ident, minor, name in rows.iter_rows()}


def _wanted(one: Conclusion, wish: Wish, found: Coached) -> bool:
    if wish.plays and one.play.id not in wish.plays:
        return False
    keys = dict(zip(("deal", "account", "owner", "team"), found.facts.above(one.scope, one.record), strict=True))
    for scope, names in (("owner", wish.owners), ("team", wish.teams)):
        key = keys[scope]
        known = {word.casefold() for word in (key, found.facts.name(scope, key)) if word}
        if names and not known & {name.strip().casefold() for name in names}:
            return False
    return True


def conclusion(shown: Taught, ident: str) -> Conclusion:
    """A conclusion by its id. Raises WrongUsage where nothing of that id is concluded today."""
    from ..documents.suggest import nearest

    there = {one.id: one for one in shown.coached.concluded.conclusions}
    for id_, one in there.items():
        if ident in (id_, id_.partition(".")[2]):
            return one
    near = nearest(ident, list(there))
    hint = f"did you mean `{near}`?" if near else "`dealgate coach` shows what is concluded, each with its id"
    raise WrongUsage(error("DG841", f"Nothing is concluded as `{ident}` today.", suggestion=hint))
