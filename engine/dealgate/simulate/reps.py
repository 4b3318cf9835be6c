"""The team: seats, who sits on them when, and their quotas."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random

from dealgate.simulate.days import quarter_starts, weekday
from dealgate.simulate.parameters import ATTRITION, GROWTH, HABITS, SEGMENTS, Habit, Record
from dealgate.simulate.people import REGIONS, person

NEVER = 10**7  # an ordinal after every date


@dataclass(slots=True)
class Rep:
    """A seller. ``hired`` and ``left`` are ordinals; ``skill`` is log-odds; ``record`` holds the owner fields."""

    number: int
    name: str
    team: str
    region: str
    manager: str
    habit: Habit
    skill: float
    hired: int
    left: int = NEVER
    record: Record = field(default_factory=dict)


def _habit_of_a_new_hire(rng: Random) -> Habit:
    seats = [habit for habit in HABITS for _ in range(habit.seats)]
    return seats[int(rng.random() * len(seats))]


def hire(rng: Random, start: int, end: int) -> list[Rep]:
    """All who ever sold, hired between the ordinals ``start`` and ``end``; one left within the last weeks."""
    teams = [(f"{region} sales", region, person(rng)) for region in REGIONS]
    seats = [habit for habit in HABITS for _ in range(habit.seats)]
    rng.shuffle(seats)
    recent = 1 + int(rng.random() * len(seats) * 0.66)  # the seat that falls vacant shortly before the end
    reps: list[Rep] = []
    names: set[str] = set()

    def add(seat: int, habit: Habit, hired: int) -> Rep:
        team, region, manager = teams[seat % len(teams)]
        name = person(rng)
        while name in names:
            name = person(rng)
        names.add(name)
        rep = Rep(len(reps) + 1, name, team, region, manager, habit, rng.gauss(0, 0.2), hired)
        reps.append(rep)
        return rep

    for seat, habit in enumerate(seats):
        # a quarter of the seats opens in the first half of the time: the team grows
        opens = start if seat < len(seats) * 0.75 else start + int(rng.random() * (end - start) / 2)
        rep = add(seat, habit, opens)
        while seat:  # the first seat never falls vacant, so that somebody is always there
            leaves = rep.hired + 150 + int(rng.expovariate(ATTRITION / 365))
            if leaves > end - 120:
                break
            rep.left = weekday(leaves)
            rep = add(seat, _habit_of_a_new_hire(rng), weekday(leaves + 20 + int(rng.random() * 40)))
        if seat == recent and end - rep.hired > 90:
            rep.left = weekday(end - 45 + int(rng.random() * 30))
    for rep in reps:
        rep.record = {
            "owner.id": f"R-{rep.number:02d}",
            "owner.name": rep.name,
            "owner.team": rep.team,
            "owner.region": rep.region,
            "owner.manager": rep.manager,
            "owner.active": rep.left > end,
        }
    return reps


class Roster:
    """Who works here on a day."""

    __slots__ = ("_bounds", "_present")

    def __init__(self, reps: list[Rep]) -> None:
        """Of all who ever worked here."""
        self._bounds = sorted({rep.hired for rep in reps} | {rep.left for rep in reps})
        self._present = [[rep for rep in reps if rep.hired <= day < rep.left] for day in self._bounds]

    def on(self, day: int) -> list[Rep]:
        """The reps employed on that day, in order of hiring."""
        at = bisect_right(self._bounds, day) - 1
        return self._present[at] if at >= 0 else []


def quotas(reps: list[Rep], deals_a_year: float, first: date, last: date) -> list[Record]:
    """A quota a rep and calendar quarter: the share of expected bookings, a stretch on top, half in the first one."""
    mean_price = sum(share * (high - low) / math.log(high / low) for _, share, _, (low, high), _ in SEGMENTS)
    middle = (first.toordinal() + last.toordinal()) / 2  # deals_a_year is the mean over all years
    rows: list[Record] = []
    for start in quarter_starts(first, last):
        day = start.toordinal()
        working = [rep for rep in reps if rep.hired <= day + 45 and rep.left > day]
        if not working:
            continue
        growth = GROWTH ** ((day + 45 - middle) / 365)
        share = deals_a_year / 4 * 0.24 * mean_price * growth * 1.15 / len(working)
        for rep in working:
            ramp = 0.5 if rep.hired > day - 60 and rep.hired > first.toordinal() else 1.0
            amount = Decimal(max(1, round(share * ramp / 1000)) * 1000)
            rows.append(
                {
                    "owner.id": rep.record["owner.id"],
                    "owner.name": rep.name,
                    "owner.team": rep.team,
                    "period": "quarter",
                    "period_start": start,
                    "amount": amount,
                }
            )
    return rows
