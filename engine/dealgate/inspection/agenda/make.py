"""The agenda of a review: each item filled by the function of its kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, tzinfo
from functools import cache
from importlib import import_module
from pathlib import Path

from ...compile.words import value
from ...decide.playbook import Playbook
from ...history.past import History
from ...model.commitment import Commitment
from ...model.finding import Finding, Kept
from ...model.inspection import Item, Review
from ...model.values import Duration, local_date
from ..inspect import Inspected
from .ground import Ground, last_held, next_held
from .model import Agenda, Audience, Filled, Section

Fill = Callable[[Ground, Item], Filled]


@cache
def shows() -> dict[str, Fill]:
    """What fills each kind of item, found by its file: ``riskiest-commits`` is ``shows/riskiest_commits.py``."""
    names = sorted(path.stem for path in Path(__file__).with_name("shows").glob("[!_]*.py"))
    return {name.replace("_", "-"): import_module(f"{__package__}.shows.{name}").fill for name in names}


def agenda_of(
    review: Review, playbook: Playbook, history: History, inspected: Inspected, findings: Sequence[Finding],
    commitments: Sequence[Commitment], audience: Audience, before: Sequence[Kept] | None = None,
) -> Agenda:  # fmt: skip
    """The agenda as of the inspection's moment.

    ``findings`` are those that are open; the silenced are left out. Of owners, teams and the pipeline those count that
    rest on a deal of the audience, or name one of its people. ``commitments`` are all there are. ``before``: the
    findings that were kept until now, None where nobody keeps them.
    """
    moment = playbook.judge.moment(inspected.as_of)
    ids = {deal.id for deal in audience.deals}
    whole = not audience.name
    mine = [one for one in findings if one.snoozed is None and (whole or _concerns(one, ids, audience))]
    agreed = [one for one in commitments if whole or one.who in audience.people or one.deal in ids]
    since = last_held(review, moment.today)
    ground = Ground(playbook, history, inspected, audience, mine, agreed, moment, since)
    sections: list[Section] = []
    rules = {rule.id for rule in inspected.rules}
    new, gone, unknown = _since(mine, before, since, ids, audience, moment.calendar.zone)
    for item in review.agenda:
        made = shows()[item.show](ground, item) if item.show else Filled(())
        points = tuple(made.points)
        sections.append(
            Section(item.title, _minutes(item.takes), points[: item.at_most], len(points), made.note, item.question)
        )
        unknown += made.unknown
        missing = [name for name in item.findings if name not in rules]
        if missing:
            unknown.append(f"{item.title}: no rule in use is called {' or '.join(missing)}.")
    open_ = sum(deal.status == "open" for deal in audience.deals)
    begins = next_held(review, inspected.as_of, moment)
    return Agenda(
        review, audience.name, inspected.as_of, moment.today, since, _minutes(review.takes), begins, open_,
        tuple(sections), new, gone, tuple(dict.fromkeys(unknown)),
    )  # fmt: skip


def _concerns(one: Finding, ids: set[str], audience: Audience) -> bool:
    if one.scope == "deal":
        return one.subject in ids
    return one.subject in audience.people if one.scope == "owner" else any(deal in ids for deal in one.deals)


def _since(
    open_: Sequence[Finding], before: Sequence[Kept] | None, since: date, ids: set[str], audience: Audience,
    zone: tzinfo,
) -> tuple[int | None, int | None, list[str]]:  # fmt: skip
    """How many findings are new and gone since a day; and why not, where nobody looked by then."""
    if before is None:
        return None, None, ["Which findings are new and which are gone: only the store remembers them."]
    if all(local_date(one.since, zone) >= since for one in before):
        return None, None, [f"Which findings are new and which are gone: none was kept before {value(since)}."]
    here = {one.key for one in open_}
    ended = [one for one in before if one.gone is not None and local_date(one.gone, zone) >= since]
    gone = [one for one in ended if one.key not in here and (not audience.name or _held(one, ids, audience))]
    return sum(one.since is not None and one.since >= since for one in open_), len(gone), []


def _held(one: Kept, ids: set[str], audience: Audience) -> bool:
    _, scope, subject = one.key
    return subject in (ids if scope == "deal" else audience.people if scope == "owner" else ())


def _minutes(takes: Duration | None) -> int | None:
    delta = None if takes is None else takes.delta
    return None if delta is None else int(delta.total_seconds()) // 60
