"""The agenda of a review for a command: which review, whose deals, in which form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.diagnostics import WrongUsage, error
from .agreed import commitments_of
from .options import formats

if TYPE_CHECKING:
    from ..inspection.agenda import Agenda, Audience
    from ..model.deal import Deal
    from ..model.inspection import Review
    from .inspecting import Shown

_NAMED = ("owner.manager", "owner.team", "owner.name")
"""What of a deal a name may be."""


def checked_format(output: str, agenda: str | None, for_whom: str | None) -> str:
    """The folder of renderers that has a format, ``inspect`` or ``agenda``.

    Raises WrongUsage where the one asked for has it not, or where an agenda is for somebody that nobody asked for.
    """
    if for_whom is not None and agenda is None:
        raise WrongUsage(error("DG834", "`--for` is of an agenda.", suggestion="add --agenda weekly"))
    kind, what = ("inspect", "Findings") if agenda is None else ("agenda", "An agenda")
    known = formats(kind)
    if output not in known:
        hint = (
            f"choose one of {', '.join(known)}" if agenda else f"choose one of {', '.join(known)}, or add --agenda ID"
        )
        raise WrongUsage(error("DG834", f"{what} cannot be had as {output}.", suggestion=hint))
    return kind


def agenda_for(shown: Shown, name: str, for_whom: str | None, source: Path | str) -> Agenda:
    """The agenda of a review, of the deals of a manager, a team or an owner; None: of all.

    Raises WrongUsage where there is no such review or nobody of that name.
    """
    from ..inspection.agenda import agenda_of

    found, past = shown.found, shown.past
    return agenda_of(
        review_of(found.reviews, name), past.playbook, past.history, found, shown.open,
        commitments_of(source, found.as_of), audience_of(found.deals, for_whom), shown.before,
    )  # fmt: skip


def review_of(reviews: Sequence[Review], name: str) -> Review:
    """The review of an id. Raises WrongUsage where there is none."""
    for review in reviews:
        if review.id == name.strip().casefold():
            return review
    known = [review.id for review in reviews]
    hint = _hint(name, known) or f"there are {', '.join(known) or 'none'}"
    raise WrongUsage(error("DG831", f"There is no review `{name}` here.", suggestion=hint))


def audience_of(deals: Sequence[Deal], name: str | None) -> Audience:
    """The deals of a manager (of all teams that they lead), a team or an owner; None: all.

    Raises WrongUsage where no deal names them.
    """
    from ..inspection.agenda import Audience

    if name is None:
        return Audience("", tuple(deals), frozenset())
    wanted = name.strip().casefold()
    mine = [deal for deal in deals if any(said.casefold() == wanted for said in _names(deal))]
    if not mine:
        known = sorted({said for deal in deals for said in _names(deal)})
        message = "No deal has a manager, a team or an owner of the name given with `--for`."
        hint = _hint(name, known) or "write the name as the deals have it, or leave `--for` out"
        raise WrongUsage(error("DG832", message, suggestion=hint))
    called = next(said for said in _names(mine[0]) if said.casefold() == wanted)
    people = frozenset(str(deal.fields["owner.name"]) for deal in mine if deal.fields.get("owner.name"))
    return Audience(called, tuple(mine), people)


def _names(deal: Deal) -> list[str]:
    return [str(deal.fields[field]).strip() for field in _NAMED if deal.fields.get(field)]


def _hint(name: str, known: Sequence[str]) -> str | None:
    from ..documents.suggest import nearest_few

    near = nearest_few(name, known)
    return f"did you mean {' or '.join(near)}?" if near else None
