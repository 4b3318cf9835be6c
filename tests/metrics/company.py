"""The simulated company as a history."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import cache

import dealgate
from dealgate.compile.frames import frames_of
from dealgate.history import History, events_of, history_of
from dealgate.model.targets import Quota, Span, Targets
from dealgate.model.teams import Team, Teams
from dealgate.simulate import Company, simulate

AS_OF = date(2026, 11, 23)


@cache
def company() -> Company:
    """Two years of it, 400 deals."""
    return simulate(seed=11, years=2, deals=400, as_of=AS_OF)


@cache
def past() -> History:
    """Its history."""
    playbook = dealgate.load("practical")
    frames = frames_of([playbook.deal(record) for record in company().deals], playbook.process)
    seen = datetime.combine(AS_OF, time.max, playbook.process.calendar.zone)
    return history_of(events_of(frames, playbook.process, seen), playbook.process, AS_OF, children=frames.children)


@cache
def targets() -> Targets:
    """Its quotas as a document of targets."""
    made = []
    for row in company().quotas:
        span = Span(str(row["period"]), day=row["period_start"])
        made.append(Quota(span, row["amount"], company().currency, owner=str(row["owner.id"])))
    return Targets("quotas", "Quotas", quotas=tuple(made))


@cache
def teams() -> Teams:
    """Its teams, under one."""
    names = [str(team["name"]) for team in company().teams]
    members = {
        name: tuple(str(rep["owner.id"]) for rep in company().reps if rep["owner.team"] == name) for name in names
    }
    found = {
        name.lower().replace(" ", "-"): Team(name.lower().replace(" ", "-"), name, "all", members=members[name])
        for name in names
    }
    return Teams({"all": Team("all", "All of sales"), **found})
