"""How close date, amount and owner moved: chains of (moment, value), oldest first, and the change records of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from random import Random

from dealgate.simulate.days import DAY, quarter_end, stamp, weekday, working_moment
from dealgate.simulate.life import Life
from dealgate.simulate.parameters import NEVER_PRICED, PROPOSAL, STAGES, Habit, Record, bounded

Chain = list[tuple[int, int]]


def close_dates(rng: Random, habit: Habit, life: Life, usual: float, stop: int) -> Chain:
    """Expected close dates (ordinals) as the rep set them until the moment ``stop``; ``usual`` days were to be hoped.

    A date that passes is moved ahead, late or never, as the habit has it.
    """
    start = life.visits[0].entered
    stop = min(stop, life.quiet)
    redate, period_end = bounded(habit.redate), bounded(habit.period_end)

    def settled(day: int) -> int:
        if rng.random() < period_end:
            return quarter_end(day) - int(rng.random() * 3)
        return weekday(day)

    day = max(settled(start // DAY + int(usual * habit.optimism * (0.7 + 0.7 * rng.random()))), start // DAY + 5)
    chain: Chain = [(start, day)]
    while len(chain) < 12:
        if rng.random() < redate:
            look = day - int(rng.random() * 6)
        elif rng.random() < 0.3:
            break  # nobody looks at the date again
        else:
            look = day + 3 + int(rng.random() * 30)
        moment = max(working_moment(rng, look), chain[-1][0] + DAY)
        if moment >= stop:
            break
        earlier = rng.random() < 0.06
        day = settled(max(moment // DAY + 4, day + (-12 if earlier else 12) + int(rng.random() * 40)))
        day = max(day, moment // DAY + 2)
        if day != chain[-1][1]:
            chain.append((moment, day))
    return chain


def amounts(rng: Random, habit: Habit, life: Life, list_price: int, percent: int, digits: int) -> Chain:
    """Amounts in minor units: a rough guess, nothing or 0 at first, the list price later, then the discount."""
    unit = 10**digits
    start = life.visits[0].entered
    chain: Chain = []
    if rng.random() < NEVER_PRICED:
        return [(start, 0)] if rng.random() < 0.4 else []
    if rng.random() < bounded(habit.fill):
        rough = int(list_price * (0.6 + 0.8 * rng.random()) / (1000 * unit)) * 1000 * unit
        chain.append((start, 0 if rng.random() < 0.05 else rough))
    for visit in life.visits[1:]:
        if visit.stage in (1, 2) and rng.random() < 0.45:
            chain.append((visit.entered, list_price))
        elif visit.stage in (3, 4) and rng.random() < 0.9:
            moment = visit.entered + int((visit.left - visit.entered) * rng.random() * 0.5)
            cut = percent if visit.stage == PROPOSAL or percent > 10 else percent + int(rng.random() * 5)
            chain.append((moment, list_price * (100 - cut) // 100))
    return [step for at, step in enumerate(chain) if at == 0 or step[1] != chain[at - 1][1]]


def as_money(minor: int, digits: int) -> Decimal:
    """Minor units as an exact amount in major units."""
    return Decimal(minor).scaleb(-digits)


def change_records(
    rng: Random,
    life: Life,
    dates: Chain,
    money: Chain,
    owners: list[tuple[int, str]],
    digits: int,
    until: int,
) -> list[Record]:
    """Every change of stage, status, close date, amount and owner up to the moment ``until``, in order of time."""
    steps: list[tuple[int, str, str | None, str]] = []
    for before, after in pairwise(life.visits):
        steps.append((after.entered, "stage", STAGES[before.stage].id, STAGES[after.stage].id))
    for lost, again in life.spells:
        steps += [(lost, "status", "open", "lost"), (again, "status", "lost", "open")]
    if life.status != "open":
        steps.append((life.closed, "status", "open", life.status))
    held: str | None = None
    for moment, day in dates:
        now = date.fromordinal(day).isoformat()
        steps.append((moment, "close_date", held, now))
        held = now
    held = None
    for moment, minor in money:
        now = str(as_money(minor, digits))
        steps.append((moment, "amount", held, now))
        held = now
    for (_, before_name), (moment, name) in pairwise(owners):
        steps.append((moment, "owner.name", before_name, name))
    steps = [step for step in steps if step[0] <= until]
    steps.sort(key=lambda step: step[0])
    rows = []
    for moment, name, old, new in steps:
        row: Record = {"field": name, "to": new, "at": stamp(moment)}
        if old is not None:
            row["from"] = old
        row["by"] = next(who for since, who in reversed(owners) if since <= moment)
        row["channel"] = "person" if rng.random() < 0.93 else "workflow"
        rows.append(row)
    return rows
