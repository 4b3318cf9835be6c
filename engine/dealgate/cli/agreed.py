"""Commitments for a command: agreed, ended, and as they are shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.commitment import Commitment
from ..model.diagnostics import WrongUsage, error
from .past import in_store

if TYPE_CHECKING:
    from ..model.calendar import Moment


def commitments_of(source: Path | str, as_of: datetime) -> tuple[Commitment, ...]:
    """What was agreed by a moment, as it stood then. Only the store keeps commitments: of a file there are none."""
    if in_store(source) is None:
        return ()
    from .stored import opened

    with opened() as store, store.commitments() as commitments:
        return commitments.all(as_of)


@dataclass(frozen=True, slots=True)
class Agreed:
    """Commitments as they are shown: on a day."""

    commitments: tuple[Commitment, ...]
    today: date
    as_of: datetime


def agree(
    source: Path | str, process: str | None, who: str, action: str, due: date, deal: str | None, theme: str,
    origin: str, by: str, as_of: date | datetime, recorded_at: datetime,
) -> Agreed:  # fmt: skip
    """Keeps a commitment of an owner of deals in the store. Raises WrongUsage where it cannot be kept."""
    from .past import past
    from .stored import opened

    _of_store(source)
    found = past(source, None, process, as_of, quiet=True)
    moment = found.playbook.judge.moment(as_of)
    if not action.strip():
        raise WrongUsage(error("DG836", "A commitment says what will be done.", suggestion="give --action in words"))
    if due < moment.today:
        message = f"A commitment is due on a day ahead, and {due} has passed."
        raise WrongUsage(error("DG836", message, suggestion="name a day from today on"))
    deals = found.history.now("owner.name", "owner.team") if found.history.begun.height else None
    people: dict[str, str | None] = {}
    ids: list[str] = []
    if deals is not None:
        import polars as pl

        there = [name for name in ("owner.name", "owner.team") if name in deals.columns]
        rows = deals.select("id", *(pl.col(name).cast(pl.String) for name in there))
        ids = rows["id"].to_list()
        for row in rows.iter_rows(named=True):
            if row.get("owner.name"):
                people[row["owner.name"]] = row.get("owner.team")
    name = _named(who, people, "owner", "--who")
    held = _named(deal, ids, "deal", "--deal") if deal is not None else None
    said = Commitment(
        "", name, action.strip(), due, moment.today, by, team=people[name], deal=held, theme=theme.strip(),
        origin=origin.strip(),
    )  # fmt: skip
    with opened() as store, store.commitments(writing=True) as commitments:
        made = commitments.agree(said, moment.as_of, max(recorded_at, moment.as_of))
    return Agreed((made,), moment.today, moment.as_of)


def end(
    ident: str, state: str, result: str, by: str, process: str | None, as_of: date | datetime, recorded_at: datetime
) -> Agreed:
    """Keeps what came of a commitment. Raises WrongUsage where there is none of this id that is open."""
    from .stored import opened

    moment = _moment(process, as_of)
    with opened() as store, store.commitments(writing=True) as commitments:
        there = {one.id: one for one in commitments.all()}
        one = there.get(ident)
        if one is None:
            raise WrongUsage(
                error("DG837", f"There is no commitment `{ident}`.", suggestion="`dealgate coach commitments` has them")
            )
        if one.state != "open":
            message = f"What came of this commitment was said on {one.ended}: it was {one.state}."
            raise WrongUsage(error("DG838", message, suggestion="agree on a new one with `dealgate coach commit`"))
        if moment.today < one.agreed:
            message = f"It was agreed on {one.agreed}, and cannot have ended before."
            raise WrongUsage(error("DG838", message, suggestion="give a later --as-of, or leave it out"))
        made = commitments.end(
            ident, state, result.strip(), by, moment.today, moment.as_of, max(recorded_at, moment.as_of)
        )
    return Agreed((made,), moment.today, moment.as_of)


def listed(
    source: Path | str, who: str | None, state: str | None, process: str | None, as_of: date | datetime, *,
    overdue: bool,
) -> Agreed:  # fmt: skip
    """What was agreed, the next to be due first, those that ended last."""
    _of_store(source)
    moment = _moment(process, as_of)
    found = [
        one
        for one in commitments_of(source, moment.as_of)
        if (who is None or one.who.casefold() == who.strip().casefold())
        and (state is None or one.state == state)
        and (not overdue or one.overdue(moment.today))
    ]
    found.sort(key=lambda one: (one.state != "open", one.due if one.state == "open" else date.max, one.id))
    return Agreed(tuple(found), moment.today, moment.as_of)


def _moment(process: str | None, as_of: date | datetime) -> Moment:
    from .options import playbook_of

    return playbook_of(process).judge.moment(as_of)


def _of_store(source: Path | str) -> None:
    if in_store(source) is None:
        hint = "load it with `dealgate store load`, then leave SOURCE out or write store:NAME"
        raise WrongUsage(error("DG839", "Commitments are kept in the store, and this is none.", suggestion=hint))


def _named(name: str, known: Collection[str], what: str, option: str) -> str:
    """The name as it is written where it is known. Raises WrongUsage where nobody, or nothing, is called so."""
    from ..documents.suggest import nearest

    wanted = name.strip().casefold()
    for one in known:
        if one.casefold() == wanted:
            return one
    near = nearest(name, list(known))
    hint = f"did you mean {near}?" if near else f"write {option} as the CRM does"
    raise WrongUsage(error("DG836", f"There is no {what} `{name}` in the store.", suggestion=hint))
